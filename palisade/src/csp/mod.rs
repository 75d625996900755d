//! Content-Security-Policy: build, parse, lint and send policies, with a nonce for each response.
//!
//! ```
//! use palisade::csp::{Csp, CspError, Directive, Source, none};
//!
//! let policy = Csp::new()
//!     .default_src(none())
//!     .script_src([Source::NONCE, Source::STRICT_DYNAMIC])
//!     .style_src([Source::SELF, Source::host("https://cdn.example")?])
//!     .frame_ancestors(["https://partner.example".parse()?]);
//! let text = "default-src 'none'; script-src 'nonce' 'strict-dynamic'; \
//!     style-src 'self' https://cdn.example; frame-ancestors https://partner.example";
//! assert_eq!(policy.to_string(), text);
//! assert_eq!(text.parse::<Csp>()?, policy);
//! assert_eq!(policy.effective_directive(Directive::ImgSrc), Some(Directive::DefaultSrc));
//! # Ok::<(), CspError>(())
//! ```
//!
//! # How a policy is checked
//!
//! A [`Csp`] is always valid. The setters by their types, and the parser by its errors, exclude in
//! this order:
//! 1. characters that would end the header or the policy;
//! 2. unknown directives, and duplicates: a setter replaces, the parser rejects;
//! 3. unknown keywords, hosts and schemes; a source that is listed twice (a setter keeps one);
//! 4. a nonce, hash or keyword in a directive where it has no meaning;
//! 5. `'none'` together with other sources; an empty source list is sent as `'none'`;
//! 6. a constant nonce: `'nonce'` in text, and [`Source::NONCE`], stand for the nonce of each
//!    response.
//!
//! # What happens for each response
//!
//! 1. [`SecurityHeaders`](crate::SecurityHeaders) has prepared the site's policies once
//!    ([`Csp::prepare`]); [`PageHeaders`](crate::PageHeaders) of the page change them.
//! 2. If the page has read its [`CspNonce`], the nonce is inserted, which costs one allocation.
//! 3. If it has not, the header is sent without `'nonce'`.
//!
//! # Presets
//!
//! | preset | for | why |
//! |---|---|---|
//! | [`Csp::strict`] (default) | sites whose scripts carry the nonce | host lists can be bypassed |
//! | [`Csp::api`] | responses that only programs read | they load nothing and are not framed |
//! | [`Csp::talisman`], [`Csp::google`] | sites moving from Flask-Talisman | the same header |
//!
//! # Lint
//!
//! [`Csp::lint`] reports weaknesses of a valid policy. Each [`PolicyFinding`] has a stable id, a
//! [`Severity`] and a correction:
//!
//! ```
//! use palisade::csp::{Csp, PolicyFinding, Severity};
//!
//! let policy: Csp = "script-src 'self' 'unsafe-inline'".parse()?;
//! let first: &PolicyFinding = &policy.lint()[0];
//! assert_eq!((first.id, first.severity), ("csp-unsafe-inline", Severity::High));
//! assert!(Csp::strict().lint().iter().all(|finding| finding.severity <= Severity::Info));
//! # Ok::<(), palisade::csp::CspError>(())
//! ```
//!
//! The rules are those of Google's CSP Evaluator and a few more. A policy without findings can
//! still be wrong for its site.
//!
//! # What it does not do
//!
//! This module does not send a policy: [`SecurityHeaders`](crate::SecurityHeaders) does. A policy
//! limits the damage of injected markup; it does not replace escaping, or
//! [`sanitize`](crate::sanitize) for HTML that people write.
//!
//! # See also
//!
//! [`headers`](crate::headers) for the other headers and for pages that differ;
//! [`reporting`](crate::reporting) for a collector of violation reports.
//!
//! References: CSP Level 3; Trusted Types; Google, csp.withgoogle.com (strict CSP);
//! csp-evaluator.withgoogle.com; Weichselbaum et al., "CSP Is Dead, Long Live CSP!" (2016);
//! OWASP Content Security Policy Cheat Sheet.

mod directive;
mod grammar;
mod lint;
mod parse;
mod prepared;
mod presets;
mod source;
mod source_list;
mod token;

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;

use directive::ValueType;
use token::Token;

pub use crate::core::nonce::CspNonce;
pub use directive::Directive;
pub use lint::{PolicyFinding, Severity, SeverityError};
pub use parse::CspError;
pub use prepared::PreparedCsp;
pub use source::{Source, none};
pub use source_list::{
    DefaultSrc, FrameAncestors, InlineSourceList, ResourceSrc, ScriptSourceList, ScriptSrc, SourceList,
    StyleSrc,
};

/// A Content-Security-Policy. It is always valid: see the [module page](self).
///
/// ```
/// use palisade::csp::{Csp, Source};
///
/// let site: Csp = "default-src 'none'; img-src 'self'".parse()?;
/// let with_maps = site.merge(&Csp::new().img_src([Source::host("https://tiles.example")?]));
/// assert_eq!(with_maps.to_string(), "default-src 'none'; img-src 'self' https://tiles.example");
/// # Ok::<(), palisade::csp::CspError>(())
/// ```
#[doc(alias("ContentSecurityPolicy", "XSS"))]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Csp {
    entries: Vec<Entry>,
}

