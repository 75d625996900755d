//! Permissions-Policy: the browser features that a page and its frames do without.
//!
//! ```
//! # use palisade::headers::permissions::{Allow, PermissionsPolicy};
//! let policy = PermissionsPolicy::strict()
//!     .allow("fullscreen", [Allow::This])?
//!     .allow("payment", [Allow::This, Allow::origin("https://pay.example")?])?;
//! assert_eq!("camera=(), geolocation=(self)".parse::<PermissionsPolicy>()?.to_string(), "camera=(), geolocation=(self)");
//! # Ok::<(), palisade::headers::permissions::PermissionsError>(())
//! ```
//!
//! It is a dictionary of structured fields (RFC 9651): each feature with a list of who may use it. `Feature-Policy`, its
//! predecessor, and `Document-Policy` are here for those who still send them.
//!
//! References: W3C Permissions Policy; RFC 9651; MDN, Permissions-Policy.

use std::fmt;
use std::str::FromStr;

use http::HeaderValue;

/// Who may use a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allow {
    /// This page.
    This,
    /// The frame's own origin, in an `allow` attribute.
    Src,
    /// Everybody.
    Any,
    /// Frames of this origin: see [`Allow::origin`].
    Origin(Origin),
}

/// An origin as a policy names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(Box<str>);

impl Allow {
    /// Frames of this origin, such as `https://pay.example` or `https://*.pay.example`.
    ///
    /// # Errors
    /// When it is no origin.
    pub fn origin(origin: &str) -> Result<Self, PermissionsError> {
        let site = origin.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http" | "wss"));
        let stands = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:*[]".contains(&byte);
        match site {
            Some((_, site)) if !site.is_empty() && site.bytes().all(stands) => {
                Ok(Self::Origin(Origin(origin.into())))
            }
            _ => Err(PermissionsError::Origin(origin.to_owned())),
        }
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::This => f.write_str("self"),
            Self::Src => f.write_str("src"),
            Self::Any => f.write_str("*"),
            Self::Origin(Origin(origin)) => write!(f, "\"{origin}\""),
        }
    }
}

/// `Permissions-Policy`: features in the order they were named, each with who may use it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermissionsPolicy(Vec<(Box<str>, Vec<Allow>)>);

/// What a page of text, forms and pictures does without: what watches, locates, pays, or profiles. Only names that
/// browsers know: Chromium complains of others on the console of every page.
const POWERFUL: [&str; 19] = [
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
    "xr-spatial-tracking",
];

impl PermissionsPolicy {
    /// No feature named: the browser's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// No camera, microphone, location, sensors, devices, payment, and none of what profiles visitors.
    pub fn strict() -> Self {
        Self(POWERFUL.map(|feature| (feature.into(), Vec::new())).to_vec())
    }

    /// Flask-Talisman's default: `browsing-topics=()`.
    pub fn talisman() -> Self {
        Self(vec![("browsing-topics".into(), Vec::new())])
    }

    /// Nobody may use this feature.
    ///
    /// # Errors
    /// When it is no feature's name.
    pub fn deny(self, feature: &str) -> Result<Self, PermissionsError> {
        self.allow(feature, [])
    }

    /// These may use this feature, and nobody else. Said again, the last word counts.
    ///
    /// # Errors
    /// When it is no feature's name.
    pub fn allow(
        mut self,
        feature: &str,
        who: impl IntoIterator<Item = Allow>,
    ) -> Result<Self, PermissionsError> {
        let name = named(feature)?;
        let who: Vec<Allow> = who.into_iter().collect();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = who,
            None => self.0.push((name, who)),
        }
        Ok(self)
    }
}

impl fmt::Display for PermissionsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (feature, who)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            let list = who.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            match who.as_slice() {
                [Allow::Any] => write!(f, "{comma}{feature}=*")?,
                _ => write!(f, "{comma}{feature}=({list})")?,
            }
        }
        Ok(())
    }
}

