//! The report as one HTML page, without scripts and other files.
//!
//! The template escapes the text of a site; [`visible`] replaces its control characters first.

use askama::Template;
use palisade::csp::Severity;

use super::report::{Report, ReportedFinding, SiteReport};

/// The width of the chart, in its own units.
const CHART_WIDTH: usize = 420;
/// The width of the labels and numbers beside the longest bar.
const CHART_MARGIN: usize = 140;
const ROW_HEIGHT: usize = 28;
/// The number of findings of a group that are listed.
const MAX_LISTED: usize = 20;

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    sites: Vec<SiteView>,
    /// Target and error.
    unchecked: Vec<(String, String)>,
    width: usize,
}

struct SiteView {
    url: String,
    score: Option<ScoreView>,
    /// The number of findings by severity, in words.
    counts: String,
    bars: Vec<Bar>,
    /// Label and value.
    facts: Vec<(&'static str, String)>,
    groups: Vec<Group>,
    /// Test, result and points.
    outcomes: Vec<(&'static str, &'static str, String)>,
}

struct ScoreView {
    grade: &'static str,
    points: u16,
}

/// One bar of the chart.
struct Bar {
    severity: Severity,
    count: usize,
    top: usize,
    width: usize,
}

struct Group {
    severity: Severity,
    id: &'static str,
    known: bool,
    message: String,
    /// Evidence and URL.
    listed: Vec<(String, String)>,
    /// The number of findings that are not listed.
    more: usize,
    /// Place and line.
    fix: Vec<(&'static str, &'static str)>,
    link: &'static str,
}

pub(super) fn write(report: &Report) -> askama::Result<String> {
    let unchecked = report.unchecked.iter().map(|target| (visible(&target.target), visible(&target.error)));
    let page = Page {
        sites: report.sites.iter().map(SiteView::new).collect(),
        unchecked: unchecked.collect(),
        width: CHART_WIDTH,
    };
    Ok(page.render()? + "\n")
}

impl SiteView {
    fn new(site: &SiteReport) -> Self {
        let bars = bars(site);
        let counts: Vec<String> = bars.iter().map(|bar| format!("{} {}", bar.count, bar.severity)).collect();
        let outcomes = site.score.iter().flat_map(|score| &score.outcomes);
        Self {
            url: visible(site.page_url()),
            score: site.score.as_ref().map(|score| ScoreView { grade: score.grade, points: score.points }),
            counts: counts.join(", "),
            bars,
            facts: facts(site),
            groups: site.groups().iter().map(|group| Group::new(group)).collect(),
            outcomes: outcomes
                .map(|outcome| (outcome.test, outcome.result, format!("{:+}", outcome.points)))
                .collect(),
        }
    }
}

/// Returns a bar for each severity; its width shows the number of findings.
fn bars(site: &SiteReport) -> Vec<Bar> {
    let count =
        |severity| site.findings.iter().filter(|reported| reported.finding.severity == severity).count();
    let most = Severity::ALL.into_iter().map(count).max().unwrap_or(0).max(1);
    let bar = |(row, severity)| {
        let count = count(severity);
        let width = count * (CHART_WIDTH - CHART_MARGIN) / most;
        Bar { severity, count, top: row * ROW_HEIGHT, width }
    };
    Severity::ALL.into_iter().rev().enumerate().map(bar).collect()
}

fn facts(site: &SiteReport) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    for (label, chain) in [("From http", &site.plain_http_chain), ("Redirects", &site.redirect_chain)] {
        if chain.len() > 1 {
            let steps: Vec<String> = chain.iter().map(|(url, status)| format!("{url} {status}")).collect();
            facts.push((label, visible(&steps.join(" → "))));
        }
    }
    if let Some(tls) = &site.tls {
        let days = match site.days_left {
            Some(days @ 0..) => format!(", certificate expires in {days} days"),
            Some(days) => format!(", certificate expired {} days ago", -days),
            None => String::new(),
        };
        facts.push(("TLS", visible(&(tls.version.clone() + &days))));
    }
    facts.push(("Pages", site.pages.to_string()));
    facts
}

impl Group {
    fn new(group: &[&ReportedFinding]) -> Self {
        let ReportedFinding { finding, known } = group[0];
        let listed = group.iter().take(MAX_LISTED).map(|reported| &reported.finding);
        let fix =
            [("Write", finding.fix.line), ("Palisade", finding.fix.palisade), ("nginx", finding.fix.nginx)];
        Self {
            severity: finding.severity,
            id: finding.id,
            known: *known,
            message: visible(&finding.message),
            listed: listed.map(|finding| (visible(&finding.evidence), visible(&finding.url))).collect(),
            more: group.len().saturating_sub(MAX_LISTED),
            fix: fix.into_iter().filter(|(_, line)| !line.is_empty()).collect(),
            link: finding.link,
        }
    }
}

/// Replaces control characters, and characters that change the direction of text.
fn visible(text: &str) -> String {
    let is_hidden =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(is_hidden, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::super::report::UncheckedTarget;
    use super::*;

    #[test]
    fn text_of_a_site_is_never_markup() {
        let target = "<a title=\"x\" onclick='y'>&\u{202e}".to_owned();
        let unchecked = vec![UncheckedTarget { target, error: String::new() }];
        let page = write(&Report { sites: Vec::new(), unchecked }).unwrap();
        let escaped = "&#60;a title=&#34;x&#34; onclick=&#39;y&#39;&#62;&#38;\u{fffd}";
        assert!(page.contains(escaped), "{page}");
    }
}
