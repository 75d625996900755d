//! What a directive allows: sources, typed by the directive they stand in.
//!
//! ```
//! # use palisade::csp::{Csp, Source};
//! let policy = Csp::new().script_src([Source::SELF, Source::NONCE]).img_src([Source::SELF, Source::DATA]);
//! ```
//!
//! The type of the place is inferred. A nonce among images does not compile, nor does `strict-dynamic` among styles:
//!
//! ```compile_fail
//! # use palisade::csp::{Csp, Source};
//! Csp::new().img_src([Source::NONCE]);
//! ```
//! ```compile_fail
//! # use palisade::csp::{Csp, Source};
//! Csp::new().style_src([Source::STRICT_DYNAMIC]);
//! ```
//! ```compile_fail
//! # use palisade::csp::{Csp, Source};
//! Csp::new().frame_ancestors([Source::UNSAFE_INLINE]);
//! ```
//!
//! Reference: CSP Level 3 §2.3.1 (source lists).

use std::borrow::Cow;
use std::marker::PhantomData;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::parse::{self, CspError};

/// One source, in the place `P`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<P>(pub(super) Token, PhantomData<P>);

/// A source as text; `'nonce'` stands for the nonce of the request.
pub(super) type Token = Cow<'static, str>;

pub(super) const NONCE: &str = "'nonce'";
pub(super) const UNSAFE_INLINE: &str = "'unsafe-inline'";

/// A directive that takes sources.
pub trait Place {}

/// A place where inline code can be let through: scripts, styles, and the fallback for both.
#[diagnostic::on_unimplemented(
    message = "only script-src, style-src, their -elem and -attr, and default-src take this source",
    label = "means nothing in this directive"
)]
pub trait Inline: Place {}

/// A place that decides what runs: scripts, and the fallback for them.
#[diagnostic::on_unimplemented(
    message = "only script-src, script-src-elem, script-src-attr and default-src take this source",
    label = "means nothing in this directive"
)]
pub trait Executes: Inline {}

/// The place of `default-src`, the fallback of all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {}
/// The place of `script-src`, `script-src-elem` and `script-src-attr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {}
/// The place of `style-src`, `style-src-elem` and `style-src-attr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {}
/// The place of everything else that is fetched or navigated to: images, fonts, connections, frames, forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {}
/// The place of `frame-ancestors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ancestor {}

impl Place for Fallback {}
impl Place for Script {}
impl Place for Style {}
impl Place for Fetch {}
impl Place for Ancestor {}
impl Inline for Fallback {}
impl Inline for Script {}
impl Inline for Style {}
impl Executes for Fallback {}
impl Executes for Script {}

impl<P> Source<P> {
    const fn word(text: &'static str) -> Self {
        Self(Cow::Borrowed(text), PhantomData)
    }
}

impl<P: Place> Source<P> {
    /// `'self'`: this origin.
    pub const SELF: Self = Self::word("'self'");
    /// `*`: any host over the network's schemes.
    pub const ANY: Self = Self::word("*");
    /// `data:`
    pub const DATA: Self = Self::word("data:");
    /// `blob:`
    pub const BLOB: Self = Self::word("blob:");
    /// `https:`: any host over TLS.
    pub const HTTPS: Self = Self::word("https:");
    /// `http:`: any host at all.
    pub const HTTP: Self = Self::word("http:");
    /// `wss:`: any WebSocket over TLS.
    pub const WSS: Self = Self::word("wss:");

    /// A host, perhaps with scheme, port or path: `cdn.example`, `https://cdn.example:8443/lib/`, `*.example`.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn host(host: &str) -> Result<Self, CspError> {
        if parse::is_host(host) {
            Ok(Self(Cow::Owned(host.to_owned()), PhantomData))
        } else {
            Err(CspError::no_host(host))
        }
    }

    /// A scheme: `mediastream:`.
    ///
    /// # Errors
    /// When it is none, or lacks the colon.
    pub fn scheme(scheme: &str) -> Result<Self, CspError> {
        if parse::is_scheme(scheme) {
            Ok(Self(Cow::Owned(scheme.to_owned()), PhantomData))
        } else {
            Err(CspError::no_host(scheme))
        }
    }
}

impl<P: Inline> Source<P> {
    /// What carries the nonce of this response: [`CspNonce`](crate::CspNonce). A page that does not ask for one has
    /// none in its header.
    pub const NONCE: Self = Self::word(NONCE);
    /// `'unsafe-inline'`: any inline code; ignored by browsers beside a nonce or a hash.
    pub const UNSAFE_INLINE: Self = Self::word(UNSAFE_INLINE);
    /// `'unsafe-hashes'`: the hashes hold for event handlers and style attributes too.
    pub const UNSAFE_HASHES: Self = Self::word("'unsafe-hashes'");
    /// `'report-sample'`: reports quote the first 40 characters of what was stopped.
    pub const REPORT_SAMPLE: Self = Self::word("'report-sample'");

    /// Inline code, or with Subresource Integrity a file, of this SHA-256 digest.
    pub fn sha256(digest: &[u8; 32]) -> Self {
        Self::hash("sha256", digest)
    }

    /// Inline code, or with Subresource Integrity a file, of this SHA-384 digest.
    pub fn sha384(digest: &[u8; 48]) -> Self {
        Self::hash("sha384", digest)
    }

    /// Inline code, or with Subresource Integrity a file, of this SHA-512 digest.
    pub fn sha512(digest: &[u8; 64]) -> Self {
        Self::hash("sha512", digest)
    }

    fn hash(algorithm: &str, digest: &[u8]) -> Self {
        Self(Cow::Owned(format!("'{algorithm}-{}'", STANDARD.encode(digest))), PhantomData)
    }
}

impl<P: Executes> Source<P> {
    /// `'strict-dynamic'`: what a trusted script loads is trusted; hosts and schemes no longer count.
    pub const STRICT_DYNAMIC: Self = Self::word("'strict-dynamic'");
    /// `'unsafe-eval'`: text may become code.
    pub const UNSAFE_EVAL: Self = Self::word("'unsafe-eval'");
    /// `'wasm-unsafe-eval'`: bytes may become WebAssembly.
    pub const WASM_UNSAFE_EVAL: Self = Self::word("'wasm-unsafe-eval'");
    /// `'trusted-types-eval'`: text may become code where Trusted Types are enforced.
    pub const TRUSTED_TYPES_EVAL: Self = Self::word("'trusted-types-eval'");
    /// `'inline-speculation-rules'`: inline speculation rules, which are no scripts.
    pub const INLINE_SPECULATION_RULES: Self = Self::word("'inline-speculation-rules'");
}

/// Nothing at all: `'none'`. Reads well where an empty list would not: `.object_src(none())`.
pub fn none<P>() -> [Source<P>; 0] {
    []
}

/// A host or a scheme.
impl<P: Place> FromStr for Source<P> {
    type Err = CspError;

    fn from_str(text: &str) -> Result<Self, CspError> {
        if parse::is_scheme(text) { Self::scheme(text) } else { Self::host(text) }
    }
}
