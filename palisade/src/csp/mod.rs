//! Content-Security-Policy: what a page may load, run, and be framed by.
//!
//! ```
//! # use palisade::csp::{none, Csp, Source};
//! let policy = Csp::new()
//!     .default_src(none())
//!     .script_src([Source::NONCE, Source::STRICT_DYNAMIC])
//!     .style_src([Source::SELF, Source::host("https://cdn.example")?])
//!     .frame_ancestors([Source::SELF]);
//! let text = "default-src 'none'; script-src 'nonce' 'strict-dynamic'; style-src 'self' https://cdn.example; frame-ancestors 'self'";
//! assert_eq!(policy.to_string(), text);
//! assert_eq!(text.parse::<Csp>()?, policy);
//! # Ok::<(), palisade::csp::CspError>(())
//! ```
//!
//! What cannot be written, in types or as text:
//! 1. a directive twice (setting it again replaces it), a source twice (it is there once);
//! 2. `'none'` in company: it is what an empty list says;
//! 3. a nonce, a hash or a keyword where it means nothing;
//! 4. a nonce that is the same in every response: in text, `'nonce'` stands for the one that each response gets;
//! 5. a directive, keyword, host or scheme that is none, and bytes that end the header.
//!
//! | preset | for |
//! |---|---|
//! | [`Csp::strict`] | a site whose own scripts carry the nonce |
//! | [`Csp::api`] | what only programs read |
//! | [`Csp::google`], [`Csp::talisman`] | Flask-Talisman's `GOOGLE_CSP_POLICY` and default |
//!
//! A policy without a nonce in use is one header value, made once; with one it costs one allocation.
//! What a written policy does not stop, [`Csp::lint`] says.
//!
//! References: CSP Level 3; Trusted Types; Google, csp.withgoogle.com (strict CSP); OWASP CSP Cheat Sheet.

mod directive;
mod lint;
mod parse;
mod prepared;
mod presets;
mod source;

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;

use directive::Takes;
use source::Token;

pub use crate::core::nonce::CspNonce;
pub use directive::Directive;
pub use lint::{PolicyFinding, Severity, SeverityError};
pub use parse::CspError;
pub use prepared::Prepared;
pub use source::{Ancestor, Executes, Fallback, Fetch, Inline, Place, Script, Source, Style, none};

/// A policy. It is always one that browsers read as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csp {
    entries: Vec<Entry>,
}

/// A directive with what it takes; without sources it says `'none'`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    directive: Directive,
    tokens: Vec<Token>,
}

