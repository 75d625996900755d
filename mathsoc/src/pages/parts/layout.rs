//! The data of the base template `layout.html`.

use palisade::CspNonce;
use palisade::template::SafeHtml;

/// The data of the base template.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) section: Section,
    pub(super) nonce: CspNonce,
    pub(super) viewer: Viewer,
    pub(super) notice: Option<String>,
}

/// The viewer, for the header and the navigation.
#[derive(Clone, Debug)]
pub(super) enum Viewer {
    /// The session was not read, as on an error page.
    Unknown,
    Visitor,
    Member(Member),
}

/// A signed-in user, for the header.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) token: SafeHtml,
    pub(super) is_admin: bool,
}

impl Layout {
    /// Creates a layout for an unknown viewer.
    pub fn new(section: Section, nonce: CspNonce) -> Self {
        Self { section, nonce, viewer: Viewer::Unknown, notice: None }
    }

    /// Returns the name of the signed-in user.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.signed_in().map(|member| &*member.name)
    }

    /// Returns `true` if the signed-in user is an admin.
    #[must_use]
    pub fn is_for_admin(&self) -> bool {
        self.signed_in().is_some_and(|member| member.is_admin)
    }

    /// Returns the hidden field with the CSRF token, for the log-out form.
    #[must_use]
    pub fn token(&self) -> SafeHtml {
        self.signed_in().map(|member| member.token.clone()).unwrap_or_default()
    }

    /// Returns `true` if the session was read and no one is signed in.
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

    /// Sets the notice at the top of the page.
    #[must_use]
    pub fn show_notice(self, notice: &str) -> Self {
        Self { notice: Some(notice.to_owned()), ..self }
    }

    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Returns `true` if the page is in the section with this name. The navigation highlights it.
    #[must_use]
    pub fn is_in(&self, part: &str) -> bool {
        self.section.name() == part
    }

    /// Returns the nonce of the Content Security Policy.
    #[must_use]
    pub fn nonce(&self) -> &CspNonce {
        &self.nonce
    }
}

/// A section of the site, for the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Home,
    /// Challenges and competitions.
    Challenges,
    Leaderboard,
    /// Articles and newsletters.
    Articles,
    About,
    /// The signed-in user's own pages, and the pages to log in and register.
    Account,
    Admin,
    /// A page that is not in the navigation.
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
