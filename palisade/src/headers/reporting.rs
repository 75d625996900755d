//! Where browsers report to: `Reporting-Endpoints` with `report-to`, and `report-uri`, as each request came.
//!
//! Chromium reads `report-to` and then no `report-uri`, but sends such reports over https only. So what goes out in the
//! clear says `report-uri` alone. Over https it says both, for the browsers that know only the older one.
//!
//! References: CSP Level 3 §5.5 (reporting a violation); W3C Reporting API §3.2, §3.3 (`default`).

use http::HeaderValue;

use super::values::{ReportingEndpoints, ReportingEndpointsError};
use crate::csp::{Csp, Directive};

/// The endpoint of this name also gets what no header asks for, such as deprecations.
const ENDPOINT: &str = "default";

/// Where browsers report to: a path of this site, or an address.
///
/// ```
/// # use palisade::SecurityHeaders;
/// # use palisade::headers::ReportsTo;
/// let headers = SecurityHeaders::strict().reports_to(ReportsTo::new("/csp-report")?);
/// # Ok::<(), palisade::headers::ReportingEndpointsError>(())
/// ```
///
/// Every policy of the site and of its pages then reports there, but those that say themselves where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportsTo {
    secure: Csp,
    clear: Csp,
    endpoints: ReportingEndpoints,
}

impl ReportsTo {
    /// Reports go to this path, such as `/csp-report`, or to this address.
    ///
    /// # Errors
    /// When it has characters that no URL has, or that end a policy's directive.
    pub fn new(url: &str) -> Result<Self, ReportingEndpointsError> {
        let endpoints = ReportingEndpoints::new([(ENDPOINT, url)])?;
        let bad = || ReportingEndpointsError::Url(url.to_owned());
        let clear = Csp::new().report_uri(url).map_err(|_| bad())?;
        let secure = clear.clone().report_to(ENDPOINT).map_err(|_| bad())?;
        Ok(Self { secure, clear, endpoints })
    }

    /// The header beside the policies, over https.
    pub(super) fn header(&self) -> HeaderValue {
        self.endpoints.clone().into()
    }

    /// The policy with its place for reports: over https, and in the clear.
    pub(super) fn of(&self, policy: &Csp) -> (Csp, Csp) {
        let says = |directive| policy.get(directive).is_some();
        if says(Directive::ReportTo) || says(Directive::ReportUri) {
            return (policy.clone(), policy.clone());
        }
        (policy.clone().replace(&self.secure), policy.clone().replace(&self.clear))
    }
}
