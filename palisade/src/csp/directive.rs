//! The directives of CSP Level 3, with the type of their values and their fallbacks.

use std::fmt;

/// A directive of a Content-Security-Policy.
///
/// ```
/// use palisade::csp::Directive;
///
/// let directive: Directive = "frame-ancestors".parse()?;
/// assert_eq!(directive, Directive::FrameAncestors);
/// assert_eq!(directive.name(), "frame-ancestors");
/// # Ok::<(), palisade::csp::CspError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant has the name of its directive")]
pub enum Directive {
    DefaultSrc,
    ScriptSrc,
    ScriptSrcElem,
    ScriptSrcAttr,
    StyleSrc,
    StyleSrcElem,
    StyleSrcAttr,
    ImgSrc,
    FontSrc,
    ConnectSrc,
    MediaSrc,
    ObjectSrc,
    FrameSrc,
    FencedFrameSrc,
    ChildSrc,
    WorkerSrc,
    ManifestSrc,
    PrefetchSrc,
    BaseUri,
    FormAction,
    FrameAncestors,
    Sandbox,
    UpgradeInsecureRequests,
    BlockAllMixedContent,
    RequireTrustedTypesFor,
    TrustedTypes,
    Webrtc,
    ReportUri,
    ReportTo,
}

/// The type of a directive's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    /// A source list. `inline` also accepts nonces and hashes; `executes` also accepts
    /// `'strict-dynamic'` and the eval keywords.
    Sources { inline: bool, executes: bool },
    /// No value.
    Empty,
    /// Keywords of a fixed set; for `sandbox` also none at all.
    Flags(&'static [&'static str]),
    /// Names of Trusted Types policies.
    PolicyNames,
    /// URLs that receive reports.
    Urls,
    /// The name of one reporting endpoint.
    Endpoint,
}

const SANDBOX_FLAGS: &[&str] = &[
    "allow-downloads",
    "allow-forms",
    "allow-modals",
    "allow-orientation-lock",
    "allow-pointer-lock",
    "allow-popups",
    "allow-popups-to-escape-sandbox",
    "allow-presentation",
    "allow-same-origin",
    "allow-scripts",
    "allow-storage-access-by-user-activation",
    "allow-top-navigation",
    "allow-top-navigation-by-user-activation",
    "allow-top-navigation-to-custom-protocols",
];

impl Directive {
    pub(super) const ALL: [Self; 29] = [
        Self::DefaultSrc,
        Self::ScriptSrc,
        Self::ScriptSrcElem,
        Self::ScriptSrcAttr,
        Self::StyleSrc,
        Self::StyleSrcElem,
        Self::StyleSrcAttr,
        Self::ImgSrc,
        Self::FontSrc,
        Self::ConnectSrc,
        Self::MediaSrc,
        Self::ObjectSrc,
        Self::FrameSrc,
        Self::FencedFrameSrc,
        Self::ChildSrc,
        Self::WorkerSrc,
        Self::ManifestSrc,
        Self::PrefetchSrc,
        Self::BaseUri,
        Self::FormAction,
        Self::FrameAncestors,
        Self::Sandbox,
        Self::UpgradeInsecureRequests,
        Self::BlockAllMixedContent,
        Self::RequireTrustedTypesFor,
        Self::TrustedTypes,
        Self::Webrtc,
        Self::ReportUri,
        Self::ReportTo,
    ];

    /// The name in a policy, such as `script-src`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DefaultSrc => "default-src",
            Self::ScriptSrc => "script-src",
            Self::ScriptSrcElem => "script-src-elem",
            Self::ScriptSrcAttr => "script-src-attr",
            Self::StyleSrc => "style-src",
            Self::StyleSrcElem => "style-src-elem",
            Self::StyleSrcAttr => "style-src-attr",
            Self::ImgSrc => "img-src",
            Self::FontSrc => "font-src",
            Self::ConnectSrc => "connect-src",
            Self::MediaSrc => "media-src",
            Self::ObjectSrc => "object-src",
            Self::FrameSrc => "frame-src",
            Self::FencedFrameSrc => "fenced-frame-src",
            Self::ChildSrc => "child-src",
            Self::WorkerSrc => "worker-src",
            Self::ManifestSrc => "manifest-src",
            Self::PrefetchSrc => "prefetch-src",
            Self::BaseUri => "base-uri",
            Self::FormAction => "form-action",
            Self::FrameAncestors => "frame-ancestors",
            Self::Sandbox => "sandbox",
            Self::UpgradeInsecureRequests => "upgrade-insecure-requests",
            Self::BlockAllMixedContent => "block-all-mixed-content",
            Self::RequireTrustedTypesFor => "require-trusted-types-for",
            Self::TrustedTypes => "trusted-types",
            Self::Webrtc => "webrtc",
            Self::ReportUri => "report-uri",
            Self::ReportTo => "report-to",
        }
    }

    /// The fallbacks of this directive: if it is missing, the first of them that is present
    /// applies (CSP3 §6.8.3).
    pub(super) fn fallbacks(self) -> &'static [Self] {
        match self {
            Self::ScriptSrcElem | Self::ScriptSrcAttr => &[Self::ScriptSrc, Self::DefaultSrc],
            Self::StyleSrcElem | Self::StyleSrcAttr => &[Self::StyleSrc, Self::DefaultSrc],
            Self::FencedFrameSrc => &[Self::FrameSrc, Self::ChildSrc, Self::DefaultSrc],
            Self::FrameSrc => &[Self::ChildSrc, Self::DefaultSrc],
            Self::WorkerSrc => &[Self::ChildSrc, Self::ScriptSrc, Self::DefaultSrc],
            Self::ScriptSrc
            | Self::StyleSrc
            | Self::ImgSrc
            | Self::FontSrc
            | Self::ConnectSrc
            | Self::MediaSrc
            | Self::ObjectSrc
            | Self::ChildSrc
            | Self::ManifestSrc
            | Self::PrefetchSrc => &[Self::DefaultSrc],
            _ => &[],
        }
    }

    pub(super) fn value_type(self) -> ValueType {
        match self {
            Self::DefaultSrc | Self::ScriptSrc | Self::ScriptSrcElem | Self::ScriptSrcAttr => {
                ValueType::Sources { inline: true, executes: true }
            }
            Self::StyleSrc | Self::StyleSrcElem | Self::StyleSrcAttr => {
                ValueType::Sources { inline: true, executes: false }
            }
            Self::Sandbox => ValueType::Flags(SANDBOX_FLAGS),
            Self::UpgradeInsecureRequests | Self::BlockAllMixedContent => ValueType::Empty,
            Self::RequireTrustedTypesFor => ValueType::Flags(&["'script'"]),
            Self::Webrtc => ValueType::Flags(&["'allow'", "'block'"]),
            Self::TrustedTypes => ValueType::PolicyNames,
            Self::ReportUri => ValueType::Urls,
            Self::ReportTo => ValueType::Endpoint,
            _ => ValueType::Sources { inline: false, executes: false },
        }
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
