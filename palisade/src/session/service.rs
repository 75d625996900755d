//! The service of [`Sessions`]: hands the request a session, and writes it when the answer goes.
//!
//! A session that nobody has touched costs nothing more; one that is to be written is written in a box.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::cookie::LARGEST;
use super::data::{Change, Record};
use super::request_session::{Remember, Session, State, Visit, down};
use super::{Place, Sessions};
use crate::core::internal_error::InternalError;
use crate::core::rejection::Rejection;
use crate::core::store_reply::StoreError;
use crate::session::store::{SaveOutcome, SessionId, SessionRecord};

/// A service behind [`Sessions`].
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    sessions: Sessions,
    inner: S,
}

impl<S> tower_layer::Layer<S> for Sessions {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { sessions: self.clone(), inner }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default + Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = SessionFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let session = Session::begin(&self.sessions, &mut request);
        SessionFuture { future: self.inner.call(request), session: Some(session), writing: None }
    }
}

type Writing<B> = Pin<Box<dyn Future<Output = Response<B>> + Send>>;

pin_project! {
    /// The answer of a [`SessionService`] service.
    pub struct SessionFuture<F, B> {
        #[pin]
        future: F,
        session: Option<Session>,
        writing: Option<Writing<B>>,
    }
}

impl<F, B, E> Future for SessionFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default + Send + 'static,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.writing.is_none() {
            let response = ready!(this.future.poll(cx))?;
            let Session(visit) = this.session.take().expect("not polled after it was ready");
            if !visit.touched() {
                return Poll::Ready(Ok(response));
            }
            let state = std::mem::take(&mut *visit.state());
            if state.is_unchanged() {
                return Poll::Ready(Ok(About::of(&state).told(response, Vec::new())));
            }
            *this.writing = Some(Box::pin(finish(visit, state, response)));
        }
        let writing = this.writing.as_mut().expect("it has just been put there");
        writing.as_mut().poll(cx).map(Ok)
    }
}

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Writes what has changed.
async fn finish<B: Default>(visit: Arc<Visit>, state: State, response: Response<B>) -> Response<B> {
    let (about, mut cookies) = (About::of(&state), Vec::new());
    let written = write(&visit, state, &mut cookies).await;
    about.told(written.err().unwrap_or(response), cookies)
}

/// What an answer has to say about the session that it came from.
struct About {
    signed_in: bool,
    filled: bool,
    signed_out: bool,
    goes_on: bool,
}

impl About {
    fn of(state: &State) -> Self {
        Self {
            signed_in: state.record.as_ref().is_some_and(|record| record.login.is_some()),
            filled: state.record.as_ref().is_some_and(|record| !record.is_empty()),
            signed_out: state.signed_out,
            goes_on: state.record.is_some(),
        }
    }

    /// Says that the answer depends on the cookie, and who may keep it.
    fn told<B>(&self, mut response: Response<B>, cookies: Vec<HeaderValue>) -> Response<B> {
        let own = response.headers_mut();
        own.append(VARY, HeaderValue::from_static("cookie"));
        if (self.filled || self.signed_out || !cookies.is_empty()) && !is_private(own) {
            let control = if self.signed_in || self.signed_out { "no-store" } else { "private, no-cache" };
            own.insert(CACHE_CONTROL, HeaderValue::from_static(control));
        }
        for line in cookies {
            own.append(SET_COOKIE, line);
        }
        if self.signed_out && !own.contains_key(CLEAR_SITE_DATA) {
            // Not the cookie of a session that has been begun since.
            let data = if self.goes_on { "\"storage\"" } else { "\"cookies\", \"storage\"" };
            own.insert(CLEAR_SITE_DATA, HeaderValue::from_static(data));
        }
        response
    }
}

/// Whether the application has said that nobody but the visitor may keep the answer.
fn is_private(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CACHE_CONTROL).iter();
    lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).any(|directive| {
        let directive = directive.trim_ascii();
        directive.eq_ignore_ascii_case(b"no-store") || directive.eq_ignore_ascii_case(b"private")
    })
}

