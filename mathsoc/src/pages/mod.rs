//! The pages of the site: one file for each page, with its handler and its template struct.
//!
//! ```
//! use mathsoc::pages::parts::{Section, Layout};
//!
//! let layout = Layout::new(Section::Articles, palisade::CspNonce::default());
//! assert!(layout.is_in("articles"));
//! ```
//!
//! # From a request to a page
//!
//! 1. [`parts::address`] parses the URL. An invalid id is a 404; an invalid page number is page 1.
//! 2. The handler queries `db` and fills the template struct.
//! 3. The template in `templates/` renders HTML. It escapes everything except
//!    [`Typeset`](crate::text::typeset::Typeset) and [`SafeHtml`](palisade::template::SafeHtml).
//!
//! # Defaults
//!
//! | part | value | reason |
//! |---|---|---|
//! | script | only if `make assets` was run | the site works without it |
//! | nonce | created when the layout prints the script | a page without a script needs none |
//!
//! # Limits
//!
//! Layers are added in `routes.rs`, never here. A page never writes the body of an error: it
//! returns [`Error`](crate::error::Error), and the layer `ErrorPages` renders [`error::page`].
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
pub(crate) mod unsent;
