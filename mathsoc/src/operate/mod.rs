//! The jobs of operators: import, backup and restore, checks of the database, the deployment checklist, demo content.

pub mod backup;
pub mod check;
pub mod checklist;
pub mod demo;
pub(crate) mod dump;
pub mod import;
pub(crate) mod schema;
