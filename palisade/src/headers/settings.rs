//! The settings of a site's headers, which its pages change.

use std::sync::{Arc, OnceLock};

use http::{HeaderName, HeaderValue};

use super::framing::Framing;
use super::rendered::{HeaderSettings, RenderedHeaders};
use super::reports_to::ReportsTo;
use crate::csp::Csp;

#[derive(Clone, Debug)]
pub(super) struct SiteSettings {
    pub(super) headers: HeaderSettings,
    pub(super) framing: Framing,
    pub(super) enforced: Vec<Csp>,
    pub(super) report_only: Vec<Csp>,
    pub(super) reports_to: Option<ReportsTo>,
    pub(super) personal_cache_control: Option<HeaderValue>,
    pub(super) replace: bool,
    pub(super) removed: Vec<HeaderName>,
    pub(super) rendered: RenderedHeaders,
    /// The same site under the path prefix of a proxy; there is rarely a second prefix.
    pub(super) prefixed: OnceLock<(Box<str>, Arc<Self>)>,
}

impl SiteSettings {
    /// Renders these headers and policies, without those to remove.
    pub(super) fn render(
        &self,
        headers: &HeaderSettings,
        framing: &Framing,
        enforced: Vec<Csp>,
        report_only: Vec<Csp>,
    ) -> RenderedHeaders {
        let rendered =
            RenderedHeaders::new(headers, framing, enforced, report_only, self.reports_to.as_ref());
        rendered.without(&self.removed)
    }
}
