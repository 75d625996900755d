//! Presets.

use super::{Csp, Source, none};

impl Csp {
    /// The policy of a site that serves its own files and puts the nonce into its scripts.
    ///
    /// | directive | why |
    /// |---|---|
    /// | `default-src 'self'` | nothing is loaded from other sites |
    /// | `script-src 'nonce' 'strict-dynamic'` | host lists can be bypassed |
    /// | `object-src 'none'` | plug-ins run code outside the policy |
    /// | `base-uri 'none'` | an injected `<base>` redirects relative script URLs |
    /// | `form-action 'self'` | an injected form sends its input to another site |
    /// | `frame-ancestors 'none'` | clickjacking |
    ///
    /// ```
    /// use palisade::csp::{Csp, Directive};
    ///
    /// let policy = Csp::strict();
    /// assert_eq!(policy.get(Directive::FrameAncestors).as_deref(), Some("'none'"));
    /// ```
    pub fn strict() -> Self {
        Self::new()
            .default_src([Source::SELF])
            .script_src([Source::NONCE, Source::STRICT_DYNAMIC])
            .object_src(none())
            .base_uri(none())
            .form_action([Source::SELF])
            .frame_ancestors(none())
    }

    /// The policy of responses that only programs read: they load nothing, and no page may frame
    /// them.
    pub fn api() -> Self {
        Self::new().default_src(none()).frame_ancestors(none())
    }

    /// Flask-Talisman's default policy.
    pub fn talisman() -> Self {
        Self::new().default_src([Source::SELF]).object_src(none())
    }

    /// Flask-Talisman's `GOOGLE_CSP_POLICY`, unchanged. Google's services need other hosts today.
    pub fn google() -> Self {
        let policy = "font-src 'self' themes.googleusercontent.com *.gstatic.com; \
            frame-src 'self' www.google.com www.youtube.com; \
            script-src 'self' ajax.googleapis.com *.googleanalytics.com *.google-analytics.com; \
            style-src 'self' ajax.googleapis.com fonts.googleapis.com *.gstatic.com; \
            object-src 'none'; default-src 'self' *.gstatic.com";
        policy.parse().expect("the text is constant, and a test parses it")
    }
}
