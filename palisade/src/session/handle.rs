//! The handle of a visitor's session: read and write values.

use std::fmt;
use std::sync::Arc;

use http::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::data::{SessionChange, public_key};
use super::rejection::SessionRejection;
use super::request_session::RequestSession;
use super::settings::Sessions;
use crate::core::rejection::MissingLayer;
use crate::core::request_context::{LayerMark, RequestContext};
use crate::core::session_tag::SessionTag;

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
        let outer = request.extensions().get::<Self>().map(|session| Arc::clone(&session.0));
        let mut next = outer.as_deref();
        while let Some(session) = next {
            if session.settings().cookie.name() == sessions.0.cookie.name() {
                return Err(MissingLayer(
                    "Two session layers around one route use the same cookie. Remove one of them, or give one another \
                     `Sessions::cookie_name`.",
                ));
            }
            next = session.outer.as_deref();
        }
        let session = Self(Arc::new(RequestSession::new(sessions, request, &context, outer)));
        let tag: Arc<dyn SessionTag> = Arc::<RequestSession>::clone(&session.0);
        request.extensions_mut().insert(tag);
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
        Ok(value.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Stores a value under this name. Starts a session if there is none.
    ///
    /// # Errors
    /// If the store is down, or the value has no JSON form. [`SessionRejection::TooLarge`] if the
    /// session would become too large: 4,096 bytes for a whole cookie, 64 KB in a store.
    pub async fn set(&self, name: &str, value: impl Serialize) -> Result<(), SessionRejection> {
        let json = serde_json::to_string(&value).map_err(|_| {
            SessionRejection::Misused(
                "`Session::set` got a value without a JSON form. Use a type that serializes to JSON; a map \
                 needs strings as keys.",
            )
        })?;
        self.0.load().await?;
        self.0.set_value(name.to_owned(), json.into())
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

impl Session {
    /// Removes all values, and keeps the sign-in.
    ///
    /// # Errors
    /// If the store is down.
    #[doc(alias = "flush")]
    pub async fn clear(&self) -> Result<(), SessionRejection> {
        self.0.load().await?;
        let has_values = self.0.state().data.as_ref().is_some_and(|data| !data.values.is_empty());
        if has_values {
            self.0.change(SessionChange::Clear);
        }
        Ok(())
    }

    /// Returns a name of the session for logs, `None` without a session. It is a hash of the id, so
    /// a reader of the log cannot take the session over.
    ///
    /// It is the [`key`](super::OtherSession::key) of the session in the account's list. It changes
    /// with the id, at each sign-in and [`cycle_id`](Self::cycle_id).
    ///
    /// # Errors
    /// If the store is down.
    #[doc(alias = "session id")]
    pub async fn id_for_logs(&self) -> Result<Option<String>, SessionRejection> {
        self.0.load().await?;
        Ok(self.0.own_ids().0.map(public_key))
    }

    /// Reads the session if the request has a cookie of it. Without one, nothing is read, and the
    /// response does not depend on cookies.
    #[cfg(all(feature = "axum", feature = "csrf"))]
    pub(crate) async fn load_if_sent(&self) -> Result<(), SessionRejection> {
        if self.0.has_cookies() { self.0.load().await } else { Ok(()) }
    }
}

/// Shows no content: a session is the visitor's secret.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(hidden)")
    }
}
