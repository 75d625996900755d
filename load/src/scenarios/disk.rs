//! A full disk, and a log that no one takes.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use test_support::Folder;
use test_support::program::Program;
use tokio::time::sleep;

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
    let began = writers.acknowledged();
    let mut last = began;
    loop {
        sleep(Duration::from_millis(300)).await;
        let now = writers.acknowledged();
        if now == last {
            break;
        }
        last = now;
    }
    let refused = ask(address(9), &app.address, "POST", "/api/notes/0").await.unwrap();
    outcome.promise(refused.status >= 500, format!("a full disk was answered with {}", refused.status));
    fs::remove_file(&ballast).unwrap();
    outcome.promise(writers.more(10).await, "a disk with room is not written to");
    let acknowledged = writers.end().await;
    let present = ask(address(9), &app.address, "GET", "/api/notes").await.unwrap();
    let present: std::collections::BTreeSet<u64> =
        present.body.lines().map(|line| line.parse().unwrap()).collect();
    outcome.notes.push(format!("full after {last} rows of 1 KB"));
    outcome.lost(acknowledged.difference(&present).count() as u64);
    outcome.all_served(visitor.end().await);
    outcome.memory(app.memory_peak(), MEMORY);
    drop((app, disk));
    outcome
}

/// `load-app`, which logs every page, and whose log goes to a closed pipe, or to a full disk.
pub(super) async fn lost_log(_: Size) -> Outcome {
    let mut outcome = Outcome::default();
    for sink in ["a closed pipe", "a full disk"] {
        let log = || -> Stdio {
            if sink == "a full disk" {
                return OpenOptions::new().write(true).open("/dev/full").unwrap().into();
            }
            let (_closed, writer) = std::io::pipe().unwrap();
            writer.into()
        };
        let folder = Folder::new();
        let mut app = servers::command("load-app", &folder, &[]);
        app.stderr(log());
        let mut program = Program::start(app);
        let visitor = Visitor::start(&program.address, "/");
        visitor.more(20).await;
        outcome.promise(program.is_running(), format!("the program ended without its log: {sink}"));
        outcome.all_served(visitor.end().await);
        outcome.memory(program.memory_peak(), MEMORY);
    }
    outcome
}
