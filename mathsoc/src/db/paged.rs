//! Pagination.

use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::{Db, Result, on};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    pub items: Vec<T>,
    /// The page number, from 1.
    pub page: u32,
    /// The number of pages; at least 1.
    pub pages: u32,
    /// The number of items on all pages together.
    pub total: i64,
}

/// The default number of items on a page.
pub(super) const PER_PAGE: i64 = 10;

/// The position of a page in a list. A page number outside of the list becomes the nearest valid
/// one.
pub(super) struct PagePosition {
    page: u32,
    pages: u32,
    total: i64,
    per_page: i64,
}

impl PagePosition {
    pub(super) fn new(page: u32, total: i64) -> Self {
        Self::of(page, total, PER_PAGE)
    }

    /// Creates the position in a list with another page size.
    pub(super) fn of(page: u32, total: i64, per_page: i64) -> Self {
        let pages = u32::try_from((total.max(1) + per_page - 1) / per_page).unwrap_or(u32::MAX);
        Self { page: page.clamp(1, pages), pages, total, per_page }
    }

    /// Returns the number of items before this page.
    pub(super) fn offset(&self) -> i64 {
        i64::from(self.page - 1) * self.per_page
    }

    /// Returns `true` if the requested page exists.
    pub(super) fn is_at(&self, page: u32) -> bool {
        self.page == page
    }

    /// Returns the nearest existing page to the requested one.
    pub(super) fn page(&self) -> u32 {
        self.page
    }

    pub(super) fn with<T>(self, items: Vec<T>) -> Paged<T> {
        Paged { items, page: self.page, pages: self.pages, total: self.total }
    }
}

/// Returns a page of an unfiltered list. `count` takes no parameter; `list` takes limit and
/// offset.
pub(super) async fn whole<T>(db: &Db, page: u32, count: &'static str, list: &'static str) -> Result<Paged<T>>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let total = on!(db, pool => sqlx::query_scalar(count).fetch_one(pool).await)?;
    let position = PagePosition::new(page, total);
    let items =
        on!(db, pool => sqlx::query_as(list).bind(PER_PAGE).bind(position.offset()).fetch_all(pool).await)?;
    Ok(position.with(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clamps_the_page_number() {
        let clamped = |page, total| {
            let position = PagePosition::new(page, total);
            (position.page, position.pages, position.offset())
        };
        assert_eq!(clamped(0, 25), (1, 3, 0));
        assert_eq!(clamped(2, 25), (2, 3, 10));
        assert_eq!(clamped(3, 30), (3, 3, 20));
        assert_eq!(clamped(u32::MAX, 31), (4, 4, 30));
        assert_eq!(clamped(7, 0), (1, 1, 0), "an empty list has one empty page");
    }
}
