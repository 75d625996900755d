//! `serve` over real sockets.

mod bodies;
pub(crate) mod certificates;
mod connections;
mod haproxy;
mod heads;
mod http2;
mod proxy_protocol;
mod response_time;
mod shares;
pub(crate) mod site;
mod stop;
mod streams;
mod tls;
#[cfg(unix)]
mod tls_errors;
#[cfg(unix)]
mod unix;
mod upgrades;
pub(crate) mod websocket;
