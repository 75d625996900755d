//! HTTP around the pages: static files, compression, policy, the route map, sessions, the signed-in account.

pub mod assets;
pub mod compression;
pub mod policy;
pub mod route_map;
pub mod sessions;
pub mod signed_in;
