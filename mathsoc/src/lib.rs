//! The Maths Society Platform: challenges, answers, leaderboards, articles.
//!
//! [`app`] is the site as a service: what `main` serves and the tests call.
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

pub mod access_log;
pub mod assets;
pub mod award;
pub mod backup;
pub mod class_list;
pub mod compress;
pub mod config;
pub mod db;
pub mod deploy;
pub mod email;
pub mod error;
pub mod limits;
pub mod links;
pub mod live;
pub mod logging;
pub mod mail;
pub mod metrics;
pub mod pages;
pub mod person;
pub mod policy;
mod private;
pub mod remembered;
pub mod rich_text;
pub mod route_map;
pub mod routes;
pub mod sessions;
pub mod signed_in;
pub mod spreadsheet;
pub mod state;
pub mod subject;
pub mod title;
pub mod totp;
pub mod typeset;

pub use routes::app;
