//! Who may be signed in: a user, or an admin.
//!
//! ```
//! # use mathsoc::db::users::User;
//! # use mathsoc::signed_in::Admin;
//! # use palisade::SignedIn;
//! async fn profile(user: SignedIn<User>) -> String {
//!     format!("Hello, {}", user.full_name)
//! }
//! async fn users(admin: SignedIn<Admin>) -> String {
//!     format!("{} may see them", admin.user.full_name)
//! }
//! ```
//!
//! An account whose address was never verified is nobody yet. A session of an earlier epoch is over: so a new password or
//! other rights end it at the next request, wherever it is kept.

use palisade::{Account, Fault};

use crate::db::DbError;
use crate::db::users::{self, User};
use crate::state::App;

/// A user who may do everything; with a second factor, where `ADMIN_TOTP_REQUIRED` says so.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Who.
    pub user: User,
    lacks_factor: bool,
}

impl Account<App> for User {
    async fn find(id: &str, app: &App) -> Result<Option<Self>, Fault> {
        find(id, app).await.map_err(Fault::new)
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }
}

impl Account<App> for Admin {
    async fn find(id: &str, app: &App) -> Result<Option<Self>, Fault> {
        let user = find(id, app).await.map_err(Fault::new)?;
        let lacks_factor = |user: &User| app.config.admin_totp_required && !user.has_second_factor;
        Ok(user.map(|user| Self { lacks_factor: lacks_factor(&user), user }))
    }

    fn epoch(&self) -> u64 {
        self.user.epoch
    }

    fn allowed(&self) -> bool {
        self.user.is_admin() && !self.lacks_factor
    }
}

async fn find(id: &str, app: &App) -> Result<Option<User>, DbError> {
    let Ok(id) = id.parse() else { return Ok(None) };
    Ok(users::by_id(&app.db, id).await?.filter(|user| user.email_verified_at.is_some()))
}
