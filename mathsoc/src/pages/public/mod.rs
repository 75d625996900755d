//! The pages and endpoints that are neither about an account nor for admins.

pub(crate) mod about;
pub(crate) mod answers;
pub(crate) mod api;
pub(crate) mod articles;
mod board_table;
pub(crate) mod challenges;
pub(crate) mod competitions;
pub mod countdown;
pub(crate) mod health;
pub(crate) mod home;
pub(crate) mod leaderboard;
pub(crate) mod live_board;
pub(crate) mod newsletters;
pub(crate) mod privacy_policy;
pub(crate) mod reports;
pub(crate) mod search;
