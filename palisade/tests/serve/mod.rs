//! `serve` over real sockets.

mod bodies;
mod connections;
mod heads;
mod http2;
mod response_time;
mod shares;
pub(crate) mod site;
mod stop;
mod streams;
mod upgrades;
pub(crate) mod websocket;
