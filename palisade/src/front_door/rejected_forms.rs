//! The layer that shows a rejected form again: it records the form while it is read, and asks a router
//! for a page with its fields if the response is an error.
//!
//! The layer is around each route, as axum's `Router::layer` puts it there, so the service inside of it
//! is one handler. The page comes from a router of its own, which chooses the handler by path and
//! method.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderValue, Method, Request, Response, StatusCode, Uri};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::form_recording::Recording;
use super::optional::{WithToken, with_token};
use crate::core::axum_compat::original_uri;
use crate::core::client::PeerAddr;
use crate::core::internal_error::InternalError;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;
use crate::core::requester::Requester;
use crate::core::session_tag::SessionTag;
use crate::csrf::{CsrfRejection, CsrfTokenError, CsrfTokens, is_origin_verified};
use crate::error_page::OwnBody;
use crate::extract::RejectedForm;
use crate::extract::form_fields::FormEncoding;
use crate::serve::Shutdown;
use crate::session::Session;

/// The router of the pages that show rejected forms, and the page for all forms.
#[derive(Clone)]
pub(super) struct FormPages {
    pub(super) router: Router,
    pub(super) path: Arc<PathAndQuery>,
}

/// The router of the pages, with the token check, which issues the tokens of their forms.
type AskedPages = WithToken<Router>;
type AskedFuture = <AskedPages as Service<Request<Body>>>::Future;

/// The service that shows rejected forms again, if there are pages for them.
#[derive(Clone)]
pub struct RejectedFormsService<S> {
    pages: Option<(AskedPages, Arc<PathAndQuery>)>,
    inner: S,
}

impl<S> RejectedFormsService<S> {
    pub(super) fn new(pages: Option<&FormPages>, tokens: Option<&CsrfTokens>, inner: S) -> Self {
        let pages = pages.map(|pages| (with_token(tokens, pages.router.clone()), Arc::clone(&pages.path)));
        Self { pages, inner }
    }
}

impl<S> Service<Request<Body>> for RejectedFormsService<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = RejectedFormsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let watched = self.pages.as_ref().and_then(|pages| Some((pages, watched(&request)?)));
        let Some(((pages, page), encoding)) = watched else {
            return RejectedFormsFuture { stage: Stage::Passing { future: self.inner.call(request) } };
        };
        let (parts, body) = request.into_parts();
        let recording = Recording::new(body, &encoding);
        let watch = Box::new(Watch {
            pages: pages.clone(),
            head: parts.clone(),
            encoding,
            recording: recording.clone(),
            page: Arc::clone(page),
        });
        let future = self.inner.call(Request::from_parts(parts, Body::new(recording)));
        RejectedFormsFuture { stage: Stage::Watching { future, watch: Some(watch) } }
    }
}

/// Returns the encoding of a form that a person has sent from a page of this site.
fn watched(request: &Request<Body>) -> Option<FormEncoding> {
    let requester = || RequestContext::of(request.extensions()).and_then(RequestContext::requester);
    let is_watched = request.method() == Method::POST
        && is_origin_verified(request.extensions())
        && requester() == Some(Requester::Person);
    if is_watched { FormEncoding::of(request.headers()) } else { None }
}

/// Returns `true` for a response that loses the form: an error without a page of its own, or a
/// redirect to the page to sign in at. No page of this site sends a form without a token.
fn loses_form(response: &Response<Body>) -> bool {
    let (status, rejection) = (response.status(), response.extensions().get::<Rejection>());
    let no_token = Rejection::from(CsrfRejection::Token(CsrfTokenError::Missing));
    let is_excluded =
        |rejection: &Rejection| rejection.code() == no_token.code() || rejection.code() == MissingLayer::CODE;
    if rejection.is_some_and(is_excluded) {
        return false;
    }
    if status.is_redirection() {
        return rejection.is_some_and(Rejection::asks_to_sign_in);
    }
    let is_html = |value: &HeaderValue| value.as_bytes().starts_with(b"text/html");
    (status.is_client_error() || status.is_server_error())
        && !response.headers().get(CONTENT_TYPE).is_some_and(is_html)
}

/// What is needed to show a form again.
struct Watch {
    pages: AskedPages,
    /// The head of the request, as it came.
    head: Parts,
    encoding: FormEncoding,
    recording: Recording,
    page: Arc<PathAndQuery>,
}

impl Watch {
    /// Returns the form, unless it has no text.
    fn form(&self, response: &Response<Body>) -> Option<RejectedForm> {
        let fields = self.encoding.fields(&self.recording.bytes()?);
        let uri = original_uri(&self.head.extensions).unwrap_or(&self.head.uri);
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
        let rejection = response.extensions().get::<Rejection>().cloned();
        (!fields.texts.is_empty()).then(|| RejectedForm::new(path, response.status(), rejection, fields))
    }

