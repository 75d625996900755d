//! A policy for the requests of a HAR file: Palisade's strict policy with the hosts of each type.

use std::collections::BTreeMap;

use anyhow::Context;
use palisade::csp::{Csp, Directive};
use serde::Deserialize;
use url::Url;

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: HarRequest,
    response: HarResponse,
    #[serde(rename = "_resourceType", default)]
    resource_type: Option<String>,
}

#[derive(Deserialize)]
struct HarRequest {
    url: String,
}

#[derive(Deserialize)]
struct HarResponse {
    #[serde(default)]
    content: Content,
}

#[derive(Default, Deserialize)]
struct Content {
    #[serde(rename = "mimeType", default)]
    mime: String,
}

/// Chrome's resource type, the start of a media type, and the directive for both.
const RESOURCE_TYPES: &[(&str, &str, Directive)] = &[
    ("script", "text/javascript", Directive::ScriptSrc),
    ("script", "application/javascript", Directive::ScriptSrc),
    ("script", "application/x-javascript", Directive::ScriptSrc),
    ("stylesheet", "text/css", Directive::StyleSrc),
    ("image", "image/", Directive::ImgSrc),
    ("font", "font/", Directive::FontSrc),
    ("font", "application/font", Directive::FontSrc),
    ("media", "audio/", Directive::MediaSrc),
    ("media", "video/", Directive::MediaSrc),
    ("manifest", "application/manifest+json", Directive::ManifestSrc),
    ("fetch", "application/json", Directive::ConnectSrc),
    ("xhr", "text/event-stream", Directive::ConnectSrc),
    ("websocket", "x-unknown/websocket", Directive::ConnectSrc),
    ("eventsource", "text/event-stream", Directive::ConnectSrc),
    ("document", "text/html", Directive::FrameSrc),
];

/// Generates the policy. Scripts need the nonce, so their hosts are left out.
pub(super) fn policy(text: &str) -> anyhow::Result<Csp> {
    let har: Har =
        serde_json::from_str(text).context("not a HAR file: save one from a browser's network panel")?;
    let first = har.log.entries.first().context("the HAR file has no requests")?;
    let page =
        Url::parse(&first.request.url).context("the first request of the HAR file has no valid URL")?;
    let mut found: BTreeMap<&str, (Directive, Vec<String>)> = BTreeMap::new();
    for entry in har.log.entries.iter().skip(1) {
        let Some(directive) = directive(entry).filter(|directive| *directive != Directive::ScriptSrc) else {
            continue;
        };
        let Some(source) = Url::parse(&entry.request.url).ok().and_then(|url| source(&url, &page)) else {
            continue;
        };
        let (_, sources) = found.entry(directive.name()).or_insert((directive, Vec::new()));
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    let parts: Vec<String> =
        found.values().map(|(name, sources)| format!("{name} {}", sources.join(" "))).collect();
    let strict = Csp::strict();
    if parts.is_empty() { Ok(strict) } else { Ok(strict.merge(&parts.join("; ").parse()?)) }
}

fn directive(entry: &Entry) -> Option<Directive> {
    let resource_type = entry.resource_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let mime = entry.response.content.mime.to_ascii_lowercase();
    let by_type = RESOURCE_TYPES.iter().find(|(known, _, _)| *known == resource_type);
    let by_mime = || RESOURCE_TYPES.iter().find(|(_, known, _)| mime.starts_with(known));
    by_type.or_else(by_mime).map(|(_, _, directive)| *directive)
}

fn source(url: &Url, page: &Url) -> Option<String> {
    match url.scheme() {
        "data" | "blob" => Some(format!("{}:", url.scheme())),
        "http" | "https" if url.origin() == page.origin() => Some("'self'".to_owned()),
        "http" | "https" | "ws" | "wss" => {
            let host = url.host_str()?;
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            Some(format!("{}://{host}{port}", url.scheme()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_become_a_policy() {
        let entry = |url: &str, resource_type: &str, mime: &str| {
            format!(
                r#"{{"request":{{"url":"{url}"}},"response":{{"content":{{"mimeType":"{mime}"}}}},"_resourceType":"{resource_type}"}}"#
            )
        };
        let entries = [
            entry("https://a.example/", "document", "text/html"),
            entry("https://cdn.example/a.js", "script", "text/javascript"),
            entry("https://cdn.example/a.css", "stylesheet", "text/css"),
            entry("data:image/png;base64,x", "", "image/png"),
            entry("https://a.example/b.png", "image", "image/png"),
            entry("wss://live.example:8443/", "websocket", ""),
        ];
        let text =
            policy(&format!(r#"{{"log":{{"entries":[{}]}}}}"#, entries.join(","))).unwrap().to_string();
        assert!(text.contains("style-src 'self' https://cdn.example"), "{text}");
        assert!(
            text.contains("img-src 'self' data:")
                && text.contains("connect-src 'self' wss://live.example:8443"),
            "{text}"
        );
        assert!(text.contains("script-src 'nonce' 'strict-dynamic'"), "{text}");
        assert!(policy("{}").unwrap_err().to_string().contains("network panel"));
    }
}
