//! Everything that can be set from outside.
//!
//! ```
//! # use mathsoc::config::{Config, Environment};
//! let vars = |name: &str| (name == "PORT").then(|| "9000".to_owned());
//! let config = Config::from_vars(&vars)?;
//! assert_eq!(config.port, 9000);
//! assert_eq!(config.environment, Environment::Development);
//! # Ok::<(), mathsoc::config::ConfigError>(())
//! ```
//!
//! What passes:
//! 1. a value that can be read, under one of its names; names that contradict each other do not pass;
//! 2. in production, only together with `SERVER_NAME` and a strong `SECRET_KEY`.
//!
//! All that is wrong is reported at once. The names, meanings and defaults are one list, [`SETTINGS`]; the file
//! `.env.example` and `mathsoc config` are made from it. Reading touches neither the process's environment nor a file:
//! [`Vars`] does that, before.

mod mail;
mod reader;
mod registration;
mod secret_key;
mod sessions;
mod settings;
mod uploads;
mod value;
mod vars;

use std::fmt::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

pub use mail::{MailSettings, Sender, SiteUrl, SmtpUrl};
pub use palisade::Weakness;
use palisade::{Quotas, Strategy};
use reader::Reader;
pub use reader::{Effective, Problem};
pub use registration::Registration;
pub use secret_key::{FormerKeys, KeyFileError, SecretKey};
pub use sessions::{CookieSecure, SessionSettings, SessionStoreUri};
use settings::accounts;
pub use settings::{SETTINGS, Setting, Visible, example_file};
pub use uploads::UploadSettings;
use value::LogLevel;
pub use value::{Environment, ExtraPolicy, LogFilter, ServerNames, StoreUri, TrustedProxies};
pub use vars::{Source, Vars};

use crate::db;

/// How this installation is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// What it is for.
    pub environment: Environment,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Where metrics are served, if they are; never where the site is.
    pub metrics_addr: Option<SocketAddr>,
    /// Where the database is.
    pub database_url: db::Url,
    /// The folder for what the site keeps.
    pub data_dir: PathBuf,
    /// The folder for backups, if somebody makes them.
    pub backup_dir: Option<PathBuf>,
    /// The hosts that the site answers for; nothing: for any. Always there in production.
    pub server_name: Option<ServerNames>,
    /// The proxies to believe.
    pub trusted_proxies: TrustedProxies,
    /// Whether to leave http.
    pub force_https: bool,
    /// Whether scripts may use `eval`.
    pub csp_allow_unsafe_eval: bool,
    /// What to add to the site's policy.
    pub csp_extra: Option<ExtraPolicy>,
    /// A second policy, which is only tried: what it would stop is reported.
    pub csp_report_only_extra: Option<ExtraPolicy>,
    /// How requests are limited.
    pub ratelimit: RateLimits,
    /// Whether the site is only ready while the store of its limits answers.
    pub ready_needs_store: bool,
    /// Whether the log is JSON lines on stdout; else it is text on stderr.
    pub log_to_stdout: bool,
    /// What to log.
    pub log_filter: LogFilter,
    /// What to sign with, if it is set. Always there, and strong, in production.
    pub secret_key: Option<SecretKey>,
    /// What was signed with before.
    pub former_keys: FormerKeys,
    /// Where the site is, for links in letters.
    pub site_url: SiteUrl,
    /// How sessions are kept.
    pub sessions: SessionSettings,
    /// Whether forms from other sites are refused. Always in production.
    pub csrf_enabled: bool,
    /// Who may make an account.
    pub registration: Registration,
    /// Whether admins need a code besides their password.
    pub admin_totp_required: bool,
    /// How letters are sent.
    pub mail: MailSettings,
    /// What people may upload, and where it is kept.
    pub uploads: UploadSettings,
    effective: Vec<Effective>,
}

impl Config {
    /// Reads the settings from wherever `vars` looks them up.
    ///
    /// # Errors
    /// All that is wrong, each with its name, the value and what to write instead.
    pub fn from_vars(vars: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(vars);
        let config = Self::read(&mut reader);
        if reader.problems.is_empty() {
            Ok(Self { effective: reader.effective, ..config })
        } else {
            Err(ConfigError { problems: reader.problems })
        }
    }

