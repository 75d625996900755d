//! Accounts through the whole site: what members do, and what is tried against them.

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
mod limits;
mod own;
mod people;
mod reports;
mod same;
mod setup;
mod stolen;
mod uploads;
mod way;
