//! The plain text of an error response, read while the response is on its way.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::Response;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body::Body;

/// The longest text that is kept.
const MAX_BYTES: usize = 1_000;

/// Returns `true` if the body is a plain text.
pub(super) fn is_text<B>(response: &Response<B>) -> bool {
    let content_type = response.headers().get(CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"text/plain"))
}

/// Returns `true` if the body is a text that is short enough to be kept, and can be read.
pub(super) fn is_readable<B: Body>(response: &Response<B>) -> bool {
    is_text(response)
        && !response.headers().contains_key(CONTENT_ENCODING)
        && response.body().size_hint().exact().is_some_and(|bytes| bytes <= MAX_BYTES as u64)
}

/// A text that is being read.
pub(super) struct TextReader<B> {
    body: Pin<Box<B>>,
    bytes: Vec<u8>,
}

impl<B: Body> TextReader<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body: Box::pin(body), bytes: Vec::new() }
    }

    /// Reads on. The result is `None` if the text broke off, is longer than announced, or is not
    /// UTF-8.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>> {
        while let Some(frame) = ready!(self.body.as_mut().poll_frame(cx)) {
            let Ok(frame) = frame else { return Poll::Ready(None) };
            let Ok(mut data) = frame.into_data() else { continue };
            if self.bytes.len() + data.remaining() > MAX_BYTES {
                return Poll::Ready(None);
            }
            while data.has_remaining() {
                let chunk = data.chunk();
                self.bytes.extend_from_slice(chunk);
                let length = chunk.len();
                data.advance(length);
            }
        }
        Poll::Ready(String::from_utf8(std::mem::take(&mut self.bytes)).ok())
    }
}

/// Returns `true` if axum wrote the text for a rejected extractor: it names types and fields of
/// the program.
pub(super) fn is_axums(text: &str) -> bool {
    AXUM_OPENINGS.iter().any(|opening| text.starts_with(opening))
}

/// The openings of the texts of axum's rejections (axum 0.8, axum-core 0.5).
const AXUM_OPENINGS: [&str; 23] = [
    "Cannot parse `",
    "Connection header did not include",
    "Error parsing `multipart/form-data` request",
    "Expected request with `Content-Type: ",
    "Failed to buffer the request body",
    "Failed to deserialize ",
    "Failed to parse the request body as JSON",
    "Form requests must have `Content-Type: ",
    "Header of type `",
    "Invalid URL: ",
    "Invalid UTF-8 in `",
    "Invalid `boundary` for `multipart/form-data`",
    "Missing request extension",
    "No matched path found",
    "No paths parameters found",
    "Request body didn't contain valid UTF-8",
    "Request method must be `",
    "The matched route is not nested",
    "Unsupported type `",
    "Wrong number of path arguments",
    "`:protocol` pseudo-header",
    "`Sec-WebSocket-",
    "`Upgrade` header did not include",
];
