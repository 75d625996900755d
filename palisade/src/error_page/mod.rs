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
//! let request = Request::get("/").header("accept", "text/html").body(Body::empty())?;
//! let response = app.clone().oneshot(request).await?;
//! assert_eq!(response.status(), 404);
//! let html = to_bytes(response.into_body(), 1000).await?;
//! assert!(html.starts_with(b"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
//!     <title>Page not found</title>\n<h1>Page not found</h1>\n<p>There is nothing at this address. \
//!     It may have moved, or the link has a slip in it.</p>\n<p>Request "));
//!
//! let response = app.oneshot(Request::get("/").body(Body::empty())?).await?; // as curl asks
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
//! status, or by the code of their [`Rejection`]. A message may repeat what the visitor has sent:
//! a template engine escapes it, and [`Escaped`] does in `format!`.
//!
//! ```
//! use axum::{Router, body::{Body, to_bytes}, http::Request};
//! use palisade::error_page::{ErrorPage, Escaped};
//! use palisade::{ErrorPages, Rejection};
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
//!     format!("<!doctype html><title>{}</title><p>{}", error.title(), Escaped(&text))
//! });
//! let request = Request::get("/").header("accept", "text/html").body(Body::empty())?;
//! let response = pages.layer(Router::new()).oneshot(request).await?;
//! assert!(to_bytes(response.into_body(), 1000).await?.ends_with(b"Please use the search."));
//! # Ok(())
//! # }
//! ```
//!
//! The function does not change `problem+json`, whose `detail` is always [`ErrorPage::message`].
//!
//! # Who asks
//!
//! The head of the request decides. The first row that fits counts:
//!
//! | request | requester | error | not signed in |
//! |---|---|---|---|
//! | a group with [`ErrorPages::problem_json`] | program | `application/problem+json` | 401 |
//! | `HX-Request: true` with `HX-Boosted` or `HX-History-Restore-Request` | person | page | 303 |
//! | `HX-Request: true` | htmx | `<p>…</p>` | 401, `HX-Redirect` to the login page |
//! | `Sec-Fetch-Mode: navigate` | person | page | 303 |
//! | another `Sec-Fetch-Mode`, or `X-Requested-With: XMLHttpRequest` | program | `application/problem+json` | 401 |
//! | `Accept` names `text/html`, and does not prefer JSON | person | page | 303 |
//! | anything else: curl, `fetch` over plain HTTP, libraries | program | `application/problem+json` | 401 |
//!
//! Error responses have `Vary: accept, sec-fetch-mode, hx-request`.
//!
//! # What happens, in order
//!
//! 1. An error that another `ErrorPages` further in has written stays unchanged.
//! 2. A redirect to the login page becomes a 401, unless a person asks.
//! 3. A response with an error status gets a new body if one of these is true:
//!    - a [`Rejection`], an [`InternalError`] or an [`Error`](crate::Error) is in its extensions;
//!    - its body is empty, such as the router's 404 and 405;
//!    - its type is `text/plain`, which handlers return as `(StatusCode, "text")`.
//! 4. The text of a 4xx is kept: it is the message of the page, and `detail` in JSON. axum's own
//!    texts, such as ``Cannot parse `x` to a `u32` ``, are for programs; pages show a general
//!    sentence.
//! 5. The text of a 5xx is never shown. It is logged as the cause.
//! 6. The headers that describe the old body are removed, and `Cache-Control` is `no-store`.
//!
//! Any other error response stays unchanged: the handler has written its own page or JSON.
//!
//! A text is kept if it has at most 1,000 bytes, is UTF-8, and is not compressed. With a
//! compressing layer inside, return [`palisade::Error`](crate::Error), or put that layer outside.
//!
//! # Defaults
//!
//! | part | content | why |
//! |---|---|---|
//! | format | by the table above | a program cannot read a page |
//! | text | a title, and the message of the rejection, the handler or the status | visitors see no cause, path or version |
//! | `Cache-Control` | `no-store` | the page has a nonce and a request id |
//! | request id | that of the request's extensions, else a new one; also in the log | to find the log line |
//! | cause | in the log at level `error`, once; on the page in development only | OWASP |
//! | rejections | in the log at level `info`: code, status, method, path | a 403 leaves a reason |
//! | 4xx of handlers, redirects | in the log at level `debug` | frequent, and expected |
//!
//! The path is logged without the query. If your paths contain secrets, such as the token of
//! `/reset/{token}`, cut them off by [`ErrorPages::logged_path`].
//!
//! # What it does not do
//!
//! - It does not add security headers. Put it outside [`Palisade`](crate::Palisade), as the
//!   outermost layer: rejections then get pages too, and the nonce of the page is the one in the
//!   header.
//! - It does not catch panics: every [guard](crate::guard) does.
//! - htmx does not show error responses by default: see `htmx.config.responseHandling`.
//!
//! # See also
//!
//! [`error`](mod@crate::error) for errors that handlers return;
//! [`rejection`](crate::rejection) for the values that layers put into responses.
//!
//! # References
//!
//! RFC 9457 (problem details), RFC 9110 §12.5.1 (`Accept`), W3C Fetch Metadata (`Sec-Fetch-Mode`),
//! htmx reference (request and response headers); OWASP Error Handling Cheat Sheet.

