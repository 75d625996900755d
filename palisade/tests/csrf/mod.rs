//! `Csrf` and `CsrfTokens` through a real router.

mod bodies;
mod origin;
mod sessions;
mod settings;
mod site;
mod tokens;
