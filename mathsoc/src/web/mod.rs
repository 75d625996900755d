//! The web layers of the site: static files, compression, security policy, route map, sessions,
//! the signed-in account.

pub mod assets;
pub mod compression;
pub mod last_seen;
pub mod outage;
pub mod policy;
pub mod route_map;
pub mod sessions;
pub mod signed_in;
pub(crate) mod unsent_form;
