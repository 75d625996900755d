//! Who watches a leaderboard, and what tells them that it has changed.
//!
//! ```no_run
//! # async fn example(db: mathsoc::db::Db) {
//! use mathsoc::db::board_versions::ScoreBoard;
//! use mathsoc::live::Live;
//!
//! let live = Live::new(db);
//! let mut watcher = live.watch(7).expect("nobody else watches");
//! live.look(); // points have been counted
//! let version = watcher.changed(ScoreBoard::All, 41).await; // once the board's number is above 41
//! # }
//! ```
//!
//! What happens, in this order:
//! 1. a member begins to watch, unless there are too many already;
//! 2. while anybody watches, one task reads the [numbers of all boards](crate::db::board_versions) every two seconds, and at once when
//!    this process has counted points; nobody watches, nothing is read;
//! 3. each watcher whose board has a higher number than it knows is woken;
//! 4. when the program is asked to stop, every watcher is told that it is over.
//!
//! | bound | is | because |
//! |---|---|---|
//! | watchers of one member | 3 | a browser has six connections to a site over HTTP/1.1 |
//! | watchers in all | 500 | each is a connection, and two short questions to the database at each change |
//!
//! While the database does not answer nobody is woken, and the task tries again. Why numbers in the database, and neither
//! messages between processes nor LISTEN: `docs/decisions/0019-live-leaderboards.md`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::db::Db;
use crate::db::board_versions::{self, ScoreBoard, Versions};

/// Who watches leaderboards; cheap to clone.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
    pace: Pace,
}

/// The times by which boards are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How often the numbers are read.
    pub look: Duration,
    /// How soon after one answer the same watcher is given the next one.
    pub rest: Duration,
    /// How often a watcher hears that it is still connected.
    pub beat: Duration,
    /// How long a watcher is answered; it then asks anew, and is let in anew.
    pub lasts: Duration,
}

/// Two seconds, one, twenty, and fifty.
impl Default for Pace {
    fn default() -> Self {
        let [look, rest, beat, lasts] = [2, 1, 20, 50].map(Duration::from_secs);
        Self { look, rest, beat, lasts }
    }
}

struct Shared {
    db: Db,
    versions: watch::Sender<Versions>,
    ended: watch::Sender<bool>,
    nudge: Notify,
    watchers: Mutex<Watchers>,
}

#[derive(Default)]
struct Watchers {
    by_member: HashMap<i64, usize>,
    total: usize,
    /// Whether the task that reads the numbers runs.
    is_read: bool,
}

/// Why nobody else can watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Crowded {
    /// This member watches as often as one may.
    #[error("the leaderboard is open in too many windows")]
    Member,
    /// As many watch as the site can tell.
    #[error("too many watch leaderboards just now")]
    Site,
    /// The program is about to stop.
    #[error("the site is about to restart")]
    Ended,
}

impl Live {
    /// How often one member may watch at once.
    pub const PER_MEMBER: usize = 3;
    /// How many may watch at once.
    pub const IN_ALL: usize = 500;

    /// Nobody watches yet.
    pub fn new(db: Db) -> Self {
        let shared = Shared {
            db,
            versions: watch::Sender::default(),
            ended: watch::Sender::default(),
            nudge: Notify::new(),
            watchers: Mutex::default(),
        };
        Self { shared: Arc::new(shared), pace: Pace::default() }
    }

    /// With other times.
    #[must_use]
    pub fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The times.
    pub fn times(&self) -> Pace {
        self.pace
    }

    /// Lets a member watch. It needs a tokio runtime.
    ///
    /// # Errors
    /// When too many watch, or the program is about to stop.
    pub fn watch(&self, member: i64) -> Result<Watcher, Crowded> {
        if *self.shared.ended.borrow() {
            return Err(Crowded::Ended);
        }
        let mut watchers = self.shared.watchers();
        if watchers.total >= Self::IN_ALL {
            return Err(Crowded::Site);
        }
        let own = watchers.by_member.entry(member).or_default();
        if *own >= Self::PER_MEMBER {
            return Err(Crowded::Member);
        }
        *own += 1;
        watchers.total += 1;
        if !std::mem::replace(&mut watchers.is_read, true) {
            tokio::spawn(read(self.clone()));
        }
        drop(watchers);
        let (versions, ended) = (self.shared.versions.subscribe(), self.shared.ended.subscribe());
        Ok(Watcher { shared: self.shared.clone(), member, versions, ended })
    }

    /// Says that points have been counted: the numbers are read at once, if anybody watches.
    pub fn look(&self) {
        self.shared.nudge.notify_one();
    }

    /// Tells every watcher that it is over, and lets in no other.
    pub fn end(&self) {
        self.shared.ended.send_replace(true);
    }

    /// How many watch.
    pub fn watchers(&self) -> usize {
        self.shared.watchers().total
    }
}

/// Reads the numbers while anybody watches.
async fn read(live: Live) {
    let shared = &live.shared;
    let mut ended = shared.ended.subscribe();
    loop {
        match board_versions::versions(&shared.db).await {
            Ok(versions) => shared.versions.send_if_modified(|known| {
                let is_new = *known != versions;
                *known = versions;
                is_new
            }),
            Err(error) => {
                tracing::warn!(%error, "leaderboards are not live just now");
                false
            }
        };
        tokio::select! {
            _ = ended.wait_for(|ended| *ended) => return,
            () = tokio::time::sleep(live.pace.look) => {}
            () = shared.nudge.notified() => {}
        }
        let mut watchers = shared.watchers();
        if watchers.total == 0 {
            watchers.is_read = false;
            return;
        }
    }
}

impl Shared {
    fn watchers(&self) -> MutexGuard<'_, Watchers> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("watchers", &self.watchers()).field("pace", &self.pace).finish()
    }
}

/// A member who watches. Dropped, there is room for another.
pub struct Watcher {
    shared: Arc<Shared>,
    member: i64,
    versions: watch::Receiver<Versions>,
    ended: watch::Receiver<bool>,
}

impl Watcher {
    /// Waits until the board's number is above this one, and says which it is.
    pub async fn changed(&mut self, board: ScoreBoard, known: i64) -> i64 {
        let number = |versions: &Versions| versions.get(&board).copied().unwrap_or(0);
        let found = self.versions.wait_for(|versions| number(versions) > known).await;
        found.map_or(known, |versions| number(&versions))
    }

    /// Waits until the program is about to stop.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.ended.clone();
        async move {
            let _ = ended.wait_for(|ended| *ended).await;
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut watchers = self.shared.watchers();
        watchers.total -= 1;
        if let Some(own) = watchers.by_member.get_mut(&self.member) {
            *own -= 1;
            if *own == 0 {
                watchers.by_member.remove(&self.member);
            }
        }
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("member", &self.member).finish_non_exhaustive()
    }
}
