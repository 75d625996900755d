//! `/profile/export`: all data about the user as JSON, without secrets (password hash, tokens).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use palisade::{Session, SignedIn};
use serde_json::{Map, Value, json};

use super::RECENT_AUTH;
use crate::config::SessionStoreUri;
use crate::db::awards;
use crate::db::drafts;
use crate::db::leaderboard;
use crate::db::progress;
use crate::db::schools;
use crate::db::users::User;
use crate::domain::key_stage::KeyStage;
use crate::error::Error;
use crate::pages::parts::day::Day;
use crate::state::App;

/// `GET /profile/export`.
///
/// # Errors
/// Rejects the request if the last password check is older than [`RECENT_AUTH`].
pub(crate) async fn show(
    State(app): State<App>,
    user: SignedIn<User>,
    session: Session,
) -> Result<Response, Error> {
    user.require_recent_auth(RECENT_AUTH).await?;
    let school = match user.school_id {
        Some(id) => schools::by_id(&app.db, id).await?.map(|school| school.name),
        None => None,
    };
    let mut points = Map::new();
    for board in [None].into_iter().chain(KeyStage::ALL.map(Some)) {
        if let Some(standing) = leaderboard::of_user(&app.db, board, user.id).await? {
            let name = board.map_or("all", KeyStage::name).to_owned();
            points.insert(name, json!({ "points": standing.points, "rank": standing.rank }));
        }
    }
    let sessions = match app.config.sessions.store {
        SessionStoreUri::Cookie => Vec::new(), // they are in the browsers only
        _ => session.account_sessions().await?,
    };
    let sessions: Vec<Value> = sessions
        .into_iter()
        .map(|one| json!({ "since": time(one.since), "last_used": time(one.last_seen), "browser": one.user_agent }))
        .collect();
    let awards = awards::of_user(&app.db, user.id).await?;
    let awards: Vec<Value> = awards
        .into_iter()
        .map(|one| {
            let (points, at) = (one.points.number(), moment(one.awarded_at));
            json!({ "points": points, "for": one.place(), "reason": one.reason, "at": at })
        })
        .collect();
    let drafts = drafts::of_user(&app.db, user.id).await?.into_iter();
    let drafts: Vec<Value> = drafts
        .map(|one| json!({ "form": one.form.path, "typed": one.form.fields, "at": moment(one.updated_at) }))
        .collect();
    let all = json!({
        "account": {
            "name": user.full_name.as_str(),
            "email": user.email.as_str(),
            "role": user.role.name(),
            "school": school,
            "year": user.year.map(|year| year.number()),
            "joined": moment(user.created_at),
            "address_verified": user.email_verified_at.map(moment),
            "last_seen": user.last_seen_at.map(moment),
            "second_step_when_logging_in": user.has_second_factor,
        },
        "points": points,
        "progress": progress::by_stage(&app.db, user.id).await?,
        "answers": progress::all(&app.db, user.id).await?,
        "points_by_hand": awards,
        "not_sent_yet": drafts,
        "logged_in": sessions,
    });
    let text = format!("{all:#}\n");
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"maths-society.json\""),
    ];
    Ok((headers, text).into_response())
}

fn moment(seconds: i64) -> String {
    let day = Day::of_unix(seconds);
    format!("{}T{}", day.iso(), day.hour())
}

fn time(seconds: u64) -> String {
    moment(i64::try_from(seconds).unwrap_or(i64::MAX))
}
