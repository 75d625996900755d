//! The Maths Society Platform: challenges, answers, leaderboards, articles.
//!
//! [`app`] returns the site as a service: `main` serves it, and the tests call it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use mathsoc::config::{Config, Vars};
//!
//! let vars = Vars::new([("DATA_DIR", "/srv/mathsoc")], []);
//! let app = mathsoc::state::App::open(Config::load(&vars)?).await?;
//! let site = mathsoc::app(app);
//! # Ok(())
//! # }
//! ```

// The documentation is for the developers of the site: links may lead to private items.
#![allow(rustdoc::private_intra_doc_links)]

pub mod config;
pub mod db;
pub mod domain;
pub(crate) mod error;
pub mod limits;
pub mod links;
pub mod lists;
pub mod live;
pub mod mail;
pub mod observe;
pub mod operate;
pub mod pages;
mod private_files;
pub mod routes;
pub mod state;
pub mod text;
pub mod web;

pub use crate::routes::app;
