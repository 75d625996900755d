//! What the crate promises.
mod hints;
mod hostile;
mod pairs;
mod printing;
mod properties;
mod rules;
mod table;
