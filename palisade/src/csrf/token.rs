//! The token of a page, for its forms and scripts.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::Extensions;

use super::settings::{NO_SESSIONS, TokenSettings};
use crate::core::rejection::MissingLayer;
use crate::core::request_context::RequestContext;
use crate::core::safe_html::SafeHtml;
use crate::core::session_tag::SessionTag;

/// The CSRF token of a page, for its forms and scripts. An axum extractor.
///
/// The token is made when it is first written, which starts a session. Write it before the
/// response's head is sent, because the visitor needs the session's cookie. In a handler that
/// signs somebody in or out, write it afterwards. The response gets `Cache-Control: private,
/// no-cache`.
///
/// The extractor reads the session of a request that has a cookie, so that the token is bound to
/// the session that the response continues.
///
/// ```
/// use palisade::CsrfToken;
///
/// async fn form(token: CsrfToken) -> String {
///     format!("<form method=\"post\">{}<button>Send</button></form>", token.input())
/// }
///
/// let error = CsrfToken::of(&http::Extensions::new()).unwrap_err();
/// assert!(error.0.contains("Add `CsrfTokens::new(&keyring)`"));
/// ```
#[doc(alias = "csrf_token")]
#[derive(Clone)]
pub struct CsrfToken(Arc<LazyToken>);

struct LazyToken {
    settings: Arc<TokenSettings>,
    tag: Arc<dyn SessionTag>,
    context: Option<RequestContext>,
    text: OnceLock<String>,
}

/// The token layer nearest to the handler, in the request's extensions.
#[derive(Clone)]
pub(super) struct TokenIssuer {
    pub(super) settings: Arc<TokenSettings>,
    /// The session that the layer verifies tokens against.
    pub(super) tag: Option<Arc<dyn SessionTag>>,
}

impl CsrfToken {
    /// Returns the token for the request with these extensions. It does not read the session: read
    /// it before the token is written, with [`Session::get`](crate::Session::get) for example.
    ///
    /// # Errors
    /// If there is no token layer or no session layer, or another session layer between them and
    /// the handler. The error names the line to add.
    pub fn of(extensions: &Extensions) -> Result<Self, MissingLayer> {
        const MISSING: MissingLayer = MissingLayer(
            "There is no layer for CSRF tokens. Add `CsrfTokens::new(&keyring)` inside of the session layer.",
        );
        let issuer = extensions.get::<TokenIssuer>();
        let issuer = issuer.ok_or_else(|| RequestContext::sessions_missing(extensions, MISSING))?;
        let TokenIssuer { settings, tag } = issuer.clone();
        let tag = tag.ok_or(NO_SESSIONS)?;
        let nearest = extensions.get::<Arc<dyn SessionTag>>();
        if nearest.is_some_and(|nearest| !std::ptr::addr_eq(Arc::as_ptr(nearest), Arc::as_ptr(&tag))) {
            return Err(MissingLayer(
                "There is a session layer inside of `CsrfTokens`, so its sign-ins would not end older tokens. \
                 Put `CsrfTokens` inside of the innermost session layer.",
            ));
        }
        let context = RequestContext::of(extensions).cloned();
        Ok(Self(Arc::new(LazyToken { settings, tag, context, text: OnceLock::new() })))
    }

    /// The token, for a header or a field of your own: letters, digits, `-` and `_`.
    pub fn as_str(&self) -> &str {
        let LazyToken { settings, tag, context, text } = &*self.0;
        text.get_or_init(|| {
            if let Some(context) = context {
                context.mark_personal();
            }
            settings.signer.issue(tag.next())
        })
    }

    /// The hidden field of a form: `<input type="hidden" name="csrf_token" value="…">`.
    pub fn input(&self) -> SafeHtml {
        // The field's name and the token have letters, digits, `-`, `_` and `.` only.
        let field = &self.0.settings.field;
        SafeHtml::dangerous_allow_unsanitized(format!(
            "<input type=\"hidden\" name=\"{field}\" value=\"{self}\">"
        ))
    }

    /// The token for scripts: `<meta name="csrf-token" content="…">`. Scripts send it in
    /// the header `X-CSRFToken`.
    pub fn meta(&self) -> SafeHtml {
        SafeHtml::dangerous_allow_unsanitized(format!("<meta name=\"csrf-token\" content=\"{self}\">"))
    }
}

impl fmt::Display for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Hides the token, which is a secret of the page.
impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(hidden)")
    }
}
