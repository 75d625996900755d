//! Permissions-Policy: the browser features that a page and its frames may use.
//!
//! ```
//! use palisade::SecurityHeaders;
//! use palisade::headers::permissions::{Allow, PermissionsError, PermissionsPolicy};
//!
//! let policy = PermissionsPolicy::new()
//!     .deny("camera")?
//!     .allow("fullscreen", [Allow::This])?
//!     .allow("payment", [Allow::This, Allow::origin("https://pay.example")?])?;
//! let text = "camera=(), fullscreen=(self), payment=(self \"https://pay.example\")";
//! assert_eq!(policy.to_string(), text);
//! assert_eq!(text.parse::<PermissionsPolicy>()?, policy);
//! let site = SecurityHeaders::strict().permissions_policy(policy);
//! # Ok::<(), PermissionsError>(())
//! ```
//!
//! The header lists features, each with its allowlist. The browser's default applies to a feature
//! that is not listed.
//!
//! | preset | denies | why |
//! |---|---|---|
//! | [`PermissionsPolicy::strict`] (default) | 19 features, listed below | few pages need them |
//! | [`PermissionsPolicy::talisman`] | `browsing-topics` | Flask-Talisman's default |
//!
//! `strict` denies 19 features: accelerometer, autoplay, browsing-topics, camera, display-capture,
//! encrypted-media, gamepad, geolocation, gyroscope, hid, identity-credentials-get, local-fonts,
//! magnetometer, microphone, midi, payment, serial, usb and xr-spatial-tracking.
//!
//! # What it does not do
//!
//! It checks the form of a feature's name, not that browsers know the feature: Chromium logs
//! unknown names on the console of every page.
//!
//! # Obsolete headers
//!
//! Permissions-Policy replaced `Feature-Policy` in 2020. `Document-Policy` was an experiment. The
//! types are here for sites that still send these headers:
//!
//! ```
//! use http::HeaderValue;
//! use palisade::headers::permissions::{DocumentPolicy, FeaturePolicy, PermissionsError};
//!
//! let features = FeaturePolicy::new().set("geolocation", "'none'")?.set("camera", "'self'")?;
//! assert_eq!(HeaderValue::from(features), "geolocation 'none'; camera 'self'");
//! let document = DocumentPolicy::new().set("document-write", "?0")?;
//! assert_eq!(HeaderValue::from(document), "document-write=?0");
//! # Ok::<(), PermissionsError>(())
//! ```
//!
//! References: W3C Permissions Policy; RFC 9651 (structured fields); MDN, Permissions-Policy.

use std::fmt;
use std::str::FromStr;

use http::HeaderValue;

/// A member of a feature's allowlist: an origin that may use the feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allow {
    /// `self`: the page, and frames of its own origin.
    This,
    /// `src`: the origin in a frame's `src` attribute. It has a meaning in `allow` attributes
    /// only.
    Src,
    /// `*`: the page and every frame.
    Any,
    /// Frames of one origin: see [`Allow::origin`].
    Origin(Origin),
}

/// An origin in an allowlist, with `https`, `http` or `wss`. [`Allow::origin`] makes it.
///
/// ```
/// use palisade::headers::permissions::{Allow, Origin};
///
/// let partner = Allow::origin("https://*.pay.example")?;
/// assert!(matches!(&partner, Allow::Origin(Origin { .. })));
/// assert_eq!(partner.to_string(), "\"https://*.pay.example\"");
/// assert!(Allow::origin("pay.example").is_err());
/// # Ok::<(), palisade::headers::permissions::PermissionsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(Box<str>);

