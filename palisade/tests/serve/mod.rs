//! What `serve` promises, over real sockets.

mod bodies;
mod connections;
mod heads;
mod http2;
mod site;
mod stop;
