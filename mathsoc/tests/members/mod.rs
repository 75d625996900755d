//! Members and admins through the whole site, and attacks on them.

mod admin;
mod admin_articles;
mod admin_awards;
mod admin_challenges;
mod admin_competitions;
mod admin_newsletters;
mod attacks;
mod crowd;
mod factor;
mod forged;
mod forms;
mod lesson;
mod limits;
mod membership;
mod own;
mod people;
mod people_import;
mod reports;
mod same;
mod setup;
mod stolen;
mod uploads;
