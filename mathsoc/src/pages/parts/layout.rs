//! The frame around every page, as its template reads it.

use palisade::CspNonce;

use super::trusted_html::TrustedHtml;

/// What the frame around every page needs to know.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) section: Section,
    pub(super) nonce: CspNonce,
    pub(super) viewer: Viewer,
    pub(super) notice: Option<String>,
}

/// Who looks at the page, for the frame.
#[derive(Clone, Debug)]
pub(super) enum Viewer {
    /// Nobody has looked, as on the page of an error.
    Unknown,
    Visitor,
    Member(Member),
}

/// Who is signed in, for the frame.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) token: TrustedHtml,
    pub(super) is_admin: bool,
}

impl Layout {
    /// The frame of a page in this part of the site, for whoever it may be.
    pub fn new(section: Section, nonce: CspNonce) -> Self {
        Self { section, nonce, viewer: Viewer::Unknown, notice: None }
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
    pub fn token(&self) -> TrustedHtml {
        self.signed_in().map(|member| member.token.clone()).unwrap_or_default()
    }

    /// Whether somebody looks at it who is known not to be signed in.
    #[must_use]
    pub fn is_for_visitor(&self) -> bool {
        matches!(self.viewer, Viewer::Visitor)
    }

    fn signed_in(&self) -> Option<&Member> {
        match &self.viewer {
            Viewer::Member(member) => Some(member),
            Viewer::Unknown | Viewer::Visitor => None,
        }
    }

    /// With something to say.
    #[must_use]
    pub fn show_notice(self, notice: &str) -> Self {
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
        self.section.name() == part
    }

    /// The value that marks our own script.
    #[must_use]
    pub fn nonce(&self) -> &CspNonce {
        &self.nonce
    }
}

/// A part of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
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
    Other,
}

impl Section {
    fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Challenges => "challenges",
            Self::Leaderboard => "leaderboard",
            Self::Articles => "articles",
            Self::About => "about",
            Self::Account => "account",
            Self::Admin => "admin",
            Self::Other => "other",
        }
    }
}
