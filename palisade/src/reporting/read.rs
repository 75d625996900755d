//! Reports as browsers send them, in both formats: what cannot be read, what is noise, and what is left to count.

use http::HeaderValue;
use serde_json::Value;

use super::address;
use super::group::{Disposition, ReportKind};
use crate::csp::Directive;

/// How a body is written.
#[derive(Clone, Copy)]
pub(super) enum Format {
    /// `application/csp-report`: one object.
    Csp,
    /// `application/reports+json`: a list.
    Reports,
}

/// What tells one group from another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Report {
    pub(super) kind: ReportKind,
    pub(super) disposition: Disposition,
    pub(super) directive: String,
    pub(super) blocked: String,
    pub(super) page: String,
}

pub(super) enum Read {
    /// It makes no sense, or is of no kind that there is.
    Unread,
    /// An extension did it.
    Noise,
    /// A report, and the file with the line.
    Report(Report, Option<String>),
}

impl Format {
    pub(super) fn of(content_type: &HeaderValue) -> Option<Self> {
        let text = content_type.to_str().ok()?;
        let essence = text.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        match () {
            () if is("application/csp-report") => Some(Self::Csp),
            () if is("application/reports+json") => Some(Self::Reports),
            () => None,
        }
    }

    /// The first reports, and how many there are besides; nothing where it is no JSON of this form.
    pub(super) fn reports(
        self,
        bytes: &[u8],
        own_host: Option<&str>,
        most: usize,
    ) -> Option<(Vec<Read>, usize)> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        match self {
            Self::Csp => {
                let report = value.get("csp-report")?.as_object().map(|_| &value["csp-report"])?;
                Some((vec![violation(report, field(report, "document-uri"), own_host)], 0))
            }
            Self::Reports => {
                let list = value.as_array()?;
                let reports = list.iter().take(most).map(|report| any(report, own_host)).collect();
                Some((reports, list.len().saturating_sub(most)))
            }
        }
    }
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The first of these fields that says something.
fn first<'a>(value: &'a Value, names: &[&str]) -> &'a str {
    names.iter().map(|name| field(value, name)).find(|text| !text.is_empty()).unwrap_or_default()
}

fn any(report: &Value, own_host: Option<&str>) -> Read {
    let Ok(kind) = field(report, "type").parse() else { return Read::Unread };
    let (Some(body), page) = (report.get("body"), field(report, "url")) else { return Read::Unread };
    let what = match kind {
        ReportKind::Csp => return violation(body, first(body, &["documentURL", "document-uri"]), own_host),
        ReportKind::Deprecation | ReportKind::Intervention => field(body, "id"),
        ReportKind::NetworkError | ReportKind::Coep | ReportKind::Coop => field(body, "type"),
    };
    let blocked = match kind {
        ReportKind::Coep => first(body, &["blockedURL", "blocked-url"]),
        ReportKind::Coop => {
            first(body, &["nextResponseURL", "previousResponseURL", "openerURL", "openeeURL"])
        }
        _ => "",
    };
    let disposition = match kind {
        ReportKind::Coep | ReportKind::Coop if field(body, "disposition") == "enforce" => {
            Disposition::Enforced
        }
        ReportKind::Intervention => Disposition::Enforced,
        _ => Disposition::Reported,
    };
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if what.is_empty() || what.len() > 60 || !what.bytes().all(word) {
        return Read::Unread;
    }
    finished(body, kind, disposition, what, blocked, page, own_host)
}

fn violation(body: &Value, page: &str, own_host: Option<&str>) -> Read {
    let directive = first(
        body,
        &["effectiveDirective", "effective-directive", "violatedDirective", "violated-directive"],
    );
    // Older browsers quote the whole line of the policy.
    let name = directive.split(' ').next().unwrap_or_default();
    let Ok(directive) = name.parse::<Directive>() else { return Read::Unread };
    let disposition = match field(body, "disposition") {
        "report" => Disposition::Reported,
        _ => Disposition::Enforced,
    };
    let blocked = first(body, &["blockedURL", "blocked-uri"]);
    finished(body, ReportKind::Csp, disposition, directive.name(), blocked, page, own_host)
}

fn finished(
    body: &Value,
    kind: ReportKind,
    disposition: Disposition,
    directive: &str,
    blocked: &str,
    page: &str,
    own_host: Option<&str>,
) -> Read {
    let file = first(body, &["sourceFile", "source-file"]);
    if [page, blocked, file].into_iter().any(address::is_noise) {
        return Read::Noise;
    }
    let own = |raw: &str| address::is_own(raw, page, own_host);
    let (Some(shown), Some(source)) = (address::page(page, own_host), address::source(blocked, own(blocked)))
    else {
        return Read::Unread;
    };
    let line = body.get("lineNumber").or_else(|| body.get("line-number")).and_then(Value::as_u64);
    let place = address::source(file, own(file)).filter(|file| !file.is_empty());
    let place = place.map(|file| line.map_or_else(|| file.clone(), |line| format!("{file}, line {line}")));
    let directive = directive.to_owned();
    Read::Report(Report { kind, disposition, directive, blocked: source, page: shown }, place)
}
