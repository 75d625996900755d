//! The subcommands of `mathsoc`, one file each.

pub(crate) mod admin;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod csp;
pub(crate) mod import;
pub(crate) mod restore;
pub(crate) mod school;
