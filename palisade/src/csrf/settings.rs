//! The settings of the token check, and its decisions.

use std::sync::Arc;

use http::HeaderName;
use http::request::Parts;

use super::mode::{Mode, ReportCounter};
use super::rejection::{CsrfRejection, CsrfTokenError};
use super::scan::TokenScan;
use super::signer::TokenSigner;
use super::verdict::{OriginVerdict, needs_no_token};
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::session_tag::SessionTag;

#[derive(Clone, Debug)]
pub(super) struct TokenSettings {
    pub(super) signer: TokenSigner,
    pub(super) field: Box<str>,
    pub(super) headers: Vec<HeaderName>,
    pub(super) scan_limit: usize,
    pub(super) skip_if_origin_verified: bool,
    pub(super) mode: Mode,
    pub(super) reported: ReportCounter,
}

/// The decision by the request's head.
pub(super) enum HeadDecision {
    Pass,
    /// The token may be in the body.
    ScanBody(TokenScan),
}

/// The rejection of tokens without a session layer.
pub(super) const NO_SESSIONS: MissingLayer = MissingLayer(
    "A CSRF token belongs to a session, and there is no session layer. Add `Sessions::in_store(…)` outside of `CsrfTokens`.",
);

/// Returns the tag of the session layer around this layer.
fn session_tag(parts: &Parts) -> Result<&Arc<dyn SessionTag>, MissingLayer> {
    parts.extensions.get().ok_or(NO_SESSIONS)
}

impl TokenSettings {
    pub(super) fn decide_by_head(&self, parts: &Parts) -> Result<HeadDecision, Rejection> {
        let is_verified = || parts.extensions.get() == Some(&OriginVerdict::Verified);
        if self.mode == Mode::Off {
            return Ok(HeadDecision::Pass);
        }
        // Looked for in every request, so that the first page shows that the sessions are missing.
        session_tag(parts)?;
        if needs_no_token(&parts.method) || self.skip_if_origin_verified && is_verified() {
            return Ok(HeadDecision::Pass);
        }
        let mut lines = self.headers.iter().filter_map(|name| parts.headers.get(name));
        if let Some(token) = lines.find(|line| !line.is_empty()) {
            return self.verify_token(parts, Some(token.as_bytes())).map(|()| HeadDecision::Pass);
        }
        match TokenScan::of(&parts.headers) {
            Some(scan) => Ok(HeadDecision::ScanBody(scan)),
            None => self.verify_token(parts, None).map(|()| HeadDecision::Pass),
        }
    }

    /// Rejects the request if the token is missing or wrong; only logs it in report-only mode.
    pub(super) fn verify_token(&self, parts: &Parts, token: Option<&[u8]>) -> Result<(), Rejection> {
        let tag = session_tag(parts)?;
        let verified =
            token.ok_or(CsrfTokenError::Missing).and_then(|token| self.signer.verify(token, &**tag));
        verified.or_else(|error| {
            let (method, path) = (&parts.method, parts.uri.path());
            self.reported.reject_or_report(self.mode, method, path, CsrfRejection::Token(error))
        })
    }
}
