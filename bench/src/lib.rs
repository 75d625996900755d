//! What the measuring programs share: contestants as processes, a load, and what it comes to.

pub mod load;
pub mod results;
pub mod server;
pub mod wire;
pub mod work;
