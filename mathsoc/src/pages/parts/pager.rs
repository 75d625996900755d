//! Pagination: the links to the previous and to the next page of a list.
//!
//! ```
//! use mathsoc::pages::parts::pager::Pager;
//!
//! let pager = Pager::new("/challenges?key_stage=KS3", 2, 3);
//! assert_eq!(pager.previous().as_deref(), Some("/challenges?key_stage=KS3"));
//! assert_eq!(pager.next().as_deref(), Some("/challenges?key_stage=KS3&page=3"));
//! ```
//!
//! The URL of the first page has no page number, so that the page has only one URL. There are no
//! numbered links: a society's lists are a few pages long.

/// The position in a paginated list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    list: String,
    /// The current page, from 1.
    pub page: u32,
    /// The number of pages.
    pub pages: u32,
}

impl Pager {
    /// Creates a pager for page `page` of `pages`. `list` is the URL of the first page.
    pub fn new(list: impl Into<String>, page: u32, pages: u32) -> Self {
        Self { list: list.into(), page, pages }
    }

    /// Returns the URL of the previous page.
    #[must_use]
    pub fn previous(&self) -> Option<String> {
        (self.page > 1).then(|| self.address(self.page - 1))
    }

    /// Returns the URL of the next page.
    #[must_use]
    pub fn next(&self) -> Option<String> {
        (self.page < self.pages).then(|| self.address(self.page + 1))
    }

    fn address(&self, page: u32) -> String {
        match page {
            1 => self.list.clone(),
            _ if self.list.contains('?') => format!("{}&page={page}", self.list),
            _ => format!("{}?page={page}", self.list),
        }
    }
}
