//! Serving stored files: conditional requests, ranges, and headers that sandbox the content.

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
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::range::RequestedRange;
use super::record::Upload;
use super::safe_name::SafeName;
use super::store::Chunks;
use super::{Uploads, store_down};
use crate::core::rejection::Rejection;

/// Allows nothing. Browsers show images and PDFs all the same, with their own viewers.
const CSP: &str = "default-src 'none'; frame-ancestors 'self'; sandbox";

/// The characters of an `ext-value` that stay (RFC 8187).
const EXT_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

#[derive(Clone, Copy)]
enum Disposition {
    Inline,
    Attachment,
}

impl Uploads {
    /// Returns a response that shows a file in the browser: 200, 206, 304, 404, 405 or 416. The
    /// [module page](super) has the rules. A failed store is a 503.
    ///
    /// You can add headers to the response, and replace `Cache-Control`.
    ///
    /// # Security
    /// It does not check permissions. Check them before the call.
    pub async fn serve(&self, upload: &Upload, request: &Parts) -> Response<UploadBody> {
        self.respond(upload, request, Disposition::Inline).await
    }

    /// Returns a response that saves a file under its name; otherwise like [`serve`](Self::serve).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// #     example(palisade::Uploads::open("memory://").unwrap()).await.unwrap();
    /// # }
    /// # async fn example(uploads: palisade::Uploads) -> Result<(), palisade::upload::UploadRejection> {
    /// let upload = uploads.keep(uploads.take_file("a.pdf", b"%PDF-1.7\n%%EOF").await?).await?;
    /// let (request, ()) = http::Request::new(()).into_parts();
    /// let response = uploads.download(&upload, &request).await;
    /// assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"a.pdf\"");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias("attachment", "Content-Disposition"))]
    pub async fn download(&self, upload: &Upload, request: &Parts) -> Response<UploadBody> {
        self.respond(upload, request, Disposition::Attachment).await
    }

    async fn respond(
        &self,
        upload: &Upload,
        request: &Parts,
        disposition: Disposition,
    ) -> Response<UploadBody> {
        if ![Method::GET, Method::HEAD].contains(&request.method) {
            let mut response = status(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        if upload.quarantined {
            return status(StatusCode::NOT_FOUND);
        }
        let etag = format!("\"{}\"", upload.digest);
        if request.headers.get_all(IF_NONE_MATCH).iter().any(|list| contains_etag(list, &etag)) {
            let mut response = status(StatusCode::NOT_MODIFIED);
            insert_validators(response.headers_mut(), &etag);
            return response;
        }
        let (status_code, part) = match requested_range(request, &etag, upload.bytes) {
            RequestedRange::Whole => (StatusCode::OK, 0..upload.bytes),
            RequestedRange::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
            RequestedRange::Unsatisfiable => {
                let mut response = status(StatusCode::RANGE_NOT_SATISFIABLE);
                insert(response.headers_mut(), CONTENT_RANGE, &format!("bytes */{}", upload.bytes));
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
        insert_validators(headers, &etag);
        insert_content_headers(headers, upload, disposition);
        insert(headers, CONTENT_LENGTH, &(part.end - part.start).to_string());
        if status_code == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, upload.bytes);
            insert(headers, CONTENT_RANGE, &range);
        }
        response
    }

    /// Reads the part from the store; for a HEAD it looks up the size only.
    async fn read(
        &self,
        upload: &Upload,
        request: &Parts,
        part: Range<u64>,
    ) -> Result<UploadBody, Response<UploadBody>> {
        let left = part.end - part.start;
        let found = if request.method == Method::HEAD {
            self.0.store.size(upload.id).await.map(|size| size.map(|size| (size, None)))
        } else {
            let found = self.0.store.get(upload.id, false, part).await;
            found.map(|found| found.map(|(size, chunks)| (size, Some(chunks))))
        };
        match found {
            Ok(Some((size, chunks))) if size == upload.bytes => Ok(UploadBody { chunks, left }),
            Ok(Some((size, _))) => {
                tracing::error!(id = %upload.id, size, expected = upload.bytes, "a stored file has changed its size");
                Err(status(StatusCode::NOT_FOUND))
            }
            Ok(None) => Err(status(StatusCode::NOT_FOUND)),
            Err(error) => Err(Rejection::from(store_down(error)).into_response()),
        }
    }
}

/// Returns the part to send. The range is ignored if `If-Range` has another tag, or a date.
fn requested_range(request: &Parts, etag: &str, length: u64) -> RequestedRange {
    let is_current = request.headers.get(IF_RANGE).is_none_or(|tag| tag.as_bytes() == etag.as_bytes());
    match request.headers.get(RANGE).and_then(|range| range.to_str().ok()) {
        Some(range) if is_current && request.method == Method::GET => RequestedRange::parse(range, length),
        _ => RequestedRange::Whole,
    }
}

/// Returns `true` if a list of tags contains this one, by the weak comparison of `If-None-Match`.
fn contains_etag(list: &HeaderValue, etag: &str) -> bool {
    let tags = list.to_str().unwrap_or_default();
    tags.trim() == "*" || tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

fn insert_validators(headers: &mut HeaderMap, etag: &str) {
    insert(headers, ETAG, etag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
}

fn insert_content_headers(headers: &mut HeaderMap, upload: &Upload, disposition: Disposition) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(upload.file_type.media_type()));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    insert(headers, CONTENT_DISPOSITION, &content_disposition(&upload.name, disposition));
}

/// Writes the disposition with the name in ASCII for old clients, and in UTF-8 if that differs.
fn content_disposition(name: &SafeName, disposition: Disposition) -> String {
    let disposition = match disposition {
        Disposition::Inline => "inline",
        Disposition::Attachment => "attachment",
    };
    let ascii = SafeName::ascii(name.as_str());
    if ascii == *name {
        return format!("{disposition}; filename=\"{ascii}\"");
    }
    let encoded = utf8_percent_encode(name.as_str(), EXT_VALUE);
    format!("{disposition}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).expect("it consists of printable ASCII");
    headers.insert(name, value);
}

fn status(status: StatusCode) -> Response<UploadBody> {
    let mut response = Response::new(UploadBody::default());
    *response.status_mut() = status;
    response
}

/// The response body of a stored file, streamed from the store.
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
                tracing::error!(%error, "reading a stored file failed while it was served");
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
