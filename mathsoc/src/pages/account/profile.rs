//! `/profile` and `/profile/edit`: the user's details, progress and ranks.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::redirect::SafePath;
use palisade::{Redirect, Session, SignedIn};
use serde::Deserialize;

use super::register::{name_field, year_field};
use crate::db::leaderboard::{self, Standing};
use crate::db::progress::{self, StageProgress};
use crate::db::schools::{self, School};
use crate::db::users::{self, User};
use crate::domain::key_stage::KeyStage;
use crate::domain::person::{FullName, Year};
use crate::error::Error;
use crate::pages::parts::form::FormPage;
use crate::pages::parts::frame::notice;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "profile.html")]
struct Profile {
    layout: Layout,
    user: User,
    school: Option<School>,
    admin_needs_factor: bool,
    stages: Vec<StageProgress>,
    boards: Vec<(String, Standing)>,
}

impl Profile {
    /// Returns the lengths of the bars for solved and tried challenges, of 200.
    fn bar(stage: &StageProgress) -> (i64, i64) {
        let all = stage.challenges.max(1);
        (200 * stage.solved / all, 200 * stage.tried / all)
    }
}

/// `GET /profile`.
pub(crate) async fn show(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let school = match user.school_id {
        Some(id) => schools::by_id(&app.db, id).await?,
        None => None,
    };
    let admin_needs_factor = app.config.admin_totp_required && user.is_admin() && !user.has_second_factor;
    let mut boards = Vec::new();
    for board in [None].into_iter().chain(KeyStage::ALL.map(Some)) {
        if let Some(standing) = leaderboard::of_user(&app.db, board, user.id).await? {
            boards.push((board.map_or("All challenges".to_owned(), |stage| stage.to_string()), standing));
        }
    }
    let (layout, stages) = (frame.layout(Section::Account), progress::by_stage(&app.db, user.id).await?);
    render(&Profile { layout, user: (*user).clone(), school, admin_needs_factor, stages, boards })
}

#[derive(Deserialize)]
pub(crate) struct ProfileForm {
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    year: String,
}

/// Returns the page. Pupils choose their year once: after that it is on the leaderboard of a class,
/// which others would otherwise look into and climb at will. An admin corrects it.
fn page(frame: &Frame, user: &User, form: &ProfileForm) -> FormPage {
    let page = FormPage::new(frame, "Your details", "Save").link("Back to my account", "/profile");
    let name = name_field().value(&form.full_name);
    match fixed_year(user) {
        Some(year) => page
            .lead(format!("You are in year {year}. Ask a teacher if that is wrong.", year = year.number()))
            .fields([name]),
        None => page.fields([name, year_field().value(&form.year)]),
    }
}

/// Returns the year of a pupil who has one.
fn fixed_year(user: &User) -> Option<Year> {
    user.year.filter(|_| !user.is_admin())
}

/// `GET /profile/edit`.
pub(crate) async fn edit(user: SignedIn<User>, frame: Frame) -> Result<Response, Error> {
    let year = user.year.map(|year| year.number().to_string()).unwrap_or_default();
    page(&frame, &user, &ProfileForm { full_name: user.full_name.to_string(), year }).respond()
}

/// `POST /profile/edit`.
pub(crate) async fn take(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
    session: Session,
    Form(form): Form<ProfileForm>,
) -> Result<Response, Error> {
    let name = form.full_name.parse::<FullName>();
    let fixed = fixed_year(&user);
    let year = match fixed {
        None if !form.year.is_empty() => form.year.parse::<Year>().map(Some),
        fixed => Ok(fixed),
    };
    let (Ok(name), Ok(year)) = (&name, &year) else {
        let mut fields = vec![name_field().value(&form.full_name).error(name.err())];
        if fixed.is_none() {
            fields.push(year_field().value(&form.year).error(year.err()));
        }
        return page(&frame, &user, &form).fields(fields).respond();
    };
    users::set_profile(&app.db, user.id, name, user.school_id, *year).await?;
    notice(&session, "Saved.").await?;
    Ok(Redirect::to(SafePath::of("/profile")).into_response())
}
