//! What every store promises, checked on every store.

mod fallback;
mod limits;
mod memcached;
mod memory;
mod promises;
mod redis;
mod redis_many;
pub mod servers;
mod tls;
mod world;
