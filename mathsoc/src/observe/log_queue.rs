//! A bounded queue between the program and its log.
//!
//! ```
//! use std::time::Duration;
//! use mathsoc::observe::log_queue::LogQueue;
//!
//! let log = LogQueue::start(std::io::sink())?;
//! log.push(b"a line\n");
//! assert!(log.flush(Duration::from_secs(5)));
//! assert_eq!((log.dropped(), log.is_degraded()), (0, false));
//! # std::io::Result::Ok(())
//! ```
//!
//! A request adds its line to memory and goes on. One thread writes the lines, in order:
//! 1. After the first line it waits for 5 ms for more, and writes them at once: a busy site neither
//!    wakes the thread nor makes a system call for each line.
//! 2. A line that no longer fits into the queue is dropped and counted.
//! 3. A failed write drops and counts the lines of that write. The next line is tried again.
//! 4. After a loss, the first successful write is followed by a line with the number of lost
//!    lines.
//!
//! A full disk, a closed pipe or a reader that has stopped reading therefore costs log lines, and
//! never a response. While lines are lost, [`LogQueue::is_degraded`] is true.
//!
//! | bound | value | reason |
//! |---|---|---|
//! | waiting text | 2 MiB | about 12,000 lines: a second at full load, 1 % of 512 MB with the copy being written |
//! | time for which lines are gathered | 5 ms, less if 64 KiB wait or at a flush | a reader of the log does not notice it, and a killed process loses no more |
//!
//! The queue does not outlive the process: `kill -9` and a power cut lose what waits in it.

use std::io::{self, ErrorKind, Write};
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The most bytes that wait in the queue.
pub const MAX_BYTES: usize = 2 << 20;

/// The buffer that stays allocated while the log is quiet, and the text that is written without
/// gathering more.
const BATCH_BYTES: usize = 64 << 10;

/// The time for which lines are gathered before a write.
const GATHER: Duration = Duration::from_millis(5);

/// The pause before a stream that is not ready (`EAGAIN`) is tried again.
const RETRY: Duration = Duration::from_millis(20);

/// The queue. Clones share it.
#[derive(Clone, Debug)]
pub struct LogQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Signals the thread that there is text.
    filled: Condvar,
    /// Signals [`LogQueue::flush`] that the thread has written its batch.
    written: Condvar,
    dropped: AtomicU64,
    degraded: AtomicBool,
}

#[derive(Debug, Default)]
struct Waiting {
    text: Vec<u8>,
    /// `true` while the thread writes a batch that it has taken.
    is_writing: bool,
    /// The number of callers of [`LogQueue::flush`]: while they wait, nothing is gathered.
    flushing: u32,
}

impl Waiting {
    /// Returns `true` if the thread may wait for more lines.
    fn may_gather(&self) -> bool {
        self.text.len() < BATCH_BYTES && self.flushing == 0
    }
}

impl LogQueue {
    /// Starts the thread that writes to `out`.
    ///
    /// # Errors
    /// If the operating system starts no thread.
    pub fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        Self::start_gathering(out, GATHER)
    }

    fn start_gathering(out: impl Write + Send + 'static, gather: Duration) -> io::Result<Self> {
        let queue = Self(Arc::default());
        let writer = queue.clone();
        let write = move || writer.write_all_batches(out, gather);
        thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(queue)
    }

    /// Adds a line, or drops and counts it if the queue is full. Never waits for the log.
    pub fn push(&self, line: &[u8]) {
        let mut waiting = self.waiting();
        if waiting.text.len() + line.len() > MAX_BYTES {
            drop(waiting);
            return self.lose(1);
        }
        let before = waiting.text.len();
        waiting.text.extend_from_slice(line);
        let is_awaited = before == 0 || (before < BATCH_BYTES && waiting.text.len() >= BATCH_BYTES);
        drop(waiting);
        if is_awaited {
            self.0.filled.notify_one();
        }
    }

    /// Waits until all lines are written or lost. Returns `false` if that takes longer than
    /// `timeout`.
    pub fn flush(&self, timeout: Duration) -> bool {
        let busy = |waiting: &mut Waiting| waiting.is_writing || !waiting.text.is_empty();
        let mut waiting = self.waiting();
        waiting.flushing += 1;
        self.0.filled.notify_one();
        let result = self.0.written.wait_timeout_while(waiting, timeout, busy);
        let (mut waiting, result) = result.unwrap_or_else(PoisonError::into_inner);
        waiting.flushing -= 1;
        !result.timed_out()
    }

    /// Returns the number of lines that were lost since the start.
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Returns `true` from the first lost line until a write succeeds.
    pub fn is_degraded(&self) -> bool {
        self.0.degraded.load(Ordering::Relaxed)
    }

    fn lose(&self, lines: u64) {
        self.0.dropped.fetch_add(lines, Ordering::Relaxed);
        self.0.degraded.store(true, Ordering::Relaxed);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what waits, and blocks while nothing does. Gathers more lines for a moment first.
    fn take(&self, batch: &mut Vec<u8>, gather: Duration) {
        let mut waiting = self.waiting();
        waiting.is_writing = false;
        self.0.written.notify_all();
        let filled = self.0.filled.wait_while(waiting, |waiting| waiting.text.is_empty());
        waiting = filled.unwrap_or_else(PoisonError::into_inner);
        let gathered = self.0.filled.wait_timeout_while(waiting, gather, |waiting| waiting.may_gather());
        (waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut waiting.text, batch);
        waiting.is_writing = true;
    }

    fn write_all_batches(&self, mut out: impl Write, gather: Duration) {
        let (mut batch, mut reported, mut is_torn) = (Vec::new(), 0, false);
        loop {
            self.take(&mut batch, gather);
            if is_torn {
                // The line whose end is missing stays on a line of its own.
                batch.insert(0, b'\n');
            }
            let done = write_as_far_as_possible(&mut out, &batch);
            let (head, rest) = batch.split_at(done);
            is_torn = head.last().map_or(is_torn, |last| *last != b'\n');
            if rest.is_empty() {
                self.0.degraded.store(false, Ordering::Relaxed);
                let lost = self.dropped() - reported;
                if lost > 0 {
                    reported += lost;
                    tracing::warn!(lines = lost, "log lines were lost: the log could not be written");
                }
            } else {
                self.lose(rest.iter().filter(|byte| **byte == b'\n').count() as u64);
            }
            batch.clear();
            batch.shrink_to(BATCH_BYTES);
        }
    }
}

