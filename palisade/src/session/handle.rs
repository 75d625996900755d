//! The handle of a visitor's session: read and write values.

use std::fmt;
use std::sync::Arc;

use http::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::data::SessionChange;
use super::rejection::SessionRejection;
use super::request_session::RequestSession;
use super::settings::Sessions;
use crate::core::rejection::MissingLayer;
use crate::core::request_context::{LayerMark, RequestContext};

/// A handle to the visitor's session. Cloning is cheap; the clones share the session.
///
/// Values are stored as JSON. With the feature `axum` it is an extractor; else the layer puts it
/// into the request's extensions. An example is on the [module page](crate::session).
#[derive(Clone)]
pub struct Session(pub(super) Arc<RequestSession>);

impl Session {
    /// Attaches a session, not read yet, to the request.
    ///
    /// # Errors
    /// If the scheme is unknown, so that the cookie could be sent over plain HTTP, or if an outer
    /// session layer has the same cookie.
    pub(super) fn begin<B>(sessions: &Sessions, request: &mut Request<B>) -> Result<Self, MissingLayer> {
        let context = RequestContext::begin(request.extensions_mut());
        context.enter(LayerMark::Sessions);
        if context.client().is_none() && sessions.0.secure.is_none() {
            return Err(MissingLayer(
                "`Sessions` does not know if the request came over TLS: no layer outside of it has resolved the \
                 client. Use `Palisade::sessions`, write `Proxies` outside of it, or set `Sessions::secure`.",
            ));
        }
        let mut outer = request.extensions().get::<Self>();
        while let Some(Self(session)) = outer {
            if session.settings().cookie.name() == sessions.0.cookie.name() {
                return Err(MissingLayer(
                    "Two session layers around one route use the same cookie. Remove one of them, or give one another \
                     `Sessions::cookie_name`.",
                ));
            }
            outer = session.outer.as_ref();
        }
        let session = Self(Arc::new(RequestSession::new(sessions, request, &context)));
        context.set_session_tag(Arc::<RequestSession>::clone(&session.0));
        request.extensions_mut().insert(session.clone());
        Ok(session)
    }

    /// Returns the value under this name. A value of another type counts as missing.
    ///
    /// # Errors
    /// If the store is down.
    pub async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SessionRejection> {
        self.0.load().await?;
        let value = self.0.state().data.as_ref().and_then(|data| data.values.get(name).cloned());
        Ok(value.and_then(|value| serde_json::from_value(value).ok()))
    }

    /// Stores a value under this name. Starts a session if there is none.
    ///
    /// # Errors
    /// If the store is down, or the value has no JSON form.
    pub async fn set(&self, name: &str, value: impl Serialize) -> Result<(), SessionRejection> {
        let value = serde_json::to_value(value).map_err(|_| {
            SessionRejection::Misused(
                "`Session::set` got a value without a JSON form. Use a type that serializes to JSON; a map \
                 needs strings as keys.",
            )
        })?;
        self.0.load().await?;
        self.0.change(SessionChange::Set(name.to_owned(), value));
        Ok(())
    }

    /// Removes the value under this name.
    ///
    /// # Errors
    /// If the store is down.
    pub async fn remove(&self, name: &str) -> Result<(), SessionRejection> {
        self.0.load().await?;
        let exists = self.0.state().data.as_ref().is_some_and(|data| data.values.contains_key(name));
        if exists {
            self.0.change(SessionChange::Remove(name.to_owned()));
        }
        Ok(())
    }

    /// Removes the value under this name and returns it, for messages that are shown once.
    ///
    /// # Errors
    /// If the store is down.
    #[doc(alias = "flash")]
    pub async fn take<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SessionRejection> {
        let value = self.get(name).await?;
        self.remove(name).await?;
        Ok(value)
    }
}

/// Shows no content: a session is the visitor's secret.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(hidden)")
    }
}
