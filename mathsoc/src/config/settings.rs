//! The one list of everything that can be set from outside.
//!
//! `mathsoc config`, `.env.example` and the messages about wrong values are all made from it.

pub(super) mod accounts;
pub(super) mod uploads;

use std::fmt::Write;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The name of the variable.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// What it is for, one sentence or two.
    pub meaning: &'static str,
    /// How a value is written; follows the word "write".
    pub write: &'static str,
    /// What holds when nothing is set, in words.
    pub default: &'static str,
    /// A value to start from.
    pub example: &'static str,
    /// How much of the value may be shown.
    pub visible: Visible,
}

/// How much of a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    /// All of it.
    All,
    /// All but the password in a URL.
    NoPassword,
    /// Nothing.
    Nothing,
}

impl Setting {
    /// The name, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// The setting that has this name or alias.
pub(super) fn named(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().copied().find(|setting| setting.names().any(|known| known == name))
}

/// The text of `.env.example`: every setting with its meaning, none of them set.
pub fn example_file() -> String {
    let mut file = String::from(
        "# Settings of the Maths Society Platform: copy this file to .env and change what you need.\n\
         # The real environment wins over .env; an empty value counts as unset. Booleans: true or false, yes or no,\n\
         # on or off, 1 or 0. Put 'single quotes' around a value with spaces, # or $. `mathsoc config` shows what holds.\n",
    );
    for Setting { name, aliases, meaning, write, default, example, .. } in SETTINGS {
        let also =
            if aliases.is_empty() { String::new() } else { format!(" Also read: {}.", aliases.join(", ")) };
        // Writing to a String cannot fail.
        let _ =
            write!(file, "\n# {meaning}\n# Write {write}.\n# Default: {default}.{also}\n#{name}={example}\n");
    }
    file
}

/// All settings, in the order in which they are shown.
pub static SETTINGS: &[&Setting] = &[
    &APP_ENV,
    &HOST,
    &PORT,
    &METRICS_ADDR,
    &DATA_DIR,
    &BACKUP_DIR,
    &DATABASE_URL,
    &SERVER_NAME,
    &TRUSTED_PROXIES,
    &FORCE_HTTPS,
    &CSP_ALLOW_UNSAFE_EVAL,
    &CSP_EXTRA,
    &CSP_REPORT_ONLY_EXTRA,
    &RATELIMIT_ENABLED,
    &RATELIMIT_STORAGE_URI,
    &RATELIMIT_STRATEGY,
    &RATELIMIT_DEFAULT,
    &RATELIMIT_DEFAULT_USER,
    &RATELIMIT_HEADERS_ENABLED,
    &READY_NEEDS_STORE,
    &LOG_TO_STDOUT,
    &LOG_LEVEL,
    &RUST_LOG,
    &SECRET_KEY,
    &accounts::SECRET_KEY_FALLBACKS,
    &accounts::SITE_URL,
    &accounts::SESSION_STORE_URI,
    &accounts::SESSION_COOKIE_SECURE,
    &accounts::SESSION_COOKIE_HTTPONLY,
    &accounts::SESSION_COOKIE_SAMESITE,
    &accounts::PERMANENT_SESSION_LIFETIME,
    &accounts::WTF_CSRF_ENABLED,
    &accounts::REGISTRATION,
    &accounts::ADMIN_TOTP_REQUIRED,
    &accounts::SMTP_URL,
    &accounts::MAIL_FROM,
    &uploads::UPLOAD_FOLDER,
    &uploads::UPLOAD_STORE_URI,
    &uploads::MAX_CONTENT_LENGTH,
    &uploads::CLAMD_ADDR,
    &uploads::CLAMD_DOWN,
];

const BOOLEAN: &str = "true or false (yes/no, on/off and 1/0 will do)";

pub(super) static APP_ENV: Setting = Setting {
    name: "APP_ENV",
    aliases: &["FLASK_ENV", "APP_ENVIRONMENT", "ENV"],
    meaning: "What this installation is for. Production wants SECRET_KEY and SERVER_NAME and never loads demo content.",
    write: "development, testing or production (dev, test and prod will do); several names must agree",
    default: "development",
    example: "development",
    visible: Visible::All,
};

pub(super) static HOST: Setting = Setting {
    name: "HOST",
    aliases: &[],
    meaning: "The address to listen on.",
    write: "an IP address or localhost: 127.0.0.1 for this machine only, 0.0.0.0 or :: for all networks",
    default: "127.0.0.1",
    example: "127.0.0.1",
    visible: Visible::All,
};

pub(super) static PORT: Setting = Setting {
    name: "PORT",
    aliases: &[],
    meaning: "The port to listen on.",
    write: "a number from 0 to 65535; 0 takes any free port",
    default: "8000",
    example: "8000",
    visible: Visible::All,
};

pub(super) static METRICS_ADDR: Setting = Setting {
    name: "METRICS_ADDR",
    aliases: &[],
    meaning: "The address on which /metrics is served for Prometheus, to everybody who reaches it; never the site's own.",
    write: "an IP address and a port, such as 127.0.0.1:9100 or [::1]:9100",
    default: "metrics are not served",
    example: "127.0.0.1:9100",
    visible: Visible::All,
};

pub(super) static DATA_DIR: Setting = Setting {
    name: "DATA_DIR",
    aliases: &[],
    meaning: "The folder for what the site keeps: the SQLite file, in development the secret key.",
    write: "the path of a folder",
    default: "data",
    example: "data",
    visible: Visible::All,
};

pub(super) static BACKUP_DIR: Setting = Setting {
    name: "BACKUP_DIR",
    aliases: &[],
    meaning: "The folder into which something calls `mathsoc backup` at night. `mathsoc check --deploy` looks there for the newest .tar.gz.",
    write: "the path of a folder",
    default: "nobody looks",
    example: "/var/backups/mathsoc",
    visible: Visible::All,
};

pub(super) static DATABASE_URL: Setting = Setting {
    name: "DATABASE_URL",
    aliases: &[],
    meaning: "Where the database is. A SQLite file is made on the first start; a PostgreSQL database must exist.",
    write: "sqlite://folder/file.db (sqlite:///… for an absolute path) or postgres://user:password@server/database",
    default: "sqlite://data/mathsoc.db, in the folder that DATA_DIR names",
    example: "sqlite://data/mathsoc.db",
    visible: Visible::NoPassword,
};

pub(super) static SERVER_NAME: Setting = Setting {
    name: "SERVER_NAME",
    aliases: &[],
    meaning: "The hosts that the site answers for; required in production.",
    write: "example.org, example.org:8443, or several with commas between; no https:// and no path",
    default: "any host",
    example: "maths.example.org",
    visible: Visible::All,
};

pub(super) static TRUSTED_PROXIES: Setting = Setting {
    name: "TRUSTED_PROXIES",
    aliases: &[],
    meaning: "The proxies whose X-Forwarded-… headers are believed.",
    write: "none, hops=1 (as many as there are proxies), or the proxies' networks, such as 10.0.0.0/8, ::1",
    default: "none",
    example: "none",
    visible: Visible::All,
};

pub(super) static FORCE_HTTPS: Setting = Setting {
    name: "FORCE_HTTPS",
    aliases: &[],
    meaning: "Whether requests over http are sent to https, and browsers told to stay there.",
    write: BOOLEAN,
    default: "true in production, else false",
    example: "false",
    visible: Visible::All,
};

pub(super) static CSP_ALLOW_UNSAFE_EVAL: Setting = Setting {
    name: "CSP_ALLOW_UNSAFE_EVAL",
    aliases: &[],
    meaning: "Whether scripts may use eval. Nothing of ours needs it.",
    write: BOOLEAN,
    default: "false",
    example: "false",
    visible: Visible::All,
};

pub(super) static CSP_EXTRA: Setting = Setting {
    name: "CSP_EXTRA",
    aliases: &[],
    meaning: "Sources to add to the site's own Content-Security-Policy.",
    write: "a policy in one line, such as: img-src https://images.example.org; font-src data:",
    default: "nothing is added",
    example: "'img-src https://images.example.org'",
    visible: Visible::All,
};

pub(super) static CSP_REPORT_ONLY_EXTRA: Setting = Setting {
    name: "CSP_REPORT_ONLY_EXTRA",
    aliases: &[],
    meaning: "A second, stricter policy to try beside the enforced one: it stops nothing, and what it would stop is under Reports.",
    write: "a policy in one line, such as: style-src-attr 'none'; connect-src 'self' https://api.example.org",
    default: "nothing is tried",
    example: "'img-src https://images.example.org; connect-src https://www.example.org'",
    visible: Visible::All,
};

pub(super) static RATELIMIT_ENABLED: Setting = Setting {
    name: "RATELIMIT_ENABLED",
    aliases: &[],
    meaning: "Whether requests are limited.",
    write: BOOLEAN,
    default: "true, but false in testing",
    example: "true",
    visible: Visible::All,
};

pub(super) static RATELIMIT_STORAGE_URI: Setting = Setting {
    name: "RATELIMIT_STORAGE_URI",
    aliases: &[],
    meaning: "Where requests are counted. Several processes or machines count together in Redis, Valkey or memcached.",
    write: "memory://, redis://:password@host:6379/0, rediss://… (with ?ca=/path/to/ca.pem for a CA of your own), redis+unix:///path, redis+sentinel://…, redis+cluster://… or memcached://host,host",
    default: "memory://, which each process has for itself and a restart empties",
    example: "memory://",
    visible: Visible::NoPassword,
};

pub(super) static RATELIMIT_STRATEGY: Setting = Setting {
    name: "RATELIMIT_STRATEGY",
    aliases: &[],
    meaning: "How requests are counted.",
    write: "fixed-window, moving-window, sliding-window-counter or gcra",
    default: "fixed-window",
    example: "fixed-window",
    visible: Visible::All,
};

pub(super) static RATELIMIT_DEFAULT: Setting = Setting {
    name: "RATELIMIT_DEFAULT",
    aliases: &[],
    meaning: "How many pages one address may ask for. Files and health checks never count.",
    write: "quotas such as 50/hour or 10 per 2 minutes, several with ; between",
    default: "200 per day;50 per hour",
    example: "'200 per day;50 per hour'",
    visible: Visible::All,
};

pub(super) static RATELIMIT_DEFAULT_USER: Setting = Setting {
    name: "RATELIMIT_DEFAULT_USER",
    aliases: &[],
    meaning: "How many pages one account may ask for once signed in, since a whole class sits behind one address. Takes effect with accounts.",
    write: "quotas such as 1000/hour, several with ; between",
    default: "5000 per day;1000 per hour",
    example: "'5000 per day;1000 per hour'",
    visible: Visible::All,
};

pub(super) static RATELIMIT_HEADERS_ENABLED: Setting = Setting {
    name: "RATELIMIT_HEADERS_ENABLED",
    aliases: &[],
    meaning: "Whether X-RateLimit-Limit, -Remaining and -Reset are sent.",
    write: BOOLEAN,
    default: "false",
    example: "false",
    visible: Visible::All,
};

pub(super) static READY_NEEDS_STORE: Setting = Setting {
    name: "READY_NEEDS_STORE",
    aliases: &[],
    meaning: "Whether /readyz is 503 while RATELIMIT_STORAGE_URI does not answer. The site goes on meanwhile and counts in memory.",
    write: BOOLEAN,
    default: "false, so that a store that is down takes no site out of rotation",
    example: "false",
    visible: Visible::All,
};

pub(super) static LOG_TO_STDOUT: Setting = Setting {
    name: "LOG_TO_STDOUT",
    aliases: &[],
    meaning: "Whether the log is JSON lines on standard output; else it is text on standard error.",
    write: BOOLEAN,
    default: "false",
    example: "false",
    visible: Visible::All,
};

pub(super) static LOG_LEVEL: Setting = Setting {
    name: "LOG_LEVEL",
    aliases: &[],
    meaning: "How much the site and its layers log; what lies below them logs warnings.",
    write: "error, warning, info, debug or trace",
    default: "info",
    example: "info",
    visible: Visible::All,
};

pub(super) static RUST_LOG: Setting = Setting {
    name: "RUST_LOG",
    aliases: &[],
    meaning: "How much each part logs, for looking closely; where it is set, LOG_LEVEL does not count.",
    write: "directives of tracing's EnvFilter, such as warn,mathsoc=debug,sqlx=info",
    default: "as LOG_LEVEL says",
    example: "warn,mathsoc=debug",
    visible: Visible::All,
};

pub(super) static SECRET_KEY: Setting = Setting {
    name: "SECRET_KEY",
    aliases: &[],
    meaning: "What cookies and tokens are signed with; required in production. Everybody who knows it can be anybody.",
    write: "the output of: head -c 48 /dev/urandom | base64",
    default: "elsewhere than in production one is made and kept in DATA_DIR/secret_key",
    example: "",
    visible: Visible::Nothing,
};
