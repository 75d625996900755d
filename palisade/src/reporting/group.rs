//! Groups of equal reports, and the types of reports.

use std::fmt;
use std::str::FromStr;

/// The type of a report, as the Reporting API names it.
///
/// ```
/// use palisade::reporting::ReportKind;
///
/// assert_eq!("csp-violation".parse(), Ok(ReportKind::Csp));
/// assert_eq!(ReportKind::NetworkError.to_string(), "network-error");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ReportKind {
    /// A violation of the Content-Security-Policy.
    Csp,
    /// The use of a feature that browsers will remove.
    Deprecation,
    /// A request of the page that the browser did not fulfil.
    Intervention,
    /// A failed request, by Network Error Logging.
    NetworkError,
    /// A resource that the page may not embed (Cross-Origin-Embedder-Policy).
    Coep,
    /// A window that was cut off from the window that opened it (Cross-Origin-Opener-Policy).
    Coop,
}

/// The effect of a policy: enforced, or reported only.
///
/// ```
/// use palisade::reporting::Disposition;
///
/// assert_eq!("enforce".parse(), Ok(Disposition::Enforced));
/// assert_eq!(Disposition::Reported.to_string(), "report");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// The browser enforced the policy.
    Enforced,
    /// The browser only reported: the policy is report-only, or the report is not about a policy.
    Reported,
}

/// A group of equal reports. The [module page](super) has an example with its methods.
///
/// ```
/// use palisade::reporting::{ReportGroup, ReportKind};
///
/// let mut stored = ReportGroup::new(ReportKind::Csp, "script-src-elem", "inline", "/about");
/// stored.count = 7;
/// let description = "Browsers stopped a script written into the page on the page /about.";
/// assert_eq!(stored.description(), description);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportGroup {
    /// The type of the reports.
    pub kind: ReportKind,
    /// The effect of the policy.
    pub disposition: Disposition,
    /// The directive that was violated, such as `img-src`. For other kinds their subject, such as
    /// the id of a deprecation.
    pub directive: String,
    /// The blocked resource: an origin, a path of the site, a scheme, or a keyword such as
    /// `inline`. Empty if the report names none.
    pub blocked: String,
    /// The path of the page; for a page of another host its origin.
    pub page: String,
    /// The last reported file and line.
    pub location: Option<String>,
    /// The number of reports.
    pub count: u64,
    /// The time of the first report, in microseconds since the Unix epoch.
    pub first_seen: u64,
    /// The time of the last report, in microseconds since the Unix epoch.
    pub last_seen: u64,
}

impl ReportGroup {
    /// Returns an enforced group without reports, for an application that stores groups: set the
    /// other fields to the stored values.
    pub fn new(kind: ReportKind, directive: &str, blocked: &str, page: &str) -> Self {
        Self {
            kind,
            disposition: Disposition::Enforced,
            directive: directive.to_owned(),
            blocked: blocked.to_owned(),
            page: page.to_owned(),
            location: None,
            count: 0,
            first_seen: 0,
            last_seen: 0,
        }
    }

    /// Returns the fields that identify the group.
    pub fn key(&self) -> (ReportKind, Disposition, &str, &str, &str) {
        (self.kind, self.disposition, &self.directive, &self.blocked, &self.page)
    }
}

/// A name that is not one of a report's kind or disposition.
///
/// ```
/// use palisade::reporting::{ReportKind, ReportNameError};
///
/// let error: ReportNameError = "crash".parse::<ReportKind>().unwrap_err();
/// assert!(error.to_string().starts_with("`crash` is not the name of a report's kind"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of a report's kind or disposition: write csp-violation, deprecation, intervention, \
     network-error, coep or coop for a kind; enforce or report for a disposition"
)]
pub struct ReportNameError(String);

macro_rules! names {
    ($type:ident: $($variant:ident => $name:literal),+) => {
        impl $type {
            /// Returns the name that browsers use in reports.
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
            type Err = ReportNameError;

            fn from_str(name: &str) -> Result<Self, ReportNameError> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(ReportNameError(name.chars().take(40).collect())),
                }
            }
        }
    };
}

names!(ReportKind: Csp => "csp-violation", Deprecation => "deprecation", Intervention => "intervention", NetworkError => "network-error", Coep => "coep", Coop => "coop");
names!(Disposition: Enforced => "enforce", Reported => "report");

crate::core::error_text::debug_is_text!(ReportNameError);
