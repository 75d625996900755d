//! Rejection or fault → page or JSON.
//!
//! ```
//! # use palisade::ErrorPages;
//! # use palisade::error_page::ErrorPage;
//! let pages = ErrorPages::new(|page: &ErrorPage<'_>| format!("<h1>{}</h1><p>{}</p>", page.title(), page.message()));
//! ```
//!
//! Which responses get a body here, in this order:
//! 1. those with a [`Rejection`] or a [`InternalError`], if their status is an error's;
//! 2. other errors whose body is empty or plain text: the router's own 404 and 405, an extractor's rejection, whose
//!    text would name types and fields;
//! 3. no others: an error page or JSON that a handler wrote itself stays.
//!
//! | part | what it is |
//! |---|---|
//! | form | `application/problem+json` if `Accept` likes JSON better than HTML, else HTML |
//! | words | a title and a sentence by status or refusal; never a cause, a path or a version |
//! | request id | on the page and in the log: the one in the request's extensions ([`RequestId`]), else a new one |
//! | cause | in the log, once, at level `error` |
//!
//! It goes outside of [`Palisade`](crate::Palisade), as the very last layer, so that its refusals get pages too; the
//! nonce on the page is the one in the header. It does not catch panics: every guard does.
//!
//! References: RFC 9457 (problem details), RFC 9110 §12.5.1; OWASP Error Handling Cheat Sheet.

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, VARY};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::core::accept::prefers_json;
use crate::core::internal_error::InternalError;
use crate::core::nonce::CspNonce;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;
use crate::core::request_id::RequestId;

type Render = dyn Fn(&ErrorPage<'_>) -> String + Send + Sync;

/// The layer that alone writes the bodies of errors.
#[derive(Clone)]
pub struct ErrorPages(Arc<Render>);

impl ErrorPages {
    /// Pages written by this function: a whole HTML document.
    pub fn new(render: impl Fn(&ErrorPage<'_>) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    /// Pages without any looks.
    pub fn plain() -> Self {
        Self::new(|page| {
            format!(
                "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
                 <h1>{title}</h1>\n<p>{}</p>\n<p>Request {}</p>\n</html>\n",
                page.message(),
                page.request_id(),
                title = page.title(),
            )
        })
    }
}

impl Default for ErrorPages {
    fn default() -> Self {
        Self::plain()
    }
}

impl fmt::Debug for ErrorPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorPages")
    }
}

/// What an error page has to say. None of it comes from the request, so none of it needs escaping.
#[derive(Debug)]
pub struct ErrorPage<'a> {
    status: StatusCode,
    refusal: Option<&'a Rejection>,
    retry_after: Option<&'a str>,
    request_id: RequestId,
    nonce: CspNonce,
}

impl ErrorPage<'_> {
    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Why a layer said no, if one did.
    pub fn refusal(&self) -> Option<&Rejection> {
        self.refusal
    }

    /// A few words, such as `Page not found`.
    pub fn title(&self) -> &'static str {
        match self.status.as_u16() {
            400 | 422 => "Request not understood",
            401 => "Please sign in",
            403 => "Not allowed",
            404 | 410 => "Page not found",
            405 => "Not possible here",
            408 => "Too slow",
            413 => "Too large",
            415 => "Not this kind of file",
            421 => "Wrong address",
            429 => "Too many requests",
            503 => "Not available just now",
            _ if self.status.is_client_error() => "Request not accepted",
            _ => "Something went wrong",
        }
    }

    /// A sentence for the visitor.
    pub fn message(&self) -> Cow<'_, str> {
        if let Some(refusal) = self.refusal {
            return refusal.message();
        }
        Cow::Borrowed(match self.status.as_u16() {
            401 => "This page is for members. Sign in and come back.",
            403 => "You may not see this page.",
            404 | 410 => "There is nothing at this address. It may have moved, or the link has a slip in it.",
            405 => "This page does not take that kind of request.",
            429 => "That was a little fast. Please wait a moment and try again.",
            503 => "Please try again in a moment.",
            _ if self.status.is_client_error() => "The request was not in a form that this page takes.",
            _ => "This is our mistake, and it has been written down. Please try again in a moment.",
        })
    }

    /// When to try again, as in the `Retry-After` header.
    pub fn retry_after(&self) -> Option<&str> {
        self.retry_after
    }

    /// The name of this request, for whoever looks into the log.
    pub fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// The nonce for scripts of this page.
    pub fn nonce(&self) -> &CspNonce {
        &self.nonce
    }

    fn problem(&self) -> String {
        serde_json::json!({
            "type": "about:blank",
            "title": self.title(),
            "status": self.status.as_u16(),
            "detail": self.message(),
            "request_id": self.request_id.to_string(),
        })
        .to_string()
    }
}

