//! Where the database is, read from text.
//!
//! ```
//! let url: mathsoc::db::Url = "postgres://maths:s3cr3t@db.example/society".parse()?;
//! assert_eq!(url.to_string(), "postgres://maths:***@db.example/society");
//! # Ok::<(), mathsoc::db::UrlError>(())
//! ```
//!
//! What passes:
//! 1. `sqlite://folder/file.db` (relative to where the program starts) or `sqlite:///folder/file.db` (absolute: one
//!    slash more than SQLAlchemy wants for relative). Of parameters only `?mode=rwc`, which is what we do anyway.
//! 2. `postgres://` or `postgresql://`, with the name of a database; further parameters as libpq knows them, such as
//!    `?sslmode=require` or `?host=/run/postgresql`.
//!
//! A database in memory is refused: each connection of the pool would see another, empty one.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;

use palisade::request::Authority;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;

/// Where the database is; shown without its password.
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
    /// A SQLite file.
    pub fn file(path: &Path) -> Self {
        let target = Target::Sqlite(Box::new(SqliteConnectOptions::new().filename(path)));
        Self { shown: format!("sqlite://{}", path.display()), target }
    }

    /// The SQLite file, if this is one and it has not been made yet.
    pub fn missing_file(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(file) => Some(file.get_filename()).filter(|path| !path.exists()),
            Target::Postgres(_) => None,
        }
    }

    /// The SQLite file, if this is one, be it there or not.
    pub fn sqlite_file(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(file) => Some(file.get_filename()),
            Target::Postgres(_) => None,
        }
    }

    /// How the way to the database is protected.
    pub fn way(&self) -> LinkSecurity {
        let Target::Postgres(server) = &self.target else { return LinkSecurity::Here };
        let host = server.get_host();
        let is_here = server.get_socket().is_some()
            || host.starts_with('/')
            || Authority::parse(host).is_ok_and(|it| it.is_loopback())
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        match server.get_ssl_mode() {
            _ if is_here => LinkSecurity::Here,
            PgSslMode::VerifyCa | PgSslMode::VerifyFull => LinkSecurity::Verified,
            PgSslMode::Require => LinkSecurity::Encrypted(host.to_owned()),
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => LinkSecurity::Clear(host.to_owned()),
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }
}

/// How the way to a database is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkSecurity {
    /// It leads nowhere: a file, or a server on this machine.
    Here,
    /// Encrypted, and the server has shown who it is.
    Verified,
    /// Encrypted, to whoever answers at this host.
    Encrypted(String),
    /// Perhaps not encrypted at all, to this host.
    Clear(String),
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let target = match text.split_once(':') {
            Some(("sqlite", rest)) => Target::Sqlite(Box::new(sqlite(text, rest)?)),
            Some(("postgres" | "postgresql", _)) => Target::Postgres(Box::new(postgres(text)?)),
            _ => return Err(UrlError::Kind),
        };
        Ok(Self { shown: hide_password(text), target })
    }
}

/// Without the password.
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

/// Why a text names no database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Neither SQLite nor PostgreSQL.
    #[error("starts with neither sqlite:// nor postgres://")]
    Kind,
    /// `sqlite::memory:`
    #[error("is a database in memory, of which every connection would see another")]
    Memory,
    /// `sqlite://` and nothing more.
    #[error("names no file")]
    NoFile,
    /// `?cache=shared` and the like.
    #[error("has parameters that are not for this program to follow")]
    Parameters,
    /// Not a URL, or one with a parameter of a wrong value.
    #[error(
        "is not a URL of a PostgreSQL database (special characters in the password are written %40, %2F, …)"
    )]
    Malformed,
    /// `postgres://server` and nothing more.
    #[error("does not say which database of the server")]
    NoDatabase,
}

/// The text with `***` for whatever may be a password, also where the text is no proper URL.
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
    fn a_password_is_hidden_wherever_it_stands() {
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
    fn what_names_no_database_is_refused_with_the_reason() {
        let reason = |text: &str| text.parse::<Url>().err();
        assert_eq!(reason("mysql://db/x"), Some(UrlError::Kind));
        assert_eq!(reason("data.db"), Some(UrlError::Kind));
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
    fn the_password_is_in_no_form_of_output() {
        let url: Url = "postgres://me:s3cr3t@db/x".parse().unwrap();
        assert!(!format!("{url} {url:?}").contains("s3cr3t"));
    }
}
