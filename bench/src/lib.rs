//! Shared parts of the benchmarks: contestants as processes, a load generator, results.

pub mod load;
pub mod results;
pub mod server;
pub mod wire;
pub mod work;
