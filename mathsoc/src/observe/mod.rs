//! Observability: metrics, access log, log.

pub(crate) mod access_log;
pub mod log_queue;
pub mod logging;
pub(crate) mod metrics;
pub mod storage;
pub mod traffic;
