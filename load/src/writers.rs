//! Programs that write, and remember what was acknowledged.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::client::{OpenForm, address, ask};

/// The time after which a write counts as not acknowledged.
const LONGEST: Duration = Duration::from_secs(60);
/// The pause after a write that was not acknowledged.
const PAUSE: Duration = Duration::from_millis(20);

/// What is written.
#[derive(Clone, Debug)]
pub enum Writes {
    /// Rows of `load-app`.
    Notes,
    /// Accounts of the site, by its form and the letters in this folder.
    Accounts(PathBuf),
}

/// Writers who go on until [`end`](Self::end). Each write has a number of its own.
#[derive(Debug)]
pub struct Writers {
    tasks: JoinSet<()>,
    acknowledged: Arc<Mutex<BTreeSet<u64>>>,
}

impl Writers {
    /// Starts this many writers, with these numbers and those after them.
    #[must_use]
    pub fn start(server: &str, writes: Writes, writers: u32, numbers: &Arc<AtomicU64>) -> Self {
        let acknowledged = Arc::<Mutex<BTreeSet<u64>>>::default();
        let mut tasks = JoinSet::new();
        for writer in 0..writers {
            let (server, writes, numbers) = (server.to_owned(), writes.clone(), Arc::clone(numbers));
            let acknowledged = Arc::clone(&acknowledged);
            tasks.spawn(async move {
                let mut form = None;
                loop {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let written = write(&server, &writes, writer, number, &mut form);
                    if timeout(LONGEST, written).await.unwrap_or(false) {
                        acknowledged.lock().unwrap().insert(number);
                    } else {
                        sleep(PAUSE).await;
                    }
                }
            });
        }
        Self { tasks, acknowledged }
    }

    /// Returns how many writes were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    /// Waits until this many more writes are acknowledged; returns `false` after a minute.
    pub async fn more(&self, more: usize) -> bool {
        let wanted = self.acknowledged() + more;
        let reached = async {
            while self.acknowledged() < wanted {
                sleep(PAUSE).await;
            }
        };
        timeout(LONGEST, reached).await.is_ok()
    }

    /// Returns the numbers that were acknowledged.
    pub async fn end(mut self) -> BTreeSet<u64> {
        self.tasks.shutdown().await;
        std::mem::take(&mut *self.acknowledged.lock().unwrap())
    }
}

async fn write(server: &str, writes: &Writes, writer: u32, number: u64, form: &mut Option<OpenForm>) -> bool {
    let from = address(500 + writer);
    let Writes::Accounts(outbox) = writes else {
        let written = ask(from, server, "POST", &format!("/api/notes/{number}")).await;
        return written.is_ok_and(|response| response.status == 200);
    };
    if form.is_none() {
        *form = OpenForm::open(from, server, "/register").await.ok();
    }
    let Some(open) = form else { return false };
    let fields = format!("full_name=Ada+Lovelace&email=writer{number}%40example.org&year=");
    let posted = open.post(from, server, "/register", &fields).await;
    if !posted.is_ok_and(|page| page.status == 200 && page.body.contains("Look into your mail")) {
        return false;
    }
    let Some(link) = link(outbox, number).await else { return false };
    let Ok(last) = OpenForm::open(from, server, &link).await else { return false };
    let fields = "full_name=Ada+Lovelace&year=&password=seven+purple+otters+waltz";
    last.post(from, server, &link, fields).await.is_ok_and(|response| response.status == 303)
}

/// Returns the link of the letter to this account, once the letter is there.
async fn link(outbox: &Path, number: u64) -> Option<String> {
    const TRIES: u32 = 250;
    let to = format!("To: writer{number}@example.org\r\n");
    for _ in 0..TRIES {
        for letter in fs::read_dir(outbox).into_iter().flatten().flatten() {
            let Ok(text) = fs::read_to_string(letter.path()) else { continue };
            if text.contains(&to) && letter.path().extension().is_some_and(|it| it == "eml") {
                let _ = fs::remove_file(letter.path());
                let at = text.find("/verify_email/")?;
                return text[at..].lines().next().map(|link| link.trim().to_owned());
            }
        }
        sleep(PAUSE).await;
    }
    None
}
