//! The headers that tell browsers what this site does not do.
//!
//! ```
//! # use palisade::SecurityHeaders;
//! # use palisade::headers::{FrameOptions, ReferrerPolicy};
//! let headers = SecurityHeaders::strict()
//!     .referrer_policy(ReferrerPolicy::NoReferrer)
//!     .frame_options(FrameOptions::Deny)
//!     .dns_prefetch(None);
//! ```
//!
//! What is sent, in this order:
//! 1. what the handler set itself stays, unless [`SecurityHeaders::replace`] says otherwise;
//! 2. then what the page asked for by [`PageHeaders`], the innermost first;
//! 3. then the site's own. All of it on every response: 404s, refusals, panics, static files.
//!
//! | header | strict | talisman | api |
//! |---|---|---|---|
//! | Content-Security-Policy | [`Csp::strict`] | [`Csp::talisman`] | [`Csp::api`] |
//! | X-Frame-Options | follows from `frame-ancestors` | SAMEORIGIN | DENY |
//! | X-Content-Type-Options | nosniff | nosniff | nosniff |
//! | Referrer-Policy | strict-origin-when-cross-origin | the same | no-referrer |
//! | Permissions-Policy | [`PermissionsPolicy::strict`] | browsing-topics=() | – |
//! | Cross-Origin-Opener-Policy | same-origin | – | – |
//! | Cross-Origin-Resource-Policy | same-origin | – | same-origin |
//! | Origin-Agent-Cluster | ?1 | – | – |
//! | X-Permitted-Cross-Domain-Policies | none | – | none |
//! | X-DNS-Prefetch-Control | off | – | – |
//! | X-XSS-Protection | 0 | – | – |
//! | Reporting-Endpoints | where [`SecurityHeaders::reports_to`] says so, over https | | |
//! | Cache-Control | `private, no-cache` beside a nonce, a cookie or a CSRF token | – | `no-store` |
//! | Server, X-Powered-By | removed | removed | removed |
//!
//! Cross-Origin-Embedder-Policy is off by default, since it stops every image and frame that does not consent.
//! Strict-Transport-Security is [`Https`](crate::Https)'s, because it depends on how the request came.
//!
//! References: OWASP Secure Headers Project; MDN HTTP Observatory; Flask-Talisman 1.1.0 for `talisman`.

mod page;
pub mod permissions;
mod rendered;
mod reporting;
mod values;

use std::sync::Arc;

use http::header::{
    CACHE_CONTROL, REFERRER_POLICY, SERVER, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_DNS_PREFETCH_CONTROL,
    X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use http::{HeaderName, HeaderValue, Request, Response};

use crate::core::client::{Client, Scheme};
use crate::core::guard::{Guard, guard_layers};
use crate::core::nonce::CspNonce;
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;
use crate::csp::Csp;
use permissions::{DocumentPolicy, FeaturePolicy, PermissionsPolicy};
use rendered::{Rendered, Wanted};

pub use page::PageHeaders;
pub use reporting::ReportsTo;
pub use values::{
    CacheControl, ClearSiteData, ContentTypeOptions, CrossDomainPolicies, DnsPrefetch, DownloadOptions,
    EmbedderPolicy, FrameOptions, OpenerPolicy, OriginAgentCluster, ReferrerPolicy, ReportingEndpoints,
    ReportingEndpointsError, ResourcePolicy, XssProtection,
};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const FEATURE_POLICY: HeaderName = HeaderName::from_static("feature-policy");
const DOCUMENT_POLICY: HeaderName = HeaderName::from_static("document-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const EMBEDDER_POLICY: HeaderName = HeaderName::from_static("cross-origin-embedder-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const ORIGIN_AGENT_CLUSTER: HeaderName = HeaderName::from_static("origin-agent-cluster");
const CROSS_DOMAIN_POLICIES: HeaderName = HeaderName::from_static("x-permitted-cross-domain-policies");
const DOWNLOAD_OPTIONS: HeaderName = HeaderName::from_static("x-download-options");
const REPORTING_ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
const POWERED_BY: HeaderName = HeaderName::from_static("x-powered-by");

/// The setters that a site and a page have in common: a value sends it, `None` sends nothing.
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

            /// Sends any other header.
            pub fn header(self, name: HeaderName, value: impl Into<Option<HeaderValue>>) -> Self {
                self.put(name, value.into())
            }
        }
    };
}

