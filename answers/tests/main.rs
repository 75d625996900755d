//! Tests of the public API, in one program.

mod certainty;
mod corpora;
mod hints;
mod hostile;
mod kinds;
mod pairs;
mod printing;
mod properties;
mod readings;
mod rules;
mod table;
