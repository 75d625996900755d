//! Reads the settings one by one, and collects all problems instead of stopping at the first.

use std::fmt;

use super::table::{Setting, Visible};
use super::value::{Environment, Value};
use crate::db::hide_password;

/// The value that applies for a setting.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The setting.
    pub setting: &'static Setting,
    /// The value in the form in which it may be shown; empty if there is none.
    pub value: String,
    /// The name under which the value was found; `None` if the default applies.
    pub found_as: Option<&'static str>,
}

/// A problem of the configuration: the setting, its value, the reason, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub(super) String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) struct Reader<'v> {
    vars: &'v dyn Fn(&str) -> Option<String>,
    pub(super) effective: Vec<Effective>,
    pub(super) problems: Vec<Problem>,
}

impl<'v> Reader<'v> {
    pub(super) fn new(vars: &'v dyn Fn(&str) -> Option<String>) -> Self {
        Self { vars, effective: Vec::new(), problems: Vec::new() }
    }

    /// Returns the value, or the default of the table if the setting has no valid value.
    pub(super) fn read<T: Value>(&mut self, setting: &'static Setting) -> T {
        let default = match setting.default.text(self.environment()) {
            Some(text) => T::read(text).ok(),
            None => T::unset(),
        };
        self.read_or(setting, default.expect("a test reads the defaults of all environments"))
    }

    /// Returns the value, or this default if the setting has no valid value.
    pub(super) fn read_or<T: Value>(&mut self, setting: &'static Setting, default: T) -> T {
        let (found_as, value) = self.find(setting).unzip();
        let shown = match (&value, setting.visible) {
            (Some(_), Visible::Nothing) => "(hidden)".to_owned(),
            (value, _) => value.as_ref().unwrap_or(&default).show(),
        };
        self.effective.push(Effective { setting, value: shown, found_as });
        value.unwrap_or(default)
    }

    /// Returns `true` if a name of the setting has a value, valid or not.
    pub(super) fn has(&self, setting: &Setting) -> bool {
        setting.names().any(|name| self.text(name).is_some())
    }

    /// Reports that a required setting is missing.
    pub(super) fn missing(&mut self, setting: &Setting, why: &str) {
        self.problems.push(Problem(format!("{} is not set. {why} {}", setting.name, setting.advice())));
    }

    /// Reports a value that contradicts another setting, or is not allowed.
    pub(super) fn wrong(&mut self, setting: &Setting, text: &str, reason: &str) {
        self.reject(setting, setting.name, text, reason);
    }

    fn reject(&mut self, setting: &Setting, name: &str, text: &str, reason: &str) {
        let value = match setting.visible {
            Visible::All => format!("{name}={text:?}"),
            Visible::NoPassword => format!("{name}={:?}", hide_password(text)),
            Visible::Nothing => format!("{name} (its value is not shown)"),
        };
        self.problems.push(Problem(format!("{value}: {reason}. {}", setting.advice())));
    }

    /// Returns the value of the first name that has one. Reports invalid values and contradictions.
    fn find<T: Value>(&mut self, setting: &'static Setting) -> Option<(&'static str, T)> {
        let mut found: Option<(&'static str, T)> = None;
        for name in setting.names() {
            let Some(text) = self.text(name) else { continue };
            match (parse::<T>(setting, &text), &found) {
                (Err(reason), _) => self.reject(setting, name, &text, &reason),
                (Ok(value), None) => found = Some((name, value)),
                (Ok(value), Some((first, other))) if value.show() != other.show() => {
                    let reason = format!("contradicts {first}, which says {:?}", other.show());
                    self.reject(setting, name, &text, &reason);
                }
                (Ok(_), Some(_)) => {}
            }
        }
        found
    }

    /// Returns the trimmed text of a variable that is set.
    fn text(&self, name: &str) -> Option<String> {
        (self.vars)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Returns the environment, which is the first setting of the table.
    fn environment(&self) -> Environment {
        let first = self.effective.first();
        first.and_then(|it| Value::read(&it.value).ok()).unwrap_or(Environment::Development)
    }
}

fn parse<T: Value>(setting: &Setting, text: &str) -> Result<T, String> {
    let value = T::read(text)?;
    match (setting.range, text.parse()) {
        (Some((least, most)), Ok(number)) if !(least..=most).contains(&number) => {
            Err("out of range".to_owned())
        }
        _ => Ok(value),
    }
}
