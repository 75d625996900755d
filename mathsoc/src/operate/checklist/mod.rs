//! The deployment checklist of `mathsoc check --deploy`.
//!
//! ```
//! # use mathsoc::config::Config;
//! # use mathsoc::operate::checklist::{self, Severity};
//! let config = Config::from_vars(&|_: &str| None)?;
//! let findings = checklist::of_settings(&config);
//! assert!(findings.iter().any(|it| it.id == "D01" && it.severity == Severity::Error));
//! # Ok::<(), mathsoc::config::ConfigError>(())
//! ```
//!
//! | finding | subject | error | warning | info |
//! |---|---|---|---|---|
//! | `D01` | `APP_ENV` | not production | | |
//! | `D02` | `SECRET_KEY` | missing, a placeholder or weak | | |
//! | `D03` | `SERVER_NAME` | missing | | |
//! | `D04` | `FORCE_HTTPS` | | off | |
//! | `D05` | `SESSION_COOKIE_SECURE` | false | auto | |
//! | `D06` | `WTF_CSRF_ENABLED` | off | | |
//! | `D07` | `TRUSTED_PROXIES=none` | redirect loop with `FORCE_HTTPS` | one address for all | |
//! | `D08` | `TRUSTED_PROXIES=hops…` | | `HOST` is open to more than the proxy | |
//! | `D09` | `RATELIMIT_ENABLED` | | off | |
//! | `D10` | `RATELIMIT_STORAGE_URI` | | several processes count apart | in memory |
//! | `D11` | `SESSION_STORE_URI` | | in memory | |
//! | `D12` | `REGISTRATION` | | open | |
//! | `D13` | `SMTP_URL` | | missing | |
//! | `D14` | `METRICS_ADDR` | | all interfaces or a public address | a private network |
//! | `D15` | `CSP_EXTRA`, `CSP_ALLOW_UNSAFE_EVAL` | | serious lint finding | minor one |
//! | `D16` | `LOG_…`, `RUST_LOG` | | too much or too little | text on standard error |
//! | `D17` | `DATABASE_URL` | | connection unencrypted, or server not verified | |
//! | `D18` | private files and folders | accessible to others | writable by the group | |
//! | `D19` | backups | | none, or older than two days | `BACKUP_DIR` not set |
//! | `D20` | the database | | at another migration | missing |
//! | `D21` | admins | | none, or one without a password | |
//! | `D22` | admins' passwords | a common default | | |
//! | `D23` | admins' second factor | | missing | |
//! | `D24` | the clock | years off | differs from the database's | |
//! | `D25` | admins' addresses | | | `admin@…` |
//! | `D26` | `RATELIMIT_…` | | a class behind one address cannot get in | |
//!
//! The rules are functions of the settings and of [`Facts`], which are collected first. Errors
//! that need only the settings also stop `serve` in production. [`Config`](crate::config::Config)
//! rejects other settings before that. An id never changes its meaning.
//!
//! It does not contact anything but the database, or read the settings of a proxy.
//! `palisade audit` checks the site from outside.

mod environment;
mod facts;
mod settings;

use std::fmt;

pub use self::environment::of_facts;
pub use self::facts::{Admin, Backups, DatabaseFacts, Facts, PrivatePath};
pub use self::settings::of_settings;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Acceptable, but worth knowing.
    Info,
    /// To be fixed.
    Warning,
    /// The site is vulnerable or does not work.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A finding of the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stable code, such as `D01`.
    pub id: &'static str,
    pub severity: Severity,
    /// The problem, in a sentence.
    pub what: String,
    /// The value to set, or the command to run.
    pub fix: String,
}

impl Finding {
    fn new(id: &'static str, severity: Severity, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { id, severity, what: what.into(), fix: fix.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {:7}  {}\n              {}", self.id, self.severity, self.what, self.fix)
    }
}
