//! The form of a request that was rejected, for the page that shows it again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use http::{Extensions, StatusCode};

use super::form_fields::FormFields;
use crate::core::rejection::Rejection;

/// The fields of a form that was rejected, as an extractor of the page that shows them again.
///
/// [`Palisade::rejected_forms`](crate::Palisade::rejected_forms) calls that page, and explains when.
/// `Option<RejectedForm>` is `None` for every other request; `RejectedForm` alone answers 404 to it.
///
/// ```
/// use axum::{Router, response::Html, routing::get};
/// use palisade::error_page::Escaped;
/// use palisade::extract::RejectedForm;
/// use palisade::session::store::MemorySessions;
/// use palisade::test::Browser;
/// use palisade::{CsrfToken, Keyring, Palisade, Sessions};
///
/// async fn note(token: CsrfToken, rejected: Option<RejectedForm>) -> Html<String> {
///     let text = rejected.as_ref().and_then(|form| form.text("note")).unwrap_or_default();
///     if let Some(form) = &rejected {
///         form.mark_shown(); // this page has the text: its answer replaces the error page
///     }
///     Html(format!("<form method=\"post\">{}<input name=\"note\" value=\"{}\"></form>", token.input(), Escaped(text)))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let keyring = Keyring::random();
/// let routes = Router::new().route("/", get(note).post(async || "saved"));
/// let site = Palisade::development()
///     .sessions(Sessions::in_store(MemorySessions::new(), &keyring))
///     .rejected_forms(routes.clone(), "/rejected");
/// let app = site.protect(routes);
///
/// let mut browser = Browser::new(app);
/// browser.get("/").await;
/// let fields = [("note", "An hour's work"), ("csrf_token", "that of an earlier session")];
/// let page = browser.submit("/", &fields).await;
/// assert_eq!(page.status, 403);
/// assert!(page.text.contains("value=\"An hour&#39;s work\""));
/// # }
/// ```
#[derive(Clone)]
pub struct RejectedForm(Arc<Inner>);

struct Inner {
    path: String,
    status: StatusCode,
    rejection: Option<Rejection>,
    fields: FormFields,
    shown: AtomicBool,
}

impl RejectedForm {
    pub(crate) fn new(
        path: String,
        status: StatusCode,
        rejection: Option<Rejection>,
        fields: FormFields,
    ) -> Self {
        Self(Arc::new(Inner { path, status, rejection, fields, shown: AtomicBool::new(false) }))
    }

    /// Returns the form that this request is to show, from the request's extensions.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// The path and query that the form was sent to.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The status of the rejection: a 303 asks to sign in.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The reason; `None` if the handler failed or answered an error itself.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.0.rejection.as_ref()
    }

    /// The text fields in their order, the CSRF token and passwords included: remove both before you
    /// print the others.
    pub fn fields(&self) -> &[(String, String)] {
        &self.0.fields.texts
    }

    /// The first text field of this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields().iter().find(|(field, _)| field == name).map(|(_, text)| &**text)
    }

    /// Returns `true` if the form had a file, which cannot be shown again. Text fields after the
    /// first 256 KiB of such a form are missing, too.
    pub fn has_files(&self) -> bool {
        self.0.fields.has_files
    }

    /// Returns `true` if the form is sent as `multipart/form-data`.
    pub fn is_multipart(&self) -> bool {
        self.0.fields.is_multipart
    }

    /// Says that this page shows the fields, so that it is the response. A page that does not say so
    /// is discarded.
    pub fn mark_shown(&self) {
        self.0.shown.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.0.shown.load(Ordering::Relaxed)
    }
}

/// Hides the fields, which may be personal.
impl fmt::Debug for RejectedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RejectedForm");
        debug.field("path", &self.0.path).field("status", &self.0.status).finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for RejectedForm {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        Self::of(&parts.extensions).cloned().ok_or(StatusCode::NOT_FOUND)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for RejectedForm {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(Self::of(&parts.extensions).cloned())
    }
}
