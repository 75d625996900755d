//! The Content-Security-Policy test, with the Observatory's own parser.
//!
//! Several policies become one: a source counts only if each policy has it. A directive that only
//! a later policy has, or that has no source left, becomes `'none'`.

use std::collections::BTreeMap;

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY};

use super::{Observation, is_html, media_type};

const BROAD: [&str; 8] =
    ["ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"];
/// The length of the shortest policy that the Observatory accepts.
const MIN_LENGTH: usize = 6;
/// Directives that browsers ignore in a `<meta>` element.
const NOT_IN_META: [&str; 3] = ["frame-ancestors", "report-uri", "sandbox"];
/// The order of characters in JavaScript's `localeCompare` for English, by which it sorts.
const ORDER: &str = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";

#[derive(Clone, Debug)]
struct Source {
    text: String,
    policy: usize,
    keep: bool,
}

#[derive(Debug, Default)]
struct Policy {
    directives: BTreeMap<String, Vec<String>>,
    /// Set if `report-uri` or `report-to` is repeated. Any other repeated directive is an error.
    repeats: bool,
}

pub(super) fn test(observation: &Observation) -> &'static str {
    let (headers, metas) = texts(observation);
    let all: Vec<&str> = headers.iter().chain(&metas).map(String::as_str).collect();
    let Some(mut policy) = parse(&all) else { return "csp-header-invalid" };
    if is_empty(&headers, &metas) {
        let reports = observation
            .page
            .header(&CONTENT_SECURITY_POLICY_REPORT_ONLY)
            .is_some_and(|text| !text.is_empty());
        let report_only = "csp-not-implemented-but-reporting-enabled";
        return if reports { report_only } else { "csp-not-implemented" };
    }
    let result = result(&mut policy, observation.page.is_https());
    let passes = matches!(
        result,
        "csp-implemented-with-no-unsafe"
            | "csp-implemented-with-no-unsafe-default-src-none"
            | "csp-implemented-with-unsafe-inline-in-style-src-only"
            | "csp-implemented-with-insecure-scheme-in-passive-content-only"
    );
    if passes && policy.repeats { "csp-implemented-but-duplicate-directives" } else { result }
}

/// Returns `true` if the policy has `frame-ancestors`.
pub(super) fn has_frame_ancestors(observation: &Observation) -> bool {
    let (headers, metas) = texts(observation);
    let all: Vec<&str> = headers.iter().chain(&metas).map(String::as_str).collect();
    let policy = parse(&all).filter(|_| !is_empty(&headers, &metas));
    policy.is_some_and(|policy| policy.directives.contains_key("frame-ancestors"))
}

fn texts(observation: &Observation) -> (Vec<String>, Vec<String>) {
    let split = |text: String| text.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>();
    let html = observation.page.page().filter(|_| is_html(&media_type(&observation.page)));
    let metas = html.map_or(&[][..], |html| &html.policies);
    let headers = observation.page.values(&CONTENT_SECURITY_POLICY).flat_map(split).collect();
    (headers, metas.iter().cloned().flat_map(split).collect())
}

fn is_empty(headers: &[String], metas: &[String]) -> bool {
    let parse =
        |texts: &[String]| parse(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_or_default();
    let (header, mut meta) = (parse(headers), parse(metas));
    meta.directives.retain(|directive, _| !NOT_IN_META.contains(&&**directive));
    let nothing = header.directives.is_empty() && meta.directives.is_empty();
    nothing && !header.repeats && !meta.repeats
}

fn result(policy: &mut Policy, https: bool) -> &'static str {
    let effective = |policy: &Policy, name: &'static str| {
        [name, "default-src"].into_iter().find(|name| policy.directives.contains_key(*name))
    };
    let (script, style) = (effective(policy, "script-src"), effective(policy, "style-src"));
    for name in [script, style].into_iter().flatten() {
        if let Some(list) = policy.directives.get_mut(name).filter(|list| trusts_by_value(list)) {
            list.retain(|source| source != "'unsafe-inline'");
        }
    }
    let mut result = None;
    if let Some(list) = script.and_then(|name| policy.directives.get_mut(name))
        && list.iter().any(|source| source == "'strict-dynamic'")
    {
        if trusts_by_value(list) {
            let ignored = |source: &String| {
                BROAD.iter().any(|broad| source.starts_with(broad))
                    || matches!(&**source, "'self'" | "'unsafe-inline'")
            };
            list.retain(|source| !ignored(source));
        } else {
            result = Some("csp-header-invalid");
        }
    }
    let anything = vec!["*".to_owned()];
    let list = |name: &str| policy.directives.get(name);
    let scripts = script.and_then(list).unwrap_or(&anything);
    let styles = style.and_then(list).unwrap_or(&anything);
    let objects = list("object-src").or_else(|| list("default-src")).unwrap_or(&anything);
    let is_broad = |source: &String| BROAD.contains(&&**source);
    let is_unsafe = |source: &String| is_broad(source) || matches!(&**source, "'unsafe-inline'" | "data:");
    let is_insecure = |source: &String| source.starts_with("http:") || source.starts_with("ftp:");

    let active = policy
        .directives
        .iter()
        .filter(|(name, _)| !matches!(&***name, "img-src" | "media-src" | "script-src"));
    let mut active = active.flat_map(|(_, sources)| sources).chain(scripts);
    let passive =
        ["img-src", "media-src"].into_iter().filter_map(|name| list(name).or_else(|| list("default-src")));
    let evaluates = |sources: &[String]| sources.iter().any(|source| source == "'unsafe-eval'");

    let by_severity = [
        (scripts.iter().any(is_unsafe) || objects.iter().any(is_broad), "csp-implemented-with-unsafe-inline"),
        (https && active.any(is_insecure), "csp-implemented-with-insecure-scheme"),
        (evaluates(scripts) || evaluates(styles), "csp-implemented-with-unsafe-eval"),
        (
            https && passive.flatten().any(is_insecure),
            "csp-implemented-with-insecure-scheme-in-passive-content-only",
        ),
        (styles.iter().any(is_unsafe), "csp-implemented-with-unsafe-inline-in-style-src-only"),
        (
            list("default-src").is_some_and(|sources| sources.as_slice() == ["'none'"]),
            "csp-implemented-with-no-unsafe-default-src-none",
        ),
    ];
    let worst = by_severity.into_iter().find(|(holds, _)| *holds).map(|(_, name)| name);
    result.or(worst).unwrap_or("csp-implemented-with-no-unsafe")
}

