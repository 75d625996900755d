//! A school whose pupils may register.

use super::email::EmailDomain;

/// A school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct School {
    pub id: i64,
    pub name: String,
    /// The domain of its pupils' addresses. `None` if an admin adds its pupils.
    pub email_domain: Option<EmailDomain>,
}
