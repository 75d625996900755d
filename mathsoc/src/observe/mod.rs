//! Observability: metrics, access log, log.

pub(crate) mod access_log;
pub mod logging;
pub(crate) mod metrics;
pub mod traffic;