mod future;
mod page;
mod texts;

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

pub use self::future::ErrorPagesFuture;
#[cfg(all(feature = "axum", feature = "session"))]
pub(crate) use self::future::OwnBody;
use self::future::PageContext;
pub use self::page::{ErrorPage, Escaped};
#[cfg(doc)]
use crate::core::{internal_error::InternalError, rejection::Rejection};

type RenderFn = dyn Fn(&ErrorPage<'_>) -> String + Send + Sync;

/// The layer that writes the bodies of error responses. The [module page](self) has an example.
#[doc(alias = "errorhandler")]
#[doc(alias = "exception handler")]
#[doc(alias = "problem+json")]
#[derive(Clone)]
#[must_use]
pub struct ErrorPages {
    format: Format,
    logged_path: fn(&str) -> &str,
}

#[derive(Clone)]
enum Format {
    /// The requester decides. The function writes the page for people.
    ByRequester(Arc<RenderFn>),
    ProblemJson,
}

impl ErrorPages {
    /// Returns a layer whose pages `render` writes, each a whole HTML document.
    ///
    /// Escape the texts of the page: a template engine does, and [`Escaped`].
    pub fn new(render: impl Fn(&ErrorPage<'_>) -> String + Send + Sync + 'static) -> Self {
        Self::of(Format::ByRequester(Arc::new(render)))
    }

    /// Returns a layer with plain pages, without style.
    pub fn plain() -> Self {
        Self::new(page::plain)
    }

    /// Returns a layer that writes `application/problem+json` for every client: for the routes of
    /// an API, inside another `ErrorPages` or alone.
    ///
    /// ```
    /// use axum::{Router, body::Body, http::Request};
    /// use palisade::ErrorPages;
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let api = Router::new().fallback(async || http::StatusCode::NOT_FOUND);
    /// let app = Router::new()
    ///     .nest("/api", api.layer(ErrorPages::problem_json()))
    ///     .layer(ErrorPages::plain());
    /// let request = Request::get("/api/x").header("accept", "text/html").body(Body::empty())?;
    /// let response = app.oneshot(request).await?;
    /// assert_eq!(response.headers()["content-type"], "application/problem+json");
    /// # Ok(())
    /// # }
    /// ```
    pub fn problem_json() -> Self {
        Self::of(Format::ProblemJson)
    }

    /// Sets the part of a path that is logged, for paths that contain secrets.
    ///
    /// ```
    /// use palisade::ErrorPages;
    ///
    /// fn without_token(path: &str) -> &str {
    ///     if path.starts_with("/reset/") { "/reset/" } else { path }
    /// }
    /// let pages = ErrorPages::plain().logged_path(without_token);
    /// assert_eq!(format!("{pages:?}"), "ErrorPages");
    /// ```
    pub fn logged_path(self, path: fn(&str) -> &str) -> Self {
        Self { logged_path: path, ..self }
    }

    fn of(format: Format) -> Self {
        Self { format, logged_path: |path| path }
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
    type Future = ErrorPagesFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let (page_context, misplaced) = PageContext::of(&self.pages, &mut request);
        match misplaced {
            Some(misplaced) => ErrorPagesFuture::misplaced(misplaced, page_context),
            None => ErrorPagesFuture::new(self.inner.call(request), page_context),
        }
    }
}
