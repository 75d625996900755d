//! URLs in reports, without what they might give away.

use url::Url;

/// Schemes of what extensions of browsers bring along.
const EXTENSIONS: [&str; 6] = [
    "chrome-extension",
    "moz-extension",
    "safari-extension",
    "safari-web-extension",
    "ms-browser-extension",
    "about",
];
/// How long a part of a path may be before it is taken for a key.
const LONGEST_PART: usize = 32;
/// How long a text in a group may be.
const LONGEST: usize = 200;

/// Whether an extension did it, or a page without an address.
pub(super) fn is_noise(raw: &str) -> bool {
    let scheme = raw.split_once(':').map_or(raw, |(scheme, _)| scheme);
    EXTENSIONS.iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// The page: its path where it is on our host, else its origin.
pub(super) fn page(raw: &str, own_host: Option<&str>) -> Option<String> {
    let url = web(raw)?;
    Some(if url.host_str() == own_host { path(&url) } else { origin(&url) })
}

/// Whether the page is on our host, and this has the same origin: then it is our own.
pub(super) fn is_own(raw: &str, page: &str, own_host: Option<&str>) -> bool {
    let (Some(url), Some(page)) = (web(raw), web(page)) else { return false };
    page.host_str() == own_host && url.origin() == page.origin()
}

/// What was blocked: a keyword as it is (`inline`), ours as a path, another site's as its origin, of others the scheme.
pub(super) fn source(raw: &str, own: bool) -> Option<String> {
    let keyword = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    match web(raw) {
        Some(url) if own => Some(path(&url)),
        Some(url) => Some(origin(&url)),
        None if raw.is_empty() => Some(String::new()),
        None if ["data", "blob", "filesystem", "mediastream"].contains(&raw) => Some(format!("{raw}:")),
        None if raw.len() <= LONGEST_PART && raw.bytes().all(keyword) => Some(raw.to_owned()),
        None => {
            let (scheme, _) = raw.split_once(':')?;
            let known = !scheme.is_empty() && scheme.len() <= LONGEST_PART && scheme.bytes().all(keyword);
            known.then(|| format!("{scheme}:"))
        }
    }
}

/// An address that has a host.
fn web(raw: &str) -> Option<Url> {
    Url::parse(raw)
        .ok()
        .filter(|url| ["http", "https", "ws", "wss"].contains(&url.scheme()) && url.has_host())
}

fn origin(url: &Url) -> String {
    cut(&url.origin().ascii_serialization())
}

fn path(url: &Url) -> String {
    let part = |part: &str| if part.len() > LONGEST_PART { "…".to_owned() } else { part.to_owned() };
    cut(&url.path().split('/').map(part).collect::<Vec<_>>().join("/"))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
