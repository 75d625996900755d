//! Source expressions, typed by the source list that they belong to.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::grammar;
use super::parse::{self, CspError};
use super::source_list::{InlineSourceList, ScriptSourceList, SourceList};
use super::token::{NONCE, Token, UNSAFE_INLINE};

/// A source expression for a directive of type `P`: a keyword, host, scheme, nonce or hash.
///
/// The compiler infers `P` from the setter. A source in a directive where it has no meaning does
/// not compile.
///
/// ```
/// use palisade::csp::{Csp, ScriptSrc, Source};
///
/// let cdn: Source<ScriptSrc> = Source::host("https://cdn.example")?;
/// let policy = Csp::new().script_src([Source::NONCE, cdn]).img_src([Source::SELF, Source::DATA]);
/// assert_eq!(
///     policy.to_string(),
///     "script-src 'nonce' https://cdn.example; img-src 'self' data:"
/// );
/// # Ok::<(), palisade::csp::CspError>(())
/// ```
///
/// A helper for several policies names the source list:
///
/// ```
/// use palisade::csp::{CspError, DefaultSrc, FrameAncestors, ResourceSrc, Source, StyleSrc};
///
/// fn partner() -> Result<Source<FrameAncestors>, CspError> {
///     "https://partner.example".parse()
/// }
/// assert_eq!(partner()?, Source::host("https://partner.example")?);
/// let stream: Source<ResourceSrc> = "mediastream:".parse()?;
/// assert_eq!(stream, Source::scheme("mediastream:")?);
/// assert_ne!(Source::<StyleSrc>::sha256(&[0; 32]), Source::UNSAFE_INLINE);
/// assert_eq!("data:".parse::<Source<DefaultSrc>>()?, Source::DATA);
/// # Ok::<(), CspError>(())
/// ```
///
/// Images have no nonce, `'strict-dynamic'` is for scripts only, and `frame-ancestors` takes no
/// keyword but `'self'`:
///
/// ```compile_fail
/// # use palisade::csp::{Csp, Source};
/// Csp::new().img_src([Source::NONCE]);
/// ```
/// ```compile_fail
/// # use palisade::csp::{Csp, Source};
/// Csp::new().style_src([Source::STRICT_DYNAMIC]);
/// ```
/// ```compile_fail
/// # use palisade::csp::{Csp, Source};
/// Csp::new().frame_ancestors([Source::UNSAFE_INLINE]);
/// ```
///
/// Reference: CSP Level 3 §2.3.1 (source lists).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source<P>(pub(super) Token, PhantomData<P>);

impl<P> Source<P> {
    const fn word(text: &'static str) -> Self {
        Self(Cow::Borrowed(text), PhantomData)
    }
}

impl<P: SourceList> Source<P> {
    /// `'self'`: the page's own origin.
    pub const SELF: Self = Self::word("'self'");
    /// `*`: any host, over http, https, ws or wss.
    pub const ANY: Self = Self::word("*");
    /// `data:`: URLs that contain the data themselves.
    pub const DATA: Self = Self::word("data:");
    /// `blob:`: URLs of objects that scripts of the page have made.
    pub const BLOB: Self = Self::word("blob:");
    /// `https:`: any host, over TLS.
    pub const HTTPS: Self = Self::word("https:");
    /// `http:`: any host, with or without TLS.
    pub const HTTP: Self = Self::word("http:");
    /// `wss:`: any WebSocket, over TLS.
    pub const WSS: Self = Self::word("wss:");

    /// A host with optional scheme, port and path: `cdn.example`, `https://cdn.example:8443/lib/`,
    /// `*.example`.
    ///
    /// # Errors
    /// If the text is not a host source.
    pub fn host(host: &str) -> Result<Self, CspError> {
        if grammar::is_host(host) && !parse::is_hash(host) {
            Ok(Self(Cow::Owned(host.to_owned()), PhantomData))
        } else {
            Err(CspError::invalid_source(host))
        }
    }

    /// A scheme with its colon, such as `mediastream:`.
    ///
    /// # Errors
    /// If the text is not a scheme, or the colon is missing.
    pub fn scheme(scheme: &str) -> Result<Self, CspError> {
        if grammar::is_scheme(scheme) {
            Ok(Self(Cow::Owned(scheme.to_owned()), PhantomData))
        } else {
            Err(CspError::invalid_source(scheme))
        }
    }
}

