//! The response on its way out: which errors get a body, what is logged, and the new response.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, VARY};
use http::response::Parts;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;

use super::page::ErrorPage;
use super::texts::{TextReader, is_axums, is_readable, is_text};
use super::{ErrorPages, Format};
use crate::core::handler_error::HandlerError;
use crate::core::internal_error::InternalError;
use crate::core::nonce::CspNonce;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::{LayerMark, RequestContext, rejecting_layers};
use crate::core::request_id::RequestId;
use crate::core::requester::{self, Requester, RequesterHint};

/// Marks a response whose body an `ErrorPages` has written: another one further out keeps it.
#[derive(Clone, Copy)]
struct Written;

/// Marks a rejection that a page of the application shows: it is logged, and its body is kept.
#[cfg(all(feature = "axum", feature = "session"))]
#[derive(Clone, Copy)]
pub(crate) struct OwnBody;

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// Returns `true` for headers that describe the replaced body. `Cache-Control` is replaced.
fn is_stale(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "accept-ranges"
            | "age"
            | "content-disposition"
            | "content-encoding"
            | "content-language"
            | "content-length"
            | "content-location"
            | "content-range"
            | "etag"
            | "expires"
            | "last-modified"
            | "location"
            | "trailer"
            | "transfer-encoding"
    )
}

/// The layers whose rejections would have no page.
const REJECTS_WITHOUT_PAGE: &[(LayerMark, &str)] = rejecting_layers!(
    "`ErrorPages` stands inside of `",
    "`, whose rejections would have no page. Write `ErrorPages` outside of every other layer, or use \
     `Palisade::error_pages`.";
    Guards "Palisade"
);

/// The values of the request that its error page needs.
pub(super) struct PageContext {
    pages: ErrorPages,
    context: RequestContext,
    method: Method,
    target: Option<PathAndQuery>,
}

/// What happens to a response.
enum Action {
    Keep,
    Write,
    ReadText,
}

impl PageContext {
    /// Returns the context, and the error for a layer outside of these pages whose rejections would
    /// have no page.
    pub(super) fn of<B>(pages: &ErrorPages, request: &mut Request<B>) -> (Self, Option<MissingLayer>) {
        let context = RequestContext::begin(request.extensions_mut());
        let misplaced = match context.has_entered(LayerMark::ErrorPages) {
            true => None,
            false => context.reject_outside(REJECTS_WITHOUT_PAGE).err(),
        };
        context.enter(LayerMark::ErrorPages);
        if let Format::ByRequester(_) = pages.format {
            context.set_requester(RequesterHint::of(request.headers()));
        }
        let page_context = Self {
            pages: pages.clone(),
            context,
            method: request.method().clone(),
            target: request.uri().path_and_query().cloned(),
        };
        (page_context, misplaced)
    }

    fn requester(&self) -> Requester {
        match self.pages.format {
            Format::ByRequester(_) => self.context.requester().unwrap_or(Requester::Program),
            Format::ProblemJson => Requester::Program,
        }
    }

    fn action<B: Body>(&self, response: &mut Response<B>) -> Action {
        let status = response.status();
        if status.is_informational() || status.is_success() || has::<Written, _>(response) {
            return Action::Keep;
        }
        #[cfg(all(feature = "axum", feature = "session"))]
        if has::<OwnBody, _>(response) {
            self.log(status, response.extensions(), self.context.request_id());
            response.extensions_mut().insert(Written);
            return Action::Keep;
        }
        if let Some(rejection) = response.extensions().get::<Rejection>() {
            if rejection.asks_to_sign_in()
                && status == StatusCode::SEE_OTHER
                && self.requester() != Requester::Person
            {
                self.redirect_to_401(response);
                return Action::Write;
            }
            if status.is_redirection() {
                let (method, path, code) = (&self.method, self.path(), rejection.code());
                tracing::debug!(code, status = status.as_u16(), %method, path, "request redirected");
            }
        }
        if status.is_redirection() {
            return Action::Keep;
        }
        let has_reason = has::<Rejection, _>(response)
            || has::<InternalError, _>(response)
            || has::<HandlerError, _>(response);
        let is_empty = || {
            !response.headers().contains_key(CONTENT_TYPE) && response.body().size_hint().exact() == Some(0)
        };
        if has_reason {
            Action::Write
        } else if is_readable(response) {
            Action::ReadText
        } else if is_text(response) || is_empty() {
            Action::Write
        } else {
            Action::Keep
        }
    }

    /// A program cannot use a page to sign in at, and htmx would put that page into another.
    fn redirect_to_401<B>(&self, response: &mut Response<B>) {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        if let Some(location) = response.headers_mut().remove(LOCATION)
            && self.requester() == Requester::Htmx
        {
            response.headers_mut().insert(HX_REDIRECT, location);
        }
    }

