//! `serve` over real sockets.

mod bodies;
mod connections;
mod heads;
mod http2;
pub(crate) mod site;
mod stop;
mod upgrades;
pub(crate) mod websocket;
