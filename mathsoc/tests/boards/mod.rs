//! Leaderboards that move while one looks at them, and competitions: through the whole site.

mod competitions;
mod live;
mod schools;
