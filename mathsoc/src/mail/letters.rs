//! The letters that the site writes, in plain text.
//!
//! None of them has anything in it that a stranger typed, such as a name: whoever registers with somebody else's address
//! would otherwise have us send their words to that person.

use askama::Template;

/// A letter: its subject and, by its template, its text.
pub trait Letter: Template {
    /// The subject.
    const SUBJECT: &'static str;
    /// What the log calls it.
    const NAME: &'static str;
}

macro_rules! letter {
    ($(#[$doc:meta])* $name:ident, $path:literal, $subject:literal, { $($(#[$field_doc:meta])* $field:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Template)]
        #[template(path = $path)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: String,)+
        }

        impl Letter for $name {
            const SUBJECT: &'static str = $subject;
            const NAME: &'static str = $path;
        }
    };
}

letter!(
    /// Is this address yours?
    VerifyAddress, "mail/verify_address.txt", "Is this your e-mail address?", {
        /// The link that shows it.
        link,
        /// Where the site is.
        site,
    }
);

letter!(
    /// Here you choose a new password.
    ResetPassword, "mail/reset_password.txt", "A new password", {
        /// The link to the form.
        link,
        /// Where the site is.
        site,
    }
);

letter!(
    /// There is an account for you.
    Welcome, "mail/welcome.txt", "Your account at the Maths Society", {
        /// The link to choose a password.
        link,
        /// Where one asks for another link.
        reset,
        /// Where the site is.
        site,
    }
);

letter!(
    /// Your password was changed.
    PasswordChanged, "mail/password_changed.txt", "Your password was changed", {
        /// Where one asks for a new password.
        reset,
        /// Where the site is.
        site,
    }
);

letter!(
    /// You have an account already. So the page for registering can answer the same whether the address is known.
    AddressTaken, "mail/address_taken.txt", "You have an account already", {
        /// Where one logs in.
        log_in,
        /// Where one asks for a new password.
        reset,
        /// Where the site is.
        site,
    }
);
