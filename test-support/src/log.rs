//! Log capture.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// The log lines that one thread writes while it is captured.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures what this thread logs at level `INFO` and above until the guard is dropped.
    pub fn listen(&self) -> DefaultGuard {
        self.listen_at(Level::INFO)
    }

    /// Captures what this thread logs at this level and above until the guard is dropped.
    pub fn listen_at(&self, level: Level) -> DefaultGuard {
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_ansi(false);
        tracing::subscriber::set_default(subscriber.with_writer(self.clone()).finish())
    }

    /// Returns the captured lines.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns the captured lines of one crate: level, target, message and fields.
    pub fn lines_of(&self, target: &str) -> Vec<String> {
        let lines = self.text();
        let line = |line: &str| line.split_once(' ').map(|(_time, rest)| rest.trim_start().to_owned());
        lines.lines().filter_map(line).filter(|line| line.contains(&format!(" {target}::"))).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
