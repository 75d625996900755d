//! Security headers of a site, and pages that differ.
//!
//! ```
//! use http::{Request, Response};
//! use palisade::SecurityHeaders;
//! use palisade::headers::ReferrerPolicy;
//! use tower::{Layer, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), http::Error> {
//! let site = SecurityHeaders::strict()
//!     .referrer_policy(ReferrerPolicy::NoReferrer) // instead of the default
//!     .dns_prefetch(None); // not sent
//! let page = tower::service_fn(async |_: Request<()>| {
//!     Response::builder().body(String::from("hello"))
//! });
//!
//! let response = site.layer(page).oneshot(Request::new(())).await?;
//! assert_eq!(response.headers()["referrer-policy"], "no-referrer");
//! assert_eq!(response.headers()["x-frame-options"], "DENY");
//! assert!(!response.headers().contains_key("x-dns-prefetch-control"));
//! # Ok(())
//! # }
//! ```
//!
//! [`Palisade::headers`](crate::Palisade::headers) takes the same value.
//!
//! # What happens, in order
//!
//! For each response, 404s, rejections, panics and static files included:
//! 1. `Server` and `X-Powered-By` are removed.
//! 2. A header that the handler has set stays, unless [`SecurityHeaders::replace`] is on.
//! 3. Else [`PageHeaders`] decide, the innermost first.
//! 4. Else the site's own header is sent.
//! 5. The nonce is inserted if the page has read its [`CspNonce`].
//! 6. Personal responses get `Cache-Control`.
//!
//! # Defaults
//!
//! [`SecurityHeaders::strict`] is the default.
//!
//! | header | default | why |
//! |---|---|---|
//! | Content-Security-Policy | [`Csp::strict`] | injected scripts do not run |
//! | X-Frame-Options | `DENY`, from `frame-ancestors` | clickjacking in old browsers |
//! | X-Content-Type-Options | `nosniff` | an upload must not run as a script |
//! | Referrer-Policy | `strict-origin-when-cross-origin` | other sites do not learn paths |
//! | Permissions-Policy | [`PermissionsPolicy::strict`] | frames get no camera or location |
//! | Cross-Origin-Opener-Policy | `same-origin` | other sites get no handle to the window |
//! | Cross-Origin-Resource-Policy | `same-origin` | other sites cannot embed responses |
//! | Origin-Agent-Cluster | `?1` | a process for each origin |
//! | X-Permitted-Cross-Domain-Policies | `none` | PDF readers look for no policy files |
//! | X-DNS-Prefetch-Control | `off` | links reveal nothing before a click |
//! | X-XSS-Protection | `0` | the filter of old browsers leaked data |
//! | Cache-Control, if personal | `private, no-cache` | no cache gives a page to someone else |
//! | Server, X-Powered-By | removed | they tell attackers which software runs |
//! | Reporting-Endpoints | not sent | [`SecurityHeaders::reports_to`] sends it |
//! | Cross-Origin-Embedder-Policy | not sent | it blocks images and frames without consent |
//! | Clear-Site-Data | not sent | for the response after a logout |
//! | Strict-Transport-Security | see [`https`](crate::https) | it depends on the scheme |
//!
//! A response is personal if it has a nonce, a cookie or a CSRF token.
//!
//! The other presets send these headers only, and remove `Server` and `X-Powered-By` too:
//!
//! | header | [`SecurityHeaders::talisman`] | [`SecurityHeaders::api`] |
//! |---|---|---|
//! | Content-Security-Policy | [`Csp::talisman`] | [`Csp::api`] |
//! | X-Frame-Options | `SAMEORIGIN` | `DENY` |
//! | X-Content-Type-Options | `nosniff` | `nosniff` |
//! | Referrer-Policy | `strict-origin-when-cross-origin` | `no-referrer` |
//! | Permissions-Policy | `browsing-topics=()` | – |
//! | Cross-Origin-Resource-Policy | – | `same-origin` |
//! | X-Permitted-Cross-Domain-Policies | – | `none` |
//! | Cache-Control | – | `no-store` |
//!
//! # Allow one partner to frame one page
//!
//! [`PageHeaders`] is a layer for a route or a group. With axum, a handler can also return it as a
//! part of the response.
//!
//! ```
//! # use http::{Request, Response};
//! # use tower::{Layer, ServiceExt};
//! use palisade::{PageHeaders, SecurityHeaders};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let framed = PageHeaders::new().frame_ancestors(["https://partner.example".parse()?]);
//!
//! // axum: `.route("/embed", get(embed).layer(framed))`
//! # let embed = tower::service_fn(async |_: Request<()>| {
//! #     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
//! # });
//! let route = framed.layer(embed);
//! let response = SecurityHeaders::strict().layer(route).oneshot(Request::new(())).await?;
//! let policy = response.headers()["content-security-policy"].to_str()?;
//! assert!(policy.contains("frame-ancestors https://partner.example"));
//! assert!(!response.headers().contains_key("x-frame-options"), "it cannot name a partner");
//! # Ok(())
//! # }
//! ```
//!
//! The default `Cross-Origin-Opener-Policy` and `Cross-Origin-Resource-Policy` do not block this
//! frame. The first concerns windows only, and the second a framed page only if the partner's page
//! sends `Cross-Origin-Embedder-Policy`. The framed page then needs an
//! [`embedder_policy`](PageHeaders::embedder_policy) too, and the [`ResourcePolicy::CrossOrigin`].
//!
//! The framed page has no session: in a frame on another site, browsers do not send cookies with
//! `SameSite=Lax` or `Strict`, and [`Sessions`](crate::Sessions) do not offer `SameSite=None`.
//!
//! # Values
//!
//! Each header has a type, so that an invalid value does not compile:
//!
//! ```
//! use http::HeaderValue;
//! use palisade::headers::*;
//!
//! assert_eq!(HeaderValue::from(FrameOptions::SameOrigin), "SAMEORIGIN");
//! assert_eq!(HeaderValue::from(ContentTypeOptions::Nosniff), "nosniff");
//! assert_eq!(HeaderValue::from(ReferrerPolicy::Origin), "origin");
//! assert_eq!(HeaderValue::from(OpenerPolicy::SameOriginAllowPopups), "same-origin-allow-popups");
//! assert_eq!(HeaderValue::from(EmbedderPolicy::RequireCorp), "require-corp");
//! assert_eq!(HeaderValue::from(ResourcePolicy::CrossOrigin), "cross-origin");
//! assert_eq!(HeaderValue::from(OriginAgentCluster::Yes), "?1");
//! assert_eq!(HeaderValue::from(CrossDomainPolicies::None), "none");
//! assert_eq!(HeaderValue::from(DnsPrefetch::Off), "off");
//! assert_eq!(HeaderValue::from(CacheControl::NoStore), "no-store");
//! assert_eq!(HeaderValue::from(ClearSiteData::SESSION), "\"cookies\", \"storage\"");
//! assert_eq!(HeaderValue::from(XssProtection::Off), "0"); // obsolete
//! assert_eq!(HeaderValue::from(DownloadOptions::Noopen), "noopen"); // obsolete
//! ```
//!
//! [`permissions`] has the types of Permissions-Policy and its relatives. Any other header goes
//! through [`SecurityHeaders::header`].
//!
//! # What it does not do
//!
//! It sends no CORS headers (`Access-Control-Allow-Origin`): use tower-http's `CorsLayer`. The
//! flags of cookies are in [`cookies`](crate::cookies).
//!
//! References: OWASP Secure Headers Project; MDN HTTP Observatory; Flask-Talisman 1.1.0 for
//! `talisman`.

