//! Live leaderboards and competitions, through the whole site.

mod competitions;
mod live;
mod schools;
