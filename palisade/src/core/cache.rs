//! `Cache-Control`, as far as several layers read it.

use http::HeaderMap;
use http::header::CACHE_CONTROL;

/// Returns `true` if the response forbids shared caches to store it.
pub(crate) fn is_private(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CACHE_CONTROL).iter();
    lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).any(|directive| {
        let directive = directive.trim_ascii();
        directive.eq_ignore_ascii_case(b"no-store") || directive.eq_ignore_ascii_case(b"private")
    })
}
