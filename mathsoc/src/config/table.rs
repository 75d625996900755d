//! The format of an entry in a settings table.

use std::fmt;

use super::value::{Environment, Value};

/// An entry of a settings table.
#[derive(Debug)]
pub struct Setting {
    /// The name of the variable.
    pub name: &'static str,
    /// Other names of the same variable.
    pub aliases: &'static [&'static str],
    /// The purpose of the setting, in one to three sentences.
    pub meaning: &'static str,
    /// The format of a value; follows the word "Write".
    pub write: &'static str,
    /// The smallest and the largest number that is accepted, if the value is a number.
    pub range: Option<(u64, u64)>,
    /// The value that applies while the variable is not set.
    pub default: DefaultValue,
    /// The reason for the default, or the default in other units.
    pub because: &'static str,
    /// An example value, where the default is not one.
    pub example: Option<&'static str>,
    /// The part of the value that may be shown.
    pub visible: Visible,
}

/// The value of a setting that is not set. A text is parsed like one from the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// The same value in every environment.
    Always(&'static str),
    /// One value for each environment.
    PerEnvironment {
        /// The value in development.
        development: &'static str,
        /// The value in testing.
        testing: &'static str,
        /// The value in production.
        production: &'static str,
    },
    /// A value made from other settings, described in words.
    Computed(&'static str),
    /// No value; the words say what then happens.
    Unset(&'static str),
}

/// The part of a value that may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    /// The whole value.
    All,
    /// The value without the password of its URL.
    NoPassword,
    /// No part of it.
    Nothing,
}

impl Setting {
    /// Returns the fields that an entry of this type leaves out.
    pub(super) const fn of<T: Value>() -> Self {
        Self {
            name: "",
            aliases: &[],
            meaning: "",
            write: T::WRITE,
            range: None,
            default: DefaultValue::Unset(""),
            because: "",
            example: None,
            visible: Visible::All,
        }
    }

    /// Returns the name, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Returns an example value; empty for a secret.
    pub fn example(&self) -> &'static str {
        self.example.or(self.default.text(Environment::Development)).unwrap_or_default()
    }

    /// Returns the sentence that says how to write a value.
    pub(super) fn advice(&self) -> String {
        match self.range {
            Some((least, most)) => format!("Write {} from {least} to {most}.", self.write),
            None => format!("Write {}.", self.write),
        }
    }
}

impl DefaultValue {
    /// Returns the text that stands for a missing value, if there is one.
    pub(super) fn text(self, environment: Environment) -> Option<&'static str> {
        match (self, environment) {
            (Self::Always(text), _)
            | (Self::PerEnvironment { development: text, .. }, Environment::Development)
            | (Self::PerEnvironment { testing: text, .. }, Environment::Testing)
            | (Self::PerEnvironment { production: text, .. }, Environment::Production) => Some(text),
            (Self::Computed(_) | Self::Unset(_), _) => None,
        }
    }
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Always(text) | Self::Computed(text) | Self::Unset(text) => f.write_str(text),
            Self::PerEnvironment { development, testing, production } => {
                write!(f, "{production} in production, {testing} in testing, {development} in development")
            }
        }
    }
}
