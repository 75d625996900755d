//! The token of a page, for its forms and scripts.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::Extensions;

use super::settings::{NO_SESSIONS, TokenSettings};
use crate::core::rejection::MissingLayer;
use crate::core::request_context::RequestContext;
use crate::core::safe_html::SafeHtml;

/// The CSRF token of a page, for its forms and scripts. An axum extractor.
///
/// The token is made when it is first written, which starts a session. Write it before the
/// response's head is sent, because the visitor needs the session's cookie. In a handler that
/// signs somebody in or out, ask for it afterwards. The response gets `Cache-Control: private,
/// no-cache`.
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
    context: RequestContext,
    text: OnceLock<String>,
}

impl CsrfToken {
    /// Returns the token for the request with these extensions.
    ///
    /// # Errors
    /// If there is no token layer or no session layer. The error names the line to add.
    pub fn of(extensions: &Extensions) -> Result<Self, MissingLayer> {
        let settings = extensions.get::<Arc<TokenSettings>>().ok_or(MissingLayer(
            "There is no layer for CSRF tokens. Add `CsrfTokens::new(&keyring)` inside of the session layer.",
        ))?;
        let context = RequestContext::of(extensions).ok_or(NO_SESSIONS)?;
        context.session_tag().ok_or(NO_SESSIONS)?;
        Ok(Self(Arc::new(LazyToken {
            settings: Arc::clone(settings),
            context: context.clone(),
            text: OnceLock::new(),
        })))
    }

    /// The token, for a header or a field of your own: letters, digits, `-` and `_`.
    pub fn as_str(&self) -> &str {
        let LazyToken { settings, context, text } = &*self.0;
        text.get_or_init(|| {
            let tag = context.session_tag().expect("`of` has checked that there is one");
            context.mark_personal();
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
