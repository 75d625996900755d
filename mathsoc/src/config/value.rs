//! Values of settings: how each type is parsed from text and shown again.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::db;

/// A value of a setting.
pub(super) trait Value: Sized {
    /// The format of a value, for settings that do not describe one; follows the word "Write".
    const WRITE: &str = "";

    /// Parses the value. The error is the reason, without the value and without advice.
    fn read(text: &str) -> Result<Self, String>;

    /// Returns the value in the form in which it could be written, without secrets.
    fn show(&self) -> String;

    /// Returns the value that stands for a missing one, if the type has such a value.
    fn unset() -> Option<Self> {
        None
    }
}

impl<T: Value> Value for Option<T> {
    const WRITE: &str = T::WRITE;

    fn read(text: &str) -> Result<Self, String> {
        T::read(text).map(Some)
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }

    fn unset() -> Option<Self> {
        Some(None)
    }
}

/// A value that is one of a few words, in upper or lower case.
pub(super) trait Choice: Copy + PartialEq + 'static {
    /// The values, each with its words separated by spaces. The first word is the one that is shown.
    const WORDS: &[(&str, Self)];
    /// The reason for rejecting another word.
    const REASON: &str;
    /// The format of a value, as in [`Value`].
    const WRITE: &str = "";
}

impl<T: Choice> Value for T {
    const WRITE: &str = <T as Choice>::WRITE;

    fn read(text: &str) -> Result<Self, String> {
        let is_one_of = |words: &str| words.split(' ').any(|word| word.eq_ignore_ascii_case(text));
        let known = T::WORDS.iter().find(|(words, _)| is_one_of(words));
        known.map(|(_, value)| *value).ok_or_else(|| T::REASON.to_owned())
    }

    fn show(&self) -> String {
        let words = T::WORDS.iter().find(|(_, value)| value == self);
        words.and_then(|(words, _)| words.split(' ').next()).unwrap_or_default().to_owned()
    }
}

/// Implements [`Value`] by `FromStr` and `Display`. The reason replaces the text of the error.
macro_rules! parsed {
    ($($Type:ty $(: $reason:literal)?;)*) => {
        $(impl $crate::config::value::Value for $Type {
            fn read(text: &str) -> Result<Self, String> {
                text.parse::<Self>().map_err(|error| parsed!(@reason error $($reason)?))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        })*
    };
    (@reason $error:ident) => { $error.to_string() };
    (@reason $error:ident $reason:literal) => {{
        let _ = $error;
        $reason.to_owned()
    }};
}
pub(super) use parsed;

parsed! {
    u16: "not a port";
    u64: "not a whole number";
    db::Url;
}

/// The purpose of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine.
    Development,
    /// Automated tests. Rate limiting and CSRF protection are off by default
    /// (`RATELIMIT_ENABLED` and `WTF_CSRF_ENABLED` turn them on); all other protection is on.
    Testing,
    /// The public site.
    Production,
}

impl Choice for Environment {
    const WORDS: &[(&str, Self)] = &[
        ("development dev", Self::Development),
        ("testing test", Self::Testing),
        ("production prod", Self::Production),
    ];
    const REASON: &str = "not a known environment";
}

/// The users who may create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Every visitor.
    Open,
    /// Visitors with an e-mail address of one of the schools.
    SchoolDomains,
    /// No visitor: admins create the accounts.
    Closed,
}

impl Choice for Registration {
    const WORDS: &[(&str, Self)] =
        &[("open", Self::Open), ("school-domains", Self::SchoolDomains), ("closed", Self::Closed)];
    const REASON: &str = "neither open, school-domains nor closed";
}

/// The words for "on" and "off".
pub(super) const TRUE: &str = "true t yes y on 1";
pub(super) const FALSE: &str = "false f no n off 0";

impl Choice for bool {
    const WORDS: &[(&str, Self)] = &[(TRUE, true), (FALSE, false)];
    const REASON: &str = "neither true nor false";
    const WRITE: &str = "true or false (or yes/no, on/off, 1/0)";
}

impl Value for IpAddr {
    fn read(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let bare = if bare.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { bare };
        bare.parse().map_err(|_| "not an IP address".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for SocketAddr {
    fn read(text: &str) -> Result<Self, String> {
        let port = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
        match port {
            Some(port) => Ok(Self::from(([127, 0, 0, 1], port))),
            None => text.parse().map_err(|_| "not an IP address with a port".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for PathBuf {
    const WRITE: &str = "the path of a folder";

    fn read(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for Duration {
    fn read(text: &str) -> Result<Self, String> {
        text.parse().map(Self::from_secs).map_err(|_| "not a whole number of seconds".to_owned())
    }

    fn show(&self) -> String {
        self.as_secs().to_string()
    }
}