mod names;
mod page;
pub mod permissions;
mod rendered;
mod reports_to;
mod setters;
mod values;

use std::sync::{Arc, OnceLock};

use http::header::{CACHE_CONTROL, SERVER, SET_COOKIE};
use http::{HeaderName, HeaderValue, Request, Response};

use crate::core::client::{Client, Scheme};
use crate::core::guard::{Guard, guard_layers};
use crate::core::nonce::CspNonce;
use crate::core::rejection::Rejection;
use crate::core::request_context::RequestContext;
use crate::csp::Csp;
use permissions::PermissionsPolicy;
use rendered::{HeaderSettings, RenderedHeaders};

pub use page::PageHeaders;
pub use reports_to::ReportsTo;
pub use values::{
    CacheControl, ClearSiteData, ContentTypeOptions, CrossDomainPolicies, DnsPrefetch, DownloadOptions,
    EmbedderPolicy, FrameOptions, OpenerPolicy, OriginAgentCluster, ReferrerPolicy, ReportingEndpoints,
    ReportingEndpointsError, ResourcePolicy, XssProtection,
};

const POWERED_BY: HeaderName = HeaderName::from_static("x-powered-by");

/// The security headers of a site. A layer for the whole router, or a part of
/// [`Palisade`](crate::Palisade). See the [module page](self).
#[doc(alias = "helmet")]
#[doc(alias = "Talisman")]
#[derive(Clone, Debug)]
pub struct SecurityHeaders(Arc<SiteSettings>);

