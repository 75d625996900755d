//! Parses the database URL.
//!
//! ```
//! let url: mathsoc::db::Url = "postgres://maths:s3cr3t@db.example/society".parse()?;
//! assert_eq!(url.to_string(), "postgres://maths:***@db.example/society");
//! # Ok::<(), mathsoc::db::UrlError>(())
//! ```
//!
//! Accepted forms:
//! 1. `sqlite://folder/file.db` (relative to the working directory) or `sqlite:///folder/file.db`
//!    (absolute; SQLAlchemy uses one slash more for each). The only accepted parameter is
//!    `?mode=rwc`, which is the default.
//! 2. `postgres://` or `postgresql://` with a database name. Further parameters follow libpq, such
//!    as `?sslmode=require` or `?host=/run/postgresql`.
//!
//! An in-memory database is rejected: each connection of the pool would open its own empty one.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;

use palisade::request::Authority;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;

/// The location of the database. `Display` and `Debug` hide the password.
#[derive(Clone)]
pub struct Url {
    shown: String,
    target: Target,
}

#[derive(Clone)]
pub(super) enum Target {
    Sqlite(Box<SqliteConnectOptions>),
    Postgres(Box<PgConnectOptions>),
}

impl Url {
    /// Creates the URL of a SQLite file.
    pub fn file(path: &Path) -> Self {
        let target = Target::Sqlite(Box::new(SqliteConnectOptions::new().filename(path)));
        Self { shown: format!("sqlite://{}", path.display()), target }
    }

    /// Returns the path of the SQLite file if the file does not exist yet.
    pub fn missing_file(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(file) => Some(file.get_filename()).filter(|path| !path.exists()),
            Target::Postgres(_) => None,
        }
    }

    /// Returns the path of the SQLite file, or `None` for PostgreSQL.
    pub fn sqlite_file(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(file) => Some(file.get_filename()),
            Target::Postgres(_) => None,
        }
    }

    /// Returns the protection of the connection to the database.
    pub fn link_security(&self) -> LinkSecurity {
        let Target::Postgres(server) = &self.target else { return LinkSecurity::Local };
        let host = server.get_host();
        let is_local = server.get_socket().is_some()
            || host.starts_with('/')
            || Authority::parse(host).is_ok_and(|it| it.is_loopback())
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match server.get_ssl_mode() {
            _ if is_local => LinkSecurity::Local,
            PgSslMode::VerifyCa | PgSslMode::VerifyFull => LinkSecurity::Verified,
            PgSslMode::Require => LinkSecurity::Unverified(host.to_owned()),
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => {
                LinkSecurity::Unencrypted(host.to_owned())
            }
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }
}

/// The protection of the connection to the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkSecurity {
    /// The connection stays on this machine: a file, or a local server.
    Local,
    /// Encrypted, and the server's certificate is verified.
    Verified,
    /// Encrypted to this host, but the certificate is not verified.
    Unverified(String),
    /// Possibly unencrypted to this host.
    Unencrypted(String),
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let target = match text.split_once(':') {
            Some(("sqlite", rest)) => Target::Sqlite(Box::new(sqlite(text, rest)?)),
            Some(("postgres" | "postgresql", _)) => Target::Postgres(Box::new(postgres(text)?)),
            _ => return Err(UrlError::UnknownScheme),
        };
        Ok(Self { shown: hide_password(text), target })
    }
}

/// Writes the URL with `***` in place of the password.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

/// An error for text that is not a supported database URL. Messages continue a sentence that
/// starts with the setting's value; the setting adds the correct forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The scheme is neither SQLite nor PostgreSQL.
    #[error("starts with neither sqlite:// nor postgres://")]
    UnknownScheme,
    /// The database is in memory, such as `sqlite::memory:`.
    #[error("is a database in memory, of which every connection would open its own")]
    Memory,
    /// The path is empty, as in `sqlite://`.
    #[error("names no file")]
    NoFile,
    /// The URL has a SQLite parameter other than `mode=rwc`, such as `cache=shared`.
    #[error("has parameters other than ?mode=rwc")]
    Parameters,
    /// The URL is malformed, or a parameter has an invalid value.
    #[error(
        "is not a URL of a PostgreSQL database (special characters in the password are written %40, %2F, …)"
    )]
    Malformed,
    /// The URL has no database name, as in `postgres://server`.
    #[error("names no database on the server")]
    NoDatabase,
}

