//! The extractor for a page's layout: signed-in user, CSRF token, nonce, flash message.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use palisade::session::SessionRejection;
use palisade::template::SafeHtml;
use palisade::{CspNonce, CsrfToken, Rejection, Session, SignedIn};

use super::layout::{Layout, Member, Section, Viewer};
use super::unsent::{FormFill, Unsent};
use crate::db::users::User;
use crate::domain::unsent_form::{OWNER, owner_field};
use crate::state::App;
use crate::web::route_map::FormPages;

/// The data that the layout needs from the request.
///
/// If the session store is down, the page is rendered as for a visitor. The frame protects
/// nothing: access control is in the layers and in `SignedIn`.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    nonce: CspNonce,
    token: Option<CsrfToken>,
    user: Option<SignedIn<User>>,
    notice: Option<String>,
    unsent: Unsent,
    pages: FormPages,
    /// The signed account, for the forms of this page.
    owner: Option<String>,
}

const NOTICE_KEY: &str = "notice";

impl Frame {
    pub(crate) fn layout(&self, section: Section) -> Layout {
        let viewer = match &self.user {
            Some(user) => {
                let (name, is_admin) = (user.full_name.to_string(), user.is_admin());
                Viewer::Member(Member { name, token: self.token(), is_admin })
            }
            None => Viewer::Visitor,
        };
        Layout { viewer, notice: self.notice.clone(), ..Layout::new(section, self.nonce.clone()) }
    }

    /// Returns the layout of a preview, with a notice that nothing is saved.
    pub(crate) fn preview(&self) -> Layout {
        self.layout(Section::Admin).show_notice("This is a preview: nothing of it is kept.")
    }

    /// Returns the hidden fields with the CSRF token and the account whose page it is. Starts a
    /// session if there is none.
    pub(crate) fn token(&self) -> SafeHtml {
        let token = self.token.as_ref().map(CsrfToken::input).unwrap_or_default();
        let Some(owner) = &self.owner else { return token };
        // Digits, letters, `-`, `_` and a full stop.
        SafeHtml::dangerous_allow_unsanitized(format!(
            "{token}<input type=\"hidden\" name=\"{OWNER}\" value=\"{owner}\">"
        ))
    }

    /// Returns the CSRF token, for scripts.
    pub(crate) fn csrf(&self) -> Option<&CsrfToken> {
        self.token.as_ref()
    }

    /// Returns the typed text that this page shows, or offers.
    pub(crate) fn unsent(&self) -> &Unsent {
        &self.unsent
    }

    /// Returns the typed text that this page shows.
    pub(crate) fn fill(&self) -> Option<&FormFill> {
        match &self.unsent {
            Unsent::Fill(fill) => Some(fill),
            Unsent::None | Unsent::Offer { .. } | Unsent::Sent => None,
        }
    }

    /// Returns the pages whose form is sent to their own path.
    pub(crate) fn form_pages(&self) -> &FormPages {
        &self.pages
    }

    pub(crate) fn user(&self) -> Option<&SignedIn<User>> {
        self.user.as_ref()
    }
}

/// Sets a flash message, which the next page shows once.
pub(crate) async fn notice(session: &Session, text: &str) -> Result<(), SessionRejection> {
    session.set(NOTICE_KEY, text).await
}

impl FromRequestParts<App> for Frame {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Rejection> {
        let nonce = CspNonce::from_request_parts(parts, app).await?;
        let user = <SignedIn<User> as OptionalFromRequestParts<App>>::from_request_parts(parts, app).await;
        let notice = match parts.extensions.get::<Session>().cloned() {
            Some(session) => session.take(NOTICE_KEY).await.unwrap_or_default(),
            None => None,
        };
        let token = CsrfToken::of(&parts.extensions).ok();
        let user = user.unwrap_or_default();
        let unsent = Unsent::load(parts, app, user.as_ref()).await;
        let pages = parts.extensions.get::<FormPages>().cloned().unwrap_or_default();
        let owner = user.as_ref().map(|user| owner_field(&app.keyring, user.id));
        Ok(Self { nonce, token, user, notice, unsent, pages, owner })
    }
}