/// A directive with its value. An empty source list means `'none'`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    directive: Directive,
    tokens: Vec<Token>,
}

macro_rules! source_setters {
    ($($(#[$doc:meta])* $setter:ident: $list:ty => $directive:ident;)+) => {
        impl Csp {
            $($(#[$doc])*
            pub fn $setter(self, sources: impl IntoIterator<Item = Source<$list>>) -> Self {
                self.sources(Directive::$directive, sources)
            })+
        }
    };
}

source_setters! {
    /// Sets `default-src`: the fallback of the other directives for URLs.
    default_src: DefaultSrc => DefaultSrc;
    /// Sets `script-src`: scripts.
    script_src: ScriptSrc => ScriptSrc;
    /// Sets `script-src-elem`: script elements.
    script_src_elem: ScriptSrc => ScriptSrcElem;
    /// Sets `script-src-attr`: event handlers in attributes.
    script_src_attr: ScriptSrc => ScriptSrcAttr;
    /// Sets `style-src`: styles.
    style_src: StyleSrc => StyleSrc;
    /// Sets `style-src-elem`: style elements and style sheets.
    style_src_elem: StyleSrc => StyleSrcElem;
    /// Sets `style-src-attr`: style attributes.
    style_src_attr: StyleSrc => StyleSrcAttr;
    /// Sets `img-src`: images.
    img_src: ResourceSrc => ImgSrc;
    /// Sets `font-src`: fonts.
    font_src: ResourceSrc => FontSrc;
    /// Sets `connect-src`: `fetch`, WebSockets, `EventSource` and pings.
    connect_src: ResourceSrc => ConnectSrc;
    /// Sets `media-src`: audio and video.
    media_src: ResourceSrc => MediaSrc;
    /// Sets `object-src`: plug-ins.
    object_src: ResourceSrc => ObjectSrc;
    /// Sets `frame-src`: frames in this page.
    frame_src: ResourceSrc => FrameSrc;
    /// Sets `fenced-frame-src`: fenced frames in this page.
    fenced_frame_src: ResourceSrc => FencedFrameSrc;
    /// Sets `child-src`: frames and workers.
    child_src: ResourceSrc => ChildSrc;
    /// Sets `worker-src`: workers.
    worker_src: ResourceSrc => WorkerSrc;
    /// Sets `manifest-src`: the manifest of a web application.
    manifest_src: ResourceSrc => ManifestSrc;
    /// Sets `prefetch-src`, which is obsolete: browsers ignore it.
    prefetch_src: ResourceSrc => PrefetchSrc;
    /// Sets `base-uri`: the URLs that `<base>` may have.
    base_uri: ResourceSrc => BaseUri;
    /// Sets `form-action`: the targets of forms.
    form_action: ResourceSrc => FormAction;
    /// Sets `frame-ancestors`: the sites that may frame this page. For one page of a site, see
    /// [`PageHeaders::frame_ancestors`](crate::PageHeaders::frame_ancestors).
    #[doc(alias = "clickjacking")]
    frame_ancestors: FrameAncestors => FrameAncestors;
}

impl Csp {
    /// Makes a policy without directives, which allows everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `sandbox` with these flags, such as `allow-forms`. No flag at all is the strictest.
    ///
    /// # Errors
    /// If a flag is unknown.
    pub fn sandbox<'a>(self, flags: impl IntoIterator<Item = &'a str>) -> Result<Self, CspError> {
        self.words(Directive::Sandbox, flags)
    }

    /// Sets `upgrade-insecure-requests`: the browser loads `http:` URLs of the page over TLS.
    pub fn upgrade_insecure_requests(self) -> Self {
        self.set(Directive::UpgradeInsecureRequests, Vec::new())
    }

    /// Sets `block-all-mixed-content`, which is obsolete: browsers do it by default.
    pub fn block_all_mixed_content(self) -> Self {
        self.set(Directive::BlockAllMixedContent, Vec::new())
    }

    /// Sets `require-trusted-types-for 'script'`: scripts turn text into markup or code only
    /// through a Trusted Types policy of the page.
    pub fn require_trusted_types(self) -> Self {
        self.set(Directive::RequireTrustedTypesFor, vec![Cow::Borrowed("'script'")])
    }

    /// Sets `trusted-types`: the names of the Trusted Types policies that the page may create.
    /// Also accepts `'allow-duplicates'`, `*`, or no name at all.
    ///
    /// # Errors
    /// If a name contains an invalid character.
    pub fn trusted_types<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Result<Self, CspError> {
        self.words(Directive::TrustedTypes, names)
    }

    /// Sets `require-trusted-types-for 'script'; trusted-types 'none'`: scripts never turn text
    /// into markup or code, because the page may not create a policy for it. For a page whose
    /// script needs a policy, add its name with [`merge`](Self::merge).
    pub fn no_trusted_types(self) -> Self {
        self.require_trusted_types().set(Directive::TrustedTypes, vec![Cow::Borrowed("'none'")])
    }

    /// Sets `webrtc 'block'`: no peer-to-peer connections.
    pub fn block_webrtc(self) -> Self {
        self.set(Directive::Webrtc, vec![Cow::Borrowed("'block'")])
    }

    /// Sets `report-uri`: the URL for reports of browsers without the Reporting API. The simple
    /// way to both report directives is
    /// [`SecurityHeaders::reports_to`](crate::SecurityHeaders::reports_to).
    ///
    /// # Errors
    /// If the text contains a character that URLs do not have.
    pub fn report_uri(self, url: &str) -> Result<Self, CspError> {
        self.words(Directive::ReportUri, [url])
    }

    /// Sets `report-to`: the name of an endpoint in `Reporting-Endpoints`.
    ///
    /// # Errors
    /// If the name contains an invalid character.
    pub fn report_to(self, endpoint: &str) -> Result<Self, CspError> {
        self.words(Directive::ReportTo, [endpoint])
    }

    /// Removes a directive.
    pub fn without(mut self, directive: Directive) -> Self {
        self.entries.retain(|entry| entry.directive != directive);
        self
    }

    /// Returns this policy, extended by the sources of `other`.
    ///
    /// - A directive in both policies has the sources of both. `'none'` is dropped if there are
    ///   others.
    /// - A directive that is missing here starts with the sources of its fallback. An added image
    ///   host therefore does not remove the `'self'` of `default-src`.
    /// - A directive without a fallback, such as `form-action`, is added unchanged, and so
    ///   restricts.
    /// - `report-uri`, `report-to` and `webrtc` are replaced.
    pub fn merge(&self, other: &Self) -> Self {
        let mut merged = self.clone();
        for Entry { directive, tokens } in &other.entries {
            let mut all = self.effective_sources(*directive);
            if matches!(directive.value_type(), ValueType::Endpoint | ValueType::Urls)
                || *directive == Directive::Webrtc
            {
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

    /// Returns this policy with the directives of `other` in place of its own.
    pub fn replace(self, other: &Self) -> Self {
        other.entries.iter().fold(self, |policy, entry| policy.set(entry.directive, entry.tokens.clone()))
    }

    /// Returns `true` if the policy has no directive.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a directive, such as `'self' https://cdn.example`, if the policy has it.
    pub fn get(&self, directive: Directive) -> Option<String> {
        self.entry(directive).map(|entry| entry.value().collect::<Vec<_>>().join(" "))
    }

    /// The effective directive: `directive` itself if the policy has it, else its first fallback
    /// that the policy has.
    ///
    /// ```
    /// # use palisade::csp::{Csp, Directive};
    /// let policy: Csp = "default-src 'none'; script-src 'self'".parse()?;
    /// let effective = policy.effective_directive(Directive::ScriptSrcElem);
    /// assert_eq!(effective, Some(Directive::ScriptSrc));
    /// # Ok::<(), palisade::csp::CspError>(())
    /// ```
    pub fn effective_directive(&self, directive: Directive) -> Option<Directive> {
        self.effective(directive).map(|(effective, _)| effective)
    }

    /// Returns the header value with this nonce; without one, the nonce sources are omitted. To
    /// render a policy often, [`prepare`](Self::prepare) it once.
    pub fn render(&self, nonce: Option<&str>) -> HeaderValue {
        self.prepare().header(nonce)
    }

    fn entry(&self, directive: Directive) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.directive == directive)
    }

    /// The sources of the effective directive that are valid in `directive`.
    fn effective_sources(&self, directive: Directive) -> Vec<Token> {
        let Some((effective, sources)) = self.effective(directive) else { return Vec::new() };
        // Attributes have no URL and no nonce, and next to a nonce browsers ignore
        // 'unsafe-inline'.
        let allows_attributes = |token: &Token| token.starts_with("'unsafe-") || token.starts_with("'sha");
        let is_for_attributes = matches!(directive, Directive::ScriptSrcAttr | Directive::StyleSrcAttr);
        let has_meaning =
            |token: &&Token| directive == effective || !is_for_attributes || allows_attributes(token);
        sources.iter().filter(|token| directive.admits(token)).filter(has_meaning).cloned().collect()
    }

    /// The effective directive with its sources.
    fn effective(&self, directive: Directive) -> Option<(Directive, &[Token])> {
        let candidates = std::iter::once(directive).chain(directive.fallbacks().iter().copied());
        candidates
            .filter_map(|candidate| self.entry(candidate))
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
        let is_none =
            self.tokens.is_empty() && matches!(self.directive.value_type(), ValueType::Sources { .. });
        self.tokens.iter().map(|token| &**token).chain(is_none.then_some("'none'"))
    }
}

/// Writes the policy as text, with `'nonce'` for the nonce of each response. The text parses back
/// to the same policy.
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
