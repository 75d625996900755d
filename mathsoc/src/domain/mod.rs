//! Domain types: people, schools, key stages, points, time. They use neither the database nor
//! HTTP.

pub mod award;
pub mod clock;
pub mod email;
pub mod ids;
pub mod key_stage;
pub mod limited;
pub mod log_subject;
pub mod long_text;
pub mod person;
pub mod school;
pub mod scoring;
pub mod title;
pub mod totp;
pub mod unsent_form;
