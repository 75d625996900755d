//! Who is signed in, as what a handler may ask for.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::middleware::{FromExtractorLayer, from_extractor_with_state};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::core::internal_error::InternalError;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::session::{Session, SessionRejection, SignIn};

/// An account of the application: what [`SignedIn`] finds. A role is a type of its own, such as `Admin(User)`.
pub trait Account<S>: Send + Sync + 'static {
    /// The account with this id, if it is there and active.
    ///
    /// # Errors
    /// When it cannot be looked for. That is a 500, and never "not signed in".
    fn find(id: &str, state: &S) -> impl Future<Output = Result<Option<Self>, InternalError>> + Send
    where
        Self: Sized;

    /// A number that is raised with each change of password or rights: sign-ins from before are over.
    fn epoch(&self) -> u64;

    /// Whether the account has the role that this type stands for; else the answer is 403.
    fn is_authorized(&self) -> bool {
        true
    }
}

/// The account that is signed in. Naming it in a handler's signature requires a sign-in; `Option<SignedIn<…>>` does not.
pub struct SignedIn<U> {
    account: Arc<U>,
    session: Session,
}

impl<U> SignedIn<U> {
    /// A gate for a group of routes: whoever is not signed in as such an account is refused.
    pub fn gate<S>(state: S) -> FromExtractorLayer<Self, S>
    where
        U: Account<S>,
        S: Clone + Send + Sync + 'static,
    {
        from_extractor_with_state(state)
    }

    /// Passes if a password or the like was given no longer ago than this: for what is grave.
    ///
    /// # Errors
    /// The refusal that sends the visitor to prove it afresh.
    pub async fn require_recent_auth(&self, time: Duration) -> Result<(), SessionRejection> {
        self.session.require_recent_auth(time).await
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }
}

impl<U> Deref for SignedIn<U> {
    type Target = U;

    fn deref(&self) -> &U {
        &self.account
    }
}

impl<U> Clone for SignedIn<U> {
    fn clone(&self) -> Self {
        Self { account: Arc::clone(&self.account), session: self.session.clone() }
    }
}

impl<U: fmt::Debug> fmt::Debug for SignedIn<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignedIn").field(&self.account).finish()
    }
}

/// The account that was found for this request, so that it is looked for once.
struct Found<U> {
    account: Arc<U>,
    /// Another may have signed in since.
    sign_in: SignIn,
}

impl<U> Clone for Found<U> {
    fn clone(&self) -> Self {
        Self { account: Arc::clone(&self.account), sign_in: self.sign_in.clone() }
    }
}

async fn look<S: Sync, U: Account<S>>(parts: &mut Parts, state: &S) -> Result<Option<SignedIn<U>>, Response> {
    let session = session(parts).map_err(IntoResponse::into_response)?;
    let refused = IntoResponse::into_response;
    let Some(sign_in) = session.sign_in().await.map_err(refused)? else { return Ok(None) };
    let found = parts
        .extensions
        .get::<Found<U>>()
        .filter(|found| (&found.sign_in.user, found.sign_in.epoch) == (&sign_in.user, sign_in.epoch));
    if let Some(Found { account, .. }) = found.cloned() {
        return Ok(Some(SignedIn { account, session }));
    }
    let account = U::find(&sign_in.user, state).await.map_err(IntoResponse::into_response)?;
    let Some(account) = account.filter(|account| account.epoch() == sign_in.epoch) else {
        session.outdated().await.map_err(refused)?;
        return Ok(None);
    };
    let account = Arc::new(account);
    parts.extensions.insert(Found { account: Arc::clone(&account), sign_in });
    Ok(Some(SignedIn { account, session }))
}

fn session(parts: &Parts) -> Result<Session, MissingLayer> {
    parts.extensions.get::<Session>().cloned().ok_or(MissingLayer(
        "A handler asks for the session, and no layer keeps any. Write `.layer(Sessions::new(&keyring))` around its routes.",
    ))
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Ok(session(parts)?)
    }
}

impl<S: Sync, U: Account<S>> FromRequestParts<S> for SignedIn<U> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match look::<S, U>(parts, state).await? {
            None => Err(session(parts)
                .map_or_else(Rejection::from, |session| session.sign_in_required().into())
                .into_response()),
            Some(signed_in) if !signed_in.is_authorized() => {
                Err(SessionRejection::NotAllowed.into_response())
            }
            Some(signed_in) => Ok(signed_in),
        }
    }
}

/// Whoever has not the role is as good as nobody.
impl<S: Sync, U: Account<S>> OptionalFromRequestParts<S> for SignedIn<U> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Response> {
        Ok(look::<S, U>(parts, state).await?.filter(|signed_in| signed_in.is_authorized()))
    }
}
