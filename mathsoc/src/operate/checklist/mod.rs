//! The checklist before a site is shown to the world: what `mathsoc check --deploy` prints.
//!
//! ```
//! # use mathsoc::config::Config;
//! # use mathsoc::operate::checklist::{self, Severity};
//! let config = Config::from_vars(&|_: &str| None)?;
//! let findings = deploy::of_settings(&config);
//! assert!(findings.iter().any(|it| it.id == "D01" && it.severity == Severity::Error));
//! # Ok::<(), mathsoc::config::ConfigError>(())
//! ```
//!
//! | finding | of | error | warning | info |
//! |---|---|---|---|---|
//! | `D01` | `APP_ENV` | not production | | |
//! | `D02` | `SECRET_KEY` | missing, a placeholder or weak | | |
//! | `D03` | `SERVER_NAME` | missing | | |
//! | `D04` | `FORCE_HTTPS` | | off | |
//! | `D05` | `SESSION_COOKIE_SECURE` | false | auto | |
//! | `D06` | `WTF_CSRF_ENABLED` | off | | |
//! | `D07` | `TRUSTED_PROXIES=none` | with `FORCE_HTTPS`: no page is ever served | all visitors are one address | |
//! | `D08` | `TRUSTED_PROXIES=hops…` | | `HOST` is open to more than the proxy | |
//! | `D09` | `RATELIMIT_ENABLED` | | off | |
//! | `D10` | `RATELIMIT_STORAGE_URI` | | each of several processes counts alone | one does |
//! | `D11` | `SESSION_STORE_URI` | | in memory | |
//! | `D12` | `REGISTRATION` | | open | |
//! | `D13` | `SMTP_URL` | | missing | |
//! | `D14` | `METRICS_ADDR` | | on all networks, or a public address | on a network of one's own |
//! | `D15` | `CSP_EXTRA`, `CSP_ALLOW_UNSAFE_EVAL` | | they open the policy | they loosen it |
//! | `D16` | `LOG_…`, `RUST_LOG` | | details of everything, or of nothing | text on standard error |
//! | `D17` | `DATABASE_URL` | | the way to another machine is in the clear, or to whoever answers | |
//! | `D18` | files and folders | everybody on the machine can read or change them | their group can change them | |
//! | `D19` | backups | | none, or older than two days | nobody says where they are |
//! | `D20` | the database | | tables of another version | not there yet |
//! | `D21` | admins | | none, or one who cannot log in | |
//! | `D22` | admins' passwords | one of those that are tried first | | |
//! | `D23` | admins' second factor | | missing | |
//! | `D24` | the clock | years off | seconds off the database's | |
//! | `D25` | admins' addresses | | | `admin@…` |
//!
//! The rules are functions of the settings and of [`Facts`], which are looked up before. Errors of the settings alone also
//! stop `serve` in production; what [`Config`](crate::config::Config) refuses there is not even read that far. An id never
//! means something else later.
//!
//! What it does not do: it asks nothing of the network besides the database and looks at no proxy's settings; how the site
//! looks from outside says `palisade audit`.

mod environment;
mod facts;
mod settings;

use std::fmt;

pub use self::environment::of_facts;
pub use self::facts::{Admin, Backups, DatabaseFacts, Facts, PrivatePath};
pub use self::settings::of_settings;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// To be mended.
    Warning,
    /// The site is open to somebody, or does not work.
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

/// Something to mend before the site is shown to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of finding it is.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub what: String,
    /// What to write or to do instead.
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
