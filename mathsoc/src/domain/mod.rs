//! The words of the site: people, schools, key stages, points, time. No database, no HTTP.

pub mod award;
pub mod clock;
pub mod email;
pub mod ids;
pub mod key_stage;
pub mod log_subject;
pub mod person;
pub mod school;
pub mod title;
pub mod totp;
