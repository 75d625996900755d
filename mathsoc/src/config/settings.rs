//! The table of settings. Four groups have tables of their own: `limits.rs`, `sessions.rs`,
//! `mail.rs` and `uploads.rs`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::LazyLock;

use super::declare::settings;
use super::hosts::{ServerNames, TrustedProxies};
use super::limits::RateLimits;
use super::logging::{LogFilter, LogLevel};
use super::mail::{MailSettings, SiteUrl};
use super::policy::ExtraPolicy;
use super::reader::Effective;
use super::secret_key::{FormerKeys, SecretKey};
use super::sessions::SessionSettings;
use super::table::DefaultValue::{Always, Computed, PerEnvironment, Unset};
use super::table::{Setting, Visible};
use super::uploads::UploadSettings;
use super::value::{Environment, Registration};
use crate::db;

/// All settings, in the order in which they are read and shown.
pub static SETTINGS: LazyLock<Vec<&'static Setting>> = LazyLock::new(|| {
    let tables = [
        Config::TABLE,
        RateLimits::TABLE,
        SessionSettings::TABLE,
        MailSettings::TABLE,
        UploadSettings::TABLE,
    ];
    tables.concat()
});

settings! {
    /// The configuration of an installation.
    pub struct Config, read(reader) {
        /// The purpose of this installation. Production requires SECRET_KEY and SERVER_NAME.
        /// Only development loads demo content into an empty database.
        pub environment: Environment = APP_ENV {
            aliases: &["FLASK_ENV", "APP_ENVIRONMENT", "ENV"],
            write: "development, testing or production (or dev, test, prod); the same under each of its names",
            default: Always("development"),
        },
        /// The address to listen on.
        pub host: IpAddr = HOST {
            write: "an IP address or localhost: 127.0.0.1 for this machine only, 0.0.0.0 or :: for all networks",
            default: Always("127.0.0.1"),
            because: "a proxy on the same machine reaches the site, other machines do not",
        },
        /// The port to listen on.
        pub port: u16 = PORT {
            write: "a number from 0 to 65535; 0 takes any free port",
            default: Always("8000"),
        },
        /// The address that serves /metrics for Prometheus. It must differ from the site's own address.
        /// Every client that can reach it can read the metrics.
        pub metrics_addr: Option<SocketAddr> = METRICS_ADDR {
            write: "an IP address and a port, such as 127.0.0.1:9100 or [::1]:9100",
            default: Unset("metrics are not served"),
            example: Some("127.0.0.1:9100"),
        },
        /// Makes /readyz answer 503 while RATELIMIT_STORAGE_URI does not respond.
        /// Until the store responds again, the site counts requests in memory.
        pub ready_needs_store: bool = READY_NEEDS_STORE {
            default: Always("false"),
            because: "the load balancer keeps the site in rotation while the store is down",
        },
        /// The folder for the SQLite file, uploads, e-mails (without SMTP_URL)
        /// and the development secret key.
        pub data_dir: PathBuf = DATA_DIR { default: Always("data") },
        /// The folder in which `mathsoc check --deploy` expects backups (.tar.gz).
        /// The site makes no backups itself: let a timer run `mathsoc backup`.
        pub backup_dir: Option<PathBuf> = BACKUP_DIR {
            default: Unset("backups are not checked"),
            example: Some("/var/backups/mathsoc"),
        },
        /// The database. The first start creates a SQLite file; a PostgreSQL database must exist.
        pub database_url: db::Url = DATABASE_URL {
            write: "sqlite://folder/file.db (sqlite:///… for an absolute path) or \
                    postgres://user:password@server/database",
            default: Computed("the SQLite file mathsoc.db in DATA_DIR"),
            example: Some("sqlite://data/mathsoc.db"),
            visible: Visible::NoPassword,
        } or db::Url::file(&data_dir.join("mathsoc.db")),
        /// The hosts that the site answers for; required in production.
        /// In development and testing, localhost is allowed, too.
        pub server_name: Option<ServerNames> = SERVER_NAME {
            write: "example.org, example.org:8443, .example.org for every subdomain, \
                    or several with commas between; no https:// and no path",
            default: Unset("any host"),
            example: Some("maths.example.org"),
        },
        /// The reverse proxies whose X-Forwarded-* headers are used. From an unnamed proxy in the
        /// local network they are an error.
        pub trusted_proxies: TrustedProxies = TRUSTED_PROXIES {
            write: "none, hops=1 (the number of proxies that set X-Forwarded-For and X-Forwarded-Proto; hops=1 host=1 \
                    for X-Forwarded-Host too), or the networks of the proxies, such as 10.0.0.0/8, ::1",
            default: Always("none"),
            because: "any client can send these headers",
        },
        /// Redirects HTTP to HTTPS, and sends the HSTS header. Production sends HSTS in any case.
        pub force_https: bool = FORCE_HTTPS {
            default: PerEnvironment { development: "false", testing: "false", production: "true" },
        },
        /// Allows `eval` in scripts. The site itself does not need it.
        pub csp_allow_unsafe_eval: bool = CSP_ALLOW_UNSAFE_EVAL { default: Always("false") },
        /// Sources to add to the site's own Content-Security-Policy.
        pub csp_extra: Option<ExtraPolicy> = CSP_EXTRA {
            default: Unset("nothing is added"),
            example: Some("img-src https://images.example.org"),
        },
        /// A second, stricter Content-Security-Policy to try out. It blocks nothing;
        /// the admin page Reports shows what it would block.
        pub csp_report_only_extra: Option<ExtraPolicy> = CSP_REPORT_ONLY_EXTRA {
            default: Unset("no policy is tried out"),
            example: Some("img-src https://images.example.org; connect-src https://www.example.org"),
        },
        /// Writes the log as JSON lines to standard output, in place of text to standard error.
        pub log_to_stdout: bool = LOG_TO_STDOUT { default: Always("false") },
        /// The log level of the site. Libraries log warnings and errors only.
        pub log_level: LogLevel = LOG_LEVEL {
            write: "error, warning, info, debug or trace",
            default: Always("info"),
            because: "one line per request",
        },
        /// The log level of each module, for debugging. It overrides LOG_LEVEL.
        pub log_filter: LogFilter = RUST_LOG {
            write: "directives of tracing's EnvFilter, such as warn,mathsoc=debug,sqlx=info",
            default: Computed("the level of LOG_LEVEL"),
            example: Some("warn,mathsoc=debug"),
        } or log_level.filter(),
        /// The key that signs cookies and tokens; required in production.
        /// Anyone who knows the key can log in as any user.
        pub secret_key: Option<SecretKey> = SECRET_KEY {
            write: "the output of: head -c 48 /dev/urandom | base64",
            default: Unset("in development and testing, a key that the site creates in DATA_DIR/secret_key"),
            visible: Visible::Nothing,
        },
        /// Former values of SECRET_KEY, the latest first. Cookies and tokens that they signed stay valid.
        /// Remove a former key after a month.
        pub former_keys: FormerKeys = SECRET_KEY_FALLBACKS {
            write: "former keys with commas between, each as strong as SECRET_KEY",
            default: Unset("none"),
            visible: Visible::Nothing,
        },
        /// The public address of the site, for links in e-mails.
        pub site_url: SiteUrl = SITE_URL {
            write: "https:// and the host, one of SERVER_NAME, with a port if it needs one; no path",
            default: Computed(
                "the first name of SERVER_NAME, or HOST and PORT; with https:// if FORCE_HTTPS is true"
            ),
            example: Some("https://maths.example.org"),
        } or SiteUrl::of_site(server_name.as_ref(), force_https, SocketAddr::new(host, port)),
        /// Rejects forms that other sites send (CSRF protection). Production requires it.
        pub csrf_enabled: bool = WTF_CSRF_ENABLED {
            default: PerEnvironment { development: "true", testing: "false", production: "true" },
        },
        /// The visitors who may create an account: all, those with an e-mail address of
        /// one of the schools, or none.
        pub registration: Registration = REGISTRATION {
            write: "open, school-domains or closed",
            default: PerEnvironment { development: "open", testing: "school-domains", production: "school-domains" },
            example: Some("school-domains"),
        },
        /// Requires two-factor authentication (a code from an app) of admins.
        pub admin_totp_required: bool = ADMIN_TOTP_REQUIRED { default: Always("false") },
    }
    computed {
        /// The limits on the number of requests.
        pub ratelimit: RateLimits = RateLimits::read(reader),
        /// The settings of sessions and their cookie.
        pub sessions: SessionSettings = SessionSettings::read(reader),
        /// The settings of outgoing e-mail.
        pub mail: MailSettings = MailSettings::read(reader, &site_url),
        /// The settings of uploaded files.
        pub uploads: UploadSettings = UploadSettings::read(reader, &data_dir),
        /// The values as `mathsoc config` shows them, in the order of [`SETTINGS`].
        pub(super) effective: Vec<Effective> = std::mem::take(&mut reader.effective),
    }
}
