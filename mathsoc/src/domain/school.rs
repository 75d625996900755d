//! A school whose pupils may register.

use super::email::EmailDomain;

/// A school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct School {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What stands after the `@` in its pupils' addresses; nothing: they are let in by an admin.
    pub email_domain: Option<EmailDomain>,
}
