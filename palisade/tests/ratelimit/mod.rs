//! How often: the promises of `RateLimit`, through the real router.

mod backoff;
mod calls;
mod choices;
mod down;
mod failures;
mod fields;
mod keys;
mod nested;
mod world;
