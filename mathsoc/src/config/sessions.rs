//! The settings of sessions and their cookie.

use std::time::Duration;

use palisade::cookies::SameSite;

use super::declare::settings;
use super::limits::StoreUri;
use super::table::DefaultValue::{Always, PerEnvironment};
use super::table::Visible;
use super::value::{Choice, FALSE, TRUE, Value};

settings! {
    /// The settings of sessions and their cookie.
    pub struct SessionSettings, read(reader) {
        /// The session store. With `cookie`, sessions are stored encrypted in the browser,
        /// and users cannot list or end their sessions in other browsers.
        pub store: SessionStoreUri = SESSION_STORE_URI {
            write: "database, cookie, memory://, redis://:password@host:6379/0, rediss://… \
                    or another Redis or Valkey URL",
            default: Always("database"),
            because: "sessions survive a restart, and all processes share them",
            visible: Visible::NoPassword,
        },
        /// The Secure attribute of the session cookie: browsers send the cookie over HTTPS only.
        pub cookie_secure: CookieSecure = SESSION_COOKIE_SECURE {
            write: "true, false, or auto (Secure if the cookie is set over HTTPS)",
            default: PerEnvironment { development: "auto", testing: "auto", production: "true" },
        },
        /// The HttpOnly attribute of the session cookie. It cannot be turned off:
        /// no script of the site reads the cookie.
        pub(super) cookie_http_only: bool = SESSION_COOKIE_HTTPONLY {
            write: "true, or leave it out",
            default: Always("true"),
        },
        /// The SameSite attribute of the session cookie.
        pub cookie_same_site: SameSite = SESSION_COOKIE_SAMESITE {
            write: "Lax (links from other sites keep the user logged in) \
                    or Strict (after a link from another site, the user has to log in again)",
            default: Always("Lax"),
        },
        /// The idle timeout: a user who sends no request for this number of seconds has to log in again.
        /// Every session also ends after 12 hours, or after this time if it is longer.
        /// After "Remember me", a new session starts without a password for 30 days.
        pub lifetime: Duration = PERMANENT_SESSION_LIFETIME {
            write: "a number of seconds",
            range: Some((60, 31_536_000)),
            default: Always("3600"),
            because: "one hour",
        },
    }
}

/// The session store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStoreUri {
    /// The site's own database.
    Database,
    /// The browser, encrypted.
    Cookie,
    /// Memory, Redis or Valkey.
    Store(StoreUri),
}

impl Value for SessionStoreUri {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "database" => Ok(Self::Database),
            "cookie" => Ok(Self::Cookie),
            memcached if memcached.starts_with("memcached") => {
                Err("memcached evicts entries when it is full, and would log people out".to_owned())
            }
            _ => StoreUri::read(text).map(Self::Store),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Database => "database".to_owned(),
            Self::Cookie => "cookie".to_owned(),
            Self::Store(uri) => uri.show(),
        }
    }
}

/// The use of the Secure attribute of a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieSecure {
    /// Secure.
    Always,
    /// Secure if the cookie is set over HTTPS.
    ByScheme,
    /// Not secure.
    Never,
}

impl Choice for CookieSecure {
    const WORDS: &[(&str, Self)] = &[("auto", Self::ByScheme), (TRUE, Self::Always), (FALSE, Self::Never)];
    const REASON: &str = "neither true, false nor auto";
}

impl Choice for SameSite {
    const WORDS: &[(&str, Self)] = &[("Lax", Self::Lax), ("Strict", Self::Strict)];
    const REASON: &str = "neither Lax nor Strict (None would send the cookie with forms of any other site)";
}
