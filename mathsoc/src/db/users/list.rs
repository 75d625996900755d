//! The list of accounts, as admins look through it.
//!
//! A text is looked for in names and addresses; `%` and `_` in it stand for themselves. SQLite knows capitals of ASCII only,
//! so a name is looked for as it was typed, and with a capital at the start of each word: `émilie` finds `Émilie` on both.

use super::{User, user_columns};
use crate::db::paged::PagePosition;
use crate::db::{Db, Paged, Result, on};
use crate::domain::email::EmailAddress;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::{Role, Year};

/// How many accounts a page of the list has.
const PER_PAGE: i64 = 25;
/// How many accounts are changed together, at most.
pub const MOST: usize = 500;

/// Which accounts are wanted; all that is left out narrows nothing down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// A part of the name or of the address.
    pub text: String,
    /// Of one school, or of none.
    pub school: Option<Of<i64>>,
    /// Of one key stage.
    pub key_stage: Option<KeyStage>,
    /// Of one year, or of none.
    pub year: Option<Of<Year>>,
    /// With these rights.
    pub role: Option<Role>,
    /// Whose address was never shown to be theirs.
    pub unverified: bool,
}

/// One of several, or none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of<T> {
    /// None of them.
    None,
    /// This one.
    One(T),
}

impl<T: Copy> Of<T> {
    /// As the queries below read it: 0 is no number of a school, and no year.
    fn number(self, of: impl FnOnce(T) -> i64) -> i64 {
        match self {
            Self::None => 0,
            Self::One(it) => of(it),
        }
    }
}

/// An account, and what its school is called.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    /// The account.
    #[sqlx(flatten)]
    pub user: User,
    /// The name of the school.
    pub school: Option<String>,
}

macro_rules! person {
    () => {
        concat!(
            "SELECT ",
            user_columns!(),
            ", (SELECT s.name FROM schools s WHERE s.id = users.school_id) AS school FROM users "
        )
    };
}

macro_rules! wanted {
    () => {
        "WHERE deleted_at IS NULL AND (lower(full_name) LIKE lower($1) ESCAPE '!'
            OR lower(full_name) LIKE lower($2) ESCAPE '!' OR email_key LIKE lower($1) ESCAPE '!')
            AND ($3 IS NULL OR school_id = $3 OR ($3 = 0 AND school_id IS NULL))
            AND ($4 IS NULL OR key_stage = $4) AND ($5 IS NULL OR year = $5 OR ($5 = 0 AND year IS NULL))
            AND ($6 IS NULL OR role = $6) AND ($7 = 0 OR email_verified_at IS NULL)"
    };
}

macro_rules! bound {
    ($query:expr, $wanted:expr) => {{
        let wanted: &Wanted = $wanted;
        let query = $query.bind(like(&wanted.text)).bind(like(&capitals(&wanted.text)));
        let query = query.bind(wanted.school.map(|it| it.number(|id| id)));
        let query = query.bind(wanted.key_stage.map(KeyStage::name));
        let query = query.bind(wanted.year.map(|it| it.number(Year::number)));
        query.bind(wanted.role.map(Role::name)).bind(i64::from(wanted.unverified))
    }};
}

/// A page of 25 accounts by name.
///
/// # Errors
/// When the database gives no answer.
pub async fn page(db: &Db, wanted: &Wanted, page: u32) -> Result<Paged<Person>> {
    const COUNT: &str = concat!("SELECT count(*) FROM users ", wanted!());
    const LIST: &str = concat!(person!(), wanted!(), " ORDER BY lower(full_name), id LIMIT $8 OFFSET $9");
    let total = on!(db, pool => bound!(sqlx::query_scalar(COUNT), wanted).fetch_one(pool).await)?;
    let place = PagePosition::of(page, total, PER_PAGE);
    let items = on!(db, pool => {
        let list = bound!(sqlx::query_as(LIST), wanted);
        list.bind(PER_PAGE).bind(place.offset()).fetch_all(pool).await
    })?;
    Ok(place.with(items))
}

/// All of them by name; one more than [`MOST`] where there are more.
///
/// # Errors
/// When the database gives no answer.
pub async fn all(db: &Db, wanted: &Wanted) -> Result<Vec<Person>> {
    const LIST: &str = concat!(person!(), wanted!(), " ORDER BY lower(full_name), id LIMIT 501");
    Ok(on!(db, pool => bound!(sqlx::query_as(LIST), wanted).fetch_all(pool).await)?)
}

/// One account.
///
/// # Errors
/// When the database gives no answer.
pub async fn one(db: &Db, id: i64) -> Result<Option<Person>> {
    const ONE: &str = concat!(person!(), "WHERE deleted_at IS NULL AND id = $1");
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?)
}

/// Whom a text names: the account with this address, or all of this name. Capitals do not count; at most six.
///
/// # Errors
/// When the database gives no answer.
pub async fn named(db: &Db, text: &str) -> Result<Vec<Person>> {
    const NAMED: &str = concat!(
        person!(),
        "WHERE deleted_at IS NULL AND (email_key = lower($1) OR lower(full_name) IN (lower($1), lower($2)))
            ORDER BY lower(full_name), id LIMIT 6"
    );
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\0', "\u{FFFD}");
    let capitals = capitals(&text);
    Ok(on!(db, pool => sqlx::query_as(NAMED).bind(&text).bind(capitals).fetch_all(pool).await)?)
}

/// Those of these addresses that have an account, as addresses are compared; one in the bin has its address still.
///
/// # Errors
/// When the database gives no answer.
pub async fn taken(db: &Db, addresses: impl IntoIterator<Item = &EmailAddress>) -> Result<Vec<String>> {
    const ONE: &str = "SELECT email_key FROM users WHERE email_key = $1";
    let mut taken = Vec::new();
    for address in addresses {
        let key: Option<String> =
            on!(db, pool => sqlx::query_scalar(ONE).bind(address.key()).fetch_optional(pool).await)?;
        taken.extend(key);
    }
    Ok(taken)
}

pub(crate) fn like(text: &str) -> String {
    let text = text.trim().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{}%", text.replace('\0', "\u{FFFD}"))
}

/// The text with a capital at the start of each word.
pub(crate) fn capitals(text: &str) -> String {
    let mut start = true;
    let mut capitals = String::with_capacity(text.len());
    for c in text.chars() {
        if start {
            capitals.extend(c.to_uppercase());
        } else {
            capitals.push(c);
        }
        start = !c.is_alphanumeric();
    }
    capitals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_anything_in_sql_stands_for_itself() {
        assert_eq!(like(" 50%_! "), "%50!%!_!!%");
        assert_eq!(like("a\0b"), "%a\u{FFFD}b%", "no database has this character in a text");
        assert_eq!(like(""), "%%");
    }

    #[test]
    fn each_word_begins_with_a_capital() {
        assert_eq!(capitals("émilie o'brien-łuczak"), "Émilie O'Brien-Łuczak");
    }
}