macro_rules! source_setters {
    ($($(#[$doc:meta])* $setter:ident: $place:ty => $directive:ident;)+) => {
        impl Csp {
            $($(#[$doc])*
            pub fn $setter(self, sources: impl IntoIterator<Item = Source<$place>>) -> Self {
                self.sources(Directive::$directive, sources)
            })+
        }
    };
}

source_setters! {
    /// `default-src`: what is not said otherwise.
    default_src: Fallback => DefaultSrc;
    /// `script-src`: scripts.
    script_src: Script => ScriptSrc;
    /// `script-src-elem`: script elements.
    script_src_elem: Script => ScriptSrcElem;
    /// `script-src-attr`: event handlers.
    script_src_attr: Script => ScriptSrcAttr;
    /// `style-src`: styles.
    style_src: Style => StyleSrc;
    /// `style-src-elem`: style elements and style sheets.
    style_src_elem: Style => StyleSrcElem;
    /// `style-src-attr`: style attributes.
    style_src_attr: Style => StyleSrcAttr;
    /// `img-src`: images.
    img_src: Fetch => ImgSrc;
    /// `font-src`: fonts.
    font_src: Fetch => FontSrc;
    /// `connect-src`: what scripts fetch, open and ping.
    connect_src: Fetch => ConnectSrc;
    /// `media-src`: audio and video.
    media_src: Fetch => MediaSrc;
    /// `object-src`: plug-ins.
    object_src: Fetch => ObjectSrc;
    /// `frame-src`: frames in this page.
    frame_src: Fetch => FrameSrc;
    /// `fenced-frame-src`: fenced frames in this page.
    fenced_frame_src: Fetch => FencedFrameSrc;
    /// `child-src`: frames and workers.
    child_src: Fetch => ChildSrc;
    /// `worker-src`: workers.
    worker_src: Fetch => WorkerSrc;
    /// `manifest-src`: the manifest of an application.
    manifest_src: Fetch => ManifestSrc;
    /// `prefetch-src`, which browsers no longer read.
    prefetch_src: Fetch => PrefetchSrc;
    /// `base-uri`: what `<base>` may name.
    base_uri: Fetch => BaseUri;
    /// `form-action`: where forms go.
    form_action: Fetch => FormAction;
    /// `frame-ancestors`: who may frame this page.
    frame_ancestors: Ancestor => FrameAncestors;
}

impl Csp {
    /// No directive: everything is allowed.
    pub fn new() -> Self {
        Self::default()
    }

    /// `sandbox` with these flags, such as `allow-forms`; none of them is the strictest.
    ///
    /// # Errors
    /// When a flag is none.
    pub fn sandbox<'a>(self, flags: impl IntoIterator<Item = &'a str>) -> Result<Self, CspError> {
        self.words(Directive::Sandbox, flags)
    }

    /// `upgrade-insecure-requests`: what is linked in the clear is fetched over TLS.
    pub fn upgrade_insecure_requests(self) -> Self {
        self.set(Directive::UpgradeInsecureRequests, Vec::new())
    }

    /// `block-all-mixed-content`, which browsers do without being told.
    pub fn block_all_mixed_content(self) -> Self {
        self.set(Directive::BlockAllMixedContent, Vec::new())
    }

    /// `require-trusted-types-for 'script'`: text becomes markup or code only through a policy of the page.
    pub fn require_trusted_types(self) -> Self {
        self.set(Directive::RequireTrustedTypesFor, vec![Cow::Borrowed("'script'")])
    }

    /// `trusted-types` with the names of the page's policies, `'allow-duplicates'`, `*`; or none at all.
    ///
    /// # Errors
    /// When a name has characters that none has.
    pub fn trusted_types<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Result<Self, CspError> {
        self.words(Directive::TrustedTypes, names)
    }

    /// `require-trusted-types-for 'script'; trusted-types 'none'`: text never becomes markup or code, since the page may have
    /// no policy that says so. A page whose script needs one names it with [`merge`](Self::merge).
    pub fn no_trusted_types(self) -> Self {
        self.require_trusted_types().set(Directive::TrustedTypes, vec![Cow::Borrowed("'none'")])
    }

    /// `webrtc 'block'`: no peer-to-peer connections.
    pub fn block_webrtc(self) -> Self {
        self.set(Directive::Webrtc, vec![Cow::Borrowed("'block'")])
    }

    /// `report-uri`: the URL that browsers without the Reporting API report to.
    ///
    /// # Errors
    /// When it has characters that no URL has.
    pub fn report_uri(self, url: &str) -> Result<Self, CspError> {
        self.words(Directive::ReportUri, [url])
    }

    /// `report-to`: the name of an endpoint in `Reporting-Endpoints`.
    ///
    /// # Errors
    /// When it has characters that no name has.
    pub fn report_to(self, endpoint: &str) -> Result<Self, CspError> {
        self.words(Directive::ReportTo, [endpoint])
    }

    /// Without this directive.
    pub fn without(mut self, directive: Directive) -> Self {
        self.entries.retain(|entry| entry.directive != directive);
        self
    }

    /// This policy, and what `other` allows beside it.
    ///
    /// A directive in both has the sources of both, and `'none'` gives way. One that is missing here begins with what
    /// spoke for it, so that adding an image host does not take `'self'` away. Where nothing spoke for it (form-action,
    /// say), it is taken as it is, and narrows.
    pub fn merge(&self, other: &Self) -> Self {
        let mut merged = self.clone();
        for Entry { directive, tokens } in &other.entries {
            let mut all = self.spoken_for(*directive);
            if matches!(directive.takes(), Takes::Endpoint | Takes::Urls) || *directive == Directive::Webrtc {
                all.clear();
            }
            let more: Vec<_> = tokens.iter().filter(|token| !all.contains(token)).cloned().collect();
            all.extend(more);
            if all.len() > 1 {
                all.retain(|token| token != "'none'");
            }
            merged = merged.set(*directive, all);
        }
        merged
    }

    /// This policy, with the directives of `other` in place of its own.
    pub fn replace(self, other: &Self) -> Self {
        other.entries.iter().fold(self, |policy, entry| policy.set(entry.directive, entry.tokens.clone()))
    }

    /// Whether there is no directive.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What stands behind the directive, such as `'self' https://cdn.example`, if it is there.
    pub fn get(&self, directive: Directive) -> Option<String> {
        self.entry(directive).map(|entry| entry.value().collect::<Vec<_>>().join(" "))
    }

    /// The directive that decides about what this one is for: itself if it is there, else the one that speaks for it.
    ///
    /// ```
    /// # use palisade::csp::{Csp, Directive};
    /// let policy: Csp = "default-src 'none'; script-src 'self'".parse()?;
    /// assert_eq!(policy.decides(Directive::ScriptSrcElem), Some(Directive::ScriptSrc));
    /// # Ok::<(), palisade::csp::CspError>(())
    /// ```
    pub fn decides(&self, directive: Directive) -> Option<Directive> {
        self.speaker(directive).map(|(speaker, _)| speaker)
    }

    /// The header value, with this nonce; without one, the nonce sources are left out.
    pub fn render(&self, nonce: Option<&str>) -> HeaderValue {
        self.prepare().header(nonce)
    }

    fn entry(&self, directive: Directive) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.directive == directive)
    }

    /// The sources of this directive, or of the one that speaks for it, as far as they may stand in it.
    fn spoken_for(&self, directive: Directive) -> Vec<Token> {
        let Some((speaker, spoken)) = self.speaker(directive) else { return Vec::new() };
        // Attributes come from nowhere and have no nonce, and beside one 'unsafe-inline' counts for nothing.
        let of_attributes = |token: &Token| token.starts_with("'unsafe-") || token.starts_with("'sha");
        let attributes = matches!(directive, Directive::ScriptSrcAttr | Directive::StyleSrcAttr);
        let means = |token: &&Token| directive == speaker || !attributes || of_attributes(token);
        spoken.iter().filter(|token| directive.admits(token)).filter(means).cloned().collect()
    }

    /// The directive that speaks for this one, itself if it is there, and what it says.
    fn speaker(&self, directive: Directive) -> Option<(Directive, &[Token])> {
        let speakers = std::iter::once(directive).chain(directive.fallbacks().iter().copied());
        speakers
            .filter_map(|speaker| self.entry(speaker))
            .map(|entry| (entry.directive, &*entry.tokens))
            .next()
    }

    fn sources<P>(self, directive: Directive, sources: impl IntoIterator<Item = Source<P>>) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        for source in sources {
            if !tokens.contains(&source.0) {
                tokens.push(source.0);
            }
        }
        self.set(directive, tokens)
    }

    fn words<'a>(
        self,
        directive: Directive,
        words: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, CspError> {
        let words: Vec<&str> = words.into_iter().collect();
        Ok(self.set(directive, parse::words(directive, &words)?))
    }

    fn set(mut self, directive: Directive, tokens: Vec<Token>) -> Self {
        match self.entries.iter_mut().find(|entry| entry.directive == directive) {
            Some(entry) => entry.tokens = tokens,
            None => self.entries.push(Entry { directive, tokens }),
        }
        self
    }
}

impl Entry {
    fn value(&self) -> impl Iterator<Item = &str> {
        let says_none = self.tokens.is_empty() && matches!(self.directive.takes(), Takes::Sources { .. });
        self.tokens.iter().map(|token| &**token).chain(says_none.then_some("'none'"))
    }
}

/// The policy as text, with `'nonce'` for the nonce of each response; it reads back as the same policy.
impl fmt::Display for Csp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, entry) in self.entries.iter().enumerate() {
            let semicolon = if position == 0 { "" } else { "; " };
            write!(f, "{semicolon}{}", entry.directive)?;
            entry.value().try_for_each(|word| write!(f, " {word}"))?;
        }
        Ok(())
    }
}