fn trusts_by_value(sources: &[String]) -> bool {
    let starts = ["'sha256-", "'sha384-", "'sha512-", "'nonce-"];
    sources.iter().any(|source| starts.iter().any(|start| source.starts_with(start)))
}

/// Merges policies into one; returns `None` if one of them is not valid.
fn parse(texts: &[&str]) -> Option<Policy> {
    let texts: Vec<String> =
        texts.iter().map(|text| text.replace(['\r', '\n'], "").trim().to_owned()).collect();
    if texts.iter().any(|text| text.encode_utf16().count() < MIN_LENGTH) {
        return None;
    }
    let mut merged: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    let mut repeats = false;
    for (policy, text) in texts.iter().enumerate() {
        let mut directives_seen: Vec<String> = Vec::new();
        for part in text.split(';').map(str::trim) {
            let mut words = part.split_whitespace();
            let Some(directive) = words.next().map(str::to_lowercase) else { continue };
            if directives_seen.contains(&directive) {
                if directive != "report-uri" && directive != "report-to" {
                    return None;
                }
                repeats = true;
            }
            let mut sources = merged.remove(&directive).filter(|_| policy > 0).unwrap_or_default();
            let before = sources.len();
            sources.extend(words.map(|word| Source { text: word.to_lowercase(), policy, keep: policy == 0 }));
            if sources.len() == before && directive.ends_with("-src") {
                sources.push(Source { text: "'none'".to_owned(), policy, keep: policy == 0 });
            }
            compare(&mut sources)?;
            sources.retain(|source| source.keep);
            if policy == 0 && texts.len() > 1 {
                sources.iter_mut().for_each(|source| source.keep = false);
            }
            merged.insert(directive.clone(), sources);
            directives_seen.push(directive);
        }
    }
    let directives = merged.into_iter().map(|(directive, sources)| {
        let mut texts: Vec<String> = Vec::new();
        for source in sources {
            if !texts.contains(&source.text) {
                texts.push(source.text);
            }
        }
        if texts.is_empty() {
            texts.push("'none'".to_owned());
        }
        (directive, texts)
    });
    Some(Policy { directives: directives.collect(), repeats })
}

/// Decides which sources to keep, each by the source before it in sorted order.
fn compare(sources: &mut [Source]) -> Option<()> {
    let rank = |c: char| ORDER.find(c).unwrap_or(ORDER.len() + c as usize);
    sources.sort_by_cached_key(|source| source.text.chars().map(rank).collect::<Vec<_>>());
    for at in 1..sources.len() {
        let (before, rest) = sources.split_at_mut(at);
        let (previous, source) = (&before[at - 1], &mut rest[0]);
        if source.policy == previous.policy {
            if source.text.starts_with(&previous.text) {
                source.keep = false;
            }
        } else if covers(&previous.text, &source.text)? {
            source.keep = true;
        }
    }
    Some(())
}

/// Returns `true` if one source equals or contains the other, by the rule for paths.
///
/// Returns `None` if a percent-encoding is not valid.
fn covers(one: &str, other: &str) -> Option<bool> {
    if one.is_empty() || one == "/" && other.is_empty() {
        return Some(true);
    }
    let exact = !one.ends_with('/');
    let (mut ones, others): (Vec<&str>, Vec<&str>) = (one.split('/').collect(), other.split('/').collect());
    if ones.len() > others.len() || exact && ones.len() != others.len() {
        return Some(false);
    }
    if !exact {
        ones.pop();
    }
    for (one, other) in ones.iter().zip(&others) {
        if decode(one)? != decode(other)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Decodes as JavaScript's `decodeURIComponent`, which rejects malformed input.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
