//! The source lists of CSP as types, so that a source in the wrong directive does not compile.

use super::directive::Directive;

mod sealed {
    pub trait Sealed {}
}

/// A directive that takes a source list.
#[doc(hidden)]
pub trait SourceList: sealed::Sealed {
    /// A directive with this list.
    const DIRECTIVE: Directive;
}

/// A source list that can allow inline code: scripts, styles, and their fallback `default-src`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only script-src, style-src, their -elem and -attr, and default-src take this source",
    label = "has no meaning in this directive"
)]
pub trait InlineSourceList: SourceList {}

/// A source list that decides which code runs: scripts, and their fallback `default-src`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only script-src, script-src-elem, script-src-attr and default-src take this source",
    label = "has no meaning in this directive"
)]
pub trait ScriptSourceList: InlineSourceList {}

macro_rules! source_lists {
    ($($(#[$doc:meta])* $name:ident = $directive:ident $(, $list:ident)*;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {}

        impl sealed::Sealed for $name {}
        impl SourceList for $name {
            const DIRECTIVE: Directive = Directive::$directive;
        }
        $(impl $list for $name {})*
    )+};
}

source_lists! {
    /// The source list of `default-src`, the fallback of the others.
    DefaultSrc = DefaultSrc, InlineSourceList, ScriptSourceList;
    /// The source list of `script-src`, `script-src-elem` and `script-src-attr`.
    ScriptSrc = ScriptSrc, InlineSourceList, ScriptSourceList;
    /// The source list of `style-src`, `style-src-elem` and `style-src-attr`.
    StyleSrc = StyleSrc, InlineSourceList;
    /// The source list of every other directive for URLs: images, fonts, connections, frames,
    /// workers, `base-uri`, `form-action`.
    ResourceSrc = ImgSrc;
    /// The source list of `frame-ancestors`.
    FrameAncestors = FrameAncestors;
}
