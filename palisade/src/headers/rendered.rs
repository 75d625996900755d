//! The headers of a page, ready to be sent: everything that does not depend on the request is written once.

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::csp::{Csp, Directive, Prepared};
use super::{FrameOptions, REPORTING_ENDPOINTS, ReportsTo};

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

#[derive(Clone, Debug, Default)]
pub(super) struct Rendered {
    plain: Vec<(HeaderName, HeaderValue)>,
    /// Each over https, and in the clear where that differs.
    policies: Vec<(HeaderName, Prepared, Option<Prepared>)>,
    /// Over https only.
    endpoints: Option<(HeaderName, HeaderValue)>,
    pub(super) uses_nonce: bool,
}

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
        let enforced = enforced.iter().map(|policy| (CONTENT_SECURITY_POLICY, policy));
        let tried = report_only.iter().map(|policy| (CONTENT_SECURITY_POLICY_REPORT_ONLY, policy));
        let policies: Vec<_> = enforced
            .chain(tried)
            .filter(|(_, policy)| !policy.is_empty())
            .map(|(name, policy)| match reports_to.map(|reports| reports.of(policy)) {
                None => (name, policy.prepare(), None),
                Some((secure, clear)) => (name, secure.prepare(), Some(clear.prepare())),
            })
            .collect();
        let uses_nonce = policies.iter().any(|(_, policy, _)| policy.uses_nonce());
        let endpoints = reports_to
            .filter(|_| !wanted.mentions(&REPORTING_ENDPOINTS))
            .map(|reports| (REPORTING_ENDPOINTS, reports.header()));
        Self { plain, policies, endpoints, uses_nonce }
    }

    /// Adds the headers that the application has not set itself, or replaces those too.
    pub(super) fn write(&self, headers: &mut HeaderMap, nonce: Option<&str>, secure: bool, replace: bool) {
        headers.reserve(self.plain.len() + self.policies.len() + 1);
        let endpoints = self.endpoints.iter().filter(|_| secure);
        for (name, value) in self.plain.iter().chain(endpoints) {
            if replace {
                headers.insert(name, value.clone());
            } else {
                headers.entry(name).or_insert_with(|| value.clone());
            }
        }
        let own = |headers: &HeaderMap, name: &HeaderName| !replace && headers.contains_key(name);
        let enforces_own = own(headers, &CONTENT_SECURITY_POLICY);
        let tries_own = own(headers, &CONTENT_SECURITY_POLICY_REPORT_ONLY);
        let mut before = None;
        for (name, over_https, in_the_clear) in &self.policies {
            let policy = if secure { over_https } else { in_the_clear.as_ref().unwrap_or(over_https) };
            let stays = if *name == CONTENT_SECURITY_POLICY { enforces_own } else { tries_own };
            if stays {
                continue;
            }
            if before == Some(name) {
                headers.append(name, policy.header(nonce));
            } else {
                headers.insert(name, policy.header(nonce));
            }
            before = Some(name);
        }
    }
}

fn frame_options(policy: &Csp) -> Option<FrameOptions> {
    match policy.get(Directive::FrameAncestors)?.as_str() {
        "'none'" => Some(FrameOptions::Deny),
        "'self'" => Some(FrameOptions::SameOrigin),
        _ => None,
    }
}