header_setters! {
    /// `Feature-Policy`, which `Permissions-Policy` replaced.
    feature_policy: FeaturePolicy => FEATURE_POLICY;
    /// `Permissions-Policy`: the browser features that this site does without.
    permissions_policy: PermissionsPolicy => PERMISSIONS_POLICY;
    /// `Document-Policy`.
    document_policy: DocumentPolicy => DOCUMENT_POLICY;
    /// `X-Frame-Options`, where it shall not follow from the policy's `frame-ancestors`.
    frame_options: FrameOptions => X_FRAME_OPTIONS;
    /// `X-XSS-Protection`.
    xss_protection: XssProtection => X_XSS_PROTECTION;
    /// `X-Content-Type-Options`.
    content_type_options: ContentTypeOptions => X_CONTENT_TYPE_OPTIONS;
    /// `X-Download-Options`.
    download_options: DownloadOptions => DOWNLOAD_OPTIONS;
    /// `Referrer-Policy`.
    referrer_policy: ReferrerPolicy => REFERRER_POLICY;
    /// `Cross-Origin-Opener-Policy`.
    opener_policy: OpenerPolicy => OPENER_POLICY;
    /// `Cross-Origin-Embedder-Policy`.
    embedder_policy: EmbedderPolicy => EMBEDDER_POLICY;
    /// `Cross-Origin-Resource-Policy`.
    resource_policy: ResourcePolicy => RESOURCE_POLICY;
    /// `Origin-Agent-Cluster`.
    origin_agent_cluster: OriginAgentCluster => ORIGIN_AGENT_CLUSTER;
    /// `X-Permitted-Cross-Domain-Policies`.
    cross_domain_policies: CrossDomainPolicies => CROSS_DOMAIN_POLICIES;
    /// `X-DNS-Prefetch-Control`.
    dns_prefetch: DnsPrefetch => X_DNS_PREFETCH_CONTROL;
    /// `Reporting-Endpoints`.
    reporting_endpoints: ReportingEndpoints => REPORTING_ENDPOINTS;
    /// `Clear-Site-Data`.
    clear_site_data: ClearSiteData => CLEAR_SITE_DATA;
    /// `Cache-Control`.
    cache_control: CacheControl => CACHE_CONTROL;
}

/// The headers of a site.
#[derive(Clone, Debug)]
pub struct SecurityHeaders(Arc<Site>);

#[derive(Clone, Debug)]
struct Site {
    wanted: Wanted,
    enforced: Vec<Csp>,
    report_only: Vec<Csp>,
    reports_to: Option<ReportsTo>,
    personal: Option<HeaderValue>,
    replace: bool,
    removed: Vec<HeaderName>,
    rendered: Rendered,
}

impl Default for SecurityHeaders {
    fn default() -> Self {
        Self::strict()
    }
}

impl SecurityHeaders {
    /// No header; `Server` and `X-Powered-By` are removed.
    pub fn none() -> Self {
        Self(Arc::new(Site {
            wanted: Wanted::default(),
            enforced: Vec::new(),
            report_only: Vec::new(),
            reports_to: None,
            personal: None,
            replace: false,
            removed: vec![SERVER, POWERED_BY],
            rendered: Rendered::default(),
        }))
    }

    /// What a site should send that has nothing to relax.
    pub fn strict() -> Self {
        Self::none()
            .permissions_policy(PermissionsPolicy::strict())
            .xss_protection(XssProtection::Off)
            .content_type_options(ContentTypeOptions::Nosniff)
            .referrer_policy(ReferrerPolicy::StrictOriginWhenCrossOrigin)
            .opener_policy(OpenerPolicy::SameOrigin)
            .resource_policy(ResourcePolicy::SameOrigin)
            .origin_agent_cluster(OriginAgentCluster::Yes)
            .cross_domain_policies(CrossDomainPolicies::None)
            .dns_prefetch(DnsPrefetch::Off)
            .personal_pages(CacheControl::PrivateNoCache)
            .csp(Csp::strict())
    }

    /// What Flask-Talisman 1.1.0 sends by default, to the letter; its HSTS is `max-age=31556926; includeSubDomains`.
    pub fn talisman() -> Self {
        Self::none()
            .permissions_policy(PermissionsPolicy::talisman())
            .frame_options(FrameOptions::SameOrigin)
            .content_type_options(ContentTypeOptions::Nosniff)
            .csp(Csp::talisman())
            .referrer_policy(ReferrerPolicy::StrictOriginWhenCrossOrigin)
    }