impl<S> Layer<S> for ErrorPages {
    type Service = ErrorPagesService<S>;

    fn layer(&self, inner: S) -> ErrorPagesService<S> {
        ErrorPagesService { pages: self.clone(), inner }
    }
}

/// A service whose errors have pages.
#[derive(Clone, Debug)]
pub struct ErrorPagesService<S> {
    pages: ErrorPages,
    inner: S,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ErrorPagesService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body + From<String>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ErrorPagesFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let exchange = RequestContext::begin(request.extensions_mut());
        exchange.expect_page();
        let asked = Asked {
            pages: self.pages.clone(),
            exchange,
            accept: request.headers().get(ACCEPT).cloned(),
            request_id: request.extensions().get().copied(),
        };
        ErrorPagesFuture { future: self.inner.call(request), asked }
    }
}

pin_project! {
    /// The answer of a service with error pages.
    pub struct ErrorPagesFuture<F> {
        #[pin]
        future: F,
        asked: Asked,
    }
}

struct Asked {
    pages: ErrorPages,
    exchange: RequestContext,
    accept: Option<HeaderValue>,
    request_id: Option<RequestId>,
}

impl<F, B, E> Future for ErrorPagesFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body + From<String>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.future.poll(cx))?;
        Poll::Ready(Ok(if wants_page(&response) { this.asked.write(response) } else { response }))
    }
}

fn wants_page<B: Body>(response: &Response<B>) -> bool {
    let status = response.status();
    let error = status.is_client_error() || status.is_server_error();
    let explained = || {
        response.extensions().get::<Rejection>().is_some()
            || response.extensions().get::<InternalError>().is_some()
    };
    let bare = || match response.headers().get(CONTENT_TYPE) {
        Some(kind) => kind.as_bytes().starts_with(b"text/plain"),
        None => response.body().size_hint().exact() == Some(0),
    };
    error && (explained() || bare())
}

impl Asked {
    fn write<B: From<String>>(&self, response: Response<B>) -> Response<B> {
        let (mut parts, _) = response.into_parts();
        let request_id = self.request_id.unwrap_or_else(RequestId::random);
        let refusal = parts.extensions.get::<Rejection>();
        match (parts.extensions.get::<InternalError>(), refusal) {
            (Some(cause), _) => tracing::error!(%request_id, status = parts.status.as_u16(), %cause, "fault"),
            (None, Some(rejection)) if rejection.code() == MissingLayer::CODE => {
                tracing::error!(%request_id, missing = &*rejection.message(), "missing layer");
            }
            (None, Some(refusal)) => tracing::debug!(%request_id, reason = refusal.code(), "refused"),
            (None, None) => {}
        }
        let page = ErrorPage {
            status: parts.status,
            refusal,
            retry_after: parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()),
            request_id,
            nonce: CspNonce::of(&self.exchange),
        };
        let (kind, body) = if self.accept.as_ref().is_some_and(prefers_json) {
            ("application/problem+json", page.problem())
        } else {
            ("text/html; charset=utf-8", (self.pages.0)(&page))
        };
        parts.headers.remove(CONTENT_LENGTH);
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        parts.headers.append(VARY, HeaderValue::from_static("accept"));
        Response::from_parts(parts, body.into())
    }
}
