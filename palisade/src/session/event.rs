//! What happened to a session, for the log and for whoever listens.

/// What happened to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent<'a> {
    /// Somebody has signed in.
    SignedIn {
        /// The account.
        user: &'a str,
    },
    /// Somebody has proved afresh who they are.
    Confirmed {
        /// The account.
        user: &'a str,
    },
    /// Somebody has signed out.
    SignedOut {
        /// The account.
        user: &'a str,
    },
    /// A remember token has signed somebody in.
    Restored {
        /// The account.
        user: &'a str,
    },
    /// The client of a session has changed.
    ClientChanged {
        /// The account.
        user: &'a str,
        /// Whether the session was ended for it.
        ended: bool,
    },
    /// The account has changed since the sign-in: another password, other rights, or it is gone.
    Outdated {
        /// The account.
        user: &'a str,
    },
    /// A remember token was used twice: all that the store keeps of the account was ended, its tokens and its sessions.
    /// Sessions that lie in cookies last until the account's epoch is raised.
    TokenStolen {
        /// The account.
        user: &'a str,
    },
}

impl SessionEvent<'_> {
    pub(super) fn log(&self) {
        match *self {
            Self::SignedIn { user } => tracing::info!(user, "signed in"),
            Self::Confirmed { user } => tracing::info!(user, "signed in afresh"),
            Self::SignedOut { user } => tracing::info!(user, "signed out"),
            Self::Restored { user } => tracing::info!(user, "signed in by a remember token"),
            Self::ClientChanged { user, ended } => tracing::info!(user, ended, "the client has changed"),
            Self::Outdated { user } => tracing::info!(user, "the account has changed since the sign-in"),
            Self::TokenStolen { user } => {
                tracing::warn!(
                    user,
                    "a remember token was used twice; what the store keeps of the account is ended"
                );
            }
        }
    }
}
