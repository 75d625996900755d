//! The stores of rate limits: one suite for all, then each one's own tests.

mod crowds;
mod every_store;
mod fallback;
mod limits;
mod memcached;
mod memory;
mod namespaces;
mod redis;
mod redis_many;
mod test_store;
mod tls;
