//! Notifies members who watch a leaderboard when it changes.
//!
//! ```no_run
//! # async fn example(db: mathsoc::db::Db) {
//! use mathsoc::db::board_versions::ScoreBoard;
//! use mathsoc::live::Live;
//!
//! let live = Live::new(db);
//! let mut watcher = live.watch(7).expect("below the limit of watchers");
//! live.look(); // points were awarded
//! let version = watcher.changed(ScoreBoard::All, 41).await; // the board's version is above 41
//! # }
//! ```
//!
//! Steps, in order:
//! 1. A member starts to watch, unless a limit below is reached.
//! 2. While at least one member watches, one task polls the [board
//!    versions](crate::db::board_versions) every two seconds, and at once when this process has
//!    awarded points. Without watchers it stops.
//! 3. Each watcher whose board has a higher version than the one it knows is woken.
//! 4. On shutdown, every watcher is told to end.
//!
//! | limit | value | reason |
//! |---|---|---|
//! | watchers per member | 3 | a browser opens six connections to a site over HTTP/1.1 |
//! | watchers in total | 500 | each holds a connection, and costs two queries a change |
//!
//! While the database does not answer, no watcher is woken and the task retries.
//! `docs/decisions/0019-live-leaderboards.md` says why the versions are in the database instead of
//! messages between processes or LISTEN.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::db::Db;
use crate::db::board_versions::{self, ScoreBoard, Versions};

/// The watchers of leaderboards; cheap to clone.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
    pace: Pace,
}

/// The intervals and timeouts of watching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The interval at which the versions are polled.
    pub look: Duration,
    /// The shortest pause between two updates to the same watcher.
    pub rest: Duration,
    /// The interval of the keep-alive events.
    pub beat: Duration,
    /// The longest time that one response lasts. The browser then reconnects, and is authorised
    /// again.
    pub lasts: Duration,
}

/// Polls every 2 seconds, pauses for 1, keeps alive every 20, ends after 50.
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
    /// `true` while the polling task runs.
    is_read: bool,
}

/// A reason why no further watcher is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Crowded {
    /// The member has [`Live::PER_MEMBER`] watchers.
    #[error("the leaderboard is open in too many windows")]
    Member,
    /// The site has [`Live::IN_ALL`] watchers.
    #[error("too many people watch leaderboards just now")]
    Site,
    /// The program is shutting down.
    #[error("the site is about to restart")]
    Ended,
}

impl Live {
    /// The most watchers of one member.
    pub const PER_MEMBER: usize = 3;
    /// The most watchers of the site.
    pub const IN_ALL: usize = 500;

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

    /// Replaces the intervals.
    #[must_use]
    pub fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Returns the intervals.
    pub fn times(&self) -> Pace {
        self.pace
    }

    /// Registers a watcher for a member. Requires a tokio runtime.
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

    /// Polls the versions at once, if there are watchers. Call it after points were awarded.
    pub fn look(&self) {
        self.shared.nudge.notify_one();
    }

    /// Ends every watcher, and rejects new ones.
    pub fn end(&self) {
        self.shared.ended.send_replace(true);
    }

    /// Returns the number of watchers.
    pub fn watchers(&self) -> usize {
        self.shared.watchers().total
    }
}

/// Polls the versions while there are watchers.
async fn read(live: Live) {
    let shared = &live.shared;
    let mut ended = shared.ended.subscribe();
    loop {
        match board_versions::versions(&shared.db).await {
            Ok(current) => shared.versions.send_if_modified(|last| {
                let is_new = *last != current;
                *last = current;
                is_new
            }),
            Err(error) => {
                tracing::warn!(%error, "cannot read the versions of leaderboards; live updates pause");
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

/// A member who watches. Dropping it makes room for another.
pub struct Watcher {
    shared: Arc<Shared>,
    member: i64,
    versions: watch::Receiver<Versions>,
    ended: watch::Receiver<bool>,
}

impl Watcher {
    /// Waits until the board's version is above `known`, and returns it.
    pub async fn changed(&mut self, board: ScoreBoard, known: i64) -> i64 {
        let number = |versions: &Versions| versions.get(&board).copied().unwrap_or(0);
        let found = self.versions.wait_for(|versions| number(versions) > known).await;
        found.map_or(known, |versions| number(&versions))
    }

    /// Waits until the program shuts down.
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
