//! The security headers of a site.

use std::sync::{Arc, OnceLock};

use http::header::{CACHE_CONTROL, SERVER, SET_COOKIE, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue, Request, Response};

use super::framing::Framing;
use super::names::CDN_CACHE_CONTROL;
use super::page::PageHeaders;
use super::permissions::PermissionsPolicy;
use super::rendered::{HeaderSettings, RenderedHeaders};
use super::reports_to::ReportsTo;
use super::settings::SiteSettings;
use super::values::{
    CacheControl, ContentTypeOptions, CrossDomainPolicies, DnsPrefetch, FrameOptions, OpenerPolicy,
    OriginAgentCluster, ReferrerPolicy, ResourcePolicy, XssProtection,
};
use crate::core::cache::is_private;
use crate::core::client::{Client, Scheme};
use crate::core::guard::{Guard, guard_layers};
use crate::core::nonce::CspNonce;
use crate::core::rejection::Rejection;
use crate::core::request_context::{LayerMark, RequestContext, rejecting_layers};
use crate::csp::Csp;

const POWERED_BY: HeaderName = HeaderName::from_static("x-powered-by");

/// The security headers of a site. A layer for the whole router, or a part of
/// [`Palisade`](crate::Palisade). See the [module page](super).
#[doc(alias = "helmet")]
#[doc(alias = "Talisman")]
#[derive(Clone, Debug)]
#[must_use]
pub struct SecurityHeaders(Arc<SiteSettings>);

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
            framing: Framing::Unset,
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
    /// [module page](super) lists them with their reasons.
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
            .framing(Framing::DeniedByDefault)
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
            .personal_pages(CacheControl::NoStore)
            .framing(Framing::DeniedByDefault)
            .csp(Csp::api())
    }

    /// Sets the policy to enforce, in place of all earlier ones. Framing stays denied: a policy
    /// without `frame-ancestors` gets `'none'`. See [`frame_ancestors`](Self::frame_ancestors).
    pub fn csp(self, policy: Csp) -> Self {
        self.change(|site| site.enforced = vec![policy])
    }

    /// Enforces no policy. Framing stays denied, by `X-Frame-Options` alone.
    ///
    /// # Security
    /// A script that an attacker gets into a page then runs. To try a policy out first, set it with
    /// [`csp_report_only`](Self::csp_report_only), beside the one that is enforced.
    pub fn dangerous_disable_csp(self) -> Self {
        self.change(|site| site.enforced.clear())
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
    /// handler's own header stays if it has `private` or `no-store`, and is replaced otherwise: a
    /// shared cache could send one visitor's page to another.
    pub fn personal_pages(self, control: CacheControl) -> Self {
        self.change(|site| site.personal_cache_control = Some(control.into()))
    }

    /// Leaves `Cache-Control` of personal responses to the handlers.
    ///
    /// # Security
    /// A response without the header may be stored by a shared cache, and sent to another visitor.
    pub fn dangerous_allow_shared_caches(self) -> Self {
        self.change(|site| site.personal_cache_control = None)
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

    pub(super) fn framing(self, framing: Framing) -> Self {
        self.change(|site| {
            site.headers.unset(&X_FRAME_OPTIONS);
            site.framing = framing;
        })
    }

    pub(super) fn put(self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.change(|site| site.headers.set(name, value))
    }

    /// Returns these headers for a site that a proxy serves under this prefix: with its URL for
    /// browser reports.
    fn under(&self, prefix: &str) -> Option<Self> {
        let reports_to = self.0.reports_to.as_ref().filter(|_| !prefix.is_empty())?;
        let make = || Some(self.clone().reports_to(reports_to.under(prefix)?));
        match self.0.prefixed.get() {
            Some((known, site)) if **known == *prefix => Some(Self(Arc::clone(site))),
            Some(_) => make(),
            None => {
                let headers = make()?;
                let _ = self.0.prefixed.set((prefix.into(), Arc::clone(&headers.0)));
                Some(headers)
            }
        }
    }

    fn change(mut self, change: impl FnOnce(&mut SiteSettings)) -> Self {
        let site = Arc::make_mut(&mut self.0);
        change(site);
        site.prefixed = OnceLock::new();
        let (enforced, report_only) = (site.enforced.clone(), site.report_only.clone());
        site.rendered = site.render(&site.headers, &site.framing, enforced, report_only);
        self
    }
}

/// The layers that would send rejections without headers from outside of [`SecurityHeaders`].
const REJECTS_WITHOUT_HEADERS: &[(LayerMark, &str)] = rejecting_layers!(
    "`",
    "` stands outside of `SecurityHeaders`, so its rejections would have no security headers. Write `SecurityHeaders` \
     outside of it, or use `Palisade`, which keeps the order."
);

impl Guard for SecurityHeaders {
    type State = RequestContext;

    fn begin<B>(&self, request: &mut Request<B>) -> RequestContext {
        let context = RequestContext::begin(request.extensions_mut());
        context.enter(LayerMark::Headers);
        context
    }

    fn check<B>(&self, _: &Request<B>, context: &RequestContext) -> Result<(), Rejection> {
        Ok(context.reject_outside(REJECTS_WITHOUT_HEADERS)?)
    }

    fn finish<B>(&self, context: &RequestContext, response: &mut Response<B>) {
        context.enter(LayerMark::HeadersSent);
        let prefixed = context.client().and_then(|client| self.under(client.prefix()));
        let headers = prefixed.as_ref().unwrap_or(self);
        let site = &*headers.0;
        let page = response.extensions_mut().remove::<PageHeaders>();
        let own;
        let rendered = match &page {
            None => &site.rendered,
            Some(page) => {
                own = page.render_over(&headers.0);
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
        // A session has set a weaker value than the page asks for.
        if page.as_ref().is_some_and(PageHeaders::forbids_storing) {
            headers.remove(CACHE_CONTROL);
        }
        rendered.write(headers, nonce, is_https, site.replace);
        if let Some(control) = &site.personal_cache_control
            && (nonce.is_some() || headers.contains_key(SET_COOKIE) || context.is_personal())
            && !site.removed.contains(&CACHE_CONTROL)
            && !is_private(headers)
        {
            headers.insert(CACHE_CONTROL, control.clone());
            headers.remove(CDN_CACHE_CONTROL);
        }
    }
}

guard_layers!(SecurityHeaders, PageHeaders);
