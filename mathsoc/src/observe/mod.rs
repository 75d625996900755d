//! What operators see of the running site: metrics, the access log, the log itself.

pub mod access_log;
pub mod logging;
pub mod metrics;
pub mod traffic;