    /// For an interface that programs read: nothing loads, nothing frames, nothing is kept.
    pub fn api() -> Self {
        Self::none()
            .content_type_options(ContentTypeOptions::Nosniff)
            .referrer_policy(ReferrerPolicy::NoReferrer)
            .resource_policy(ResourcePolicy::SameOrigin)
            .cross_domain_policies(CrossDomainPolicies::None)
            .cache_control(CacheControl::NoStore)
            .frame_options(FrameOptions::Deny)
            .csp(Csp::api())
    }

    /// The policy to enforce, instead of those before; `None` enforces none.
    pub fn csp(self, policy: impl Into<Option<Csp>>) -> Self {
        let policies = policy.into().into_iter().collect();
        self.change(|site| site.enforced = policies)
    }

    /// One more policy to enforce: what loads must satisfy all of them.
    pub fn and_csp(self, policy: Csp) -> Self {
        self.change(|site| site.enforced.push(policy))
    }

    /// One more policy to try: violations are reported, nothing is stopped.
    pub fn csp_report_only(self, policy: Csp) -> Self {
        self.change(|site| site.report_only.push(policy))
    }

    /// Where browsers report what policies stop, and what else they have to say; `None` for nowhere. Over https policies say
    /// `report-to` and `report-uri`, with `Reporting-Endpoints` beside them; in the clear, where Chromium sends nothing for
    /// the first and then ignores the second, `report-uri` alone.
    pub fn reports_to(self, reports_to: impl Into<Option<ReportsTo>>) -> Self {
        let reports_to = reports_to.into();
        self.change(|site| site.reports_to = reports_to)
    }

    /// `Cache-Control` for responses with a nonce, a cookie or a CSRF token in them, where the handler says nothing: what is
    /// one visitor's must not come out of a cache for another.
    pub fn personal_pages(self, control: impl Into<Option<CacheControl>>) -> Self {
        let control = control.into().map(HeaderValue::from);
        self.change(|site| site.personal = control)
    }

    /// Replaces what the handler set itself, as Flask-Talisman does. The default is to let it stay.
    pub fn replace(self) -> Self {
        self.change(|site| site.replace = true)
    }

    /// The headers to take out of every response, instead of `Server` and `X-Powered-By`.
    pub fn remove(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names = names.into_iter().collect();
        self.change(|site| site.removed = names)
    }

    fn put(self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.change(|site| site.wanted.put(name, value))
    }

    fn change(mut self, change: impl FnOnce(&mut Site)) -> Self {
        let site = Arc::make_mut(&mut self.0);
        change(site);
        site.rendered = site.render(&site.wanted, &site.enforced, &site.report_only);
        self
    }
}

impl Site {
    /// These headers and policies, ready to be sent.
    fn render(&self, wanted: &Wanted, enforced: &[Csp], report_only: &[Csp]) -> Rendered {
        let rendered = Rendered::new(wanted, enforced, report_only, self.reports_to.as_ref());
        rendered.without(&self.removed)
    }
}

impl Guard for SecurityHeaders {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        RequestContext::begin(request.extensions_mut())
    }

    fn check<B>(&self, _: &Request<B>, _: &RequestContext) -> Result<(), Rejection> {
        Ok(())
    }

    fn finish<B>(&self, exchange: &RequestContext, response: &mut Response<B>) {
        let site = &*self.0;
        let page = response.extensions_mut().remove::<PageHeaders>();
        let own;
        let rendered = match &page {
            None => &site.rendered,
            Some(page) => {
                own = page.over(self);
                &own
            }
        };
        // An error page is written further out, when the headers are already complete.
        let error = response.status().is_client_error() || response.status().is_server_error();
        let nonce = match rendered.uses_nonce {
            true if error && exchange.page_follows() => Some(CspNonce::make(exchange)),
            true => CspNonce::made(exchange),
            false => None,
        };
        let secure = exchange.client().map(Client::scheme) == Some(Scheme::Https);
        let headers = response.headers_mut();
        for name in &site.removed {
            headers.remove(name);
        }
        rendered.write(headers, nonce, secure, site.replace);
        if let Some(control) = &site.personal
            && (nonce.is_some() || headers.contains_key(SET_COOKIE) || exchange.is_personal())
            && !site.removed.contains(&CACHE_CONTROL)
        {
            headers.entry(CACHE_CONTROL).or_insert_with(|| control.clone());
        }
    }
}

guard_layers!(SecurityHeaders, PageHeaders);
