//! Headers of one page or group of routes, which travel on the response.

use std::sync::{Arc, OnceLock};

use http::header::{CACHE_CONTROL, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue, Request, Response};

use super::rendered::{HeaderSettings, RenderedHeaders};
use super::values::CacheControl;
use super::{SecurityHeaders, SiteSettings};
use crate::core::guard::Guard;
use crate::core::rejection::Rejection;
use crate::csp::{Csp, FrameAncestors, Source};

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
    ancestors: Option<Csp>,
}

impl PageHeaders {
    /// Makes a value that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the policy to enforce on this page, in place of the site's; `None` enforces none.
    pub fn csp(self, policy: impl Into<Option<Csp>>) -> Self {
        let policies = policy.into().into_iter().collect();
        self.change(|overrides| overrides.enforced = Some(policies))
    }

    /// Adds sources to every enforced policy, by the rules of [`Csp::merge`].
    pub fn merge_csp(self, policy: Csp) -> Self {
        self.change(|overrides| overrides.merged.push(policy))
    }

    /// Sets the policy to try out on this page, in place of the site's; `None` tries none.
    pub fn csp_report_only(self, policy: impl Into<Option<Csp>>) -> Self {
        let policies = policy.into().into_iter().collect();
        self.change(|overrides| overrides.report_only = Some(policies))
    }

    /// Sets the sites that may frame this page, in place of the site's. `X-Frame-Options` follows,
    /// or is not sent if it cannot express them.
    pub fn frame_ancestors(self, ancestors: impl IntoIterator<Item = Source<FrameAncestors>>) -> Self {
        let policy = Csp::new().frame_ancestors(ancestors);
        self.change(|overrides| overrides.ancestors = Some(policy))
    }

    /// Sends `Cache-Control: no-store`: neither browsers nor proxies store this page.
    pub fn no_store(self) -> Self {
        self.put(CACHE_CONTROL, Some(CacheControl::NoStore.into()))
    }

    /// Returns these settings, completed by those of `outer`. These win; the merged policies of
    /// both apply.
    pub fn or(&self, outer: &Self) -> Self {
        let (inner, outer) = (&self.0.overrides, &outer.0.overrides);
        let mut headers = outer.headers.clone();
        headers.overlay(&inner.headers);
        let overrides = Overrides {
            headers,
            enforced: inner.enforced.clone().or_else(|| outer.enforced.clone()),
            report_only: inner.report_only.clone().or_else(|| outer.report_only.clone()),
            merged: outer.merged.iter().chain(&inner.merged).cloned().collect(),
            ancestors: inner.ancestors.clone().or_else(|| outer.ancestors.clone()),
        };
        Self(Arc::new(Page { overrides, rendered: OnceLock::new() }))
    }

    pub(super) fn put(self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.change(|overrides| overrides.headers.set(name, value))
    }

    /// Returns the `Cache-Control` that this value sets.
    pub(crate) fn own_cache_control(&self) -> Option<&HeaderValue> {
        self.0.overrides.headers.get(&CACHE_CONTROL)
    }

    /// Returns the headers of this page on that site, from the cache if it has them.
    pub(super) fn render_over(&self, site: &SecurityHeaders) -> Arc<RenderedHeaders> {
        let render = || Arc::new(self.0.overrides.render(&site.0));
        let (known, rendered) = self.0.rendered.get_or_init(|| (Arc::clone(&site.0), render()));
        if Arc::ptr_eq(known, &site.0) { Arc::clone(rendered) } else { render() }
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
        for policy in &mut enforced {
            *policy = self.merged.iter().fold(policy.clone(), |policy, more| policy.merge(more));
        }
        let mut headers = site.headers.clone();
        if let Some(ancestors) = &self.ancestors {
            headers.unset(&X_FRAME_OPTIONS);
            match enforced.is_empty() {
                true => enforced.push(ancestors.clone()),
                false => enforced.iter_mut().for_each(|policy| *policy = policy.clone().replace(ancestors)),
            }
        }
        headers.overlay(&self.headers);
        let report_only = self.report_only.as_deref().unwrap_or(&site.report_only);
        site.render(&headers, &enforced, report_only)
    }
}

impl Guard for PageHeaders {
    type State = ();

    fn begin<B>(&self, _: &mut Request<B>) {}

    fn check<B>(&self, _: &Request<B>, (): &()) -> Result<(), Rejection> {
        Ok(())
    }

    fn finish<B>(&self, (): &(), response: &mut Response<B>) {
        let inner = response.extensions_mut().remove::<Self>();
        let page = inner.map_or_else(|| self.clone(), |inner| inner.or(self));
        response.extensions_mut().insert(page);
    }
}
