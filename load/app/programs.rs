//! The routes for programs: rows, images, a limit that fails closed, and the clock.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::routing::{get, post};
use palisade::body_limit::BodyLimit;
use palisade::deadline::Deadline;
use palisade::{Error, RateLimit};

use crate::App;

/// The time for an image: 64 of them wait for one processor.
const SLOWEST: Duration = Duration::from_secs(300);

pub(crate) fn routes(guarded: RateLimit) -> Router<App> {
    let image = BodyLimit::bytes(16 << 20).timeout(SLOWEST);
    Router::new()
        .route("/api/guarded", get(async || "counted").layer(guarded.per_client()))
        .route("/api/notes", get(notes))
        .route("/api/notes/{id}", post(write))
        .route("/api/images", post(keep).layer((Deadline::new(SLOWEST), image)))
        .route("/api/echo", post(async |body: String| body.len().to_string()))
        .route("/api/clock/{seconds}", post(move_clock))
        .route("/api/metrics", get(async |State(app): State<App>| app.counters.metrics().to_string()))
}

/// Lists the ids, one a line.
async fn notes(State(app): State<App>) -> palisade::Result<String> {
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM notes ORDER BY id").fetch_all(&app.database).await?;
    Ok(ids.iter().map(|id| format!("{id}\n")).collect())
}

/// Writes a row of a kilobyte. The response acknowledges it.
async fn write(State(app): State<App>, Path(id): Path<i64>) -> palisade::Result<&'static str> {
    let insert = sqlx::query("INSERT INTO notes (id, text) VALUES (?, ?)").bind(id).bind("x".repeat(1000));
    insert.execute(&app.database).await?;
    Ok("written")
}

async fn keep(State(app): State<App>, request: Request) -> palisade::Result<String> {
    let mut form = app.uploads.take(request).await?;
    let file = form.take_file("file").ok_or_else(|| Error::unprocessable("There is no file."))?;
    Ok(app.uploads.keep(file).await?.id.to_string())
}

/// Moves the clock of the counters in memory, back if the number is negative.
async fn move_clock(State(app): State<App>, Path(seconds): Path<i64>) {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        app.clock.set_back(by);
    } else {
        app.clock.advance(by);
    }
}
