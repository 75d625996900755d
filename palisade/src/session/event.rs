//! The events of sessions, for the log and for the application.

/// An event of a session: logged, and given to [`Sessions::on_event`](super::Sessions::on_event).
///
/// ```
/// use palisade::session::SessionEvent;
///
/// fn line(event: &SessionEvent<'_>) -> String {
///     match event {
///         SessionEvent::SignedIn { user } => format!("{user} has signed in"),
///         SessionEvent::TokenStolen { user } => format!("write to {user}"),
///         other => format!("{other:?}"),
///     }
/// }
/// assert_eq!(line(&SessionEvent::SignedIn { user: "7" }), "7 has signed in");
/// ```
#[doc(alias = "user_logged_in")]
#[doc(alias = "audit log")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent<'a> {
    /// An account has signed in.
    SignedIn {
        /// The account.
        user: &'a str,
    },
    /// A signed-in account has authenticated again.
    Reauthenticated {
        /// The account.
        user: &'a str,
    },
    /// An account has signed out.
    SignedOut {
        /// The account.
        user: &'a str,
    },
    /// A remember token has signed an account in.
    Restored {
        /// The account.
        user: &'a str,
    },
    /// The client of a session has changed: its network or its `User-Agent`.
    ClientChanged {
        /// The account.
        user: &'a str,
        /// `true` if the session was ended for it.
        ended: bool,
    },
    /// The account has changed since the sign-in: another password, other rights, or it was
    /// removed.
    Outdated {
        /// The account.
        user: &'a str,
    },
    /// A remember token was used after its replacement, so there are two holders.
    ///
    /// All remember tokens and sessions of the account were ended. Tell the owner, in an e-mail for
    /// example.
    TokenStolen {
        /// The account.
        user: &'a str,
    },
}

impl SessionEvent<'_> {
    pub(super) fn log(&self) {
        match *self {
            Self::SignedIn { user } => tracing::info!(user, "signed in"),
            Self::Reauthenticated { user } => tracing::info!(user, "reauthenticated"),
            Self::SignedOut { user } => tracing::info!(user, "signed out"),
            Self::Restored { user } => tracing::info!(user, "signed in by a remember token"),
            Self::ClientChanged { user, ended } => tracing::info!(user, ended, "session client changed"),
            Self::Outdated { user } => tracing::info!(user, "session ended: the account has changed"),
            Self::TokenStolen { user } => {
                tracing::warn!(user, "remember token reused: ended all sessions and tokens of the account");
            }
        }
    }
}
