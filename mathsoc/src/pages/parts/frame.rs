//! Who looks at a page, as the frame around it wants to know: a name to greet, the way out, and what is to be said once.

use palisade::session::SessionRejection;
use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use palisade::{CspNonce, CsrfToken, Session, SignedIn};

use super::layout::{Layout, Member, Section, Viewer};
use super::trusted_html::TrustedHtml;
use crate::db::users::User;
use crate::state::App;

/// Who looks at the page. While sessions cannot be read it is shown as to a visitor: it only greets, it guards nothing.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    nonce: CspNonce,
    token: Option<CsrfToken>,
    user: Option<SignedIn<User>>,
    notice: Option<String>,
}

const NOTICE_KEY: &str = "notice";

impl Frame {
    /// The frame in this part of the site.
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

    /// The frame around what an admin has typed and not kept yet.
    pub(crate) fn preview(&self) -> Layout {
        self.layout(Section::Admin).show_notice("This is a preview: nothing of it is kept.")
    }

    /// The field with the token, for a form. It begins a session where there is none.
    pub(crate) fn token(&self) -> TrustedHtml {
        TrustedHtml::csrf_field(self.token.as_ref())
    }

    /// Who is signed in.
    pub(crate) fn user(&self) -> Option<&SignedIn<User>> {
        self.user.as_ref()
    }
}

/// Says something on the next page that is shown.
pub(crate) async fn notice(session: &Session, text: &str) -> Result<(), SessionRejection> {
    session.set(NOTICE_KEY, text).await
}

impl FromRequestParts<App> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Ok(nonce) = CspNonce::from_request_parts(parts, app).await;
        let user = <SignedIn<User> as OptionalFromRequestParts<App>>::from_request_parts(parts, app).await;
        let notice = match parts.extensions.get::<Session>().cloned() {
            Some(session) => session.take(NOTICE_KEY).await.unwrap_or_default(),
            None => None,
        };
        let token = CsrfToken::of(&parts.extensions).ok();
        Ok(Self { nonce, token, user: user.unwrap_or_default(), notice })
    }
}
