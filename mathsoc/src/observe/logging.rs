//! The log: JSON lines on standard output, or text on standard error.
//!
//! JSON goes to stdout, which container platforms collect, one object a line; nothing else is
//! written to stdout then. Text goes to stderr, with colours if that is a terminal.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::config::Config;

/// Starts logging as configured. A second call has no effect.
pub fn start(config: &Config) {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(config.log_filter.as_str()));
    let started = if config.log_to_stdout {
        log.json().flatten_event(true).with_writer(io::stdout).try_init()
    } else {
        log.with_ansi(io::stderr().is_terminal()).with_writer(io::stderr).try_init()
    };
    if started.is_err() {
        tracing::debug!("the log was already started");
    }
}