impl<P: InlineSourceList> Source<P> {
    /// The nonce of each response: elements with this [`CspNonce`](crate::CspNonce) are allowed.
    /// The header of a page that never reads its nonce contains no nonce.
    pub const NONCE: Self = Self::word(NONCE);
    /// `'unsafe-inline'`: any inline code. Browsers ignore it next to a nonce or a hash.
    ///
    /// # Security
    /// In `script-src` it disables the protection against cross-site scripting (XSS).
    pub const UNSAFE_INLINE: Self = Self::word(UNSAFE_INLINE);
    /// `'unsafe-hashes'`: hashes also allow event handlers and style attributes.
    pub const UNSAFE_HASHES: Self = Self::word("'unsafe-hashes'");
    /// `'report-sample'`: reports contain the first 40 characters of the blocked code.
    pub const REPORT_SAMPLE: Self = Self::word("'report-sample'");

    /// Inline code with this SHA-256 digest, or a file with it as Subresource Integrity.
    pub fn sha256(digest: &[u8; 32]) -> Self {
        Self::hash("sha256", digest)
    }

    /// Inline code with this SHA-384 digest, or a file with it as Subresource Integrity.
    pub fn sha384(digest: &[u8; 48]) -> Self {
        Self::hash("sha384", digest)
    }

    /// Inline code with this SHA-512 digest, or a file with it as Subresource Integrity.
    pub fn sha512(digest: &[u8; 64]) -> Self {
        Self::hash("sha512", digest)
    }

    fn hash(algorithm: &str, digest: &[u8]) -> Self {
        Self(Cow::Owned(format!("'{algorithm}-{}'", STANDARD.encode(digest))), PhantomData)
    }
}

impl<P: ScriptSourceList> Source<P> {
    /// A script with this Subresource Integrity hash, as CDNs print it: `sha384-…`. The page allows
    /// it from any host, if its `<script>` has the same `integrity`. It does not allow style sheets:
    /// name their host.
    ///
    /// ```
    /// use palisade::csp::{Csp, Source};
    ///
    /// let hash = "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC";
    /// let policy = Csp::new().script_src([Source::integrity(hash)?]);
    /// assert_eq!(policy.to_string(), format!("script-src '{hash}'"));
    /// # Ok::<(), palisade::csp::CspError>(())
    /// ```
    ///
    /// # Errors
    /// If the text is not one hash with SHA-256, SHA-384 or SHA-512.
    #[doc(alias = "SRI")]
    pub fn integrity(hash: &str) -> Result<Self, CspError> {
        Ok(Self(parse::integrity(hash)?, PhantomData))
    }

    /// `'strict-dynamic'`: scripts that a trusted script loads are trusted. Browsers then ignore
    /// hosts and schemes in the same list.
    pub const STRICT_DYNAMIC: Self = Self::word("'strict-dynamic'");
    /// `'unsafe-eval'`: `eval` and its relatives may run text as code.
    pub const UNSAFE_EVAL: Self = Self::word("'unsafe-eval'");
    /// `'wasm-unsafe-eval'`: WebAssembly may be compiled.
    pub const WASM_UNSAFE_EVAL: Self = Self::word("'wasm-unsafe-eval'");
    /// `'trusted-types-eval'`: `eval` is allowed if Trusted Types are enforced.
    pub const TRUSTED_TYPES_EVAL: Self = Self::word("'trusted-types-eval'");
    /// `'inline-speculation-rules'`: inline `<script type="speculationrules">` is allowed.
    pub const INLINE_SPECULATION_RULES: Self = Self::word("'inline-speculation-rules'");
}

/// The empty source list, which is sent as `'none'`.
///
/// ```
/// use palisade::csp::{Csp, none};
///
/// assert_eq!(Csp::new().object_src(none()).to_string(), "object-src 'none'");
/// ```
pub fn none<P>() -> [Source<P>; 0] {
    []
}

/// Parses any source that the list may have in the text of a policy: a host, a scheme, a keyword or a
/// hash in quotes, or `'nonce'` for the nonce of each response.
impl<P: SourceList> FromStr for Source<P> {
    type Err = CspError;

    fn from_str(text: &str) -> Result<Self, CspError> {
        Ok(Self(parse::source_in(P::DIRECTIVE, text)?, PhantomData))
    }
}
