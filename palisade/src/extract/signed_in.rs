//! The extractor of the signed-in account.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::middleware::{FromExtractorLayer, from_extractor_with_state};
use http::request::Parts;

use crate::core::internal_error::InternalError;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::RequestContext;
use crate::error::Error;
use crate::session::{Session, SessionRejection, SignIn};

/// An account of the application, which [`SignedIn`] loads. A role is a type of its own, such as
/// `Admin(User)`, with its own [`is_authorized`](Self::is_authorized).
///
/// ```
/// use palisade::extract::Account;
/// use palisade::rejection::InternalError;
///
/// struct User {
///     epoch: u64,
/// }
///
/// impl Account<()> for User {
///     async fn find(id: &str, (): &()) -> Result<Option<Self>, InternalError> {
///         Ok((id == "7").then_some(Self { epoch: 1 })) // from the database
///     }
///     fn epoch(&self) -> u64 {
///         self.epoch
///     }
/// }
///
/// struct Admin(User);
///
/// impl Account<()> for Admin {
///     async fn find(id: &str, state: &()) -> Result<Option<Self>, InternalError> {
///         Ok(User::find(id, state).await?.map(Admin))
///     }
///     fn epoch(&self) -> u64 {
///         self.0.epoch
///     }
///     fn is_authorized(&self) -> bool {
///         false // by the account's role
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), InternalError> {
/// let user = User::find("7", &()).await?.expect("account 7 exists");
/// assert!(user.is_authorized());
/// assert!(!Admin(user).is_authorized());
/// # Ok(())
/// # }
/// ```
pub trait Account<S>: Send + Sync + 'static {
    /// Returns the account with this id, if it exists and is active.
    ///
    /// # Errors
    /// If the lookup fails, for example because the database is down. The response is 500, and the
    /// visitor stays signed in.
    fn find(id: &str, state: &S) -> impl Future<Output = Result<Option<Self>, InternalError>> + Send
    where
        Self: Sized;

    /// Returns the epoch: a number that a new password changes. Sign-ins of another epoch end.
    ///
    /// Return the epoch of the stored hash, `PasswordHash::epoch` (feature `password`), or a column
    /// that each change raises.
    fn epoch(&self) -> u64;

    /// Returns `true` if the account has the role of this type. Otherwise the response is 403.
    fn is_authorized(&self) -> bool {
        true
    }
}

/// The account that is signed in, as an extractor. `SignedIn<User>` rejects visitors without a
/// sign-in; `Option<SignedIn<User>>` accepts them.
///
/// The extractor does this, in order:
///
/// 1. reads the session; without a sign-in, redirects to the login path (303) or answers 401;
/// 2. loads the account, once for each request and type;
/// 3. if the account is gone, or has another epoch, ends the session as in step 1;
/// 4. if [`Account::is_authorized`] is `false`, answers 403.
///
/// ```
/// use axum::{Router, body::Body, http::Request, routing::get};
/// use palisade::extract::{Account, SignedIn};
/// use palisade::rejection::InternalError;
/// use palisade::session::store::MemorySessions;
/// use palisade::{Keyring, Sessions};
/// use tower::ServiceExt;
///
/// struct User;
///
/// impl Account<()> for User {
///     async fn find(_: &str, (): &()) -> Result<Option<Self>, InternalError> {
///         Ok(Some(Self))
///     }
///     fn epoch(&self) -> u64 {
///         1
///     }
/// }
///
/// async fn account(user: SignedIn<User>) -> String {
///     format!("{:?}", user.session().sign_in().await)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = Keyring::random();
/// let app = Router::new()
///     .route("/account", get(account))
///     .route("/members", get(async || "members"))
///     .route_layer(SignedIn::<User>::gate(())) // for every route of a group
///     .layer(Sessions::in_store(MemorySessions::new(), &keyring).secure(true));
/// for path in ["/account", "/members"] {
///     let response = app.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
///     assert_eq!(response.status(), 401);
/// }
/// # Ok(())
/// # }
/// ```
#[doc(alias = "login_required")]
#[doc(alias = "current_user")]
#[doc(alias = "permission")]
pub struct SignedIn<U> {
    account: Arc<U>,
    session: Session,
}

impl<U> SignedIn<U> {
    /// Makes a layer for a group of routes: it rejects requests that [`SignedIn`] would reject.
    pub fn gate<S>(state: S) -> FromExtractorLayer<Self, S>
    where
        U: Account<S>,
        S: Clone + Send + Sync + 'static,
    {
        from_extractor_with_state(state)
    }

    /// Rejects the request unless the visitor has authenticated within this time. Use it before
    /// dangerous actions, such as a change of password.
    ///
    /// # Errors
    /// [`SessionRejection::ReauthRequired`], a redirect to the page that asks for the password.
    #[doc(alias = "fresh_login_required")]
    pub async fn require_recent_auth(&self, within: Duration) -> Result<(), SessionRejection> {
        self.session.require_recent_auth(within).await
    }

    /// Returns the session.
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

/// The account that this request has loaded, in the request's extensions.
struct LoadedAccount<U> {
    account: Arc<U>,
    /// The handler may have signed in another account since.
    sign_in: SignIn,
}

impl<U> Clone for LoadedAccount<U> {
    fn clone(&self) -> Self {
        Self { account: Arc::clone(&self.account), sign_in: self.sign_in.clone() }
    }
}

async fn load<S: Sync, U: Account<S>>(parts: &mut Parts, state: &S) -> Result<Option<SignedIn<U>>, Error> {
    let session = session(parts)?;
    let Some(sign_in) = session.sign_in().await? else { return Ok(None) };
    let loaded = parts
        .extensions
        .get::<LoadedAccount<U>>()
        .filter(|loaded| (&loaded.sign_in.user, loaded.sign_in.epoch) == (&sign_in.user, sign_in.epoch));
    if let Some(LoadedAccount { account, .. }) = loaded.cloned() {
        return Ok(Some(SignedIn { account, session }));
    }
    let account = U::find(&sign_in.user, state).await?;
    let Some(account) = account.filter(|account| account.epoch() == sign_in.epoch) else {
        session.end_outdated().await?;
        return Ok(None);
    };
    let account = Arc::new(account);
    parts.extensions.insert(LoadedAccount { account: Arc::clone(&account), sign_in });
    Ok(Some(SignedIn { account, session }))
}

fn session(parts: &Parts) -> Result<Session, MissingLayer> {
    const MISSING: MissingLayer = MissingLayer(
        "A handler extracts the session, but its routes have no session layer. Write \
         `.layer(Sessions::in_store(store, &keyring))` around them.",
    );
    let session = parts.extensions.get::<Session>().cloned();
    session.ok_or_else(|| RequestContext::sessions_missing(&parts.extensions, MISSING))
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Ok(session(parts)?)
    }
}

impl<S: Sync, U: Account<S>> FromRequestParts<S> for SignedIn<U> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        match load::<S, U>(parts, state).await? {
            None => Err(session(parts)?.sign_in_required().into()),
            Some(signed_in) if !signed_in.is_authorized() => Err(SessionRejection::NotAllowed.into()),
            Some(signed_in) => Ok(signed_in),
        }
    }
}

/// `None` without a sign-in, and for an account without the role.
impl<S: Sync, U: Account<S>> OptionalFromRequestParts<S> for SignedIn<U> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Error> {
        Ok(load::<S, U>(parts, state).await?.filter(|signed_in| signed_in.is_authorized()))
    }
}
