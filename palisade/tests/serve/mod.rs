//! `serve` over real sockets.

mod bodies;
mod connections;
mod heads;
mod http2;
mod proxy_protocol;
pub(crate) mod site;
mod stop;
#[cfg(unix)]
mod unix;
mod upgrades;
pub(crate) mod websocket;
