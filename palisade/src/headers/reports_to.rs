//! The URL for browser reports: `Reporting-Endpoints` with `report-to`, and `report-uri`.
//!
//! Chromium ignores `report-uri` next to `report-to`, and sends the reports of `report-to` over
//! https only. Over plain HTTP the policies therefore have `report-uri` alone. Over https they
//! have both, for browsers that know only the older directive.
//!
//! References: CSP Level 3 §5.5 (reporting a violation); W3C Reporting API §3.2, §3.3 (`default`).

use http::HeaderValue;

use super::values::{ReportingEndpoints, ReportingEndpointsError};
use crate::csp::{Csp, Directive};

/// The endpoint `default` also receives reports that no header asks for, such as deprecations.
const ENDPOINT_NAME: &str = "default";

/// The URL for browser reports: a path of this site or another address, for
/// [`SecurityHeaders::reports_to`](crate::SecurityHeaders::reports_to).
///
/// Every policy of the site and its pages then reports to this URL, except a policy with a
/// `report-to` or `report-uri` of its own. The headers that follow from it are written for you;
/// only endpoints with names of your own need [`ReportingEndpoints`]. A path gets the prefix under
/// which a trusted proxy serves the site. The module `reporting` has a
/// collector for the reports.
///
/// ```
/// use palisade::SecurityHeaders;
/// use palisade::headers::ReportsTo;
///
/// let site = SecurityHeaders::strict().reports_to(ReportsTo::new("/csp-report")?);
/// assert!(ReportsTo::new("/csp report").is_err());
/// # Ok::<(), palisade::headers::ReportingEndpointsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportsTo {
    over_https: Csp,
    over_http: Csp,
    endpoints: ReportingEndpoints,
    url: Box<str>,
}

impl ReportsTo {
    /// Sends reports to this path, such as `/csp-report`, or to this address.
    ///
    /// # Errors
    /// If the text contains a character that URLs do not have, or `;` or `,`.
    pub fn new(url: &str) -> Result<Self, ReportingEndpointsError> {
        let endpoints = ReportingEndpoints::new([(ENDPOINT_NAME, url)])?;
        let invalid = || ReportingEndpointsError::Url(url.to_owned());
        let over_http = Csp::new().report_uri(url).map_err(|_| invalid())?;
        let over_https = over_http.clone().report_to(ENDPOINT_NAME).map_err(|_| invalid())?;
        Ok(Self { over_https, over_http, endpoints, url: url.into() })
    }

    /// Returns the same for a site that a proxy serves under this prefix; `None` for the address of
    /// another site.
    pub(super) fn under(&self, prefix: &str) -> Option<Self> {
        let is_path = self.url.starts_with('/') && !self.url.starts_with("//");
        if is_path { Self::new(&format!("{prefix}{}", self.url)).ok() } else { None }
    }

    /// The header `Reporting-Endpoints`, for responses over https.
    pub(super) fn header(&self) -> HeaderValue {
        self.endpoints.clone().into()
    }

    /// Adds the report directives to a policy: for https, and for plain HTTP.
    pub(super) fn add_to(&self, policy: &Csp) -> (Csp, Csp) {
        let has = |directive| policy.get(directive).is_some();
        if has(Directive::ReportTo) || has(Directive::ReportUri) {
            return (policy.clone(), policy.clone());
        }
        (policy.clone().replace(&self.over_https), policy.clone().replace(&self.over_http))
    }
}