#[derive(Clone, Debug)]
struct SiteSettings {
    headers: HeaderSettings,
    enforced: Vec<Csp>,
    report_only: Vec<Csp>,
    reports_to: Option<ReportsTo>,
    personal_cache_control: Option<HeaderValue>,
    replace: bool,
    removed: Vec<HeaderName>,
    rendered: RenderedHeaders,
    /// The same site under the path prefix of a proxy; there is rarely a second prefix.
    prefixed: OnceLock<(Box<str>, SecurityHeaders)>,
}

impl Default for SecurityHeaders {
    fn default() -> Self {
        Self::strict()
    }
}

impl SecurityHeaders {
    /// Sends no header, and removes `Server` and `X-Powered-By`.
    pub fn none() -> Self {
        Self(Arc::new(SiteSettings {
            headers: HeaderSettings::default(),
            enforced: Vec::new(),
            report_only: Vec::new(),
            reports_to: None,
            personal_cache_control: None,
            replace: false,
            removed: vec![SERVER, POWERED_BY],
            rendered: RenderedHeaders::default(),
            prefixed: OnceLock::new(),
        }))
    }

    /// The default: the strictest headers that a site without special needs can send. The
    /// [module page](self) lists them with their reasons.
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

    /// Exactly the headers that Flask-Talisman 1.1.0 sends by default. Its HSTS is
    /// `max-age=31556926; includeSubDomains`: see [`Hsts::new`](crate::https::Hsts::new).
    pub fn talisman() -> Self {
        Self::none()
            .permissions_policy(PermissionsPolicy::talisman())
            .frame_options(FrameOptions::SameOrigin)
            .content_type_options(ContentTypeOptions::Nosniff)
            .csp(Csp::talisman())
            .referrer_policy(ReferrerPolicy::StrictOriginWhenCrossOrigin)
    }

    /// For an API that only programs call: responses load nothing, are never framed and never
    /// cached.
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

    /// Sets the policy to enforce, in place of all earlier ones; `None` enforces none.
    pub fn csp(self, policy: impl Into<Option<Csp>>) -> Self {
        let policies = policy.into().into_iter().collect();
        self.change(|site| site.enforced = policies)
    }

    /// Adds a policy to enforce. Browsers allow only what every policy allows.
    pub fn and_csp(self, policy: Csp) -> Self {
        self.change(|site| site.enforced.push(policy))
    }

    /// Adds a policy to try out: browsers report violations and block nothing.
    pub fn csp_report_only(self, policy: Csp) -> Self {
        self.change(|site| site.report_only.push(policy))
    }

