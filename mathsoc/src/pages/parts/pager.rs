//! The way from one page of a list to the next.
//!
//! ```
//! use mathsoc::pages::parts::pager::Pager;
//!
//! let pager = Pager::new("/challenges?key_stage=KS3", 2, 3);
//! assert_eq!(pager.previous().as_deref(), Some("/challenges?key_stage=KS3"));
//! assert_eq!(pager.next().as_deref(), Some("/challenges?key_stage=KS3&page=3"));
//! ```
//!
//! # What it shows
//!
//! The page before, where we are, the page after. The first page's address bears no number, so that it has one address.
//!
//! # What it does not do
//!
//! It has no numbered links: a society's lists are a few pages long.

/// Where we are in a list of several pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    list: String,
    /// The page we are on, from 1.
    pub page: u32,
    /// How many pages there are.
    pub pages: u32,
}

impl Pager {
    /// Page `page` of `pages` of the list whose first page is at `list`.
    pub fn new(list: impl Into<String>, page: u32, pages: u32) -> Self {
        Self { list: list.into(), page, pages }
    }

    /// The address of the page before this one.
    #[must_use]
    pub fn previous(&self) -> Option<String> {
        (self.page > 1).then(|| self.address(self.page - 1))
    }

    /// The address of the page after this one.
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
