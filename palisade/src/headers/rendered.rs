//! The headers of a page, ready to be sent: everything that does not depend on the request is written once.

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{FrameOptions, REPORTING_ENDPOINTS, ReportsTo};
use crate::csp::{Csp, Directive, Prepared};

/// Headers in the order of sending; `None` says that one is not to be sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted(Vec<(HeaderName, Option<HeaderValue>)>);

impl Wanted {
    /// Sends `value`, or nothing, under this name.
    pub(super) fn put(&mut self, name: HeaderName, value: Option<HeaderValue>) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((name, value)),
        }
    }

    /// Says nothing about this name.
    pub(super) fn forget(&mut self, name: &HeaderName) {
        self.0.retain(|(known, _)| known != name);
    }

    /// What `other` says counts where it says something.
    pub(super) fn overlay(&mut self, other: &Self) {
        for (name, value) in &other.0 {
            self.put(name.clone(), value.clone());
        }
    }

    pub(super) fn mentions(&self, name: &HeaderName) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// What to send, all of it but the nonce: a response begins with a copy.
#[derive(Clone, Debug, Default)]
pub(super) struct Rendered {
    over_https: Ready,
    in_the_clear: Ready,
    pub(super) uses_nonce: bool,
}

/// The headers of one way to travel.
#[derive(Clone, Debug, Default)]
struct Ready {
    without_nonce: HeaderMap,
    /// In the order of sending; those of one name stand together.
    policies: Vec<(HeaderName, Prepared)>,
}

/// For how many headers of the application there is room before a map grows.
const ROOM: usize = 8;

impl Rendered {
    /// `X-Frame-Options` follows from the policy's `frame-ancestors` unless it is mentioned.
    pub(super) fn new(
        wanted: &Wanted,
        enforced: &[Csp],
        report_only: &[Csp],
        reports_to: Option<&ReportsTo>,
    ) -> Self {
        let mut plain: Vec<_> =
            wanted.0.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
        if !wanted.mentions(&X_FRAME_OPTIONS)
            && let Some(options) = enforced.iter().find_map(frame_options)
        {
            plain.push((X_FRAME_OPTIONS, options.into()));
        }
        let endpoints = reports_to
            .filter(|_| !wanted.mentions(&REPORTING_ENDPOINTS))
            .map(|reports| (REPORTING_ENDPOINTS, reports.header()));
        let enforced = enforced.iter().map(|policy| (CONTENT_SECURITY_POLICY, policy));
        let tried = report_only.iter().map(|policy| (CONTENT_SECURITY_POLICY_REPORT_ONLY, policy));
        let policies = enforced.chain(tried).filter(|(_, policy)| !policy.is_empty());
        let policies: Vec<_> = match reports_to {
            None => policies.map(|(name, policy)| (name, policy.prepare(), policy.prepare())).collect(),
            Some(reports) => policies
                .map(|(name, policy)| (name, reports.of(policy)))
                .map(|(name, (secure, clear))| (name, secure.prepare(), clear.prepare()))
                .collect(),
        };
        let uses_nonce = policies.iter().any(|(_, policy, _)| policy.uses_nonce());
        let (secure, clear): (Vec<_>, Vec<_>) =
            policies.into_iter().map(|(name, secure, clear)| ((name.clone(), secure), (name, clear))).unzip();
        Self {
            in_the_clear: Ready::new(plain.iter().cloned(), clear),
            over_https: Ready::new(plain.into_iter().chain(endpoints), secure),
            uses_nonce,
        }
    }

    /// The same without the headers of these names.
    pub(super) fn without(mut self, names: &[HeaderName]) -> Self {
        for ready in [&mut self.over_https, &mut self.in_the_clear] {
            names.iter().for_each(|name| drop(ready.without_nonce.remove(name)));
            ready.policies.retain(|(name, _)| !names.contains(name));
        }
        self
    }

    /// Adds the headers that the application has not set itself, or replaces those too.
    pub(super) fn write(&self, headers: &mut HeaderMap, nonce: Option<&str>, secure: bool, replace: bool) {
        let ready = if secure { &self.over_https } else { &self.in_the_clear };
        let mut own = std::mem::replace(headers, ready.headers(nonce));
        if replace {
            headers.keys().for_each(|name| drop(own.remove(name)));
        }
        headers.extend(own);
    }
}

impl Ready {
    fn new(
        plain: impl Iterator<Item = (HeaderName, HeaderValue)>,
        mut policies: Vec<(HeaderName, Prepared)>,
    ) -> Self {
        let plain: Vec<_> = plain.collect();
        let mut without_nonce = HeaderMap::with_capacity(plain.len() + policies.len() + ROOM);
        without_nonce.extend(plain);
        // What was written out by hand is the policy.
        policies.retain(|(name, _)| !without_nonce.contains_key(name));
        for (name, policy) in &policies {
            without_nonce.append(name, policy.header(None));
        }
        Self { without_nonce, policies }
    }

    fn headers(&self, nonce: Option<&str>) -> HeaderMap {
        let mut headers = self.without_nonce.clone();
        let mut before = None;
        for (name, policy) in self.policies.iter().filter(|_| nonce.is_some()) {
            let value = policy.header(nonce);
            if before.replace(name) == Some(name) {
                headers.append(name, value);
            } else {
                headers.insert(name, value);
            }
        }
        headers
    }
}

fn frame_options(policy: &Csp) -> Option<FrameOptions> {
    match policy.get(Directive::FrameAncestors)?.as_str() {
        "'none'" => Some(FrameOptions::Deny),
        "'self'" => Some(FrameOptions::SameOrigin),
        _ => None,
    }
}
