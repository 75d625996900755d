//! The variables of the process and of the file `.env`.
//!
//! ```
//! # use mathsoc::config::{Source, Vars};
//! let vars = Vars::new([("PORT", "9000")], [("PORT", "8000"), ("HOST", "::1")]);
//! assert_eq!(vars.get("PORT").as_deref(), Some("9000"));
//! assert_eq!(vars.get("HOST").as_deref(), Some("::1"));
//! assert_eq!(vars.source("HOST"), Source::File);
//! ```
//!
//! The environment takes precedence over `.env`, setting by setting: `APP_ENV=production` in the
//! environment hides the alias `FLASK_ENV` in the file. An empty value counts as unset.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fmt};

use super::example_file::setting_named;
use super::reader::Problem;
use super::settings::SETTINGS;

/// The variables of the process and of `.env`.
#[derive(Default)]
pub struct Vars {
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    pub(super) problems: Vec<Problem>,
}

/// The source of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The environment of the process.
    Environment,
    /// The file `.env`.
    File,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Environment => "environment",
            Self::File => ".env",
        })
    }
}

impl Vars {
    /// Creates the variables from two lists.
    pub fn new<'a>(
        environment: impl IntoIterator<Item = (&'a str, &'a str)>,
        file: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            environment: environment.into_iter().map(owned).collect(),
            file: file.into_iter().map(owned).collect(),
            problems: Vec::new(),
        }
    }

    /// Reads the variables of this process, and the file if it exists.
    pub fn of_process(file: &Path) -> Self {
        let mut vars = Self::default();
        for name in SETTINGS.iter().flat_map(|setting| setting.names()) {
            match env::var(name) {
                Ok(value) => drop(vars.environment.insert(name.to_owned(), value)),
                Err(env::VarError::NotPresent) => {}
                Err(env::VarError::NotUnicode(_)) => {
                    vars.problems.push(Problem(format!("{name} is not valid UTF-8. Write it in UTF-8.")));
                }
            }
        }
        vars.read_file(file);
        vars
    }

    /// Returns the value that applies. An empty value counts as unset.
    pub fn get(&self, name: &str) -> Option<String> {
        let set = |vars: &BTreeMap<String, String>, name: &str| {
            vars.get(name).filter(|value| !value.trim().is_empty()).cloned()
        };
        let in_environment = |name: &str| set(&self.environment, name).is_some();
        let hidden = setting_named(name).is_some_and(|setting| setting.names().any(in_environment));
        if hidden { set(&self.environment, name) } else { set(&self.file, name) }
    }

    /// Returns the source of a variable that is set.
    pub fn source(&self, name: &str) -> Source {
        let set = self.environment.get(name).is_some_and(|value| !value.trim().is_empty());
        if set { Source::Environment } else { Source::File }
    }

    /// Returns the names in `.env` that are not settings: they may be typing errors.
    pub fn strangers(&self) -> impl Iterator<Item = &str> {
        self.file.keys().map(String::as_str).filter(|name| setting_named(name).is_none())
    }

    fn read_file(&mut self, path: &Path) {
        let lines = match dotenvy::from_path_iter(path) {
            Ok(lines) => lines,
            Err(error) if error.not_found() => return,
            Err(error) => {
                return self.problems.push(Problem(format!("{} cannot be read: {error}.", path.display())));
            }
        };
        for line in lines {
            let reason = match line {
                Ok((name, value)) => {
                    self.file.insert(name, value);
                    continue;
                }
                // The message has the name only, because the rest of the line may be a secret.
                Err(dotenvy::Error::LineParse(line, _)) => {
                    let name = line.split('=').next().unwrap_or_default().trim();
                    format!(
                        "the line of {name:?} cannot be parsed. Write NAME=value, in 'single quotes' if it has spaces"
                    )
                }
                Err(error) => format!("{error}. Write NAME=value, line by line"),
            };
            return self.problems.push(Problem(format!("{}: {reason}.", path.display())));
        }
    }
}
