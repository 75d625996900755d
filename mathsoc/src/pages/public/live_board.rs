//! `GET /leaderboard/events?board=KS3&page=2&version=41`: a leaderboard that changes while it is looked at, as server-sent events.
//!
//! ```text
//! retry: 2000
//!
//! id: 42
//! event: board
//! data: {"board":{"lines":[{"rank":1,"name":"Ada","school":null,"points":3,"solved":1,"own":true}],"own":null}}
//! ```
//!
//! What happens, in this order:
//! 1. the members' gate; a board that this member may not see is not found; where too many watch the answer is 429 or 503;
//! 2. the rows go at once where the board has changed since `version`, or since the `Last-Event-ID` of who comes back; else when
//!    it does, once a second at most, and only where a row of this page is another;
//! 3. a comment goes every twenty seconds, by which both ends know that the other is there;
//! 4. after fifty seconds the answer ends. The browser asks again by itself, and is let in again by the gate: so a session that
//!    has ended is told nothing after a minute. The answer ends at once when the program is asked to stop.
//!
//! It does not prolong what a page would not: an open leaderboard is in use, as one that is reloaded every minute is, until the
//! session is at its absolute end.
//!
//! References: HTML, server-sent events; RFC 9111 §5.2.2.5 (`no-store`).

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderMap, HeaderName, StatusCode};
use palisade::SignedIn;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until};

use super::board_table::{BoardQuery, Table, schools, table};
use crate::db::competitions;
use crate::db::leaderboard::Board;
use crate::db::users::User;
use crate::error::Error;
use crate::live::{Crowded, Watcher};
use crate::state::App;

/// What a proxy, nginx among them, is told: to pass on each event as it comes.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// When the browser comes back after the end of an answer.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// `GET /leaderboard/events`.
///
/// # Errors
/// Returns [`Error::NotFound`] for a board that this member may not see.
pub(crate) async fn events(
    State(app): State<App>,
    user: SignedIn<User>,
    query: BoardQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let board = query.name.board(&user).ok_or(Error::NotFound)?;
    if let Board::Competition(id) = board {
        competitions::by_id(&app.db, id, user.id).await?.ok_or(Error::NotFound)?;
    }
    let watcher = match app.live.watch(user.id) {
        Ok(watcher) => watcher,
        Err(crowded) => return Ok(too_many_watchers(crowded)),
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (sender, mut receiver) = mpsc::channel(1);
    let board_stream = BoardStream {
        app,
        user,
        board,
        page: query.page,
        last_version: last.unwrap_or(query.version),
        sender,
    };
    tokio::spawn(board_stream.run(watcher));
    let events =
        stream::poll_fn(move |cx| receiver.poll_recv(cx).map(|event| event.map(Ok::<_, Infallible>)));
    Ok(([(CACHE_CONTROL, "no-store"), (X_ACCEL_BUFFERING, "no")], Sse::new(events)).into_response())
}

fn too_many_watchers(crowded: Crowded) -> Response {
    let status = match crowded {
        Crowded::Member => StatusCode::TOO_MANY_REQUESTS,
        Crowded::Site | Crowded::Ended => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, [(RETRY_AFTER, "30")]).into_response()
}

/// Tells one browser what becomes of one page of a board.
struct BoardStream {
    app: App,
    user: SignedIn<User>,
    board: Board,
    page: u32,
    /// The number of the last change that the browser has been told of.
    last_version: i64,
    sender: mpsc::Sender<Event>,
}

impl BoardStream {
    async fn run(mut self, mut watcher: Watcher) {
        let (sender, lasts) = (self.sender.clone(), self.app.live.times().lasts);
        let ended = watcher.ended();
        tokio::select! {
            () = sender.closed() => {}
            () = ended => {}
            () = sleep(lasts) => {}
            () = self.send_changes(&mut watcher) => {}
        }
    }

    /// Ends when the browser has gone, or the database does not answer: the browser comes back.
    async fn send_changes(&mut self, watcher: &mut Watcher) {
        let pace = self.app.live.times();
        let mut beats = interval_at(Instant::now() + pace.beat, pace.beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut not_before, mut last_rows) = (Instant::now(), String::new());
        let changing = self.board.changing();
        let mut next = Event::default().retry(RETRY_DELAY);
        while self.sender.send(next).await.is_ok() {
            let last_version = self.last_version;
            let changed = async {
                sleep_until(not_before).await;
                watcher.changed(changing, last_version).await
            };
            next = tokio::select! {
                version = changed => {
                    (self.last_version, not_before) = (version, Instant::now() + pace.rest);
                    match self.rows().await {
                        Ok(rows) if rows == last_rows => Event::default().id(version.to_string()),
                        Ok(rows) => {
                            last_rows = rows;
                            Event::default().id(version.to_string()).event("board").data(&last_rows)
                        }
                        Err(error) => {
                            tracing::warn!(%error, "a leaderboard is not live just now");
                            return;
                        }
                    }
                }
                _ = beats.tick() => Event::DEFAULT_KEEP_ALIVE,
            };
        }
    }

    /// The tables of the page, as JSON on one line.
    async fn rows(&self) -> Result<String, Error> {
        let (app, user) = (&self.app, &*self.user);
        let board_page = table(app, user, self.board, self.page).await?.table;
        let tables: BTreeMap<&str, Table> = match self.board {
            Board::Competition(id) => {
                [("pupils", board_page), ("schools", schools(app, user, id).await?)].into()
            }
            _ => [("board", board_page)].into(),
        };
        Ok(serde_json::to_string(&tables).unwrap_or_default())
    }
}
