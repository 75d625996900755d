//! The layer that keeps sessions, as the settings say.
//!
//! | setting | here |
//! |---|---|
//! | `SESSION_STORE_URI` | where the data are; `cookie` leaves them in the browser and notes in the database what was ended |
//! | `PERMANENT_SESSION_LIFETIME` | how long a session lasts that nobody uses |
//! | – | 12 hours at most, or that long where it is more |
//! | `SESSION_COOKIE_SECURE`, `SESSION_COOKIE_SAMESITE` | the cookie's flags |
//! | – | "remember me" lasts 30 days, and where somebody has to log in is `/login` |
//! | – | a stolen "remember me" raises the account's epoch: that also ends the sessions that lie in browsers |

use std::time::Duration;

use palisade::rate_limit::store::StoreError;
use palisade::session::SessionEvent;
use palisade::session::store::{MemorySessions, RedisSessions};
use palisade::{Keyring, Sessions};

use crate::config::{CookieSecure, SessionSettings, SessionStoreUri};
use crate::db::Db;
use crate::db::sessions::DbSessions;
use crate::db::users;

const HALF_A_DAY: Duration = Duration::from_secs(12 * 60 * 60);
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The layer.
///
/// # Errors
/// When the address of the store cannot be read.
pub fn layer(settings: &SessionSettings, keyring: &Keyring, db: &Db) -> Result<Sessions, StoreError> {
    let sessions = Sessions::new(keyring);
    let sessions = match &settings.store {
        SessionStoreUri::Database => sessions.store(DbSessions::new(db.clone())),
        SessionStoreUri::Cookie => sessions.revocation_store(DbSessions::new(db.clone())),
        SessionStoreUri::Store(uri) if uri.as_str().starts_with("memory:") => {
            sessions.store(MemorySessions::new())
        }
        SessionStoreUri::Store(uri) => sessions.store(RedisSessions::new(uri.as_str())?),
    };
    let sessions = match settings.cookie_secure {
        CookieSecure::Always => sessions.secure(true),
        CookieSecure::Never => sessions.secure(false),
        CookieSecure::ByScheme => sessions,
    };
    let db = db.clone();
    Ok(sessions
        .same_site(settings.cookie_same_site)
        .idle_timeout(settings.lifetime)
        .absolute_timeout(settings.lifetime.max(HALF_A_DAY))
        .remember(REMEMBERED)
        .login_path("/login")
        .reauth_path("/login/confirm")
        .on_event(move |event| {
            if let SessionEvent::TokenStolen { user } = event {
                end_all(&db, user);
            }
        }))
}

/// Ends what is kept on behalf of the account, soon: whoever tells of it does not wait. It is told of by a request, so on a
/// tokio runtime.
fn end_all(db: &Db, user: &str) {
    let Ok(user) = user.parse() else { return };
    let db = db.clone();
    tokio::spawn(async move {
        if let Err(error) = users::raise_epoch(&db, user, None).await {
            tracing::error!(%error, user, "a remember token was stolen, and the account's epoch could not be raised");
        }
    });
}
