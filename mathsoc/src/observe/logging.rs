//! The log: JSON lines on standard output, or text on standard error.
//!
//! JSON goes to stdout, which container platforms collect, one object a line; nothing else is
//! written to stdout then. Text goes to stderr, with colours if that is a terminal.
//!
//! Lines pass through a [`LogQueue`], so a log that cannot be written never delays or ends a
//! request. `/readyz` says `"log": "degraded"` then, and `log_lines_dropped_total` counts the lost
//! lines. Panics are logged in the same way. `docs/decisions/0066-logging-never-blocks.md` has the
//! reasons.
//!
//! | bound | value | reason |
//! |---|---|---|
//! | waiting for unwritten lines at exit | 2 s | a reader that has stopped must not delay a restart |

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::log_queue::LogQueue;
use super::traffic::head;
use crate::config::Config;

/// The queue of this process: tracing has one subscriber for each process, too.
static QUEUE: OnceLock<LogQueue> = OnceLock::new();

/// The longest time that the end of the program waits for unwritten lines.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Writes the unwritten lines when it is dropped, for at most two seconds. Hold it until the
/// program ends.
#[derive(Debug)]
#[must_use = "the last lines are lost without it"]
pub struct LogGuard(());

impl Drop for LogGuard {
    fn drop(&mut self) {
        if let Some(queue) = QUEUE.get() {
            queue.flush(FLUSH_TIMEOUT);
        }
    }
}

/// Starts logging as configured, and logs panics. A second call has no effect.
///
/// # Errors
/// If the operating system starts no thread, or has no file descriptor left.
pub fn start(config: &Config) -> io::Result<LogGuard> {
    if QUEUE.get().is_some() {
        return Ok(LogGuard(()));
    }
    let is_json = config.log_to_stdout;
    let started = LogQueue::start(stream(is_json)?)?;
    let queue = QUEUE.get_or_init(|| started);
    // Without `log_internal_errors(false)`, a failed write would be reported on stderr, and the
    // macro that does so panics if stderr fails.
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(config.log_filter.as_str()))
        .log_internal_errors(false);
    let started = if is_json {
        log.json().flatten_event(true).with_writer(move || queue).try_init()
    } else {
        log.with_ansi(io::stderr().is_terminal()).with_writer(move || queue).try_init()
    };
    if started.is_err() {
        tracing::debug!("the log was already started");
    }
    panic::set_hook(Box::new(log_panic));
    Ok(LogGuard(()))
}

/// Returns the stream with a descriptor of its own: the thread may wait in a write, and must not
/// hold the lock of `std::io::Stderr` until then.
#[cfg(unix)]
fn stream(is_json: bool) -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;

    let (stdout, stderr) = (io::stdout(), io::stderr());
    let stream = if is_json { stdout.as_fd() } else { stderr.as_fd() };
    Ok(stream.try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn stream(is_json: bool) -> io::Result<Box<dyn Write + Send>> {
    Ok(if is_json { Box::new(io::stdout()) } else { Box::new(io::stderr()) })
}

fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    let thread = thread::current();
    tracing::error!(thread = thread.name().unwrap_or("unnamed"), backtrace, "{panic}");
}

/// The condition of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStatus {
    /// `true` from the first lost line until a write succeeds.
    pub is_degraded: bool,
    /// The number of lost lines since the start.
    pub dropped: u64,
}

/// Returns the condition of the log. A log that was not started loses nothing.
pub fn status() -> LogStatus {
    QUEUE.get().map_or(LogStatus::default(), |queue| LogStatus {
        is_degraded: queue.is_degraded(),
        dropped: queue.dropped(),
    })
}

/// Writes the Prometheus text format.
impl fmt::Display for LogStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let help = "Log lines that could not be written.";
        head(f, "log_lines_dropped_total", "counter", help)?;
        writeln!(f, "log_lines_dropped_total {}", self.dropped)
    }
}

/// Writes text for the operator to standard error, and ignores a failure: there is no one left to
/// tell. `eprintln!` would panic.
pub fn tell(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}
