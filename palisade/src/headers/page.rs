//! Headers of one page or group of routes, which travel on the response.

use std::sync::{Arc, OnceLock};

use http::header::{CACHE_CONTROL, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue, Request, Response};

use super::framing::Framing;
use super::rendered::{HeaderSettings, RenderedHeaders};
use super::settings::SiteSettings;
use super::values::CacheControl;
use crate::core::guard::Guard;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_context::{LayerMark, RequestContext};
use crate::csp::Csp;

/// The headers of one page or group of routes, where they differ from the site's.
///
/// It is a layer for a route or a group; with axum, a handler can also return it as a part of the
/// response. If several apply to a response, the innermost wins, header by header. Make it once
/// and clone it: it caches its rendered headers.
///
/// ```
/// use palisade::PageHeaders;
/// use palisade::csp::{Csp, Source};
///
/// // A partner may frame this page. `X-Frame-Options`, which cannot name a partner, is not sent.
/// let embed = PageHeaders::new().frame_ancestors(["https://partner.example".parse()?]);
/// // This page also shows maps: its sources are added to those of the site.
/// let tiles = Source::host("https://tiles.example")?;
/// let map = PageHeaders::new().merge_csp(Csp::new().img_src([tiles]));
/// // No browser or proxy stores this page.
/// let account = PageHeaders::new().no_store();
/// // The inner one wins, and the outer one fills the gaps.
/// let both = account.or(&map);
/// assert!(format!("{both:?}").contains("tiles.example"));
/// # Ok::<(), palisade::csp::CspError>(())
/// ```
///
/// The [module page](crate::headers) shows it at work.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct PageHeaders(Arc<Page>);

#[derive(Debug, Default)]
struct Page {
    overrides: Overrides,
    /// The headers over the site that rendered this page first; there is rarely a second.
    rendered: OnceLock<(Arc<SiteSettings>, Arc<RenderedHeaders>)>,
}

#[derive(Clone, Debug, Default)]
struct Overrides {
    headers: HeaderSettings,
    /// `Some` replaces the site's policies.
    enforced: Option<Vec<Csp>>,
    report_only: Option<Vec<Csp>>,
    merged: Vec<Csp>,
    framing: Option<Framing>,
}

impl PageHeaders {
    /// Makes a value that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the policy to enforce on this page, in place of the site's. The site's framing stays,
    /// see [`frame_ancestors`](Self::frame_ancestors). The site's policy to try out does not apply
    /// to a page with a policy of its own: set one with [`csp_report_only`](Self::csp_report_only).
    pub fn csp(self, policy: Csp) -> Self {
        self.change(|overrides| overrides.enforced = Some(vec![policy]))
    }

    /// Enforces no policy on this page. The site's framing stays.
    ///
    /// # Security
    /// A script that an attacker gets into the page then runs.
    pub fn dangerous_disable_csp(self) -> Self {
        self.change(|overrides| overrides.enforced = Some(Vec::new()))
    }

    /// Adds sources to every policy of the page, enforced or tried out, by the rules of
    /// [`Csp::merge`].
    pub fn merge_csp(self, policy: Csp) -> Self {
        self.change(|overrides| overrides.merged.push(policy))
    }

    /// Sets the policy to try out on this page, in place of the site's; `None` tries none.
    pub fn csp_report_only(self, policy: impl Into<Option<Csp>>) -> Self {
        let policies = policy.into().into_iter().collect();
        self.change(|overrides| overrides.report_only = Some(policies))
    }

    /// Sends `Cache-Control: no-store`: neither browsers nor proxies store this page.
    pub fn no_store(self) -> Self {
        self.put(CACHE_CONTROL, Some(CacheControl::NoStore.into()))
    }

    /// Returns `true` if this page says [`no_store`](Self::no_store).
    pub(crate) fn forbids_storing(&self) -> bool {
        self.0.overrides.headers.get(&CACHE_CONTROL).is_some_and(|value| value == "no-store")
    }

    /// Returns these settings, completed by those of `outer`. These win; the merged policies of
    /// both apply.
    pub fn or(&self, outer: &Self) -> Self {
        let (inner, outer) = (&self.0.overrides, &outer.0.overrides);
        let mut headers = outer.headers.clone();
        if inner.framing.is_some() {
            headers.unset(&X_FRAME_OPTIONS);
        }
        headers.overlay(&inner.headers);
        // A trial of the outer settings is about their policy.
        let trial = || match &inner.enforced {
            Some(_) => None,
            None => outer.report_only.clone(),
        };
        let overrides = Overrides {
            headers,
            enforced: inner.enforced.clone().or_else(|| outer.enforced.clone()),
            report_only: inner.report_only.clone().or_else(trial),
            merged: outer.merged.iter().chain(&inner.merged).cloned().collect(),
            framing: inner.framing.clone().or_else(|| outer.framing.clone()),
        };
        Self(Arc::new(Page { overrides, rendered: OnceLock::new() }))
    }

    pub(super) fn framing(self, framing: Framing) -> Self {
        self.change(|overrides| {
            overrides.headers.unset(&X_FRAME_OPTIONS);
            overrides.framing = Some(framing);
        })
    }

    pub(super) fn put(self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.change(|overrides| overrides.headers.set(name, value))
    }

    /// Returns the headers of this page on that site, from the cache if it has them.
    pub(super) fn render_over(&self, site: &Arc<SiteSettings>) -> Arc<RenderedHeaders> {
        let render = || Arc::new(self.0.overrides.render(site));
        let (known, rendered) = self.0.rendered.get_or_init(|| (Arc::clone(site), render()));
        if Arc::ptr_eq(known, site) { Arc::clone(rendered) } else { render() }
    }

    fn change(self, change: impl FnOnce(&mut Overrides)) -> Self {
        let mut overrides = self.0.overrides.clone();
        change(&mut overrides);
        Self(Arc::new(Page { overrides, rendered: OnceLock::new() }))
    }
}

impl Overrides {
    fn render(&self, site: &SiteSettings) -> RenderedHeaders {
        let mut enforced = self.enforced.clone().unwrap_or_else(|| site.enforced.clone());
        let mut report_only = match (&self.report_only, &self.enforced) {
            (Some(own), _) => own.clone(),
            // The site's trial is about the site's policy.
            (None, Some(_)) => Vec::new(),
            (None, None) => site.report_only.clone(),
        };
        for policy in enforced.iter_mut().chain(&mut report_only) {
            *policy = self.merged.iter().fold(std::mem::take(policy), |policy, more| policy.merge(more));
        }
        let mut headers = site.headers.clone();
        if self.framing.is_some() {
            headers.unset(&X_FRAME_OPTIONS);
        }
        headers.overlay(&self.headers);
        site.render(&headers, self.framing.as_ref().unwrap_or(&site.framing), enforced, report_only)
    }
}

impl Guard for PageHeaders {
    type State = ();

    fn begin<B>(&self, _: &mut Request<B>) {}

    fn check<B>(&self, request: &Request<B>, (): &()) -> Result<(), Rejection> {
        let context = RequestContext::of(request.extensions());
        match context.is_some_and(|context| context.has_entered(LayerMark::Headers)) {
            true => Ok(()),
            false => Err(MissingLayer(
                "`PageHeaders` changes the headers of an outer layer, and there is none. Write `Palisade` or \
                 `SecurityHeaders` outside of it.",
            )
            .into()),
        }
    }

    fn finish<B>(&self, (): &(), response: &mut Response<B>) {
        let inner = response.extensions_mut().remove::<Self>();
        let page = inner.map_or_else(|| self.clone(), |inner| inner.or(self));
        response.extensions_mut().insert(page);
    }
}
