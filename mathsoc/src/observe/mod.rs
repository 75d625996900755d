//! What operators see of the running site: metrics, the access log, the log itself.

pub(crate) mod access_log;
pub mod logging;
pub(crate) mod metrics;
pub mod traffic;
