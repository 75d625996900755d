//! What the crate promises.
mod pairs;
