//! The results of a challenge, and the answers of one member, as CSV files. Each download is in the
//! admin log.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use palisade::SignedIn;

use super::ResultQuery;
use crate::db::challenges::edit;
use crate::db::users::list;
use crate::db::{admin_log, progress, results};
use crate::error::Error;
use crate::lists::spreadsheet::{BEGIN, line};
use crate::pages::admin::actor;
use crate::pages::parts::address::Id;
use crate::pages::parts::day::Hour;
use crate::state::App;
use crate::web::signed_in::Admin;

/// `GET /admin/challenges/{id}/results.csv?school=3&year=8`: a line for each member, and for each
/// box the answers, the verdict and the time of the last one.
pub(crate) async fn challenge(
    State(app): State<App>,
    Id(id): Id,
    query: ResultQuery,
    admin: SignedIn<Admin>,
) -> Result<Response, Error> {
    edit::any(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let (boxes, rows) = (results::boxes(&app.db, id).await?, results::all(&app.db, id, &query.filter).await?);
    let mut head: Vec<String> =
        ["user", "name", "email", "school", "year", "points", "solved"].map(str::to_owned).to_vec();
    for it in &boxes {
        head.extend(["answers", "verdict", "tries", "time"].map(|part| format!("{}: {part}", it.label)));
    }
    let mut bytes = [BEGIN, &line(head)].concat();
    for row in rows {
        let mut fields = vec![
            row.user_id.to_string(),
            row.full_name,
            row.email,
            row.school.unwrap_or_default(),
            row.year.map(|year| year.to_string()).unwrap_or_default(),
            row.points.to_string(),
            row.solved_at.map(hour).unwrap_or_default(),
        ];
        for it in &boxes {
            let given: Vec<_> = row.answers.iter().filter(|answer| answer.box_id == it.id).collect();
            let texts: Vec<_> = given.iter().map(|answer| answer.given.as_str()).collect();
            let is_right = given.iter().any(|answer| answer.correct && answer.number.is_some());
            let verdict = match (given.is_empty(), is_right) {
                (true, _) => "",
                (false, true) => "right",
                (false, false) => "wrong",
            };
            fields.extend([
                texts.join(" | "),
                verdict.to_owned(),
                given.iter().filter(|answer| answer.number.is_some()).count().to_string(),
                given.last().map(|answer| hour(answer.submitted_at)).unwrap_or_default(),
            ]);
        }
        bytes.extend(line(fields));
    }
    respond(&app, &admin, format!("challenge-{id}.csv"), bytes).await
}

/// `GET /admin/users/{id}/answers.csv`: a line for each answer, newest first.
pub(crate) async fn pupil(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
) -> Result<Response, Error> {
    list::one(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let head = ["challenge", "title", "box", "try", "answer", "verdict", "time"];
    let mut bytes = [BEGIN, &line(head)].concat();
    for it in progress::all(&app.db, id).await? {
        let verdict = if it.correct { "right" } else { "wrong" };
        bytes.extend(line([
            it.challenge.to_string(),
            it.title,
            it.label,
            it.which_try.map(|number| number.to_string()).unwrap_or_default(),
            it.given,
            verdict.to_owned(),
            hour(it.submitted_at),
        ]));
    }
    respond(&app, &admin, format!("answers-of-{id}.csv"), bytes).await
}

/// Formats a time in London as spreadsheets parse it: `2026-07-01 09:00`.
fn hour(seconds: i64) -> String {
    Hour::of_unix(seconds).to_string().replace('T', " ")
}

async fn respond(
    app: &App,
    admin: &SignedIn<Admin>,
    name: String,
    bytes: Vec<u8>,
) -> Result<Response, Error> {
    admin_log::exported(&app.db, &actor(admin), &name).await?;
    let attachment = format!("attachment; filename=\"{name}\"");
    let head = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, &*attachment)];
    Ok((head, bytes).into_response())
}
