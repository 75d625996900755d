//! Accounts: mail, one-time links, sessions.

mod links;
mod mail;
mod sessions;
mod smtp;
