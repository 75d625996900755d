//! Policies with a name.

use super::{Csp, Source, none};

impl Csp {
    /// For a site that serves its own files and whose scripts carry the nonce.
    ///
    /// | directive | why |
    /// |---|---|
    /// | `default-src 'self'` | nothing from elsewhere |
    /// | `script-src 'nonce' 'strict-dynamic'` | hosts can be bypassed, a nonce cannot be guessed; what our scripts load is ours |
    /// | `object-src 'none'` | plug-ins run code beside the policy |
    /// | `base-uri 'none'` | a planted `<base>` moves relative scripts |
    /// | `form-action 'self'` | a planted form sends what is typed elsewhere |
    /// | `frame-ancestors 'none'` | clickjacking |
    pub fn strict() -> Self {
        Self::new()
            .default_src([Source::SELF])
            .script_src([Source::NONCE, Source::STRICT_DYNAMIC])
            .object_src(none())
            .base_uri(none())
            .form_action([Source::SELF])
            .frame_ancestors(none())
    }

    /// For what only programs read: nothing loads, nothing frames.
    pub fn api() -> Self {
        Self::new().default_src(none()).frame_ancestors(none())
    }

    /// Flask-Talisman's default.
    pub fn talisman() -> Self {
        Self::new().default_src([Source::SELF]).object_src(none())
    }

    /// Flask-Talisman's `GOOGLE_CSP_POLICY`, for the services of Google as they were.
    pub fn google() -> Self {
        let policy = "font-src 'self' themes.googleusercontent.com *.gstatic.com; \
            frame-src 'self' www.google.com www.youtube.com; \
            script-src 'self' ajax.googleapis.com *.googleanalytics.com *.google-analytics.com; \
            style-src 'self' ajax.googleapis.com fonts.googleapis.com *.gstatic.com; \
            object-src 'none'; default-src 'self' *.gstatic.com";
        policy.parse().expect("a test reads it")
    }
}
