//! `/admin/export/{file}`: users, answers and the leaderboard as CSV files.
//!
//! The response is streamed, 500 rows at a time. If the client disconnects, the queries stop. If
//! the database fails, the connection is aborted, so that a client cannot mistake a part for the
//! whole.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http_body::Frame;
use palisade::SignedIn;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::actor;
use crate::db::export::{self, BATCH_ROWS};
use crate::db::{Db, DbError, admin_log};
use crate::domain::key_stage::KeyStage;
use crate::error::Error;
use crate::lists::spreadsheet::{BEGIN, line};
use crate::pages::parts::address::Listing;
use crate::pages::parts::day::Hour;
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExportFile {
    Users,
    Submissions,
    Leaderboard(Option<KeyStage>),
}

impl ExportFile {
    fn of(name: &str, key_stage: Option<KeyStage>) -> Option<Self> {
        match name {
            "users.csv" => Some(Self::Users),
            "submissions.csv" => Some(Self::Submissions),
            "leaderboard.csv" => Some(Self::Leaderboard(key_stage)),
            _ => None,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Users => "users.csv".to_owned(),
            Self::Submissions => "submissions.csv".to_owned(),
            Self::Leaderboard(None) => "leaderboard.csv".to_owned(),
            Self::Leaderboard(Some(stage)) => format!("leaderboard-{stage}.csv"),
        }
    }
}

/// `GET /admin/export/users.csv`, `submissions.csv` or `leaderboard.csv?key_stage=KS3`.
///
/// Each download is in the admin log.
///
/// # Errors
/// Returns [`Error::not_found`] for any other file name.
pub(crate) async fn show(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    listing: Listing,
    admin: SignedIn<Admin>,
) -> Result<Response, Error> {
    let name = path.map(|Path(name)| name).map_err(|_| Error::not_found())?;
    let file = ExportFile::of(&name, listing.key_stage).ok_or_else(Error::not_found)?;
    admin_log::exported(&app.db, &actor(&admin), &file.name()).await?;
    let (sender, receiver) = mpsc::channel(2);
    tokio::spawn(async move {
        let mut writer = CsvWriter { sender, db: app.db.clone() };
        if let Err(ExportError::Db(error)) = writer.write(file).await {
            tracing::error!(%error, file = file.name(), "CSV export aborted: the database failed");
            // Fails only if the client has disconnected.
            let _ = writer.sender.send(Err(io::Error::other("the database failed"))).await;
        }
    });
    let attachment = format!("attachment; filename=\"{}\"", file.name());
    let head = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, &*attachment)];
    Ok((head, Body::new(CsvBody(receiver))).into_response())
}

/// Queries the rows and sends them as CSV.
struct CsvWriter {
    sender: Sender<io::Result<Bytes>>,
    db: Db,
}

/// The reason why an export stops early.
enum ExportError {
    /// The client has disconnected.
    Disconnected,
    Db(DbError),
}

impl From<DbError> for ExportError {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl CsvWriter {
    async fn send(&self, bytes: Vec<u8>) -> Result<(), ExportError> {
        self.sender.send(Ok(bytes.into())).await.map_err(|_| ExportError::Disconnected)
    }

    async fn write(&mut self, file: ExportFile) -> Result<(), ExportError> {
        match file {
            ExportFile::Users => self.users().await,
            ExportFile::Submissions => self.submissions().await,
            ExportFile::Leaderboard(key_stage) => self.leaderboard(key_stage).await,
        }
    }

    async fn head<const N: usize>(&self, columns: [&str; N]) -> Result<(), ExportError> {
        self.send([BEGIN, &line(columns)].concat()).await
    }

    async fn users(&self) -> Result<(), ExportError> {
        let columns = ["id", "name", "email", "role", "school", "year", "key_stage"];
        let columns = [&columns[..], &["verified", "made", "last_seen"]].concat();
        self.send([BEGIN, &line(columns)].concat()).await?;
        let mut after = 0;
        loop {
            let rows = export::users(&self.db, after).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            let line = |it: &export::UserRow| {
                line([
                    it.id.to_string(),
                    it.full_name.clone(),
                    it.email.clone(),
                    it.role.clone(),
                    it.school.clone().unwrap_or_default(),
                    number(it.year),
                    it.key_stage.clone().unwrap_or_default(),
                    hour(it.email_verified_at),
                    hour(Some(it.created_at)),
                    hour(it.last_seen_at),
                ])
            };
            self.send(rows.iter().flat_map(line).collect()).await?;
            if rows.len() < BATCH_ROWS {
                return Ok(());
            }
        }
    }

    async fn submissions(&self) -> Result<(), ExportError> {
        self.head([
            "id",
            "at",
            "user_id",
            "name",
            "challenge_id",
            "challenge",
            "box",
            "try",
            "answer",
            "verdict",
        ])
        .await?;
        let mut after = 0;
        loop {
            let rows = export::answers(&self.db, after).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id;
            let line = |it: &export::AnswerRow| {
                line([
                    it.id.to_string(),
                    hour(Some(it.submitted_at)),
                    it.user_id.to_string(),
                    it.full_name.clone(),
                    it.challenge_id.to_string(),
                    it.title.clone(),
                    it.position.to_string(),
                    number(it.number),
                    it.given.clone(),
                    it.verdict.clone(),
                ])
            };
            self.send(rows.iter().flat_map(line).collect()).await?;
            if rows.len() < BATCH_ROWS {
                return Ok(());
            }
        }
    }

    async fn leaderboard(&self, key_stage: Option<KeyStage>) -> Result<(), ExportError> {
        self.head(["rank", "user_id", "name", "school", "year", "points", "solved"]).await?;
        let (mut after, mut rank, mut place) = (None, 0, 0_u64);
        loop {
            let rows = export::scores(&self.db, key_stage, after).await?;
            let full = rows.len() >= BATCH_ROWS;
            let mut bytes = Vec::new();
            for it in rows {
                place += 1;
                // Equal points share a rank.
                if after.is_none_or(|(points, _)| points != it.points) {
                    rank = place;
                }
                after = Some((it.points, it.user_id));
                bytes.extend(line([
                    rank.to_string(),
                    it.user_id.to_string(),
                    it.full_name,
                    it.school.unwrap_or_default(),
                    number(it.year),
                    it.points.to_string(),
                    it.solved.to_string(),
                ]));
            }
            self.send(bytes).await?;
            if !full {
                return Ok(());
            }
        }
    }
}

fn number(value: Option<i64>) -> String {
    value.map(|it| it.to_string()).unwrap_or_default()
}

/// Formats a time in London as spreadsheets parse it: `2026-07-01 09:00`.
fn hour(seconds: Option<i64>) -> String {
    seconds.map(|it| Hour::of_unix(it).to_string().replace('T', " ")).unwrap_or_default()
}

/// A response body from a channel of chunks.
struct CsvBody(Receiver<io::Result<Bytes>>);

impl http_body::Body for CsvBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
