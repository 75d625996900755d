//! The configuration: settings from the environment and from `.env`.
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
//! Each setting is one entry in a table: in `settings.rs`, or in the file of its group. The field,
//! parsing, the default, error messages, `mathsoc config` and `.env.example` come from that entry.
//! To add a setting, add an entry, and run `mathsoc config --example > .env.example`.
//!
//! - Invalid values are errors, and so are names of one setting with different values.
//! - Production requires `SERVER_NAME` and a strong `SECRET_KEY`. Such rules are in `rules.rs`.
//! - All problems are reported at once.
//! - `Config` reads neither the environment nor a file: [`Vars`] does that before.

mod declare;
mod example_file;
mod hosts;
mod limits;
mod logging;
mod mail;
mod policy;
mod reader;
mod rules;
mod secret_key;
mod sessions;
mod settings;
mod table;
mod uploads;
mod value;
mod vars;

use std::fmt::{self, Write};

pub use example_file::example_file;
pub use hosts::{ServerNames, TrustedProxies};
pub use limits::{RateLimits, StoreUri};
pub use logging::{LogFilter, LogLevel};
pub use mail::{MailSettings, Sender, SiteUrl, SmtpUrl};
pub use palisade::keyring::WeakKey;
pub use policy::ExtraPolicy;
use reader::Reader;
pub use reader::{Effective, Problem};
pub use secret_key::{FormerKeys, KeyFileError, SecretKey};
pub use sessions::{CookieSecure, SessionSettings, SessionStoreUri};
pub use settings::{Config, SETTINGS};
pub use table::{DefaultValue, Setting, Visible};
pub use uploads::UploadSettings;
pub use value::{Environment, Registration};
pub use vars::{Source, Vars};

impl Config {
    /// Reads the settings; `vars` returns the value of a variable.
    ///
    /// # Errors
    /// All problems, each with the name of the setting, its value, and what to write instead.
    pub fn from_vars(vars: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(vars);
        let config = Self::read(&mut reader);
        config.check(&mut reader);
        if reader.problems.is_empty() { Ok(config) } else { Err(ConfigError { problems: reader.problems }) }
    }

    /// Reads the settings from the environment and `.env`.
    ///
    /// # Errors
    /// Those of [`from_vars`](Self::from_vars), and problems of the file.
    pub fn load(vars: &Vars) -> Result<Self, ConfigError> {
        let config = Self::from_vars(&|name: &str| vars.get(name));
        if vars.problems.is_empty() {
            return config;
        }
        let mut problems = vars.problems.clone();
        problems.extend(config.err().into_iter().flat_map(|error| error.problems));
        Err(ConfigError { problems })
    }

    /// Returns `true` on the public site.
    pub fn is_production(&self) -> bool {
        self.environment == Environment::Production
    }

    /// Returns the values that apply, in the order of [`SETTINGS`].
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }

    /// Returns the table that `mathsoc config` prints: name, value, source; without secrets.
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
}

/// All problems of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    /// Returns the problems.
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
