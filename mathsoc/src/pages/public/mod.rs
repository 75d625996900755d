//! The pages that are not an account's own and not for admins, and the endpoints beside them.

pub mod about;
pub mod answers;
pub mod api;
pub mod articles;
mod board_table;
pub mod challenges;
pub mod competitions;
pub mod countdown;
pub mod health;
pub mod home;
pub mod leaderboard;
pub mod live_board;
pub mod newsletters;
pub mod privacy_policy;
pub mod reports;
pub mod search;
