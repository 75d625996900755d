//! `/admin/users/bulk`: an action on up to 500 users.
//!
//! GET shows a preview. POST applies the action to all selected users in one transaction.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use palisade::template::SafeHtml;
use palisade::{Session, SignedIn};

use super::search::UserSearch;
use super::users_are;
use crate::db::schools::{self, School};
use crate::db::trash;
use crate::db::users::edit::{self, Change, ChangeError, YEAR_PAUSE};
use crate::db::users::list::{self, MAX_ACCOUNTS, Person};
use crate::domain::clock::now;
use crate::domain::log_subject::LogSubject;
use crate::error::Error;
use crate::pages::admin::{actor, redirect_to_list};
use crate::pages::parts::address::Id;
use crate::pages::parts::day::Day;
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BulkAction {
    Move,
    NextYear,
    YearBack,
    LogOut,
    Delete,
}

impl BulkAction {
    const ALL: [Self; 5] = [Self::Move, Self::NextYear, Self::YearBack, Self::LogOut, Self::Delete];

    fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::NextYear => "next_year",
            Self::YearBack => "year_back",
            Self::LogOut => "log_out",
            Self::Delete => "delete",
        }
    }

    /// Returns the heading, the label of the button, and an explanation.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::Move => {
                ["Move them to another school?", "Move them", "They belong to the school that you choose."]
            }
            Self::NextYear => [
                "Move them up to the next year?",
                "Move them up",
                "Everybody is a year further on. Who is in Year 13 leaves school, and is in no year any more.",
            ],
            Self::YearBack => [
                "Move them back to the year before?",
                "Move them back",
                "It takes back what “Move up” has done in the last half year. Who had left school is in Year 13 again.",
            ],
            Self::LogOut => {
                ["Log them out everywhere?", "Log them out", "They log in again with their passwords."]
            }
            Self::Delete => [
                "Delete them?",
                "Delete them",
                "Their answers and points go with them. You can put them back within a minute; then they are gone for good.",
            ],
        }
    }

    /// Returns the reason to leave a user out, if there is one.
    fn leaves_out(self, person: &Person) -> Option<String> {
        let moved = person.moved_up_at.filter(|at| *at >= now() - YEAR_PAUSE);
        match (self, moved) {
            (Self::NextYear, _) if person.user.year.is_none() => Some("in no year".to_owned()),
            (Self::NextYear, Some(at)) => Some(format!("moved up on {} already", Day::of_unix(at).short())),
            (Self::YearBack, None) => Some("not moved up in the last half year".to_owned()),
            (Self::Delete, _) if person.user.is_admin() => {
                Some("an admin: take the rights away first".to_owned())
            }
            _ => None,
        }
    }
}

/// The submitted action, and the selected users.
#[derive(Default)]
struct BulkRequest {
    action: Option<BulkAction>,
    found: bool,
    ids: BTreeSet<i64>,
    school: Option<String>,
}

impl BulkRequest {
    fn read<N: AsRef<str>, V: AsRef<str>>(fields: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut request = Self::default();
        for (name, value) in fields {
            let value = value.as_ref();
            match name.as_ref() {
                "do" => request.action = BulkAction::ALL.into_iter().find(|action| action.name() == value),
                "who" => request.found = value == "found",
                "id" => request.ids.extend(Id::parse(value).map(|Id(id)| id)),
                "to" => request.school = Some(value.to_owned()),
                _ => {}
            }
        }
        request
    }
}

#[derive(Template)]
#[template(path = "admin/bulk.html")]
struct Bulk {
    layout: Layout,
    token: SafeHtml,
    action: BulkAction,
    schools: Vec<School>,
    concerned: Vec<Person>,
    left_out: Vec<(Person, String)>,
    problem: Option<String>,
}

const TOO_MANY: &str = "These are more than 500. Narrow the search down, and do it in parts.";

/// `GET /admin/users/bulk?do=move&who=ticked&id=1&id=2`: the preview for the ticked users.
///
/// With `who=found` and filters, the preview is for all users that match the filters.
pub(crate) async fn show(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    frame: Frame,
    session: Session,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let request = BulkRequest::read(url::form_urlencoded::parse(query.as_bytes()));
    let action = request.action.ok_or_else(Error::not_found)?;
    let people = if request.found {
        list::all(&app.db, &UserSearch::parse(&query).wanted).await?
    } else {
        people(&app, &request.ids).await?
    };
    if people.is_empty() {
        return redirect_to_list(&session, LogSubject::User, "Nobody was chosen. Tick who it is about.")
            .await;
    }
    if people.len() > MAX_ACCOUNTS {
        return redirect_to_list(&session, LogSubject::User, TOO_MANY).await;
    }
    page(&app, &frame, action, people, None).await.map(Html::into_response)
}

async fn people(app: &App, ids: &BTreeSet<i64>) -> Result<Vec<Person>, Error> {
    let mut people = Vec::new();
    for id in ids.iter().take(MAX_ACCOUNTS + 1) {
        people.extend(list::one(&app.db, *id).await?);
    }
    people.sort_by_cached_key(|person| person.user.full_name.as_str().to_lowercase());
    Ok(people)
}

async fn page(
    app: &App,
    frame: &Frame,
    action: BulkAction,
    people: Vec<Person>,
    problem: Option<String>,
) -> Result<Html<String>, Error> {
    let (mut concerned, mut left_out) = (Vec::new(), Vec::new());
    for person in people {
        match action.leaves_out(&person) {
            Some(why) => left_out.push((person, why)),
            None => concerned.push(person),
        }
    }
    let schools = if action == BulkAction::Move { schools::all(&app.db).await? } else { Vec::new() };
    let (layout, token) = (frame.layout(Section::Admin), frame.token());
    render(&Bulk { layout, token, action, schools, concerned, left_out, problem })
}

/// `POST /admin/users/bulk`.
pub(crate) async fn take(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let request = BulkRequest::read(fields);
    let action = request.action.ok_or_else(Error::not_found)?;
    if request.ids.len() > MAX_ACCOUNTS {
        return redirect_to_list(&session, LogSubject::User, TOO_MANY).await;
    }
    let (by, ids) = (actor(&admin), request.ids.iter().copied().collect::<Vec<_>>());
    let change = match (action, request.school.as_deref()) {
        (BulkAction::Delete, _) => {
            let gone = trash::delete_all(&app.db, &by, LogSubject::User, &ids).await?;
            return redirect_to_list(&session, LogSubject::User, &format!("{} deleted.", users_are(gone)))
                .await;
        }
        (BulkAction::NextYear, _) => Change::NextYear,
        (BulkAction::YearBack, _) => Change::YearBack,
        (BulkAction::LogOut, _) => Change::LogOut,
        (BulkAction::Move, Some("none")) => Change::Move(None),
        // No school has the id 0, so an invalid id is rejected as an unknown school.
        (BulkAction::Move, school) => Change::Move(Some(school.and_then(Id::parse).map_or(0, |Id(id)| id))),
    };
    match edit::change_all(&app.db, &by, &ids, change).await {
        Ok(count) => {
            let done = match action {
                BulkAction::Move => "moved",
                BulkAction::NextYear => "moved up",
                BulkAction::YearBack => "moved back",
                BulkAction::LogOut | BulkAction::Delete => "logged out everywhere",
            };
            redirect_to_list(&session, LogSubject::User, &format!("{} {done}.", users_are(count))).await
        }
        Err(gone @ ChangeError::NoSchool) => {
            let page =
                page(&app, &frame, action, people(&app, &request.ids).await?, Some(gone.to_string())).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(ChangeError::Db(error)) => Err(error.into()),
    }
}
