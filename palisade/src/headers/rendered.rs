//! Rendered headers: everything that does not depend on the request is written once.

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::framing::Framing;
use super::names::REPORTING_ENDPOINTS;
use super::reports_to::ReportsTo;
use crate::csp::{Csp, PreparedCsp};

/// Headers in the order of sending. `None` means that a header must not be sent.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderSettings(Vec<(HeaderName, Option<HeaderValue>)>);

impl HeaderSettings {
    /// Sets the value of a header; `None` does not send it.
    pub(super) fn set(&mut self, name: HeaderName, value: Option<HeaderValue>) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((name, value)),
        }
    }

    /// Removes the setting of a header, so that its default applies.
    pub(super) fn unset(&mut self, name: &HeaderName) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Adds the settings of `other`, which win.
    pub(super) fn overlay(&mut self, other: &Self) {
        for (name, value) in &other.0 {
            self.set(name.clone(), value.clone());
        }
    }

    /// Returns the value of a header that is to be sent.
    pub(super) fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.0.iter().find(|(known, _)| known == name)?.1.as_ref()
    }

    pub(super) fn contains(&self, name: &HeaderName) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// The headers of a site or page, complete except for the nonce. Each response starts with a copy.
#[derive(Clone, Debug, Default)]
pub(super) struct RenderedHeaders {
    over_https: SchemeHeaders,
    over_http: SchemeHeaders,
    pub(super) uses_nonce: bool,
}

/// The headers of responses over one scheme.
#[derive(Clone, Debug, Default)]
struct SchemeHeaders {
    without_nonce: HeaderMap,
    /// In the order of sending, grouped by name.
    policies: Vec<(HeaderName, PreparedCsp)>,
}

/// Capacity for the application's own headers, so that the map need not grow.
const SPARE_CAPACITY: usize = 8;

impl RenderedHeaders {
    /// Renders the headers. `X-Frame-Options` follows from `frame-ancestors` unless it is set.
    pub(super) fn new(
        settings: &HeaderSettings,
        framing: &Framing,
        mut enforced: Vec<Csp>,
        mut report_only: Vec<Csp>,
        reports_to: Option<&ReportsTo>,
    ) -> Self {
        framing.apply(&mut enforced, &mut report_only);
        let mut plain: Vec<_> =
            settings.0.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
        if !settings.contains(&X_FRAME_OPTIONS)
            && let Some(options) = framing.options(&enforced)
        {
            plain.push((X_FRAME_OPTIONS, options.into()));
        }
        let endpoints = reports_to
            .filter(|_| !settings.contains(&REPORTING_ENDPOINTS))
            .map(|reports| (REPORTING_ENDPOINTS, reports.header()));
        let enforced = enforced.iter().map(|policy| (CONTENT_SECURITY_POLICY, policy));
        let report_only = report_only.iter().map(|policy| (CONTENT_SECURITY_POLICY_REPORT_ONLY, policy));
        let policies = enforced.chain(report_only).filter(|(_, policy)| !policy.is_empty());
        let policies: Vec<_> = match reports_to {
            None => policies.map(|(name, policy)| (name, policy.prepare(), policy.prepare())).collect(),
            Some(reports) => policies
                .map(|(name, policy)| (name, reports.add_to(policy)))
                .map(|(name, (https, http))| (name, https.prepare(), http.prepare()))
                .collect(),
        };
        let uses_nonce = policies.iter().any(|(_, policy, _)| policy.uses_nonce());
        let (https, http): (Vec<_>, Vec<_>) =
            policies.into_iter().map(|(name, https, http)| ((name.clone(), https), (name, http))).unzip();
        Self {
            over_http: SchemeHeaders::new(plain.iter().cloned(), http),
            over_https: SchemeHeaders::new(plain.into_iter().chain(endpoints), https),
            uses_nonce,
        }
    }

    /// Removes the headers of these names.
    pub(super) fn without(mut self, names: &[HeaderName]) -> Self {
        for scheme in [&mut self.over_https, &mut self.over_http] {
            names.iter().for_each(|name| drop(scheme.without_nonce.remove(name)));
            scheme.policies.retain(|(name, _)| !names.contains(name));
        }
        self
    }

    /// Adds the headers that the application has not set; with `replace`, all of them.
    pub(super) fn write(&self, headers: &mut HeaderMap, nonce: Option<&str>, is_https: bool, replace: bool) {
        let scheme = if is_https { &self.over_https } else { &self.over_http };
        let mut own = std::mem::replace(headers, scheme.headers(nonce));
        if replace {
            headers.keys().for_each(|name| drop(own.remove(name)));
        }
        headers.extend(own);
    }
}

impl SchemeHeaders {
    fn new(
        plain: impl Iterator<Item = (HeaderName, HeaderValue)>,
        mut policies: Vec<(HeaderName, PreparedCsp)>,
    ) -> Self {
        let plain: Vec<_> = plain.collect();
        let mut without_nonce = HeaderMap::with_capacity(plain.len() + policies.len() + SPARE_CAPACITY);
        without_nonce.extend(plain);
        // A policy that is set by `header` replaces the others.
        policies.retain(|(name, _)| !without_nonce.contains_key(name));
        for (name, policy) in &policies {
            without_nonce.append(name, policy.header(None));
        }
        Self { without_nonce, policies }
    }

    fn headers(&self, nonce: Option<&str>) -> HeaderMap {
        let mut headers = self.without_nonce.clone();
        let mut previous = None;
        for (name, policy) in self.policies.iter().filter(|_| nonce.is_some()) {
            let value = policy.header(nonce);
            if previous.replace(name) == Some(name) {
                headers.append(name, value);
            } else {
                headers.insert(name, value);
            }
        }
        headers
    }
}