/// Returns the text with `***` in place of anything that may be a password, even if the text is
/// not a valid URL.
pub fn hide_password(text: &str) -> String {
    let (address, query) = match (text.rfind('@'), text.rfind('?')) {
        (at, Some(mark)) if at.is_none_or(|at| at < mark) => text.split_at(mark),
        _ => (text, ""),
    };
    let start = address.find("://").map_or(0, |colon| colon + 3);
    let user = &address[start..];
    let mut shown = match (user.find(':'), user.rfind('@')) {
        (Some(colon), Some(at)) if colon < at => {
            format!("{}{}:***{}", &address[..start], &user[..colon], &user[at..])
        }
        _ => address.to_owned(),
    };
    for (n, pair) in query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()).enumerate() {
        shown.push(if n == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, _)) if name.to_ascii_lowercase().contains("pass") => {
                shown.push_str(&format!("{name}=***"))
            }
            _ => shown.push_str(pair),
        }
    }
    shown
}

fn sqlite(text: &str, rest: &str) -> Result<SqliteConnectOptions, UrlError> {
    let (file, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let file = file.trim_start_matches("//");
    if file == ":memory:" || parameters.contains("memory") {
        Err(UrlError::Memory)
    } else if file.is_empty() {
        Err(UrlError::NoFile)
    } else if !["", "mode=rwc"].contains(&parameters) {
        Err(UrlError::Parameters)
    } else {
        text.parse().map_err(|_| UrlError::NoFile)
    }
}

fn postgres(text: &str) -> Result<PgConnectOptions, UrlError> {
    let server: PgConnectOptions = text.parse().map_err(|_| UrlError::Malformed)?;
    match server.get_database() {
        Some(_) => Ok(server.application_name("mathsoc")),
        None => Err(UrlError::NoDatabase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_passwords_in_any_position() {
        for (text, shown) in [
            ("postgres://me:s3cr3t@db/x", "postgres://me:***@db/x"),
            ("postgres://me:s3/c@r?3t@db/x?sslmode=require", "postgres://me:***@db/x?sslmode=require"),
            ("postgresql+psycopg2://me:s3cr3t@db/x", "postgresql+psycopg2://me:***@db/x"),
            ("me:s3cr3t@db/x", "me:***@db/x"),
            ("postgres://db/x?user=me&password=s3cr3t", "postgres://db/x?user=me&password=***"),
            ("postgres://db:5432/x", "postgres://db:5432/x"),
            ("sqlite://data/a@b.db", "sqlite://data/a@b.db"),
        ] {
            assert_eq!(hide_password(text), shown);
        }
    }

    #[test]
    fn rejects_unsupported_urls_with_the_reason() {
        let reason = |text: &str| text.parse::<Url>().err();
        assert_eq!(reason("mysql://db/x"), Some(UrlError::UnknownScheme));
        assert_eq!(reason("data.db"), Some(UrlError::UnknownScheme));
        assert_eq!(reason("sqlite::memory:"), Some(UrlError::Memory));
        assert_eq!(reason("sqlite://x?mode=memory"), Some(UrlError::Memory));
        assert_eq!(reason("sqlite://"), Some(UrlError::NoFile));
        assert_eq!(reason("sqlite://x.db?immutable=1"), Some(UrlError::Parameters));
        assert_eq!(reason("postgres://me:pw@db:no/x"), Some(UrlError::Malformed));
        assert_eq!(reason("postgres://db"), Some(UrlError::NoDatabase));
        for good in ["sqlite://x.db", "sqlite:///srv/x.db?mode=rwc", "postgresql:///x?host=/run/postgresql"] {
            assert_eq!(reason(good), None, "{good}");
        }
    }

    #[test]
    fn display_and_debug_hide_the_password() {
        let url: Url = "postgres://me:s3cr3t@db/x".parse().unwrap();
        assert!(!format!("{url} {url:?}").contains("s3cr3t"));
    }
}