    /// Makes the request for the page that shows the form.
    fn page_request(&self, place: Place, form: &RejectedForm) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.version_mut() = self.head.version;
        *request.uri_mut() = self.head.uri.clone();
        if place == Place::Fallback {
            let mut uri = self.head.uri.clone().into_parts();
            uri.path_and_query = Some(PathAndQuery::clone(&self.page));
            *request.uri_mut() = Uri::from_parts(uri).unwrap_or_default();
        }
        *request.headers_mut() = self.head.headers.clone();
        for name in [CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING] {
            request.headers_mut().remove(name);
        }
        // Not all extensions: the route's parameters are among them, and would count twice.
        let (from, to) = (&self.head.extensions, request.extensions_mut());
        copy::<RequestContext>(from, to);
        copy::<Session>(from, to);
        copy::<Arc<dyn SessionTag>>(from, to);
        copy::<PeerAddr>(from, to);
        copy::<Shutdown>(from, to);
        to.insert(form.clone());
        request
    }
}

fn copy<T: Clone + Send + Sync + 'static>(from: &Extensions, to: &mut Extensions) {
    if let Some(value) = from.get::<T>() {
        to.insert(value.clone());
    }
}

/// The page that is asked to show the form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The page of the form, at the path that the form was sent to.
    Own,
    /// The page for all forms.
    Fallback,
}

/// A rejected form, and the response without it.
struct Rejected {
    watch: Box<Watch>,
    form: RejectedForm,
    response: Response<Body>,
    place: Place,
}

impl Rejected {
    /// Asks for the page at the present place.
    fn ask(&mut self) -> AskedFuture {
        let request = self.watch.page_request(self.place, &self.form);
        // A router is always ready.
        self.watch.pages.call(request)
    }

    /// Makes the response from the page that shows the form: it keeps the status and the reason.
    fn shown(self, mut page: Response<Body>) -> Response<Body> {
        let (mut rejected, _) = self.response.into_parts();
        let status = rejected.status;
        *page.status_mut() = if status.is_redirection() { StatusCode::UNAUTHORIZED } else { status };
        for name in [RETRY_AFTER, SET_COOKIE] {
            for value in rejected.headers.get_all(&name) {
                page.headers_mut().append(name.clone(), value.clone());
            }
        }
        page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(rejection) = rejected.extensions.remove::<Rejection>() {
            page.extensions_mut().insert(rejection);
        }
        if let Some(cause) = rejected.extensions.remove::<InternalError>() {
            page.extensions_mut().insert(cause);
        }
        page.extensions_mut().insert(OwnBody);
        page
    }
}

pin_project! {
    /// The response of a [`RejectedFormsService`].
    pub struct RejectedFormsFuture<F> {
        #[pin]
        stage: Stage<F>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        /// Not a form, or there is no page for it.
        Passing { #[pin] future: F },
        /// The application handles the form.
        Watching { #[pin] future: F, watch: Option<Box<Watch>> },
        /// The rest of the rejected form arrives.
        Reading { read: Option<(Box<Watch>, Response<Body>)> },
        /// The application makes the page.
        Showing { #[pin] future: AskedFuture, rejected: Option<Box<Rejected>> },
    }
}

impl<F, E> Future for RejectedFormsFuture<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                StageProjection::Passing { future } => return future.poll(cx),
                StageProjection::Watching { future, watch } => {
                    let response = ready!(future.poll(cx))?;
                    if !loses_form(&response) {
                        return Poll::Ready(Ok(response));
                    }
                    Stage::Reading { read: Some((watch.take().expect(ONCE), response)) }
                }
                StageProjection::Reading { read } => {
                    let (watch, _) = read.as_ref().expect(ONCE);
                    ready!(watch.recording.poll_rest(cx, &watch.head));
                    let (watch, response) = read.take().expect(ONCE);
                    let Some(form) = watch.form(&response) else { return Poll::Ready(Ok(response)) };
                    let mut rejected = Box::new(Rejected { watch, form, response, place: Place::Own });
                    Stage::Showing { future: rejected.ask(), rejected: Some(rejected) }
                }
                StageProjection::Showing { future, rejected } => {
                    let Ok(page) = ready!(future.poll(cx));
                    let mut rejected = rejected.take().expect(ONCE);
                    if page.status() == StatusCode::OK && rejected.form.is_shown() {
                        return Poll::Ready(Ok((*rejected).shown(page)));
                    }
                    if rejected.place == Place::Fallback {
                        return Poll::Ready(Ok(rejected.response));
                    }
                    rejected.place = Place::Fallback;
                    Stage::Showing { future: rejected.ask(), rejected: Some(rejected) }
                }
            };
            stage.set(next);
        }
    }
}

const ONCE: &str = "a future is not polled again after it was ready";
