//! Reports that say the same: what kind, about what, where, how often, from when to when.

use std::fmt;
use std::str::FromStr;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ReportKind {
    /// Something that the Content-Security-Policy does not allow.
    Csp,
    /// Something that browsers will no longer do.
    Deprecation,
    /// Something that browsers did not do, though a page asked for it.
    Intervention,
    /// Something that did not arrive.
    NetworkError,
    /// Something that did not consent to be part of a page (Cross-Origin-Embedder-Policy).
    Coep,
    /// A window that lost the one that opened it (Cross-Origin-Opener-Policy).
    Coop,
}

/// What the browser did about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// It was stopped.
    Enforced,
    /// It was only reported: the policy is on trial, or there is nothing to stop.
    Reported,
}

/// Reports that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// What they are about.
    pub kind: ReportKind,
    /// What browsers did about it.
    pub disposition: Disposition,
    /// The directive that decided, such as `img-src`; of other kinds what they call the matter.
    pub directive: String,
    /// What was blocked: an origin, a path of the site, a scheme, or a word such as `inline`; empty where there is none.
    pub blocked: String,
    /// The path of the page; of other hosts the origin.
    pub page: String,
    /// The file and the line that the last of them named.
    pub place: Option<String>,
    /// How many there were.
    pub count: u64,
    /// When the first came; microseconds since the Unix epoch.
    pub first_seen: u64,
    /// When the last came; microseconds since the Unix epoch.
    pub last_seen: u64,
}

impl Group {
    /// A group without reports, for a site that has kept one: set the rest as it was.
    pub fn new(kind: ReportKind, directive: &str, blocked: &str, page: &str) -> Self {
        Self {
            kind,
            disposition: Disposition::Enforced,
            directive: directive.to_owned(),
            blocked: blocked.to_owned(),
            page: page.to_owned(),
            place: None,
            count: 0,
            first_seen: 0,
            last_seen: 0,
        }
    }

    /// What tells one group from another.
    pub fn key(&self) -> (ReportKind, Disposition, &str, &str, &str) {
        (self.kind, self.disposition, &self.directive, &self.blocked, &self.page)
    }
}

/// No kind or disposition has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name of a report's kind or disposition: write csp-violation, deprecation, intervention, network-error, coep or coop; enforce or report"
)]
pub struct UnknownName(String);

macro_rules! names {
    ($type:ident: $($variant:ident => $name:literal),+) => {
        impl $type {
            /// Its name in reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(name: &str) -> Result<Self, UnknownName> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(UnknownName(name.chars().take(40).collect())),
                }
            }
        }
    };
}

names!(ReportKind: Csp => "csp-violation", Deprecation => "deprecation", Intervention => "intervention", NetworkError => "network-error", Coep => "coep", Coop => "coop");
names!(Disposition: Enforced => "enforce", Reported => "report");