    /// Writes the body of an error response. The text is that of the old body.
    fn write<B: From<String>>(&self, mut parts: Parts, text: Option<String>) -> Response<B> {
        let (request_id, requester) = (self.context.request_id(), self.requester());
        let text = text.filter(|text| !text.trim_ascii().is_empty());
        let is_client_error = parts.status.is_client_error();
        if let Some(text) = text.as_deref().filter(|_| !is_client_error) {
            parts.extensions.insert(InternalError::new(text));
        }
        self.log(parts.status, &parts.extensions, request_id);
        let body = {
            let handler = parts.extensions.get::<HandlerError>().filter(|_| is_client_error);
            let own = handler.and_then(|error| error.message.as_ref());
            let own = own.map(|message| (&*message.text, message.is_technical));
            let said = || text.as_deref().map(|text| (text, is_axums(text)));
            let words = own.or_else(said).filter(|_| is_client_error);
            let for_requester =
                words.filter(|(_, is_technical)| !is_technical || requester == Requester::Program);
            let rejection = parts.extensions.get::<Rejection>();
            let detail = self.context.shows_causes().then(|| detail(&parts, words)).flatten();
            let page = ErrorPage {
                status: parts.status,
                rejection,
                words: for_requester.map(|(words, _)| words),
                field_errors: handler.map_or(&[], |error| &error.fields),
                detail: detail.as_deref(),
                retry_after: parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()),
                request_id,
                nonce: CspNonce::of(&self.context),
            };
            self.body(&page, requester)
        };
        self.describe_body(&mut parts, requester);
        Response::from_parts(parts, body.into())
    }

    fn body(&self, page: &ErrorPage<'_>, requester: Requester) -> String {
        match (requester, &self.pages.format) {
            (Requester::Person, Format::ByRequester(render)) => render(page),
            (Requester::Htmx, _) => page.fragment(),
            (Requester::Program, _) | (_, Format::ProblemJson) => page.problem(),
        }
    }

    fn describe_body(&self, parts: &mut Parts, requester: Requester) {
        // Rejections have none of them: one pass costs less than a look-up of each.
        let stale: Vec<HeaderName> = parts.headers.keys().filter(|name| is_stale(name)).cloned().collect();
        for name in stale {
            parts.headers.remove(name);
        }
        let content_type = match requester {
            Requester::Person | Requester::Htmx => "text/html; charset=utf-8",
            Requester::Program => "application/problem+json",
        };
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        parts.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self.pages.format, Format::ByRequester(_)) {
            parts.headers.append(VARY, requester::VARY);
        }
        parts.extensions.insert(Written);
    }

    fn log(&self, status: StatusCode, extensions: &Extensions, request_id: RequestId) {
        let is_server_error = status.is_server_error();
        let (status, method, path) = (status.as_u16(), &self.method, self.path());
        let rejection = extensions.get::<Rejection>();
        match (extensions.get::<InternalError>(), rejection) {
            (Some(cause), _) => {
                tracing::error!(%request_id, status, %method, path, %cause, "internal error");
            }
            (None, Some(rejection)) if rejection.code() == MissingLayer::CODE => {
                // The text is in the log already, where it was made.
                tracing::debug!(%request_id, %method, path, "request rejected for a wiring error");
            }
            (None, Some(rejection)) => {
                let code = rejection.code();
                tracing::info!(%request_id, code, status, %method, path, "request rejected");
            }
            (None, None) if is_server_error => {
                tracing::error!(%request_id, status, %method, path, "internal error without a cause");
            }
            (None, None) => {
                tracing::debug!(%request_id, status, %method, path, "error response");
            }
        }
    }

    fn path(&self) -> &str {
        (self.pages.logged_path)(self.target.as_ref().map_or("", PathAndQuery::path))
    }
}

/// Returns the cause for the developer: of the internal error, of the missing layer, or the text
/// that pages do not show.
fn detail(parts: &Parts, words: Option<(&str, bool)>) -> Option<String> {
    let extensions = &parts.extensions;
    let cause = extensions.get::<InternalError>().map(InternalError::to_string);
    let rejection = extensions.get::<Rejection>().filter(|rejection| rejection.code() == MissingLayer::CODE);
    let missing = || rejection.map(|rejection| rejection.message().into_owned());
    let technical = || words.filter(|(_, is_technical)| *is_technical).map(|(text, _)| text.to_owned());
    cause.or_else(missing).or_else(technical)
}

fn has<T: Send + Sync + 'static, B>(response: &Response<B>) -> bool {
    response.extensions().get::<T>().is_some()
}

pin_project! {
    /// The response future of an [`ErrorPagesService`](super::ErrorPagesService).
    pub struct ErrorPagesFuture<F, B> {
        // `None` if these pages are inside of a layer that rejects.
        #[pin]
        future: Option<F>,
        misplaced: Option<MissingLayer>,
        // The response whose text is being read, once `future` is done.
        reading: Option<Box<(Parts, TextReader<B>)>>,
        page_context: PageContext,
    }
}

impl<F, B> ErrorPagesFuture<F, B> {
    pub(super) fn new(future: F, page_context: PageContext) -> Self {
        Self { future: Some(future), misplaced: None, reading: None, page_context }
    }

    pub(super) fn misplaced(misplaced: MissingLayer, page_context: PageContext) -> Self {
        Self { future: None, misplaced: Some(misplaced), reading: None, page_context }
    }
}

impl<F, B, E> Future for ErrorPagesFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body + From<String>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(misplaced) = this.misplaced.take() {
            let (parts, ()) = Rejection::from(misplaced).into_response::<()>().into_parts();
            return Poll::Ready(Ok(this.page_context.write(parts, None)));
        }
        if this.reading.is_none() {
            let future = this.future.as_pin_mut().expect("not polled after it was ready");
            let mut response = ready!(future.poll(cx))?;
            match this.page_context.action(&mut response) {
                Action::Keep => return Poll::Ready(Ok(response)),
                Action::Write => {
                    let (parts, _) = response.into_parts();
                    return Poll::Ready(Ok(this.page_context.write(parts, None)));
                }
                Action::ReadText => {
                    let (parts, body) = response.into_parts();
                    *this.reading = Some(Box::new((parts, TextReader::new(body))));
                }
            }
        }
        let (_, reader) = this.reading.as_deref_mut().expect("set just above");
        let text = ready!(reader.poll(cx));
        let (parts, _) = *this.reading.take().expect("set just above");
        Poll::Ready(Ok(this.page_context.write(parts, text)))
    }
}
