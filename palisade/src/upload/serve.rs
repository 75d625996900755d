//! Answering with a file, so that it does nothing but show or be saved.

use std::fmt;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, IF_RANGE, RANGE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

use super::place::Chunks;
use super::range::Asked;
use super::stored::Upload;
use super::{Uploads, down};
use crate::core::rejection::Rejection;
use crate::upload::safe_name::SafeName;

/// It does nothing at all. Viewers of documents are the browser's own, and show them all the same.
const POLICY: &str = "default-src 'none'; frame-ancestors 'self'; sandbox";

#[derive(Clone, Copy)]
enum Shown {
    Inline,
    Saved,
}

impl Uploads {
    /// Answers with a file, for a browser to show: the whole or the range that is asked for, or that it has not changed. A file
    /// that is not there, or not examined yet, is a 404.
    ///
    /// Headers may be added to the response, and `Cache-Control` replaced.
    pub async fn serve(&self, upload: &Upload, request: &Parts) -> Response<UploadBody> {
        self.answer(upload, request, Shown::Inline).await
    }

    /// Answers with a file, for a browser to save under its name.
    pub async fn download(&self, upload: &Upload, request: &Parts) -> Response<UploadBody> {
        self.answer(upload, request, Shown::Saved).await
    }

    async fn answer(&self, upload: &Upload, request: &Parts, shown: Shown) -> Response<UploadBody> {
        let reading = [Method::GET, Method::HEAD].contains(&request.method);
        if !reading {
            let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        if upload.quarantined {
            return status(StatusCode::NOT_FOUND);
        }
        let etag = format!("\"{}\"", upload.digest);
        if request.headers.get_all(IF_NONE_MATCH).iter().any(|known| knows(known, &etag)) {
            let mut response = status(StatusCode::NOT_MODIFIED);
            identify(response.headers_mut(), &etag);
            return response;
        }
        let (status_code, part) = match asked(request, &etag, upload.bytes) {
            Asked::Whole => (StatusCode::OK, 0..upload.bytes),
            Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            Asked::Nothing => {
                let mut response = status(StatusCode::RANGE_NOT_SATISFIABLE);
                put(response.headers_mut(), CONTENT_RANGE, &format!("bytes */{}", upload.bytes));
                return response;
            }
        };
        let body = match self.read(upload, request, part.clone()).await {
            Ok(body) => body,
            Err(response) => return response,
        };
        let mut response = Response::new(body);
        *response.status_mut() = status_code;
        let headers = response.headers_mut();
        identify(headers, &etag);
        describe(headers, upload, shown);
        put(headers, CONTENT_LENGTH, &(part.end - part.start).to_string());
        if status_code == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, upload.bytes);
            put(headers, CONTENT_RANGE, &range);
        }
        response
    }

    /// The part of the file, or for a HEAD only whether it is there.
    async fn read(
        &self,
        upload: &Upload,
        request: &Parts,
        part: Range<u64>,
    ) -> Result<UploadBody, Response<UploadBody>> {
        let left = part.end - part.start;
        let found = if request.method == Method::HEAD {
            self.0.place.size(upload.id).await.map(|size| size.map(|size| (size, None)))
        } else {
            self.0
                .place
                .get(upload.id, false, part)
                .await
                .map(|it| it.map(|(size, chunks)| (size, Some(chunks))))
        };
        match found {
            Ok(Some((size, chunks))) if size == upload.bytes => Ok(UploadBody { chunks, left }),
            Ok(Some((size, _))) => {
                tracing::error!(id = %upload.id, size, written_down = upload.bytes, "a file is not what was kept");
                Err(status(StatusCode::NOT_FOUND))
            }
            Ok(None) => Err(status(StatusCode::NOT_FOUND)),
            Err(error) => Err(Rejection::from(down(error)).into_response()),
        }
    }
}

/// What the request wants of the file. A condition that does not hold, or is about a date, takes the range back.
fn asked(request: &Parts, etag: &str, length: u64) -> Asked {
    let holds = request.headers.get(IF_RANGE).is_none_or(|known| known.as_bytes() == etag.as_bytes());
    match request.headers.get(RANGE).and_then(|range| range.to_str().ok()) {
        Some(range) if holds && request.method == Method::GET => Asked::of(range, length),
        _ => Asked::Whole,
    }
}

/// Whether a list of tags has this one. Whether a tag is weak does not matter here.
fn knows(list: &HeaderValue, etag: &str) -> bool {
    let tags = list.to_str().unwrap_or_default();
    tags.trim() == "*" || tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

fn identify(headers: &mut HeaderMap, etag: &str) {
    put(headers, ETAG, etag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
}

fn describe(headers: &mut HeaderMap, upload: &Upload, shown: Shown) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(upload.kind.media_type()));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    put(headers, CONTENT_DISPOSITION, &disposition(&upload.name, shown));
}

/// How it is to be shown, and its name: in ASCII for old programs, and whole.
fn disposition(name: &SafeName, shown: Shown) -> String {
    let way = match shown {
        Shown::Inline => "inline",
        Shown::Saved => "attachment",
    };
    let ascii = SafeName::ascii(name.as_str());
    if ascii == *name {
        return format!("{way}; filename=\"{ascii}\"");
    }
    let mut whole = String::new();
    for byte in name.as_str().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => whole.push(byte.into()),
            byte => whole.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("{way}; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).expect("made of letters, digits and marks of ASCII");
    headers.insert(name, value);
}

fn status(status: StatusCode) -> Response<UploadBody> {
    let mut response = Response::new(UploadBody::default());
    *response.status_mut() = status;
    response
}

/// The bytes of a file on their way to a visitor.
#[derive(Default)]
pub struct UploadBody {
    chunks: Option<Chunks>,
    left: u64,
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let Some(chunks) = &mut this.chunks else { return Poll::Ready(None) };
        Poll::Ready(match ready!(chunks.as_mut().poll_next(cx)) {
            Some(Ok(chunk)) => {
                this.left = this.left.saturating_sub(chunk.len() as u64);
                Some(Ok(Frame::data(chunk)))
            }
            Some(Err(error)) => {
                tracing::error!(%error, "a file broke off while it was served");
                Some(Err(io::Error::other(error)))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.chunks.is_some() { self.left } else { 0 })
    }
}

impl fmt::Debug for UploadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadBody").field("left", &self.left).finish_non_exhaustive()
    }
}
