//! How a site stands: the rules, and the score.

mod observatory;
mod rules;