    /// Sets the URL for browser reports: policy violations, deprecations, crashes. `None` is the
    /// default.
    ///
    /// Over https the policies get `report-to` and `report-uri`, and `Reporting-Endpoints` is
    /// sent. Over plain HTTP they get `report-uri` alone: given both, Chromium ignores it, and
    /// sends nothing.
    pub fn reports_to(self, reports_to: impl Into<Option<ReportsTo>>) -> Self {
        let reports_to = reports_to.into();
        self.change(|site| site.reports_to = reports_to)
    }

    /// Sets `Cache-Control` of personal responses: those with a nonce, a cookie or a CSRF token. A
    /// handler's own header stays. Without it a shared cache could send one visitor's page to
    /// another.
    pub fn personal_pages(self, control: impl Into<Option<CacheControl>>) -> Self {
        let control = control.into().map(HeaderValue::from);
        self.change(|site| site.personal_cache_control = control)
    }

    /// Replaces headers that the handler has set, as Flask-Talisman does. By default they stay.
    pub fn replace(self) -> Self {
        self.change(|site| site.replace = true)
    }

    /// Sets the headers to remove from every response, in place of `Server` and `X-Powered-By`.
    pub fn remove(self, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let names = names.into_iter().collect();
        self.change(|site| site.removed = names)
    }

    /// Returns these headers for a site that a proxy serves under this prefix: with its URL for
    /// browser reports.
    fn under(&self, prefix: &str) -> Option<Self> {
        let reports_to = self.0.reports_to.as_ref().filter(|_| !prefix.is_empty())?;
        let make = || Some(self.clone().reports_to(reports_to.under(prefix)?));
        match self.0.prefixed.get() {
            Some((known, headers)) if **known == *prefix => Some(headers.clone()),
            Some(_) => make(),
            None => {
                let headers = make()?;
                let _ = self.0.prefixed.set((prefix.into(), headers.clone()));
                Some(headers)
            }
        }
    }

    fn put(self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.change(|site| site.headers.set(name, value))
    }

    fn change(mut self, change: impl FnOnce(&mut SiteSettings)) -> Self {
        let site = Arc::make_mut(&mut self.0);
        change(site);
        site.prefixed = OnceLock::new();
        site.rendered = site.render(&site.headers, &site.enforced, &site.report_only);
        self
    }
}

impl SiteSettings {
    /// Renders these headers and policies, without those to remove.
    fn render(&self, headers: &HeaderSettings, enforced: &[Csp], report_only: &[Csp]) -> RenderedHeaders {
        let rendered = RenderedHeaders::new(headers, enforced, report_only, self.reports_to.as_ref());
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

    fn finish<B>(&self, context: &RequestContext, response: &mut Response<B>) {
        let prefixed = context.client().and_then(|client| self.under(client.prefix()));
        let headers = prefixed.as_ref().unwrap_or(self);
        let site = &*headers.0;
        let page = response.extensions_mut().remove::<PageHeaders>();
        let own;
        let rendered = match &page {
            None => &site.rendered,
            Some(page) => {
                own = page.render_over(headers);
                &own
            }
        };
        // An outer layer writes the error page after the headers are complete, and needs the
        // nonce.
        let is_error = response.status().is_client_error() || response.status().is_server_error();
        let nonce = match rendered.uses_nonce {
            true if is_error && context.page_follows() => Some(CspNonce::make(context)),
            true => CspNonce::made(context),
            false => None,
        };
        let is_https = context.client().map(Client::scheme) == Some(Scheme::Https);
        let headers = response.headers_mut();
        for name in &site.removed {
            headers.remove(name);
        }
        rendered.write(headers, nonce, is_https, site.replace);
        if let Some(control) = &site.personal_cache_control
            && (nonce.is_some() || headers.contains_key(SET_COOKIE) || context.is_personal())
            && !site.removed.contains(&CACHE_CONTROL)
        {
            headers.entry(CACHE_CONTROL).or_insert_with(|| control.clone());
        }
    }
}

guard_layers!(SecurityHeaders, PageHeaders);
