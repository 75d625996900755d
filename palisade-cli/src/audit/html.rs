//! The report as one page: no script, no other file, nothing of a stranger unescaped.

use std::fmt::Write;

use palisade::csp::Severity;

use super::report::{Found, Report, Site, grouped};

const STYLE: &str = include_str!("report.css");
/// How wide the chart is, in its own units.
const WIDTH: usize = 420;
/// How many places of a kind are listed.
const PLACES: usize = 20;

pub(super) fn write(report: &Report) -> String {
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = write_page(&mut page, report);
    page
}

fn write_page(page: &mut String, report: &Report) -> std::fmt::Result {
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Audit by Palisade</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Audit by Palisade</h1>\n"
    )?;
    for site in &report.sites {
        write_site(page, site)?;
    }
    if !report.unchecked.is_empty() {
        page.push_str("<section>\n<h2>Could not be checked</h2>\n<ul>\n");
        for failed in &report.unchecked {
            writeln!(page, "<li><code>{}</code>: {}</li>", escaped(&failed.target), escaped(&failed.why))?;
        }
        page.push_str("</ul>\n</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    Ok(())
}

fn write_site(page: &mut String, site: &Site) -> std::fmt::Result {
    writeln!(page, "<section>\n<h2>{}</h2>", escaped(site.page()))?;
    page.push_str("<div class=\"head\">\n");
    match &site.score {
        Some(score) => writeln!(
            page,
            "<p class=\"grade\"><strong>{}</strong><span>{} points, as the MDN HTTP Observatory counts</span></p>",
            score.grade, score.points
        )?,
        None => {
            page.push_str("<p class=\"grade\"><strong>–</strong><span>no grade for this status</span></p>\n")
        }
    }
    chart(page, site)?;
    page.push_str("</div>\n<dl>\n");
    for (label, way) in [("From http", &site.clear), ("Way", &site.way)] {
        if way.len() > 1 {
            let steps: Vec<String> =
                way.iter().map(|(url, status)| format!("{} {status}", escaped(url))).collect();
            writeln!(page, "<dt>{label}</dt><dd>{}</dd>", steps.join(" → "))?;
        }
    }
    if let Some(tls) = &site.tls {
        let days = site.days_left.map_or(String::new(), |days| format!(", certificate: {days} days left"));
        writeln!(page, "<dt>TLS</dt><dd>{}{days}</dd>", escaped(&tls.version))?;
    }
    writeln!(page, "<dt>Pages</dt><dd>{}</dd>\n</dl>", site.pages)?;
    if site.findings.is_empty() {
        page.push_str("<p>Nothing to mend.</p>\n");
    }
    for group in grouped(site) {
        write_group(page, &group)?;
    }
    outcomes(page, site)?;
    page.push_str("</section>\n");
    Ok(())
}

/// A bar for each severity, as wide as there are findings.
fn chart(page: &mut String, site: &Site) -> std::fmt::Result {
    let count = |severity| site.findings.iter().filter(|found| found.finding.severity == severity).count();
    let most = Severity::ALL.into_iter().map(count).max().unwrap_or(0).max(1);
    let said: Vec<String> =
        Severity::ALL.into_iter().rev().map(|severity| format!("{} {severity}", count(severity))).collect();
    writeln!(
        page,
        "<svg viewBox=\"0 0 {WIDTH} 112\" role=\"img\" aria-label=\"Findings: {}\">",
        said.join(", ")
    )?;
    for (row, severity) in Severity::ALL.into_iter().rev().enumerate() {
        let (many, top) = (count(severity), row * 28);
        let width = many * (WIDTH - 140) / most;
        writeln!(
            page,
            "<text x=\"0\" y=\"{}\">{severity}</text><rect class=\"{severity}\" x=\"80\" y=\"{}\" width=\"{width}\" \
             height=\"18\" rx=\"3\"/><text x=\"{}\" y=\"{}\">{many}</text>",
            top + 18,
            top + 4,
            88 + width,
            top + 18
        )?;
    }
    page.push_str("</svg>\n");
    Ok(())
}

fn write_group(page: &mut String, group: &[&Found]) -> std::fmt::Result {
    let Found { finding, known } = group[0];
    let known = if *known { " <small>known before</small>" } else { "" };
    writeln!(
        page,
        "<article class=\"{0}\">\n<h3><span class=\"mark\">{0}</span> {1}{known}</h3>\n<p>{2}</p>\n<ul>",
        finding.severity,
        finding.id,
        escaped(&finding.what)
    )?;
    for found in group.iter().take(PLACES) {
        writeln!(
            page,
            "<li><code>{}</code> <small>{}</small></li>",
            escaped(&found.finding.saw),
            escaped(&found.finding.url)
        )?;
    }
    if group.len() > PLACES {
        writeln!(page, "<li>and {} more</li>", group.len() - PLACES)?;
    }
    page.push_str("</ul>\n<dl>\n");
    let fix = &finding.fix;
    for (label, line) in [("Write", fix.line), ("Palisade", fix.palisade), ("nginx", fix.nginx)] {
        if !line.is_empty() {
            writeln!(page, "<dt>{label}</dt><dd><code>{}</code></dd>", escaped(line))?;
        }
    }
    writeln!(
        page,
        "</dl>\n<p><a href=\"{0}\" rel=\"noreferrer\">{0}</a></p>\n</article>",
        escaped(finding.link)
    )
}

fn outcomes(page: &mut String, site: &Site) -> std::fmt::Result {
    let Some(score) = &site.score else { return Ok(()) };
    page.push_str(
        "<details>\n<summary>What the MDN HTTP Observatory would say</summary>\n<div class=\"wide\"><table>\n\
         <thead><tr><th>Test</th><th>Outcome</th><th>Points</th></tr></thead>\n<tbody>\n",
    );
    for outcome in &score.outcomes {
        writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{:+}</td></tr>",
            outcome.test, outcome.result, outcome.points
        )?;
    }
    page.push_str("</tbody>\n</table></div>\n</details>\n");
    Ok(())
}

/// Text as HTML shows it, in elements and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ if letter.is_control()
                || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                safe.push('\u{fffd}');
            }
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_of_a_stranger_is_markup() {
        assert_eq!(
            escaped("<a title=\"x\" onclick='y'>&\u{202e}"),
            "&lt;a title=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;\u{fffd}"
        );
    }
}
