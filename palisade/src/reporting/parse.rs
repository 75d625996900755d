//! Parsing of browser reports, in both of their formats.

use http::HeaderValue;
use serde_json::Value;

use super::group::{Disposition, ReportKind};
use super::redact;
use crate::csp::Directive;

/// The longest name of a report's subject, such as the id of a deprecation.
const MAX_SUBJECT: usize = 60;

/// The format of a request's body.
#[derive(Clone, Copy)]
pub(super) enum ReportFormat {
    /// `application/csp-report`: one object.
    CspReport,
    /// `application/reports+json`: a list.
    ReportingApi,
}

/// The fields that identify a group.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct GroupKey {
    pub(super) kind: ReportKind,
    pub(super) disposition: Disposition,
    pub(super) directive: String,
    pub(super) blocked: String,
    pub(super) page: String,
}

/// One report of a request.
pub(super) enum ParsedReport {
    /// A malformed report, or one of an unknown type.
    Invalid,
    /// A report that a browser extension caused.
    Noise,
    /// A report for a group, with the file and line that it names.
    Valid(GroupKey, Option<String>),
}

impl ReportFormat {
    pub(super) fn of(content_type: &HeaderValue) -> Option<Self> {
        let text = content_type.to_str().ok()?;
        let essence = text.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        match () {
            () if is("application/csp-report") => Some(Self::CspReport),
            () if is("application/reports+json") => Some(Self::ReportingApi),
            () => None,
        }
    }

    /// Parses the first reports, and counts the others. Returns `None` if the body is not JSON of
    /// this format.
    pub(super) fn parse(
        self,
        bytes: &[u8],
        own_host: Option<&str>,
        max_reports: usize,
    ) -> Option<(Vec<ParsedReport>, usize)> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        match self {
            Self::CspReport => {
                let report = value.get("csp-report")?.as_object().map(|_| &value["csp-report"])?;
                Some((vec![violation(report, field(report, "document-uri"), own_host)], 0))
            }
            Self::ReportingApi => {
                let list = value.as_array()?;
                let reports = list.iter().take(max_reports).map(|report| any(report, own_host)).collect();
                Some((reports, list.len().saturating_sub(max_reports)))
            }
        }
    }
}

fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the first of these fields that is not empty.
fn first<'a>(value: &'a Value, names: &[&str]) -> &'a str {
    names.iter().map(|name| field(value, name)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// Parses a report of the Reporting API, of any type.
fn any(report: &Value, own_host: Option<&str>) -> ParsedReport {
    let Ok(kind) = field(report, "type").parse() else { return ParsedReport::Invalid };
    let (Some(body), page) = (report.get("body"), field(report, "url")) else { return ParsedReport::Invalid };
    let subject = match kind {
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
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if subject.is_empty() || subject.len() > MAX_SUBJECT || !subject.bytes().all(is_name_byte) {
        return ParsedReport::Invalid;
    }
    grouped(body, kind, disposition, subject, blocked, page, own_host)
}

/// Parses a CSP violation, whose fields have other names in each format.
fn violation(body: &Value, page: &str, own_host: Option<&str>) -> ParsedReport {
    let directive = first(
        body,
        &["effectiveDirective", "effective-directive", "violatedDirective", "violated-directive"],
    );
    // Older browsers quote the directive with its sources.
    let name = directive.split(' ').next().unwrap_or_default();
    let Ok(directive) = name.parse::<Directive>() else { return ParsedReport::Invalid };
    let disposition = match field(body, "disposition") {
        "report" => Disposition::Reported,
        _ => Disposition::Enforced,
    };
    let blocked = first(body, &["blockedURL", "blocked-uri"]);
    grouped(body, ReportKind::Csp, disposition, directive.name(), blocked, page, own_host)
}

/// Redacts the URLs of a report, and returns it with the key of its group.
fn grouped(
    body: &Value,
    kind: ReportKind,
    disposition: Disposition,
    directive: &str,
    blocked: &str,
    page: &str,
    own_host: Option<&str>,
) -> ParsedReport {
    let file = first(body, &["sourceFile", "source-file"]);
    if [page, blocked, file].into_iter().any(redact::is_noise) {
        return ParsedReport::Noise;
    }
    let is_own = |raw: &str| redact::is_own(raw, page, own_host);
    let source = |raw: &str| redact::source(raw, is_own(raw));
    let (Some(redacted_page), Some(blocked)) = (redact::page(page, own_host), source(blocked)) else {
        return ParsedReport::Invalid;
    };
    let line = body.get("lineNumber").or_else(|| body.get("line-number")).and_then(Value::as_u64);
    let file = source(file).filter(|file| !file.is_empty());
    let location = file.map(|file| line.map_or_else(|| file.clone(), |line| format!("{file}, line {line}")));
    let directive = directive.to_owned();
    ParsedReport::Valid(GroupKey { kind, disposition, directive, blocked, page: redacted_page }, location)
}
