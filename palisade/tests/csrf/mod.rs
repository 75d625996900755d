//! No page of another site acts here in its visitor's name: the promises of `Csrf` and `CsrfTokens`, through the real
//! router.

mod bodies;
mod origin;
mod sessions;
mod settings;
mod site;
mod tokens;
