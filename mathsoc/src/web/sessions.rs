//! The session layer, configured by the settings.
//!
//! | setting | effect |
//! |---|---|
//! | `SESSION_STORE_URI` | the store; `cookie` stores only revocations in the database |
//! | `PERMANENT_SESSION_LIFETIME` | the idle timeout |
//! | – | the absolute timeout is 12 hours, or the idle timeout if longer |
//! | `SESSION_COOKIE_SECURE`, `SESSION_COOKIE_SAMESITE` | the cookie's attributes |
//! | – | "remember me" lasts 30 days; the login page is `/login` |

use std::time::Duration;

use palisade::rate_limit::store::StoreError;
use palisade::session::store::{MemorySessions, RedisSessions};
use palisade::{Keyring, Sessions};

use crate::config::{CookieSecure, SessionSettings, SessionStoreUri};
use crate::db::Db;
use crate::db::sessions::DbSessions;

const HALF_A_DAY: Duration = Duration::from_secs(12 * 60 * 60);
const REMEMBER_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Returns the session layer.
///
/// # Errors
/// If the URI of the store is invalid.
pub fn layer(settings: &SessionSettings, keyring: &Keyring, db: &Db) -> Result<Sessions, StoreError> {
    let sessions = match &settings.store {
        SessionStoreUri::Database => Sessions::in_store(DbSessions::new(db.clone()), keyring),
        SessionStoreUri::Cookie => Sessions::in_cookie(keyring).ended_in(DbSessions::new(db.clone())),
        SessionStoreUri::Store(uri) if uri.as_str().starts_with("memory:") => {
            Sessions::in_store(MemorySessions::new(), keyring)
        }
        SessionStoreUri::Store(uri) => Sessions::in_store(RedisSessions::new(uri.as_str())?, keyring),
    };
    let sessions = match settings.cookie_secure {
        CookieSecure::Always => sessions.secure(true),
        CookieSecure::Never => sessions.secure(false),
        CookieSecure::ByScheme => sessions,
    };
    Ok(sessions
        .same_site(settings.cookie_same_site)
        .idle_timeout(settings.lifetime)
        .absolute_timeout(settings.lifetime.max(HALF_A_DAY))
        .remember(REMEMBER_LIFETIME)
        .login_path("/login")
        .reauth_path("/login/confirm"))
}
