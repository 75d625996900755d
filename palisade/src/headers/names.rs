//! The header names that the crate `http` does not define.

use http::HeaderName;

pub(super) const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
pub(super) const FEATURE_POLICY: HeaderName = HeaderName::from_static("feature-policy");
pub(super) const DOCUMENT_POLICY: HeaderName = HeaderName::from_static("document-policy");
pub(super) const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
pub(super) const EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
pub(super) const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
pub(super) const ORIGIN_AGENT_CLUSTER: HeaderName = HeaderName::from_static("origin-agent-cluster");
pub(super) const CROSS_DOMAIN_POLICIES: HeaderName =
    HeaderName::from_static("x-permitted-cross-domain-policies");
pub(super) const DOWNLOAD_OPTIONS: HeaderName = HeaderName::from_static("x-download-options");
pub(super) const REPORTING_ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");
pub(super) const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// RFC 9213: caches of a network obey it instead of `Cache-Control`.
pub(super) const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");
