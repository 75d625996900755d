//! What one page asks for: an override that travels on the response.
//!
//! ```
//! # use palisade::csp::{Csp, Source};
//! # use palisade::PageHeaders;
//! // This page may be framed by a partner; `X-Frame-Options`, which cannot say so, goes.
//! let embed = PageHeaders::new().frame_ancestors(["https://partner.example".parse()?]);
//! // This one is read by programs.
//! let data = PageHeaders::new().csp(None);
//! // This one shows maps, beside everything that the site's policy allows.
//! let map = PageHeaders::new().merge_csp(Csp::new().img_src([Source::host("https://tiles.example")?]));
//! # Ok::<(), palisade::csp::CspError>(())
//! ```
//!
//! It is a layer for a route or a group, and with axum a part of what a handler returns. Where several apply, the
//! innermost has the last word, header by header. Make it once, not per request: it remembers what it renders.

use std::sync::{Arc, OnceLock};

use http::header::{CACHE_CONTROL, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue, Request, Response};

use super::rendered::{Rendered, Wanted};
use super::{CacheControl, SecurityHeaders, Site};
use crate::core::guard::Guard;
use crate::core::rejection::Rejection;
use crate::csp::{Ancestor, Csp, Source};

/// The headers that one page wants otherwise than the site.
#[derive(Clone, Debug, Default)]
pub struct PageHeaders(Arc<Page>);

#[derive(Debug, Default)]
struct Page {
    wishes: Wishes,
    /// What came of these wishes over the site that asked first; there is rarely a second.
    over: OnceLock<(Arc<Site>, Arc<Rendered>)>,
}

#[derive(Clone, Debug, Default)]
struct Wishes {
    wanted: Wanted,
    /// `Some` replaces the site's policies.
    enforced: Option<Vec<Csp>>,
    report_only: Option<Vec<Csp>>,
    merged: Vec<Csp>,
    ancestors: Option<Csp>,
}

impl PageHeaders {
    /// Nothing otherwise.
    pub fn new() -> Self {
        Self::default()
    }

    /// The policy to enforce on this page instead of the site's; `None` enforces none.
    pub fn csp(self, policy: impl Into<Option<Csp>>) -> Self {
        let policies = policy.into().into_iter().collect();
        self.wish(|wishes| wishes.enforced = Some(policies))
    }

    /// Sources that this page may use beside those of every enforced policy.
    pub fn merge_csp(self, policy: Csp) -> Self {
        self.wish(|wishes| wishes.merged.push(policy))
    }

    /// The policy to try on this page instead of the site's; `None` tries none.
    pub fn csp_report_only(self, policy: impl Into<Option<Csp>>) -> Self {
        let policies = policy.into().into_iter().collect();
        self.wish(|wishes| wishes.report_only = Some(policies))
    }

    /// Who may frame this page. `X-Frame-Options` follows, or goes where it cannot say it.
    pub fn frame_ancestors(self, ancestors: impl IntoIterator<Item = Source<Ancestor>>) -> Self {
        let policy = Csp::new().frame_ancestors(ancestors);
        self.wish(|wishes| wishes.ancestors = Some(policy))
    }

    /// Nobody keeps this page: `Cache-Control: no-store`.
    pub fn private(self) -> Self {
        self.put(CACHE_CONTROL, Some(CacheControl::NoStore.into()))
    }

    /// These wishes, and those of `outer` where these say nothing.
    pub fn or(&self, outer: &Self) -> Self {
        let (inner, outer) = (&self.0.wishes, &outer.0.wishes);
        let mut wanted = outer.wanted.clone();
        wanted.overlay(&inner.wanted);
        let wishes = Wishes {
            wanted,
            enforced: inner.enforced.clone().or_else(|| outer.enforced.clone()),
            report_only: inner.report_only.clone().or_else(|| outer.report_only.clone()),
            merged: outer.merged.iter().chain(&inner.merged).cloned().collect(),
            ancestors: inner.ancestors.clone().or_else(|| outer.ancestors.clone()),
        };
        Self(Arc::new(Page { wishes, over: OnceLock::new() }))
    }

    pub(super) fn put(self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.wish(|wishes| wishes.wanted.put(name, value))
    }

    /// The headers of this page on that site.
    pub(super) fn over(&self, site: &SecurityHeaders) -> Arc<Rendered> {
        let render = || Arc::new(self.0.wishes.render(&site.0));
        let (known, rendered) = self.0.over.get_or_init(|| (Arc::clone(&site.0), render()));
        if Arc::ptr_eq(known, &site.0) { Arc::clone(rendered) } else { render() }
    }

    fn wish(self, change: impl FnOnce(&mut Wishes)) -> Self {
        let mut wishes = self.0.wishes.clone();
        change(&mut wishes);
        Self(Arc::new(Page { wishes, over: OnceLock::new() }))
    }
}

impl Wishes {
    fn render(&self, site: &Site) -> Rendered {
        let mut enforced = self.enforced.clone().unwrap_or_else(|| site.enforced.clone());
        for policy in &mut enforced {
            *policy = self.merged.iter().fold(policy.clone(), |policy, more| policy.merge(more));
        }
        let mut wanted = site.wanted.clone();
        if let Some(ancestors) = &self.ancestors {
            wanted.forget(&X_FRAME_OPTIONS);
            match enforced.is_empty() {
                true => enforced.push(ancestors.clone()),
                false => enforced.iter_mut().for_each(|policy| *policy = policy.clone().replace(ancestors)),
            }
        }
        wanted.overlay(&self.wanted);
        let tried = self.report_only.as_deref().unwrap_or(&site.report_only);
        site.render(&wanted, &enforced, tried)
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
