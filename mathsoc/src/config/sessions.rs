//! How sessions are kept, and the cookie that names them.

use std::time::Duration;

use palisade::SameSite;

use super::reader::Reader;
use super::settings::accounts as settings;
use super::value::{StoreUri, Value};

/// How sessions are kept, and the cookie that names them.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// Where they are kept.
    pub store: SessionStoreUri,
    /// After how long without a request one has to log in again.
    pub lifetime: Duration,
    /// Whether the cookie is sent over https only.
    pub cookie_secure: CookieSecure,
    /// When the cookie is sent with what other sites cause.
    pub cookie_same_site: SameSite,
}

impl SessionSettings {
    pub(super) fn read<V: Fn(&str) -> Option<String>>(
        reader: &mut Reader<'_, V>,
        production: bool,
        force_https: bool,
    ) -> Self {
        let secure = if production { CookieSecure::Always } else { CookieSecure::ByScheme };
        let store = reader.read(&settings::SESSION_STORE_URI, SessionStoreUri::Database);
        let cookie_secure = reader.read(&settings::SESSION_COOKIE_SECURE, secure);
        let hidden = reader.read(&settings::SESSION_COOKIE_HTTPONLY, true);
        let sessions = Self {
            store,
            cookie_secure,
            cookie_same_site: reader.read(&settings::SESSION_COOKIE_SAMESITE, SameSite::Lax),
            lifetime: reader
                .read(&settings::PERMANENT_SESSION_LIFETIME, Lifetime(Duration::from_secs(3600)))
                .0,
        };
        if sessions.cookie_secure == CookieSecure::Never && force_https {
            let reason = "contradicts FORCE_HTTPS: the cookie would go out in the clear before the redirect";
            reader.wrong(&settings::SESSION_COOKIE_SECURE, "SESSION_COOKIE_SECURE", "false", reason);
        }
        if !hidden {
            let reason = "would show the cookie to any script that gets into a page";
            reader.wrong(&settings::SESSION_COOKIE_HTTPONLY, "SESSION_COOKIE_HTTPONLY", "false", reason);
        }
        sessions
    }
}

/// Where sessions are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStoreUri {
    /// In the site's own database.
    Database,
    /// Sealed, in the browser.
    Cookie,
    /// In memory, Redis or Valkey.
    Store(StoreUri),
}

impl Value for SessionStoreUri {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "database" => Ok(Self::Database),
            "cookie" => Ok(Self::Cookie),
            memcached if memcached.starts_with("memcached") => {
                Err("memcached forgets what it has no room for, and would log people out".to_owned())
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

/// Whether a cookie is sent over https only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieSecure {
    /// Yes.
    Always,
    /// When it was set over https.
    ByScheme,
    /// No.
    Never,
}

impl Value for CookieSecure {
    fn read(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("auto") {
            return Ok(Self::ByScheme);
        }
        let always = bool::read(text).map_err(|_| "neither true, false nor auto".to_owned())?;
        Ok(if always { Self::Always } else { Self::Never })
    }

    fn show(&self) -> String {
        match self {
            Self::Always => "true",
            Self::ByScheme => "auto",
            Self::Never => "false",
        }
        .to_owned()
    }
}

impl Value for SameSite {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "lax" => Ok(Self::Lax),
            "strict" => Ok(Self::Strict),
            "none" => Err("would send the session along with the forms of any other site".to_owned()),
            _ => Err("neither Lax nor Strict".to_owned()),
        }
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

struct Lifetime(Duration);

impl Value for Lifetime {
    fn read(text: &str) -> Result<Self, String> {
        let seconds = text.parse().ok().filter(|seconds| (60..=31_536_000).contains(seconds));
        seconds
            .map(|it| Self(Duration::from_secs(it)))
            .ok_or_else(|| "no number from 60 to 31536000".to_owned())
    }

    fn show(&self) -> String {
        self.0.as_secs().to_string()
    }
}
