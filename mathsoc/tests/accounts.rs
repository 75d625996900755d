//! What accounts stand on: letters that leave, links that pass once.

#![allow(clippy::unwrap_used, reason = "what a test relies on may end it")]

#[path = "support/folder.rs"]
mod folder;
#[path = "accounts/links.rs"]
mod links;
#[path = "accounts/mail.rs"]
mod mail;
#[path = "accounts/sessions.rs"]
mod sessions;
#[path = "accounts/smtp.rs"]
mod smtp;
