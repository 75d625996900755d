//! What accounts stand on: letters that leave, links that pass once.

mod links;
mod mail;
mod sessions;
mod smtp;
