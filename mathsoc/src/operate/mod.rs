//! Jobs for operators: import, backup and restore, data checks, deployment checklist, demo
//! content.

pub mod backup;
pub mod check;
pub mod checklist;
pub mod demo;
pub(crate) mod dump;
pub mod import;
pub(crate) mod schema;
