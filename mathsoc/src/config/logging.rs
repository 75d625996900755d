//! The values of the log settings.

use tracing_subscriber::EnvFilter;

use super::value::{Choice, Value};

/// The log level of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Failures.
    Error,
    /// Failures, and what may lead to one.
    Warn,
    /// Events, too: one line per request.
    Info,
    /// Details of events, too.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Returns the directives for tracing: the site at this level, libraries at `warn` or above.
    pub(super) fn filter(self) -> LogFilter {
        let level = self.show();
        LogFilter(match self {
            Self::Error | Self::Warn => level,
            _ => format!("warn,mathsoc={level},palisade={level}"),
        })
    }
}

impl Choice for LogLevel {
    const WORDS: &[(&str, Self)] = &[
        ("error critical fatal", Self::Error),
        ("warn warning", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];
    const REASON: &str = "not a log level";
}

/// Well-formed directives for tracing's `EnvFilter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// Returns the directives.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for LogFilter {
    fn read(text: &str) -> Result<Self, String> {
        EnvFilter::try_new(text).map_err(|error| error.to_string())?;
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}
