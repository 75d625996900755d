//! Error pages: a body for every error response, as HTML or `application/problem+json`.
//!
//! ```
//! use axum::{Router, body::{Body, to_bytes}, http::Request};
//! use palisade::ErrorPages;
//! use tower::{Layer, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = ErrorPages::plain().layer(Router::new());
//! let response = app.clone().oneshot(Request::get("/").body(Body::empty())?).await?;
//! assert_eq!(response.status(), 404);
//! let html = to_bytes(response.into_body(), 1000).await?;
//! assert!(html.starts_with(b"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
//!     <title>Page not found</title>\n<h1>Page not found</h1>\n<p>There is nothing at this address. \
//!     It may have moved, or the link has a slip in it.</p>\n<p>Request "));
//!
//! let request = Request::get("/").header("accept", "application/json").body(Body::empty())?;
//! let response = app.oneshot(request).await?;
//! assert_eq!(response.headers()["content-type"], "application/problem+json");
//! let problem = String::from_utf8(to_bytes(response.into_body(), 1000).await?.to_vec())?;
//! assert!(problem.starts_with("{\"detail\":\"There is nothing at this address. It may have moved, \
//!     or the link has a slip in it.\",\"request_id\":\""));
//! assert!(problem.ends_with("\",\"status\":404,\"title\":\"Page not found\",\"type\":\"about:blank\"}"));
//! # Ok(())
//! # }
//! ```
//!
//! [`ErrorPages::new`] takes a function that writes the HTML. It can tell errors apart by their
//! status, or by the code of their [`Rejection`]:
//!
//! ```
//! use axum::{Router, body::{Body, to_bytes}, http::Request};
//! use palisade::{ErrorPages, Rejection, error_page::ErrorPage};
//! use tower::{Layer, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pages = ErrorPages::new(|error: &ErrorPage<'_>| {
//!     let text = match (error.status().as_u16(), error.rejection().map(Rejection::code)) {
//!         (_, Some("host_unknown")) => "This is not the address of our site.".into(),
//!         (404, _) => "This page has moved. Please use the search.".into(),
//!         _ => error.message(), // for a 429, it ends in the time to wait
//!     };
//!     format!("<!doctype html><title>{}</title><p>{text}", error.title())
//! });
//! let response = pages.layer(Router::new()).oneshot(Request::new(Body::empty())).await?;
//! assert!(to_bytes(response.into_body(), 1000).await?.ends_with(b"Please use the search."));
//! # Ok(())
//! # }
//! ```
//!
//! The function does not change `problem+json`, whose `detail` is always [`ErrorPage::message`].
//!
//! # What happens, in order
//!
//! A response with an error status gets a body if
//! 1. a [`Rejection`] or an [`InternalError`] is in its extensions; or
//! 2. its body is empty, or its type is `text/plain`: the router's 404 and 405, and the
//!    rejections of extractors, whose text would reveal types and fields.
//!
//! Any other error response stays unchanged: the handler has written its own page or JSON.
//!
//! # Defaults
//!
//! | part | content |
//! |---|---|
//! | format | `application/problem+json` if `Accept` prefers JSON to HTML, else HTML |
//! | text | a title and a sentence for the status or the rejection; no cause, path or version |
//! | request id | that of the request's extensions, else a new one; also in the log |
//! | cause | in the log, once: an [`InternalError`] or a [`MissingLayer`] at level `error` |
//! | rejections | in the log at level `debug`, with their code |
//!
//! # What it does not do
//!
//! - It does not add security headers. Put it outside [`Palisade`](crate::Palisade), as the
//!   outermost layer: rejections then get pages too, and the nonce of the page is the one in the
//!   header.
//! - It does not catch panics: every [guard](crate::guard) does.
//!
//! # See also
//!
//! [`rejection`](crate::rejection) for the values that layers put into responses.
//!
//! # References
//!
//! RFC 9457 (problem details), RFC 9110 §12.5.1 (`Accept`); OWASP Error Handling Cheat Sheet.

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
use crate::core::request_context::{LayerMark, RequestContext};
use crate::core::request_id::RequestId;

