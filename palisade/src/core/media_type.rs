//! The media type of a response, as far as layers have to know it.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// Returns `true` if the response's media type begins so.
pub(crate) fn has_type(headers: &HeaderMap, media_type: &[u8]) -> bool {
    let value = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    value
        .and_then(|value| value.get(..media_type.len()))
        .is_some_and(|start| start.eq_ignore_ascii_case(media_type))
}

/// Returns `true` for Server-Sent Events, which have no end of their own.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    has_type(headers, b"text/event-stream")
}
