//! `GET /leaderboard/events?board=KS3&page=2&version=41`: leaderboards as server-sent events.
//!
//! ```text
//! retry: 2000
//!
//! id: 42
//! event: board
//! data: {"board":{"lines":[{"rank":1,"name":"Ada",…,"own":true}],"own":null}}
//! ```
//!
//! In order:
//! 1. The request passes the members' guard. A board that the member may not see is a 404. If too
//!    many streams are open, the response is 429 or 503.
//! 2. If the board is newer than `version`, or than `Last-Event-ID` after a reconnect, it is sent
//!    at once. Later its rows are sent when they change, at most once a second.
//! 3. A keep-alive comment is sent every 20 seconds, so that both ends notice a dead connection.
//! 4. The response ends after 50 seconds. The browser reconnects and passes the guard again, so
//!    a session that has ended receives nothing after a minute. A shutdown ends it at once.
//!
//! Each reconnect counts as activity, as a reload would: an open leaderboard resets the session's
//! idle timeout, but not its absolute timeout.
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

/// `X-Accel-Buffering: no` tells nginx and other proxies not to buffer the events.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The delay before the browser reconnects.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// `GET /leaderboard/events`.
///
/// # Errors
/// Returns [`Error::not_found`] for a board that this member may not see.
pub(crate) async fn events(
    State(app): State<App>,
    user: SignedIn<User>,
    query: BoardQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let board = query.name.board(&user).ok_or_else(Error::not_found)?;
    if let Board::Competition(id) = board {
        competitions::by_id(&app.db, id, user.id).await?.ok_or_else(Error::not_found)?;
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

/// Sends the changes of one page of a board to one browser.
struct BoardStream {
    app: App,
    user: SignedIn<User>,
    board: Board,
    page: u32,
    /// The version of the board that was last sent.
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

    /// Returns if the browser disconnects or the database fails. The browser reconnects.
    async fn send_changes(&mut self, watcher: &mut Watcher) {
        let pace = self.app.live.times();
        let mut beats = interval_at(Instant::now() + pace.beat, pace.beat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut not_before, mut last_rows) = (Instant::now(), String::new());
        let changing = self.board.score_board();
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
                            tracing::warn!(%error, "leaderboard stream closed: its rows could not be read");
                            return;
                        }
                    }
                }
                _ = beats.tick() => Event::DEFAULT_KEEP_ALIVE,
            };
        }
    }

    /// Serializes the tables of the page as JSON on one line.
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