type RenderFn = dyn Fn(&ErrorPage<'_>) -> String + Send + Sync;

/// The layer that writes the bodies of error responses. The [module page](self) has an example.
#[doc(alias = "errorhandler")]
#[doc(alias = "exception handler")]
#[doc(alias = "problem+json")]
#[derive(Clone)]
pub struct ErrorPages(Arc<RenderFn>);

impl ErrorPages {
    /// Returns a layer whose pages `render` writes, each a whole HTML document.
    pub fn new(render: impl Fn(&ErrorPage<'_>) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    /// Returns a layer with plain pages, without style.
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

impl ErrorPages {
    /// Returns a layer that writes `application/problem+json` for every client.
    pub fn problem_json() -> Self {
        Self::plain()
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

/// The content of an error page. The texts are those of the library and of rejections; none of
/// them comes from the request.
///
/// ```
/// use http::{Request, Response, StatusCode};
/// use palisade::ErrorPages;
/// use palisade::rejection::Rejection;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pages = ErrorPages::new(|page| match page.rejection() {
///     Some(rejection) if rejection.code() == "closed" => "Come back on Monday.".to_owned(),
///     _ => page.message().into_owned(),
/// });
/// let closed = service_fn(async |_: Request<()>| {
///     let rejection = Rejection::new(StatusCode::FORBIDDEN, "closed", "The shop is closed.");
///     Ok::<Response<String>, std::convert::Infallible>(rejection.into_response())
/// });
/// let response = pages.layer(closed).oneshot(Request::new(())).await?;
/// assert_eq!(response.body(), "Come back on Monday.");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ErrorPage<'a> {
    status: StatusCode,
    rejection: Option<&'a Rejection>,
    retry_after: Option<&'a str>,
    request_id: RequestId,
    nonce: CspNonce,
}

impl ErrorPage<'_> {
    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The reason why a layer rejected the request, if one did.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.rejection
    }

    /// A title of a few words, such as `Page not found`.
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
        if let Some(rejection) = self.rejection {
            return rejection.message();
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

    /// The text of the `Retry-After` header, after which the visitor may try again: seconds, such
    /// as `90`, or a date. It is not a sentence; [`message`](Self::message) of a 429 has one.
    pub fn retry_after(&self) -> Option<&str> {
        self.retry_after
    }

    /// The id of this request, which is also in the log.
    pub fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// The nonce for scripts and styles of this page.
    pub fn nonce(&self) -> &CspNonce {
        &self.nonce
    }

    /// Writes the page as problem details (RFC 9457).
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

/// The service that [`ErrorPages`] makes.
///
/// ```
/// use palisade::ErrorPages;
/// use palisade::error_page::ErrorPagesService;
/// use tower::Layer;
///
/// let service: ErrorPagesService<&str> = ErrorPages::plain().layer("any service");
/// assert!(format!("{service:?}").contains("any service"));
/// ```
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
        let context = RequestContext::begin(request.extensions_mut());
        context.enter(LayerMark::ErrorPages);
        let page_context = PageContext {
            pages: self.pages.clone(),
            context,
            accept: request.headers().get(ACCEPT).cloned(),
        };
        ErrorPagesFuture { future: self.inner.call(request), page_context }
    }
}

pin_project! {
    /// The response future of an [`ErrorPagesService`].
    pub struct ErrorPagesFuture<F> {
        #[pin]
        future: F,
        page_context: PageContext,
    }
}

/// The values of the request that its error page needs.
struct PageContext {
    pages: ErrorPages,
    context: RequestContext,
    accept: Option<HeaderValue>,
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
        Poll::Ready(Ok(if wants_page(&response) { this.page_context.write(response) } else { response }))
    }
}

fn wants_page<B: Body>(response: &Response<B>) -> bool {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let has_reason = || {
        response.extensions().get::<Rejection>().is_some()
            || response.extensions().get::<InternalError>().is_some()
    };
    let has_no_page = || match response.headers().get(CONTENT_TYPE) {
        Some(content_type) => content_type.as_bytes().starts_with(b"text/plain"),
        None => response.body().size_hint().exact() == Some(0),
    };
    is_error && (has_reason() || has_no_page())
}

impl PageContext {
    fn write<B: From<String>>(&self, response: Response<B>) -> Response<B> {
        let (mut parts, _) = response.into_parts();
        let request_id = self.context.request_id();
        let rejection = parts.extensions.get::<Rejection>();
        match (parts.extensions.get::<InternalError>(), rejection) {
            (Some(cause), _) => {
                tracing::error!(%request_id, status = parts.status.as_u16(), %cause, "internal error");
            }
            (None, Some(rejection)) if rejection.code() == MissingLayer::CODE => {
                tracing::error!(%request_id, missing = &*rejection.message(), "missing layer");
            }
            (None, Some(rejection)) => {
                tracing::debug!(%request_id, reason = rejection.code(), "request rejected");
            }
            (None, None) => {}
        }
        let page = ErrorPage {
            status: parts.status,
            rejection,
            retry_after: parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()),
            request_id,
            nonce: CspNonce::of(&self.context),
        };
        let (content_type, body) = if self.accept.as_ref().is_some_and(prefers_json) {
            ("application/problem+json", page.problem())
        } else {
            ("text/html; charset=utf-8", (self.pages.0)(&page))
        };
        parts.headers.remove(CONTENT_LENGTH);
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        parts.headers.append(VARY, HeaderValue::from_static("accept"));
        Response::from_parts(parts, body.into())
    }
}