/// Writes until the end or an error. Returns the number of written bytes.
fn write_as_far_as_possible(out: &mut impl Write, text: &[u8]) -> usize {
    let mut done = 0;
    while done < text.len() {
        match out.write(&text[done..]) {
            Ok(0) => break,
            Ok(bytes) => done += bytes,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
            Err(_) => break,
        }
    }
    done
}

/// One event of the log, which `tracing_subscriber` writes with one call.
impl Write for &LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// A stream that does as the test says: each write waits for the next answer.
    struct Scripted {
        answers: Receiver<io::Result<usize>>,
        seen: Sender<Vec<u8>>,
    }

    impl Write for Scripted {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let Ok(answer) = self.answers.recv() else { return Ok(text.len()) };
            let bytes = answer?.min(text.len());
            let _ = self.seen.send(text[..bytes].to_vec());
            Ok(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn scripted(gather: Duration) -> (LogQueue, Sender<io::Result<usize>>, Receiver<Vec<u8>>) {
        let ((say, answers), (seen, written)) = (channel(), channel());
        (LogQueue::start_gathering(Scripted { answers, seen }, gather).unwrap(), say, written)
    }

    #[test]
    fn lines_are_gathered_into_one_write() {
        // A minute is longer than the test: only the flush and the full batch end the gathering.
        let (log, say, written) = scripted(LONG);
        log.push(b"one\n");
        log.push(b"two\n");
        say.send(Ok(100)).unwrap();
        assert!(log.flush(2 * LONG));
        assert_eq!(written.recv().unwrap(), b"one\ntwo\n");
        let full = [b"x".repeat(BATCH_BYTES - 1), b"\n".to_vec()].concat();
        log.push(b"three\n");
        log.push(&full);
        say.send(Ok(2 * BATCH_BYTES)).unwrap();
        assert_eq!(written.recv().unwrap(), [b"three\n".to_vec(), full].concat());
    }

    #[test]
    fn a_failed_write_is_counted_and_the_next_succeeds() {
        let (log, say, written) = scripted(GATHER);
        log.push(b"one\n");
        say.send(Err(ErrorKind::StorageFull.into())).unwrap();
        assert!(log.flush(LONG));
        assert_eq!((log.dropped(), log.is_degraded()), (1, true));
        log.push(b"two\n");
        say.send(Ok(100)).unwrap();
        assert_eq!(written.recv().unwrap(), b"two\n");
        assert!(log.flush(LONG));
        assert_eq!((log.dropped(), log.is_degraded()), (1, false));
    }

    #[test]
    fn a_torn_line_stays_on_its_own_line() {
        let (log, say, written) = scripted(GATHER);
        log.push(b"one\n");
        say.send(Ok(2)).unwrap();
        say.send(Err(ErrorKind::StorageFull.into())).unwrap();
        assert!(log.flush(LONG));
        assert_eq!((written.recv().unwrap(), log.dropped()), (b"on".to_vec(), 1));
        log.push(b"two\n");
        say.send(Ok(100)).unwrap();
        assert_eq!(written.recv().unwrap(), b"\ntwo\n");
    }

    #[test]
    fn a_stuck_reader_costs_lines_and_bounded_memory() {
        let (log, say, _written) = scripted(GATHER);
        log.push(b"taken by the thread, which waits\n");
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        for _ in 0..MAX_BYTES / line.len() + 5000 {
            log.push(&line);
        }
        assert!(log.waiting().text.len() <= MAX_BYTES);
        // The thread may have taken up to `MAX_BYTES` with its first line.
        assert!(
            log.dropped() >= 5000 - MAX_BYTES as u64 / 1024 - 1 && log.is_degraded(),
            "{}",
            log.dropped()
        );
        assert!(!log.flush(Duration::from_millis(1)), "the flush gives up");
        drop(say);
        assert!(log.flush(LONG), "the reader reads again");
        assert!(!log.is_degraded());
    }
}
