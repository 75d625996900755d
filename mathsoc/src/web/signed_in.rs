//! The accounts that may be signed in: a user, or an admin.
//!
//! ```
//! # use mathsoc::db::users::User;
//! # use mathsoc::web::signed_in::Admin;
//! # use palisade::SignedIn;
//! async fn profile(user: SignedIn<User>) -> String {
//!     format!("Hello, {}", user.full_name)
//! }
//! async fn users(admin: SignedIn<Admin>) -> String {
//!     format!("{} may see them", admin.user.full_name)
//! }
//! ```
//!
//! An account with an unverified address is not signed in. A session of an earlier epoch is
//! invalid, so a new password or other rights end it at the next request, in any store.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use palisade::SignedIn;
use palisade::extract::Account;
use palisade::rejection::InternalError;

use crate::config::Config;
use crate::db::users::{self, User};
use crate::db::{Db, DbError};
use crate::web::last_seen::LastSeen;

/// A user with admin rights; with a second factor, if `ADMIN_TOTP_REQUIRED` is on.
#[derive(Clone, Debug)]
pub struct Admin {
    pub user: User,
    lacks_factor: bool,
}

impl<S: Send + Sync> Account<S> for User
where
    Db: FromRef<S>,
{
    async fn find(id: &str, state: &S) -> Result<Option<Self>, InternalError> {
        find(id, &Db::from_ref(state)).await.map_err(InternalError::new)
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }
}

impl<S: Send + Sync> Account<S> for Admin
where
    Db: FromRef<S>,
    Arc<Config>: FromRef<S>,
{
    async fn find(id: &str, state: &S) -> Result<Option<Self>, InternalError> {
        let (db, config) = (Db::from_ref(state), Arc::<Config>::from_ref(state));
        let user = find(id, &db).await.map_err(InternalError::new)?;
        let lacks_factor = |user: &User| config.admin_totp_required && !user.has_second_factor;
        Ok(user.map(|user| Self { lacks_factor: lacks_factor(&user), user }))
    }

    fn epoch(&self) -> u64 {
        self.user.epoch
    }

    fn is_authorized(&self) -> bool {
        self.user.is_admin() && !self.lacks_factor
    }
}

async fn find(id: &str, db: &Db) -> Result<Option<User>, DbError> {
    let Ok(id) = id.parse() else { return Ok(None) };
    Ok(users::by_id(db, id).await?.filter(|user| user.email_verified_at.is_some()))
}

/// The id of the signed-in account, in a request's extensions.
#[derive(Clone, Copy)]
pub(crate) struct MemberId(pub(crate) i64);

impl MemberId {
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        parts.extensions.get().copied()
    }
}

/// An extractor that runs as a layer outside of the limits, by
/// [`axum::middleware::from_extractor_with_state`].
///
/// It puts the [`MemberId`] into the request, for the limits, and notes for [`LastSeen`] that the
/// account was here. While sessions cannot be read, every request counts as a visitor's.
#[derive(Clone, Copy, Debug)]
pub struct IdentifyMember;

impl<S: Send + Sync> FromRequestParts<S> for IdentifyMember
where
    Db: FromRef<S>,
    LastSeen: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let found = <SignedIn<User> as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await;
        if let Ok(Some(user)) = found {
            LastSeen::from_ref(state).note(&user);
            parts.extensions.insert(MemberId(user.id));
        }
        Ok(Self)
    }
}
