//! Redaction of the URLs in reports: removes the parts that may be private.

use url::Url;

/// The schemes of browser extensions, and of pages without an address.
const NOISE_SCHEMES: [&str; 6] = [
    "chrome-extension",
    "moz-extension",
    "safari-extension",
    "safari-web-extension",
    "ms-browser-extension",
    "about",
];
/// The longest part of a path that is kept; a longer one may be a token.
const MAX_PART: usize = 32;
/// The longest path or origin in a group, in characters.
const MAX_LENGTH: usize = 200;

/// Returns `true` for the URL of a browser extension, or of a page without an address.
pub(super) fn is_noise(raw: &str) -> bool {
    let scheme = raw.split_once(':').map_or(raw, |(scheme, _)| scheme);
    NOISE_SCHEMES.iter().any(|noise| scheme.eq_ignore_ascii_case(noise))
}

/// Redacts a page's URL: to its path on our own host, else to its origin.
pub(super) fn page(raw: &str, own_host: Option<&str>) -> Option<String> {
    let url = web_url(raw)?;
    Some(if url.host_str() == own_host { path(&url) } else { origin(&url) })
}

/// Returns `true` if the page is on our own host, and this URL has the page's origin.
pub(super) fn is_own(raw: &str, page: &str, own_host: Option<&str>) -> bool {
    let (Some(url), Some(page)) = (web_url(raw), web_url(page)) else { return false };
    page.host_str() == own_host && url.origin() == page.origin()
}

/// Redacts a blocked resource: keeps keywords such as `inline`, and reduces our own URLs to their
/// path, those of other sites to their origin, any other URL to its scheme.
pub(super) fn source(raw: &str, own: bool) -> Option<String> {
    let is_keyword_byte = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    match web_url(raw) {
        Some(url) if own => Some(path(&url)),
        Some(url) => Some(origin(&url)),
        None if raw.is_empty() => Some(String::new()),
        None if ["data", "blob", "filesystem", "mediastream"].contains(&raw) => Some(format!("{raw}:")),
        None if raw.len() <= MAX_PART && raw.bytes().all(is_keyword_byte) => Some(raw.to_owned()),
        None => {
            let (scheme, _) = raw.split_once(':')?;
            let is_scheme =
                !scheme.is_empty() && scheme.len() <= MAX_PART && scheme.bytes().all(is_keyword_byte);
            is_scheme.then(|| format!("{scheme}:"))
        }
    }
}

/// Parses a URL that has a host.
fn web_url(raw: &str) -> Option<Url> {
    Url::parse(raw)
        .ok()
        .filter(|url| ["http", "https", "ws", "wss"].contains(&url.scheme()) && url.has_host())
}

fn origin(url: &Url) -> String {
    truncate(&url.origin().ascii_serialization())
}

fn path(url: &Url) -> String {
    let part = |part: &str| if part.len() > MAX_PART { "…".to_owned() } else { part.to_owned() };
    truncate(&url.path().split('/').map(part).collect::<Vec<_>>().join("/"))
}

fn truncate(text: &str) -> String {
    match text.char_indices().nth(MAX_LENGTH) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