/// Writes the session and says which cookies to set, or what to answer instead.
async fn write<B: Default>(
    visit: &Visit,
    mut state: State,
    cookies: &mut Vec<HeaderValue>,
) -> Result<(), Response<B>> {
    let (settings, secure) = (visit.settings(), visit.secure);
    match std::mem::take(&mut state.remember) {
        Remember::Leave => {}
        Remember::Set(value) => {
            cookies.push(settings.remember_jar.set(&value, secure, Some(visit.remember_age())));
        }
        Remember::Clear => cookies.push(settings.remember_jar.clear(secure)),
    }
    if !state.dirty {
        return Ok(());
    }
    let Some(record) = state.record else {
        if visit.presented().is_some() {
            cookies.push(settings.jar.clear(secure));
        }
        return Ok(());
    };
    let id = record.id;
    let bytes = match settings.place {
        Place::Cookie if is_over(visit, id).await.map_err(unread)? => return Ok(()),
        Place::Cookie => record.encode(),
        // A visitor whom only a form has given a session costs no room.
        Place::Store if state.version.is_none() && record.is_empty() => {
            if is_over(visit, id).await.map_err(unread)? {
                return Ok(());
            }
            record.encode()
        }
        Place::Store => {
            let saved = keep(visit, record, state.version, state.changes).await;
            if saved.map_err(unread)? == SaveOutcome::Conflict || visit.is_presented(id) {
                return Ok(());
            }
            Vec::new()
        }
    };
    let sealed = settings.keys.seal(&[&id.bytes()[..], &bytes].concat(), &settings.context());
    cookies.push(settings.jar.set(&URL_SAFE_NO_PAD.encode(sealed), secure, None));
    let size = cookies.iter().map(HeaderValue::len).max().unwrap_or(0);
    if size > LARGEST {
        cookies.clear();
        return Err(too_large(size));
    }
    Ok(())
}

/// Whether another request has ended, or filled, a session that lay in the cookie, since it was read. The cookie must then not
/// take the place of that request's.
async fn is_over(visit: &Visit, id: SessionId) -> Result<bool, StoreError> {
    let presented = visit.presented().is_some_and(|presented| presented.id == id);
    Ok(presented && visit.settings().store.load(id).await?.is_some())
}

/// Saves the session in the store. Where another request was quicker, what this one did is done to the newer version; where
/// another has ended it, that holds.
async fn keep(
    visit: &Visit,
    mut record: Record,
    mut version: Option<u64>,
    changes: Vec<Change>,
) -> Result<SaveOutcome, StoreError> {
    let (settings, id) = (visit.settings(), record.id);
    for _ in 0..8 {
        let Some(lasts) = record.lasts(settings.limits, settings.now()) else {
            return Ok(SaveOutcome::Conflict);
        };
        let kept = SessionRecord {
            version: version.unwrap_or(0) + 1,
            user: record.login.as_ref().map(|login| login.user.clone()),
            bytes: record.encode(),
        };
        if settings.store.save(id, version, kept, lasts).await? == SaveOutcome::Saved {
            return Ok(SaveOutcome::Saved);
        }
        let newer = settings.store.load(id).await?;
        let read = newer.and_then(|kept| Some((Record::decode(id, &kept.bytes)?, kept.version)));
        let Some((newer, number)) = read else { return Ok(SaveOutcome::Conflict) };
        let seen = record.seen.max(newer.seen);
        record = Record { seen, ..newer };
        version = Some(number);
        changes.iter().cloned().for_each(|change| record.apply(change));
    }
    tracing::warn!("a session was changed by so many requests at once that one of the changes is lost");
    Ok(SaveOutcome::Conflict)
}

fn unread<B: Default>(error: StoreError) -> Response<B> {
    Rejection::from(down(&error)).into_response()
}

fn too_large<B: Default>(size: usize) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(InternalError::new(format!(
        "the session's cookie is {size} bytes, and browsers keep {LARGEST}: put less into it, or keep sessions in a \
         store by `Sessions::store`"
    )));
    response
}
