//! Finds accounts and schools that the program cannot read, and accounts whose password hash is
//! unusable.

use palisade::password::PasswordHash;

use super::Finding;
use crate::db::Result;
use crate::db::tx::{Tx, within};
use crate::domain::email::{EmailAddress, EmailDomain};
use crate::domain::person::{FullName, Year};

#[derive(sqlx::FromRow)]
struct Account {
    id: i64,
    email: String,
    email_key: String,
    full_name: String,
    password_hash: Option<String>,
    year: Option<i64>,
    key_stage: Option<String>,
}

pub(super) async fn find(tx: &mut Tx) -> Result<Vec<Finding>> {
    const USERS: &str =
        "SELECT id, email, email_key, full_name, password_hash, year, key_stage FROM users ORDER BY id";
    const SCHOOLS: &str = "SELECT id, email_domain FROM schools WHERE email_domain IS NOT NULL ORDER BY id";
    let (users, schools): (Vec<Account>, Vec<(i64, String)>) = within!(tx, link => (
        sqlx::query_as(USERS).fetch_all(&mut **link).await?,
        sqlx::query_as(SCHOOLS).fetch_all(&mut **link).await?,
    ));
    let mut findings: Vec<_> = users.into_iter().flat_map(Account::findings).collect();
    for (id, domain) in schools {
        if let Err(error) = domain.parse::<EmailDomain>() {
            findings
                .push(Finding::new("M10", format!("school {id}: its e-mail domain cannot be read: {error}")));
        }
    }
    Ok(findings)
}

impl Account {
    fn findings(self) -> Vec<Finding> {
        let id = self.id;
        let mut findings = Vec::new();
        // A hash that starts with `!` is unusable on purpose.
        let hash = self.password_hash.filter(|hash| !hash.starts_with('!')).map(PasswordHash::from);
        if hash.is_some_and(|hash| !hash.is_usable()) {
            let text = format!(
                "user {id}: its password hash is unusable, so its owner cannot log in until it has a new one"
            );
            findings.push(Finding::new("M09", text));
        }
        let mut unreadable = |what: String| findings.push(Finding::new("M10", format!("user {id}: {what}")));
        match self.email.parse::<EmailAddress>() {
            Ok(email) if email.key() == self.email_key => {}
            Ok(_) => unreadable("its e-mail address differs from its lookup key".to_owned()),
            Err(error) => unreadable(format!("its e-mail address cannot be read: {error}")),
        }
        if self.full_name.parse::<FullName>().is_err() {
            unreadable("its name cannot be shown".to_owned());
        }
        let stage = self.year.map(Year::new).transpose();
        match stage {
            Err(_) => unreadable("its year is not a number from 7 to 13".to_owned()),
            Ok(year) if year.map(|year| year.key_stage().name()) != self.key_stage.as_deref() => {
                unreadable("its key stage does not match its year".to_owned());
            }
            Ok(_) => {}
        }
        findings
    }
}
