//! The letters of the site, in plain text.
//!
//! No letter contains text from a visitor, such as a name. Otherwise anyone could register with
//! another person's address and have the site send that person their words.

use askama::Template;

/// A letter: its subject, and the template of its text.
pub trait Letter: Template {
    const SUBJECT: &'static str;
    /// The name in the log.
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
    /// Asks the recipient to confirm the address.
    VerifyAddress, "mail/verify_address.txt", "Is this your e-mail address?", {
        /// The confirmation link.
        link,
        site,
    }
);

letter!(
    /// The link to choose a new password.
    ResetPassword, "mail/reset_password.txt", "A new password", {
        /// The link to the form.
        link,
        site,
    }
);

letter!(
    /// Tells the recipient of an account that an admin created.
    Welcome, "mail/welcome.txt", "Your account at the Maths Society", {
        /// The link to choose a password.
        link,
        /// The page to request another link.
        reset,
        site,
    }
);

letter!(
    /// Tells the owner that the password was changed.
    PasswordChanged, "mail/password_changed.txt", "Your password was changed", {
        /// The page to reset the password.
        reset,
        site,
    }
);

letter!(
    /// Tells the owner of a known address that an account exists. The register page shows the same
    /// in both cases, so it does not reveal which addresses have accounts.
    AddressTaken, "mail/address_taken.txt", "You have an account already", {
        /// The login page.
        log_in,
        /// The page to reset the password.
        reset,
        site,
    }
);
