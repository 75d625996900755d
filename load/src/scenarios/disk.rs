//! A full disk, and a log that no one takes.

use std::fs::{self, OpenOptions};
use std::io::PipeReader;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use test_support::Folder;
use test_support::program::Program;
use tokio::time::{sleep, timeout};

use super::Size;
use crate::client::{address, ask};
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;
use crate::writers::{Writers, Writes};

/// The memory of the programs, in the debug build.
const MEMORY: u64 = 256 << 20;

/// A file system of its own, in memory.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts it; only root may.
    fn mount(at: &'a Path, size: &str) -> Option<Self> {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(at).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success()).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

/// `load-app`, whose database and uploads are on a disk that is full, and has room again.
pub(super) async fn full(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let Some(disk) = SmallDisk::mount(&folder, size.of("3m", "32m")) else {
        return Outcome::skipped("only root can mount a small disk");
    };
    let ballast = folder.join("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).unwrap();
    let app = servers::app(&folder, &[]);
    let visitor = Visitor::start(&app.address, "/");
    let numbers = Arc::new(AtomicU64::new(1));
    let writers = Writers::start(&app.address, Writes::Notes, 4, &numbers);
    outcome.promise(writers.more(1).await, "nothing was written");
    // Fewer acknowledged writes may also mean a busy machine: the answer to another write tells.
    let full = async {
        loop {
            let last = writers.acknowledged();
            sleep(Duration::from_millis(300)).await;
            let path = format!("/api/notes/{}", numbers.fetch_add(1, Ordering::SeqCst));
            if writers.acknowledged() == last
                && ask(address(9), &app.address, "POST", &path).await.is_ok_and(|answer| answer.status >= 500)
            {
                return last;
            }
        }
    };
    let rows = timeout(Duration::from_secs(60), full).await;
    outcome.promise(rows.is_ok(), "a full disk is not noticed");
    fs::remove_file(&ballast).unwrap();
    outcome.promise(writers.more(10).await, "a disk with room is not written to");
    let acknowledged = writers.end().await;
    let present = ask(address(9), &app.address, "GET", "/api/notes").await.unwrap();
    let present: std::collections::BTreeSet<u64> =
        present.body.lines().map(|line| line.parse().unwrap()).collect();
    outcome.notes.extend(rows.map(|rows| format!("full after {rows} rows of 1 KB")));
    outcome.lost(acknowledged.difference(&present).count() as u64);
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), MEMORY);
    drop((app, disk));
    outcome
}

/// Where a log goes to be lost.
#[derive(Clone, Copy, Debug)]
enum LostLog {
    /// A pipe whose reader has gone.
    ClosedPipe,
    /// A file on a full disk.
    FullDisk,
    /// A pipe that no one reads: it is soon full.
    UnreadPipe,
}

impl LostLog {
    /// Returns the log, and the reader of an unread pipe.
    fn open(self) -> (Stdio, Option<PipeReader>) {
        if let Self::FullDisk = self {
            return (OpenOptions::new().write(true).open("/dev/full").unwrap().into(), None);
        }
        let (reader, writer) = std::io::pipe().unwrap();
        (writer.into(), matches!(self, Self::UnreadPipe).then_some(reader))
    }
}

/// `load-app`, which logs every page, and whose log is lost. Its log is written by the request, as
/// that of most programs: one that no one reads would stop it.
pub(super) async fn lost_log(_: Size) -> Outcome {
    let mut outcome = Outcome::default();
    for lost in [LostLog::ClosedPipe, LostLog::FullDisk] {
        let folder = Folder::new();
        without_log(servers::command("load-app", &folder, &[]), lost, "/", 0, &mut outcome).await;
    }
    outcome
}

/// The site, whose log is lost.
pub(super) async fn lost_log_of_the_site(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    for lost in [LostLog::ClosedPipe, LostLog::FullDisk, LostLog::UnreadPipe] {
        let folder = Folder::new();
        // A pipe takes 64 KiB: 400 lines are more.
        let pages = size.of(400, 5000);
        without_log(servers::site_command(&folder), lost, "/about", pages, &mut outcome).await;
    }
    outcome
}

async fn without_log(
    mut command: Command,
    lost: LostLog,
    page: &'static str,
    pages: usize,
    outcome: &mut Outcome,
) {
    let (log, _reader) = lost.open();
    let mut program = Program::start({
        command.stderr(log);
        command
    });
    let visitor = Visitor::start(&program.address, page);
    for _ in 0..pages {
        let response = ask(address(9), &program.address, "GET", page).await.map(|response| response.status);
        if !matches!(response, Ok(200)) {
            outcome.promise(false, format!("a page was answered with {response:?}: {lost:?}"));
            break;
        }
    }
    visitor.more(20).await;
    outcome.promise(program.is_running(), format!("the program ended without its log: {lost:?}"));
    outcome.all_served(visitor.end().await);
    outcome.memory(program.memory_peak(), MEMORY);
}
