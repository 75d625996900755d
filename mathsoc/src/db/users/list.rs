//! Searches the list of accounts for admins.
//!
//! The search text matches parts of names and addresses; `%` and `_` in it are literal. SQLite
//! folds the case of ASCII letters only. Names are therefore compared with the text as typed and
//! with capitalised words: `émilie` finds `Émilie` in both databases.

use super::{User, unclaimed, user_columns};
use crate::db::paged::PagePosition;
use crate::db::{Db, Paged, Result, on};
use crate::domain::email::EmailAddress;
use crate::domain::key_stage::KeyStage;
use crate::domain::person::{Role, Year};

/// The number of accounts on a page.
const PER_PAGE: i64 = 25;
/// The maximum number of accounts that one action changes.
pub const MAX_ACCOUNTS: usize = 500;

/// A filter for accounts. A field that is not set does not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// A part of the name or of the address.
    pub text: String,
    /// Members of this school, or of none.
    pub school: Option<ColumnFilter<i64>>,
    pub key_stage: Option<KeyStage>,
    /// Pupils of this year, or without a year.
    pub year: Option<ColumnFilter<Year>>,
    pub role: Option<Role>,
    /// Accounts without a verified address.
    pub unverified: bool,
}

/// A filter for an optional column: a value, or the absence of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnFilter<T> {
    /// Rows without a value.
    Missing,
    /// Rows with this value.
    Is(T),
}

impl<T: Copy> ColumnFilter<T> {
    /// Returns the query's parameter. 0 means no value, since neither ids nor years are 0.
    pub(crate) fn parameter(self, number: impl FnOnce(T) -> i64) -> i64 {
        match self {
            Self::Missing => 0,
            Self::Is(value) => number(value),
        }
    }
}

/// An account with the name of its school.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    #[sqlx(flatten)]
    pub user: User,
    /// The name of the school.
    pub school: Option<String>,
    /// When the pupil was last moved up to the next year; Unix seconds.
    pub moved_up_at: Option<i64>,
}

macro_rules! select_person {
    () => {
        concat!(
            "SELECT ",
            user_columns!(),
            ", moved_up_at, (SELECT s.name FROM schools s WHERE s.id = users.school_id) AS school FROM users "
        )
    };
}

macro_rules! matching {
    () => {
        "WHERE deleted_at IS NULL AND (lower(full_name) LIKE lower($1) ESCAPE '!'
            OR lower(full_name) LIKE lower($2) ESCAPE '!' OR email_key LIKE lower($1) ESCAPE '!')
            AND ($3 IS NULL OR school_id = $3 OR ($3 = 0 AND school_id IS NULL))
            AND ($4 IS NULL OR key_stage = $4) AND ($5 IS NULL OR year = $5 OR ($5 = 0 AND year IS NULL))
            AND ($6 IS NULL OR role = $6) AND ($7 = 0 OR email_verified_at IS NULL)"
    };
}

macro_rules! bind_filter {
    ($query:expr, $filter:expr) => {{
        let filter: &UserFilter = $filter;
        let query = $query.bind(like(&filter.text)).bind(like(&capitals(&filter.text)));
        let query = query.bind(filter.school.map(|it| it.parameter(|id| id)));
        let query = query.bind(filter.key_stage.map(KeyStage::name));
        let query = query.bind(filter.year.map(|it| it.parameter(Year::number)));
        query.bind(filter.role.map(Role::name)).bind(i64::from(filter.unverified))
    }};
}

/// Returns a page of 25 matching accounts, by name.
pub async fn page(db: &Db, filter: &UserFilter, page: u32) -> Result<Paged<Person>> {
    const COUNT: &str = concat!("SELECT count(*) FROM users ", matching!());
    const LIST: &str =
        concat!(select_person!(), matching!(), " ORDER BY lower(full_name), id LIMIT $8 OFFSET $9");
    let total = on!(db, pool => bind_filter!(sqlx::query_scalar(COUNT), filter).fetch_one(pool).await)?;
    let position = PagePosition::of(page, total, PER_PAGE);
    let items = on!(db, pool => {
        let list = bind_filter!(sqlx::query_as(LIST), filter);
        list.bind(PER_PAGE).bind(position.offset()).fetch_all(pool).await
    })?;
    Ok(position.with(items))
}

/// Returns all matching accounts by name, but at most one more than [`MAX_ACCOUNTS`].
pub async fn all(db: &Db, filter: &UserFilter) -> Result<Vec<Person>> {
    const LIST: &str = concat!(select_person!(), matching!(), " ORDER BY lower(full_name), id LIMIT 501");
    Ok(on!(db, pool => bind_filter!(sqlx::query_as(LIST), filter).fetch_all(pool).await)?)
}

/// Returns one account.
pub async fn one(db: &Db, id: i64) -> Result<Option<Person>> {
    const ONE: &str = concat!(select_person!(), "WHERE deleted_at IS NULL AND id = $1");
    Ok(on!(db, pool => sqlx::query_as(ONE).bind(id).fetch_optional(pool).await)?)
}

/// Returns the accounts with this address or this full name, at most six. Case is ignored.
pub async fn named(db: &Db, text: &str) -> Result<Vec<Person>> {
    const NAMED: &str = concat!(
        select_person!(),
        "WHERE deleted_at IS NULL AND (email_key = lower($1) OR lower(full_name) IN (lower($1), lower($2)))
            ORDER BY lower(full_name), id LIMIT 6"
    );
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\0', "\u{FFFD}");
    let capitals = capitals(&text);
    Ok(on!(db, pool => sqlx::query_as(NAMED).bind(&text).bind(capitals).fetch_all(pool).await)?)
}

/// Returns the keys of those addresses that have an account. An account in the trash still counts.
pub async fn taken(db: &Db, addresses: impl IntoIterator<Item = &EmailAddress>) -> Result<Vec<String>> {
    const ONE: &str =
        concat!("SELECT email_key FROM users WHERE email_key = $1 AND NOT (", unclaimed!(), ")");
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

/// Returns the text with a capital letter at the start of each word.
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
    fn sql_wildcards_are_literal() {
        assert_eq!(like(" 50%_! "), "%50!%!_!!%");
        assert_eq!(like("a\0b"), "%a\u{FFFD}b%", "no database has this character in a text");
        assert_eq!(like(""), "%%");
    }

    #[test]
    fn capitalises_each_word() {
        assert_eq!(capitals("émilie o'brien-łuczak"), "Émilie O'Brien-Łuczak");
    }
}
