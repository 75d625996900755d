//! One page of a long list.

use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::{Db, Result, on};

/// One page of a list, and where in the list it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// Which page this is; the first is 1.
    pub page: u32,
    /// How many pages there are; at least 1.
    pub pages: u32,
    /// How many items all pages have together.
    pub total: i64,
}

/// Items on a page.
pub(super) const PER_PAGE: i64 = 10;

/// Where a page lies in a list of `total` items; one that does not exist becomes the nearest that does.
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

    /// In a list with another number of items on a page.
    pub(super) fn of(page: u32, total: i64, per_page: i64) -> Self {
        let pages = u32::try_from((total.max(1) + per_page - 1) / per_page).unwrap_or(u32::MAX);
        Self { page: page.clamp(1, pages), pages, total, per_page }
    }

    /// How many items come before this page.
    pub(super) fn offset(&self) -> i64 {
        i64::from(self.page - 1) * self.per_page
    }

    /// Whether the page that was asked for is there.
    pub(super) fn is_at(&self, page: u32) -> bool {
        self.page == page
    }

    /// The nearest page that is there.
    pub(super) fn page(&self) -> u32 {
        self.page
    }

    pub(super) fn with<T>(self, items: Vec<T>) -> Paged<T> {
        Paged { items, page: self.page, pages: self.pages, total: self.total }
    }
}

/// A page of a list that nothing narrows: `count` takes no value, `list` takes how many and from where on.
pub(super) async fn whole<T>(db: &Db, page: u32, count: &'static str, list: &'static str) -> Result<Paged<T>>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let total = on!(db, pool => sqlx::query_scalar(count).fetch_one(pool).await)?;
    let place = PagePosition::new(page, total);
    let items =
        on!(db, pool => sqlx::query_as(list).bind(PER_PAGE).bind(place.offset()).fetch_all(pool).await)?;
    Ok(place.with(items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_does_not_exist_becomes_the_nearest_that_does() {
        let place = |page, total| {
            let place = PagePosition::new(page, total);
            (place.page, place.pages, place.offset())
        };
        assert_eq!(place(0, 25), (1, 3, 0));
        assert_eq!(place(2, 25), (2, 3, 10));
        assert_eq!(place(3, 30), (3, 3, 20));
        assert_eq!(place(u32::MAX, 31), (4, 4, 30));
        assert_eq!(place(7, 0), (1, 1, 0), "an empty list has one empty page");
    }
}
