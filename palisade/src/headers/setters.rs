//! The setters that `SecurityHeaders` and `PageHeaders` have in common.

use http::header::{
    CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_DNS_PREFETCH_CONTROL, X_FRAME_OPTIONS,
    X_XSS_PROTECTION,
};
use http::{HeaderName, HeaderValue};

use super::framing::Framing;
use super::names::{
    CLEAR_SITE_DATA, CROSS_DOMAIN_POLICIES, DOCUMENT_POLICY, DOWNLOAD_OPTIONS, EMBEDDER_POLICY,
    FEATURE_POLICY, OPENER_POLICY, ORIGIN_AGENT_CLUSTER, PERMISSIONS_POLICY, REPORTING_ENDPOINTS,
    RESOURCE_POLICY,
};
use super::page::PageHeaders;
use super::permissions::{DocumentPolicy, FeaturePolicy, PermissionsPolicy};
use super::site::SecurityHeaders;
use super::values::{
    CacheControl, ClearSiteData, ContentTypeOptions, CrossDomainPolicies, DnsPrefetch, DownloadOptions,
    EmbedderPolicy, FrameOptions, OpenerPolicy, OriginAgentCluster, ReferrerPolicy, ReportingEndpoints,
    ResourcePolicy, XssProtection,
};
use crate::csp::{Csp, FrameAncestors, Source};

/// The setters of both `SecurityHeaders` and `PageHeaders`. `None` means that the header is not
/// sent.
macro_rules! header_setters {
    ($($(#[$doc:meta])* $setter:ident: $value:ty => $name:expr;)+) => {
        header_setters! { @for SecurityHeaders $($(#[$doc])* $setter: $value => $name;)+ }
        header_setters! { @for PageHeaders $($(#[$doc])* $setter: $value => $name;)+ }
    };
    (@for $owner:ident $($(#[$doc:meta])* $setter:ident: $value:ty => $name:expr;)+) => {
        impl $owner {
            $($(#[$doc])*
            pub fn $setter(self, value: impl Into<Option<$value>>) -> Self {
                self.put($name, value.into().map(HeaderValue::from))
            })+

            /// Sets the sites that may frame the page, in every policy: in place of the
            /// `frame-ancestors` that they have. `X-Frame-Options` follows, or is not sent if it
            /// cannot express the sites.
            #[doc(alias = "clickjacking")]
            pub fn frame_ancestors(
                self,
                ancestors: impl IntoIterator<Item = Source<FrameAncestors>>,
            ) -> Self {
                self.framing(Framing::Only(Csp::new().frame_ancestors(ancestors)))
            }

            /// Sets `X-Frame-Options`, which counts in browsers without `frame-ancestors` and on
            /// pages without a policy. By default it follows from
            /// [`frame_ancestors`](Self::frame_ancestors).
            pub fn frame_options(self, options: FrameOptions) -> Self {
                self.put(X_FRAME_OPTIONS, Some(options.into()))
            }

            /// Lets every site frame the page: sends neither `X-Frame-Options` nor
            /// `frame-ancestors`.
            ///
            /// # Security
            /// A site that frames the page can trick its visitors into clicks on it
            /// (clickjacking). To allow some sites, name them with
            /// [`frame_ancestors`](Self::frame_ancestors).
            pub fn dangerous_allow_framing(self) -> Self {
                self.framing(Framing::Any)
            }

            /// Sets any other header; `None` does not send it.
            pub fn header(self, name: HeaderName, value: impl Into<Option<HeaderValue>>) -> Self {
                self.put(name, value.into())
            }
        }
    };
}

header_setters! {
    /// Sets `Feature-Policy`, which is obsolete: [`permissions_policy`](Self::permissions_policy)
    /// replaced it.
    feature_policy: FeaturePolicy => FEATURE_POLICY;
    /// Sets `Permissions-Policy`: the browser features that pages may use.
    permissions_policy: PermissionsPolicy => PERMISSIONS_POLICY;
    /// Sets `Document-Policy`, an experiment that browsers no longer support.
    document_policy: DocumentPolicy => DOCUMENT_POLICY;
    /// Sets `X-XSS-Protection`, which is obsolete: send [`XssProtection::Off`] or nothing.
    xss_protection: XssProtection => X_XSS_PROTECTION;
    /// Sets `X-Content-Type-Options`: browsers do not guess content types.
    content_type_options: ContentTypeOptions => X_CONTENT_TYPE_OPTIONS;
    /// Sets `X-Download-Options`, which is obsolete: only Internet Explorer read it.
    download_options: DownloadOptions => DOWNLOAD_OPTIONS;
    /// Sets `Referrer-Policy`: how much of a page's URL the next site receives.
    referrer_policy: ReferrerPolicy => REFERRER_POLICY;
    /// Sets `Cross-Origin-Opener-Policy` (COOP): the windows that share a process with a page.
    opener_policy: OpenerPolicy => OPENER_POLICY;
    /// Sets `Cross-Origin-Embedder-Policy` (COEP): the resources that a page may embed.
    embedder_policy: EmbedderPolicy => EMBEDDER_POLICY;
    /// Sets `Cross-Origin-Resource-Policy` (CORP): the sites that may embed a response.
    resource_policy: ResourcePolicy => RESOURCE_POLICY;
    /// Sets `Origin-Agent-Cluster`: a browser process for each origin.
    origin_agent_cluster: OriginAgentCluster => ORIGIN_AGENT_CLUSTER;
    /// Sets `X-Permitted-Cross-Domain-Policies`: policy files of Flash and PDF readers.
    cross_domain_policies: CrossDomainPolicies => CROSS_DOMAIN_POLICIES;
    /// Sets `X-DNS-Prefetch-Control`: DNS lookups for links before a click.
    dns_prefetch: DnsPrefetch => X_DNS_PREFETCH_CONTROL;
    /// Sets `Reporting-Endpoints` by hand, for endpoints with names of your own. For reports of
    /// policy violations, [`SecurityHeaders::reports_to`] is enough.
    reporting_endpoints: ReportingEndpoints => REPORTING_ENDPOINTS;
    /// Sets `Clear-Site-Data`: the data that the browser deletes, after a logout for example.
    clear_site_data: ClearSiteData => CLEAR_SITE_DATA;
    /// Sets `Cache-Control`.
    cache_control: CacheControl => CACHE_CONTROL;
}
