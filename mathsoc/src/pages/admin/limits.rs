//! `/admin/limits`: who was refused by a rate limit in the last day, and the button that lets them
//! in again.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::template::SafeHtml;
use palisade::{Session, SignedIn};
use serde::Deserialize;

use super::{actor, redirect_with_notice};
use crate::db::limits;
use crate::db::users;
use crate::domain::clock::now;
use crate::error::Error;
use crate::limits::{Caller, Refusal, apply_releases};
use crate::pages::parts::day::Day;
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;
use crate::web::signed_in::Admin;

const PATH: &str = "/admin/limits";

#[derive(Template)]
#[template(path = "admin/limits.html")]
struct LimitsPage {
    layout: Layout,
    token: SafeHtml,
    rows: Vec<Row>,
}

struct Row {
    refusal: Refusal,
    /// Who it is, in words.
    who: String,
    /// What was refused, in words.
    what: &'static str,
    last: Day,
    /// The time from which the caller passes, if that is later than now.
    until: Option<Day>,
}

/// Returns what a limit refuses, in words.
fn what(limit: &str) -> &'static str {
    match limit {
        "login" => "to log in",
        "code" => "to log in with a code",
        "pages" | "members" => "to open pages",
        "register" => "to make an account",
        "password_reset" => "to ask for a new password",
        "answers" => "to answer a challenge",
        "search" => "to search",
        "live" => "to watch a leaderboard",
        _ => "to send something",
    }
}

/// `GET /admin/limits`.
pub(crate) async fn show(State(app): State<App>, frame: Frame) -> Result<Html<String>, Error> {
    limits::add(&app.db, &app.limits.refusals().take()).await?;
    let now = now();
    let mut rows = Vec::new();
    for refusal in limits::refused(&app.db).await? {
        let member = match refusal.caller.parse() {
            Ok(id) => users::by_id(&app.db, id).await?,
            Err(_) => None,
        };
        let who = match member {
            Some(user) => format!("{} ({})", user.full_name, user.email),
            None if refusal.account.is_empty() => refusal.caller.clone(),
            None => format!("{}, from {}", refusal.account, refusal.caller),
        };
        let (what, last) = (what(&refusal.limit_name), Day::of_unix(refusal.last_at));
        let until = (refusal.until > now).then(|| Day::of_unix(refusal.until));
        rows.push(Row { refusal, who, what, last, until });
    }
    render(&LimitsPage { layout: frame.layout(Section::Admin), token: frame.token(), rows })
}

#[derive(Deserialize)]
pub(crate) struct ReleaseForm {
    #[serde(default)]
    caller: String,
    #[serde(default)]
    account: String,
}

/// `POST /admin/limits/release`: resets the counts of a caller, and of the account that it tried, in
/// every process of the site.
pub(crate) async fn release(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    session: Session,
    Form(form): Form<ReleaseForm>,
) -> Result<Response, Error> {
    let before = limits::newest_release(&app.db).await?;
    let texts = [&form.account, &form.caller];
    let callers: Vec<Caller> = texts.into_iter().filter_map(|text| text.parse().ok()).collect();
    for caller in &callers {
        limits::release(&app.db, &actor(&admin), caller).await?;
    }
    if callers.is_empty() {
        return redirect_with_notice(&session, PATH, "Nobody was named, so nothing has changed.").await;
    }
    apply_releases(&app.db, &app.limits, before).await?;
    redirect_with_notice(&session, PATH, "They can try again at once.").await
}