impl Allow {
    /// Allows frames of this origin, such as `https://pay.example` or `https://*.pay.example`.
    ///
    /// # Errors
    /// If the text is not an origin.
    pub fn origin(origin: &str) -> Result<Self, PermissionsError> {
        let parts =
            origin.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http" | "wss"));
        let is_host_char = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:*[]".contains(&byte);
        match parts {
            Some((_, site)) if !site.is_empty() && site.bytes().all(is_host_char) => {
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

/// The header `Permissions-Policy`: features in the order of their setters, each with an
/// allowlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermissionsPolicy(Vec<(Box<str>, Vec<Allow>)>);

/// The features that `strict` denies: sensors, devices, payment, profiling. Only names that
/// browsers know: Chromium logs others on the console of every page.
const POWERFUL_FEATURES: [&str; 19] = [
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
    /// Makes a policy without features: the browser's defaults apply.
    pub fn new() -> Self {
        Self::default()
    }

    /// Denies camera, microphone, location, sensors, devices, payment and profiling. The
    /// [module page](self) lists the features.
    pub fn strict() -> Self {
        Self(POWERFUL_FEATURES.map(|feature| (feature.into(), Vec::new())).to_vec())
    }

    /// Flask-Talisman's default policy: `browsing-topics=()`.
    pub fn talisman() -> Self {
        Self(vec![("browsing-topics".into(), Vec::new())])
    }

    /// Denies a feature to the page and all frames.
    ///
    /// # Errors
    /// If the text cannot be a feature's name.
    pub fn deny(self, feature: &str) -> Result<Self, PermissionsError> {
        self.allow(feature, [])
    }

    /// Sets the allowlist of a feature; the last call for a feature counts.
    ///
    /// # Errors
    /// If the text cannot be a feature's name.
    pub fn allow(
        mut self,
        feature: &str,
        allowlist: impl IntoIterator<Item = Allow>,
    ) -> Result<Self, PermissionsError> {
        let name = feature_name(feature)?;
        let allowlist: Vec<Allow> = allowlist.into_iter().collect();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = allowlist,
            None => self.0.push((name, allowlist)),
        }
        Ok(self)
    }
}

impl fmt::Display for PermissionsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (feature, allowlist)) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            let list = allowlist.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            match allowlist.as_slice() {
                [Allow::Any] => write!(f, "{comma}{feature}=*")?,
                _ => write!(f, "{comma}{feature}=({list})")?,
            }
        }
        Ok(())
    }
}

/// Parses `camera=(), geolocation=(self "https://maps.example"), fullscreen=*`.
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
            let allowlist =
                words.split_ascii_whitespace().map(parse_member).collect::<Result<Vec<_>, _>>()?;
            if policy.0.iter().any(|(known, _)| **known == *feature) {
                return Err(PermissionsError::Duplicate(feature.to_owned()));
            }
            policy = policy.allow(feature, allowlist)?;
        }
        Ok(policy)
    }
}

fn parse_member(word: &str) -> Result<Allow, PermissionsError> {
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

fn feature_name(feature: &str) -> Result<Box<str>, PermissionsError> {
    let is_name_char = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if feature.starts_with(|c: char| c.is_ascii_lowercase()) && feature.bytes().all(is_name_char) {
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

/// The reason why a text is not a permissions policy.
///
/// ```
/// use palisade::headers::permissions::{PermissionsError, PermissionsPolicy};
///
/// let error = "camera=()oops".parse::<PermissionsPolicy>().unwrap_err();
/// assert_eq!(error, PermissionsError::Member("camera=()oops".to_owned()));
/// assert!(error.to_string().ends_with("write `camera=()`, `camera=(self)` or `camera=*`"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PermissionsError {
    /// The text cannot be a feature's name.
    #[error("`{0}` is not a feature's name: write lower-case letters, digits and `-`, such as `geolocation`")]
    Feature(String),
    /// The text is not a member of an allowlist.
    #[error(
        "`{0}` is not an origin: write `self`, `*`, or an origin in double quotes such as \"https://pay.example\""
    )]
    Origin(String),
    /// The text is not a feature with an allowlist.
    #[error("`{0}` is not a feature with an allowlist: write `camera=()`, `camera=(self)` or `camera=*`")]
    Member(String),
    /// A feature is listed twice.
    #[error("`{0}` is a duplicate, and only the last would count: write it once")]
    Duplicate(String),
}

/// Obsolete headers of `name value` or `name=value` parts. The characters are checked, the meaning
/// is not.
macro_rules! obsolete_policies {
    ($($(#[$doc:meta])* $name:ident ($join:literal, $sign:literal);)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Makes a policy without features.
            pub fn new() -> Self {
                Self::default()
            }

            /// Adds a feature with this value.
            ///
            /// # Errors
            /// If the text cannot be a feature's name, or the value contains `;`, `,` or
            /// characters that a header cannot have.
            pub fn set(mut self, feature: &str, value: &str) -> Result<Self, PermissionsError> {
                let is_value_char = |byte: u8| (byte.is_ascii_graphic() || byte == b' ') && !b";,".contains(&byte);
                if value.is_empty() || !value.bytes().all(is_value_char) {
                    return Err(PermissionsError::Member(value.to_owned()));
                }
                let separator = if self.0.is_empty() { "" } else { $join };
                self.0 += &format!(concat!("{}{}", $sign, "{}"), separator, feature_name(feature)?, value);
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

obsolete_policies! {
    /// The header `Feature-Policy`, which is obsolete: [`PermissionsPolicy`] replaced it in 2020.
    /// Its form is `geolocation 'none'; camera 'self'`.
    FeaturePolicy("; ", " ");
    /// The header `Document-Policy`, which is obsolete: browsers no longer support it. Its form is
    /// `oversized-images=?0, document-write=?0`.
    DocumentPolicy(", ", "=");
}

crate::core::error_text::debug_is_text!(PermissionsError);
