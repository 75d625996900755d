//! The pages of the site: a handler and a page struct per subject, one file each.
//!
//! ```
//! use mathsoc::pages::parts::{Here, Layout};
//!
//! let layout = Layout::new(Here::Articles, palisade::CspNonce::default());
//! assert!(layout.is_in("articles"));
//! ```
//!
//! # What a page goes through
//!
//! 1. The address is read by [`parts::address`]: an id that is none is a 404, a page number that is none is the first page.
//! 2. The handler asks `db` and fills the page struct.
//! 3. The template in `templates/` turns it into HTML. It escapes everything except [`Typeset`](crate::text::typeset::Typeset).
//!
//! # Defaults
//!
//! | what | value | why |
//! |---|---|---|
//! | script | only if `make assets` was run | the site works without it |
//! | nonce | made when the layout prints the script | a page without a script needs none |
//!
//! # What it does not do
//!
//! Pages add no headers and no layers (`routes.rs` does), and a page never writes the body of an error: it returns
//! [`Error`](crate::error::Error), and [`error::page`] is asked for the page.
//!
//! # References
//!
//! [HTML: sections and headings](https://html.spec.whatwg.org/multipage/sections.html) ·
//! [WCAG 2.2](https://www.w3.org/TR/WCAG22/)

pub(crate) mod account;
pub(crate) mod admin;
pub mod error;
pub mod files;
pub mod parts;
pub mod public;
