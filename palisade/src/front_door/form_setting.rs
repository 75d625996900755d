//! The setting of the page for rejected forms.

use std::sync::Arc;

use axum::Router;
use http::uri::PathAndQuery;

use super::Palisade;
use super::rejected_forms::FormPages;

/// # Rejected forms
impl Palisade {
    /// Shows a form again that was rejected, so that nothing typed is lost: a form whose session
    /// has ended, whose token is too old, that came too often, is too large, or whose handler
    /// failed. Off by default. Needs [`sessions`](Self::sessions).
    ///
    /// A form that is answered with an error without a page of its own, or with a redirect to the
    /// login page, is recorded: its first 256 KiB. Then `pages` is asked for a page that shows it, by a
    /// GET whose extensions have the [`RejectedForm`](crate::extract::RejectedForm). Write the router
    /// that is protected, with its state:
    ///
    /// ```
    /// use axum::{Router, response::Html, routing::get};
    /// use palisade::error_page::Escaped;
    /// use palisade::extract::RejectedForm;
    /// use palisade::session::store::MemorySessions;
    /// use palisade::test::Browser;
    /// use palisade::{CsrfToken, Keyring, Palisade, Sessions};
    ///
    /// async fn page(token: CsrfToken, rejected: Option<RejectedForm>) -> Html<String> {
    ///     let typed = rejected.as_ref().and_then(|form| form.text("note")).unwrap_or_default();
    ///     if let Some(form) = &rejected {
    ///         form.mark_shown();
    ///     }
    ///     let (token, typed) = (token.input(), Escaped(typed));
    ///     Html(format!("<form method=post>{token}<input name=note value=\"{typed}\"></form>"))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let routes: Router = Router::new()
    ///     .route("/notes", get(page).post(async || "saved"))
    ///     .route("/rejected", get(async |form: RejectedForm| format!("{:?}", form.text("note"))));
    /// let palisade = Palisade::development()
    ///     .sessions(Sessions::in_store(MemorySessions::new(), &Keyring::random()))
    ///     .rejected_forms(routes.clone(), "/rejected");
    /// let mut browser = Browser::new(palisade.protect(routes));
    ///
    /// browser.get("/notes").await;
    /// let stale = [("note", "an hour's work"), ("csrf_token", "of an earlier session")];
    /// let page = browser.submit("/notes", &stale).await;
    /// assert_eq!(page.status, 403);
    /// assert!(page.text.contains("value=\"an hour&#39;s work\""));
    /// # }
    /// ```
    ///
    /// These pages are asked, in order:
    ///
    /// 1. the page at the form's own path, which can fill its fields in;
    /// 2. if that page does not call
    ///    [`mark_shown`](crate::extract::RejectedForm::mark_shown) or is not a 200: `path`, which
    ///    can show the fields of any form, and ask to sign in;
    /// 3. if that page does not either, the response is the rejection as without this setting.
    ///
    /// The page is sent with the status of the rejection; a redirect to the login page becomes a
    /// 401. The log has the reason as always. The token check and all limits hold for the form that
    /// is sent again, since the page has a fresh token and a person has to press its button.
    ///
    /// | case | what happens |
    /// |---|---|
    /// | the request is not a form of a person, or no `Sec-Fetch-Site` or `Origin` says that this site's page sent it | the rejection |
    /// | the form has no token at all | the rejection: it is not from a page of this site |
    /// | a urlencoded form of more than 256 KiB | the rejection |
    /// | a multipart form | files are left out; so are texts after the first 256 KiB |
    /// | a body that arrives too late, a request past its [`timeout`](Self::timeout) | the rejection |
    ///
    /// The page must not print passwords and one-time codes again, and should show the fields only
    /// to the account that has sent them. Give `path` a rate limit of its own: each rejected form
    /// asks for up to two pages.
    ///
    /// # Panics
    /// If the path is not a path of the router.
    pub fn rejected_forms(self, pages: Router, path: &'static str) -> Self {
        assert!(path.starts_with('/'), "`{path}` is not a path of the router: write one such as /rejected");
        let path = Arc::new(PathAndQuery::from_static(path));
        self.change(|settings| settings.rejected_forms = Some(FormPages { router: pages, path }))
    }
}