/// Reads `camera=(), geolocation=(self "https://maps.example"), fullscreen=*`.
impl FromStr for PermissionsPolicy {
    type Err = PermissionsError;

    fn from_str(text: &str) -> Result<Self, PermissionsError> {
        let mut policy = Self::new();
        for member in text.split(',').map(str::trim) {
            let (feature, list) =
                member.split_once('=').ok_or_else(|| PermissionsError::Member(member.to_owned()))?;
            let words = match list.strip_prefix('(').and_then(|list| list.strip_suffix(')')) {
                Some(words) => words,
                None if matches!(list, "*" | "self") => list,
                None => return Err(PermissionsError::Member(member.to_owned())),
            };
            let who = words.split_ascii_whitespace().map(allowed).collect::<Result<Vec<_>, _>>()?;
            if policy.0.iter().any(|(known, _)| **known == *feature) {
                return Err(PermissionsError::Twice(feature.to_owned()));
            }
            policy = policy.allow(feature, who)?;
        }
        Ok(policy)
    }
}

fn allowed(word: &str) -> Result<Allow, PermissionsError> {
    match word {
        "self" => Ok(Allow::This),
        "src" => Ok(Allow::Src),
        "*" => Ok(Allow::Any),
        _ => match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
            Some(origin) => Allow::origin(origin),
            None => Err(PermissionsError::Origin(word.to_owned())),
        },
    }
}

fn named(feature: &str) -> Result<Box<str>, PermissionsError> {
    let stands = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if feature.starts_with(|c: char| c.is_ascii_lowercase()) && feature.bytes().all(stands) {
        Ok(feature.into())
    } else {
        Err(PermissionsError::Feature(feature.to_owned()))
    }
}

impl From<PermissionsPolicy> for HeaderValue {
    fn from(policy: PermissionsPolicy) -> Self {
        Self::try_from(policy.to_string()).expect("names and origins are visible ASCII")
    }
}

/// Why a text is no policy of permissions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PermissionsError {
    /// Not a feature.
    #[error("`{0}` is no feature's name: write small letters, digits and `-`, such as `geolocation`")]
    Feature(String),
    /// Not an origin.
    #[error(
        "`{0}` is nobody: write `self`, `*`, or an origin in double quotes such as \"https://pay.example\""
    )]
    Origin(String),
    /// Not `feature=(list)`.
    #[error("`{0}` is no feature with a list: write `camera=()`, `camera=(self)` or `camera=*`")]
    Member(String),
    /// A feature twice.
    #[error("`{0}` is there twice, and only the last would count: write it once")]
    Twice(String),
}

/// A header of `name value` or `name=value` parts whose bytes are checked and whose meaning is not.
macro_rules! old_policies {
    ($($(#[$doc:meta])* $name:ident ($join:literal, $sign:literal);)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// No feature named.
            pub fn new() -> Self {
                Self::default()
            }

            /// Says `value` of `feature`.
            ///
            /// # Errors
            /// When the name is none, or the value has bytes that end it.
            pub fn set(mut self, feature: &str, value: &str) -> Result<Self, PermissionsError> {
                let stands = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && !b";,".contains(&byte);
                if value.is_empty() || !value.bytes().all(stands) {
                    return Err(PermissionsError::Member(value.to_owned()));
                }
                let separator = if self.0.is_empty() { "" } else { $join };
                self.0 += &format!(concat!("{}{}", $sign, "{}"), separator, named(feature)?, value);
                Ok(self)
            }
        }

        impl From<$name> for HeaderValue {
            fn from(policy: $name) -> Self {
                Self::try_from(policy.0).expect("checked to be visible ASCII")
            }
        }
    )+};
}

old_policies! {
    /// `Feature-Policy`, for browsers before 2020: `geolocation 'none'; camera 'self'`.
    FeaturePolicy("; ", " ");
    /// `Document-Policy`: `oversized-images=?0, document-write=?0`.
    DocumentPolicy(", ", "=");
}
