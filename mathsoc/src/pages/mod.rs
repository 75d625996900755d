//! The pages of the site: a handler and a page struct per subject, one file each.
//!
//! ```
//! use mathsoc::pages::{Here, Layout};
//!
//! let layout = Layout::new(Here::Articles, palisade::CspNonce::default());
//! assert!(layout.is_in("articles"));
//! ```
//!
//! # What a page goes through
//!
//! 1. The address is read by [`address`]: an id that is none is a 404, a page number that is none is the first page.
//! 2. The handler asks `db` and fills the page struct.
//! 3. The template in `templates/` turns it into HTML. It escapes everything except [`Typeset`](crate::typeset::Typeset).
//!
//! # Defaults
//!
//! | what | value | why |
//! |---|---|---|
//! | script | only if `make assets` was run | the site works without it |
//! | nonce | made when the layout prints the script | a page without a script needs none |
//!
//! # What it does not do
//!
//! Pages add no headers and no layers (`routes.rs` does), and a page never writes the body of an error: it returns
//! [`Error`], and [`error::page`] is asked for the page.
//!
//! # References
//!
//! [HTML: sections and headings](https://html.spec.whatwg.org/multipage/sections.html) ·
//! [WCAG 2.2](https://www.w3.org/TR/WCAG22/)

pub mod about;
pub mod account;
pub mod address;
pub mod admin;
pub mod answers;
pub mod api;
pub mod articles;
mod boards;
pub mod challenges;
pub mod competitions;
pub mod countdown;
pub mod day;
pub mod error;
pub mod files;
mod filters;
pub mod form;
mod frame;
pub mod health;
pub mod home;
pub mod leaderboard;
pub mod live;
pub mod newsletters;
pub mod pager;
pub mod privacy_policy;
pub mod reports;
pub mod search;
mod stages;

use askama::Template;
use axum::response::Html;
use palisade::CspNonce;

pub use self::frame::{Frame, Printed};
use crate::error::Error;

/// What the frame around every page needs to know.
#[derive(Clone, Debug)]
pub struct Layout {
    here: Here,
    nonce: CspNonce,
    who: Who,
    notice: Option<String>,
}

/// Who looks at the page, for the frame.
#[derive(Clone, Debug)]
enum Who {
    /// Nobody has looked, as on the page of an error.
    Unknown,
    Visitor,
    Member(Member),
}

/// Who is signed in, for the frame.
#[derive(Clone, Debug)]
struct Member {
    name: String,
    token: Printed,
    is_admin: bool,
}

impl Layout {
    /// The frame of a page in this part of the site, for whoever it may be.
    pub fn new(here: Here, nonce: CspNonce) -> Self {
        Self { here, nonce, who: Who::Unknown, notice: None }
    }

    /// The name of who is signed in.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.signed_in().map(|member| &*member.name)
    }

    /// Whether who is signed in is an admin.
    #[must_use]
    pub fn is_for_admin(&self) -> bool {
        self.signed_in().is_some_and(|member| member.is_admin)
    }

    /// The field with the token that the form for signing out needs.
    #[must_use]
    pub fn token(&self) -> Printed {
        self.signed_in().map(|member| member.token.clone()).unwrap_or_default()
    }

    /// Whether somebody looks at it who is known not to be signed in.
    #[must_use]
    pub fn is_for_visitor(&self) -> bool {
        matches!(self.who, Who::Visitor)
    }

    fn signed_in(&self) -> Option<&Member> {
        match &self.who {
            Who::Member(member) => Some(member),
            Who::Unknown | Who::Visitor => None,
        }
    }

    /// With something to say.
    #[must_use]
    pub fn saying(self, notice: &str) -> Self {
        Self { notice: Some(notice.to_owned()), ..self }
    }

    /// What is to be said once.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Whether the page belongs to the part of the site with this name, for the navigation to say so.
    #[must_use]
    pub fn is_in(&self, part: &str) -> bool {
        self.here.name() == part
    }

    /// The value that marks our own script.
    #[must_use]
    pub fn nonce(&self) -> &CspNonce {
        &self.nonce
    }
}

/// A part of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// The front page.
    Home,
    /// The list of challenges and every challenge.
    Challenges,
    /// Who has how many points.
    Leaderboard,
    /// The list of articles and every article.
    Articles,
    /// About the society.
    About,
    /// One's own pages.
    Account,
    /// What admins do.
    Admin,
    /// A page that the navigation does not name.
    Elsewhere,
}

impl Here {
    fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Challenges => "challenges",
            Self::Leaderboard => "leaderboard",
            Self::Articles => "articles",
            Self::About => "about",
            Self::Account => "account",
            Self::Admin => "admin",
            Self::Elsewhere => "elsewhere",
        }
    }
}

#[cfg(test)]
mod looks;

fn shown(page: &impl Template) -> Result<Html<String>, Error> {
    Ok(Html(page.render()?))
}