    /// Reads the settings from the environment and `.env`.
    ///
    /// # Errors
    /// As [`from_vars`](Self::from_vars), and what is wrong with the file.
    pub fn load(vars: &Vars) -> Result<Self, ConfigError> {
        let config = Self::from_vars(&|name: &str| vars.get(name));
        if vars.problems.is_empty() {
            return config;
        }
        let mut problems = vars.problems.clone();
        problems.extend(config.err().into_iter().flat_map(|error| error.problems));
        Err(ConfigError { problems })
    }

    /// Whether this is the real site.
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }

    /// What holds for each setting, in the order of [`SETTINGS`].
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }

    /// The table that `mathsoc config` prints: name, value, source; secrets hidden.
    pub fn table(&self, vars: &Vars) -> String {
        let name = self.effective.iter().map(|it| it.setting.name.len()).max().unwrap_or(0);
        let value = self.effective.iter().map(|it| it.value.chars().count()).max().unwrap_or(0).min(60);
        let mut table = String::new();
        for it in &self.effective {
            let source = match it.found_as {
                None => "default".to_owned(),
                Some(found) if found == it.setting.name => vars.source(found).to_string(),
                Some(alias) => format!("{} ({alias})", vars.source(alias)),
            };
            // Writing to a String cannot fail.
            let shown = if it.value.is_empty() { "-" } else { &it.value };
            let _ = writeln!(table, "{:name$}  {shown:value$}  {source}", it.setting.name);
        }
        table
    }

    fn read<V: Fn(&str) -> Option<String>>(reader: &mut Reader<'_, V>) -> Self {
        let environment = reader.read(&settings::APP_ENV, Environment::Development);
        let production = environment == Environment::Production;
        let host = reader.read(&settings::HOST, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let port = reader.read(&settings::PORT, 8000);
        let metrics_addr: Option<SocketAddr> = reader.read_optional(&settings::METRICS_ADDR);
        if let Some(metrics) = metrics_addr.filter(|metrics| overlap(*metrics, SocketAddr::new(host, port))) {
            let reason = "that is where the site itself listens, and metrics are not for everybody";
            reader.wrong(&settings::METRICS_ADDR, "METRICS_ADDR", &metrics.to_string(), reason);
        }
        if environment == Environment::Testing && !host.is_loopback() {
            let reason =
                "would serve to others what guards neither forms nor against floods: APP_ENV says testing";
            reader.wrong(&settings::HOST, "HOST", &host.to_string(), reason);
        }
        let data_dir = reader.read(&settings::DATA_DIR, PathBuf::from("data"));
        let backup_dir = reader.read_optional(&settings::BACKUP_DIR);
        let database_url = reader.read(&settings::DATABASE_URL, db::Url::file(&data_dir.join("mathsoc.db")));
        let server_name = reader.read_optional(&settings::SERVER_NAME);
        if production && !reader.has(&settings::SERVER_NAME) {
            reader.missing(&settings::SERVER_NAME, "In production the site answers for its own hosts only.");
        }
        let trusted_proxies = reader.read(&settings::TRUSTED_PROXIES, TrustedProxies::none());
        let force_https = reader.read(&settings::FORCE_HTTPS, production);
        let csp_allow_unsafe_eval = reader.read(&settings::CSP_ALLOW_UNSAFE_EVAL, false);
        let csp_extra = reader.read_optional(&settings::CSP_EXTRA);
        let csp_report_only_extra = reader.read_optional(&settings::CSP_REPORT_ONLY_EXTRA);
        let ratelimit = RateLimits {
            enabled: reader.read(&settings::RATELIMIT_ENABLED, environment != Environment::Testing),
            storage_uri: reader.read(&settings::RATELIMIT_STORAGE_URI, StoreUri::memory()),
            strategy: reader.read(&settings::RATELIMIT_STRATEGY, Strategy::default()),
            default: reader.read(&settings::RATELIMIT_DEFAULT, value::default_quotas()),
            default_user: reader.read(&settings::RATELIMIT_DEFAULT_USER, value::default_user_quotas()),
            headers_enabled: reader.read(&settings::RATELIMIT_HEADERS_ENABLED, false),
        };
        let ready_needs_store = reader.read(&settings::READY_NEEDS_STORE, false);
        let log_to_stdout = reader.read(&settings::LOG_TO_STDOUT, false);
        let log_level = reader.read(&settings::LOG_LEVEL, LogLevel::Info);
        let log_filter = reader.read_optional(&settings::RUST_LOG).unwrap_or_else(|| log_level.filter());
        let secret_key: Option<SecretKey> = reader.read_optional(&settings::SECRET_KEY);
        match secret_key.as_ref().map(SecretKey::weakness) {
            None if production => {
                reader.missing(
                    &settings::SECRET_KEY,
                    "Production signs with a key of its own, the same at each start.",
                );
            }
            Some(Some(weakness)) if production => {
                reader.wrong(&settings::SECRET_KEY, "SECRET_KEY", "", &weakness.to_string());
            }
            _ => {}
        }
        let former_keys: FormerKeys = reader.read(&accounts::SECRET_KEY_FALLBACKS, FormerKeys::default());
        if let Some(objection) = former_keys.objection(secret_key.as_ref()) {
            reader.wrong(&accounts::SECRET_KEY_FALLBACKS, "SECRET_KEY_FALLBACKS", "", &objection);
        }
        let site_url = SiteUrl::read_or(reader, server_name.as_ref(), force_https, &here(host, port));
        let sessions = SessionSettings::read(reader, production, force_https);
        let csrf_enabled = reader.read(&accounts::WTF_CSRF_ENABLED, environment != Environment::Testing);
        if production && !csrf_enabled {
            let reason = "would let any site send forms in the name of whoever is logged in here";
            reader.wrong(&accounts::WTF_CSRF_ENABLED, "WTF_CSRF_ENABLED", "false", reason);
        }
        let anybody = environment == Environment::Development;
        let registration = if anybody { Registration::Open } else { Registration::SchoolDomains };
        let registration = reader.read(&accounts::REGISTRATION, registration);
        let admin_totp_required = reader.read(&accounts::ADMIN_TOTP_REQUIRED, false);
        let mail = MailSettings::read(reader, &site_url);
        let uploads = UploadSettings::read(reader, &data_dir);

        Self {
            environment,
            host,
            port,
            metrics_addr,
            database_url,
            data_dir,
            backup_dir,
            server_name,
            trusted_proxies,
            force_https,
            csp_allow_unsafe_eval,
            csp_extra,
            csp_report_only_extra,
            ratelimit,
            ready_needs_store,
            log_to_stdout,
            log_filter,
            secret_key,
            former_keys,
            site_url,
            sessions,
            csrf_enabled,
            registration,
            admin_totp_required,
            mail,
            uploads,
            effective: Vec::new(),
        }
    }
}

/// The address on which the site listens, as a browser on this machine writes it.
fn here(host: IpAddr, port: u16) -> String {
    let host = match host {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        given => given,
    };
    SocketAddr::new(host, port).to_string()
}

/// Whether what listens at one address would take what is meant for the other.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (a, b) = (one.ip(), other.ip());
    one.port() == other.port() && one.port() != 0 && (a == b || a.is_unspecified() || b.is_unspecified())
}

/// How requests are limited.
#[derive(Clone, Debug)]
pub struct RateLimits {
    /// Whether they are.
    pub enabled: bool,
    /// Where they are counted.
    pub storage_uri: StoreUri,
    /// How they are counted.
    pub strategy: Strategy,
    /// How many pages one address may ask for.
    pub default: Quotas,
    /// How many pages one account may ask for, once signed in.
    pub default_user: Quotas,
    /// Whether `X-RateLimit-…` is sent.
    pub headers_enabled: bool,
}

/// What stops the start: everything that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    /// What is wrong, thing by thing.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => write!(f, "The configuration has a problem:")?,
            many => write!(f, "The configuration has {many} problems:")?,
        }
        self.problems.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for ConfigError {}
