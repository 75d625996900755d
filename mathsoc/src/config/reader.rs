//! Reads setting after setting, and collects what is wrong instead of stopping at the first.

use std::fmt;

use super::settings::{Setting, Visible};
use super::value::Value;
use crate::db::hide_password;

/// What holds for one setting.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The setting.
    pub setting: &'static Setting,
    /// Its value as it may be shown; nothing when there is none.
    pub value: String,
    /// The name under which it was found; nothing when the default holds.
    pub found_as: Option<&'static str>,
}

/// Something wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub(super) String);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) struct Reader<'v, V> {
    vars: &'v V,
    pub(super) effective: Vec<Effective>,
    pub(super) problems: Vec<Problem>,
}

impl<'v, V: Fn(&str) -> Option<String>> Reader<'v, V> {
    pub(super) fn new(vars: &'v V) -> Self {
        Self { vars, effective: Vec::new(), problems: Vec::new() }
    }

    /// The value, or the default when nothing is set (and for now also when something wrong is).
    pub(super) fn read<T: Value>(&mut self, setting: &'static Setting, default: T) -> T {
        let shown = default.show();
        match self.find(setting) {
            Some((name, value)) => self.holds(setting, value, Some(name)),
            None => self.hold(setting, default, shown),
        }
    }

    /// The value, where one is set.
    pub(super) fn read_optional<T: Value>(&mut self, setting: &'static Setting) -> Option<T> {
        match self.find(setting) {
            Some((name, value)) => Some(self.holds(setting, value, Some(name))),
            None => self.hold(setting, None, String::new()),
        }
    }

    /// Whether anything is set under one of the names, be it right or wrong.
    pub(super) fn has(&self, setting: &'static Setting) -> bool {
        setting.names().any(|name| (self.vars)(name).is_some_and(|text| !text.trim().is_empty()))
    }

    /// Notes that a setting is missing which nothing can stand in for.
    pub(super) fn missing(&mut self, setting: &'static Setting, why: &str) {
        self.problems.push(Problem(format!("{} is not set. {why} Write {}.", setting.name, setting.write)));
    }

    /// Notes what is wrong with a value.
    pub(super) fn wrong(&mut self, setting: &'static Setting, name: &str, text: &str, reason: &str) {
        let value = match setting.visible {
            Visible::All => format!("{name}={text:?}"),
            Visible::NoPassword => format!("{name}={:?}", hide_password(text)),
            Visible::Nothing => format!("{name} (its value is not shown)"),
        };
        self.problems.push(Problem(format!("{value}: {reason}. Write {}.", setting.write)));
    }

    /// The first value that is set under one of the names; notes the unreadable and the contradicting.
    fn find<T: Value>(&mut self, setting: &'static Setting) -> Option<(&'static str, T)> {
        let mut found: Option<(&'static str, T)> = None;
        for name in setting.names() {
            let Some(text) = (self.vars)(name) else { continue };
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            match (T::read(text), &found) {
                (Err(reason), _) => self.wrong(setting, name, text, &reason),
                (Ok(value), None) => found = Some((name, value)),
                (Ok(value), Some((first, other))) if value.show() != other.show() => {
                    let reason = format!("contradicts {first}, which says {:?}", other.show());
                    self.wrong(setting, name, text, &reason);
                }
                (Ok(_), Some(_)) => {}
            }
        }
        found
    }

    fn holds<T: Value>(&mut self, setting: &'static Setting, value: T, name: Option<&'static str>) -> T {
        let shown = match setting.visible {
            Visible::Nothing => "(hidden)".to_owned(),
            Visible::All | Visible::NoPassword => value.show(),
        };
        self.effective.push(Effective { setting, value: shown, found_as: name });
        value
    }

    fn hold<T>(&mut self, setting: &'static Setting, value: T, shown: String) -> T {
        self.effective.push(Effective { setting, value: shown, found_as: None });
        value
    }
}
