//! `/admin/awards`: points that admins give or take, each with a reason for the pupil.
//!
//! The admin names the pupil by e-mail address or full name. A part of a name is rejected with up
//! to three suggestions: points for the wrong pupil would be public at once.

use axum::Form;
use axum::extract::{RawQuery, State};
use axum::response::{Html, Response};
use palisade::{Session, SignedIn};
use serde::Deserialize;
use url::form_urlencoded::{Serializer, parse};

use super::users::search::UserSearch;
use super::{List, Row, actor, redirect_to_list};
use crate::db::awards::{self, Award, AwardError, NewAward};
use crate::db::board_versions::{ScoreBoard, ScoreScope};
use crate::db::competitions::{self, Competition};
use crate::db::users::list::{self, Person, UserFilter};
use crate::db::versions::{self, Saved};
use crate::db::{Db, trash};
use crate::domain::award::Points;
use crate::domain::key_stage::KeyStage;
use crate::domain::log_subject::LogSubject;
use crate::domain::person::Role;
use crate::domain::title::Title;
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::day::Day;
use crate::pages::parts::form::{Field, FormPage, FormVersion};
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Section, render};
use crate::state::App;
use crate::web::signed_in::Admin;

#[derive(Default, Deserialize)]
pub(crate) struct AwardForm {
    #[serde(default)]
    pupil: String,
    #[serde(default)]
    points: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    counts: String,
    #[serde(flatten)]
    version: FormVersion,
}

impl AwardForm {
    fn pupil_field(&self) -> Field {
        Field::text("pupil", "Pupil", "off").value(&self.pupil).hint("The e-mail address, or the whole name.")
    }

    fn points_field(&self) -> Field {
        Field::text("points", "Points", "off").value(&self.points).hint(
            "Such as 3, or -2 to take points away. Solving a challenge gives one, or three to the first.",
        )
    }

    fn reason_field(&self) -> Field {
        Field::text("reason", "Reason", "off")
            .value(&self.reason)
            .hint("The pupil reads it. Other pupils do not.")
    }

    fn counts_field(&self, competitions: &[Competition]) -> Field {
        let own = (String::new(), "The pupil’s own key stage".to_owned());
        let stages = KeyStage::ALL.map(|it| (it.to_string(), it.to_string()));
        let competition = |it: &Competition| {
            (ScoreBoard::Competition(it.id).to_string(), format!("Competition: {}", it.title))
        };
        let choices = [own].into_iter().chain(stages).chain(competitions.iter().map(competition));
        Field::select("counts", "Counts for", choices.collect()).value(&self.counts).hint(
            "Points of a key stage count on the board of all, too. Those in a competition count there alone.",
        )
    }

    fn fields(&self, competitions: &[Competition]) -> [Field; 4] {
        [self.pupil_field(), self.points_field(), self.reason_field(), self.counts_field(competitions)]
    }

    /// Parses the form, or returns the fields with their validation errors.
    async fn read(&self, db: &Db, competitions: &[Competition]) -> Result<ParsedAward, Error> {
        let pupil = pupil(db, &self.pupil).await?;
        let (points, reason) = (self.points.parse::<Points>(), self.reason.parse::<Title>());
        let scope = self.scope(pupil.as_ref().ok(), competitions);
        Ok(match (pupil, points, reason, scope) {
            (Ok(pupil), Ok(points), Ok(reason), Ok(scope)) => ParsedAward::Valid(
                pupil.user.full_name.to_string(),
                NewAward { user_id: pupil.user.id, scope, points, reason },
            ),
            (pupil, points, reason, scope) => ParsedAward::Invalid(vec![
                self.pupil_field().error(pupil.err()),
                self.points_field().error(points.err()),
                self.reason_field().error(reason.err()),
                self.counts_field(competitions).error(scope.err()),
            ]),
        })
    }

    fn scope(
        &self,
        pupil: Option<&Person>,
        competitions: &[Competition],
    ) -> Result<ScoreScope, &'static str> {
        const UNKNOWN: &str = "There is no such board. Choose another.";
        match (&*self.counts, pupil) {
            ("", None) => Ok(ScoreScope::Stage(KeyStage::Ks3)),
            ("", Some(pupil)) => {
                let stage = pupil.user.key_stage().map(ScoreScope::Stage);
                stage.ok_or("This pupil is in no year. Choose a key stage.")
            }
            (board, _) => match board.parse() {
                Ok(ScoreBoard::Stage(stage)) => Ok(ScoreScope::Stage(stage)),
                Ok(ScoreBoard::Competition(id)) if competitions.iter().any(|it| it.id == id) => {
                    Ok(ScoreScope::Competition(id))
                }
                _ => Err(UNKNOWN),
            },
        }
    }
}

/// A parsed form.
enum ParsedAward {
    /// The pupil's name, and the award.
    Valid(String, NewAward),
    /// The fields with their validation errors.
    Invalid(Vec<Field>),
}

/// Finds the only pupil with this address or full name, or returns the reason.
async fn pupil(db: &Db, text: &str) -> Result<Result<Person, String>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Err("Write the pupil’s e-mail address or name.".to_owned()));
    }
    if text.chars().count() > LONGEST_NAME || text.contains('\0') {
        return Ok(Err("No pupil has this address or name.".to_owned()));
    }
    let found = list::named(db, text).await?;
    let is_admin = !found.is_empty();
    let mut pupils: Vec<_> = found.into_iter().filter(|it| it.user.role == Role::Pupil).collect();
    if pupils.len() > 1 {
        let names = name_list(&pupils);
        return Ok(Err(format!("Several pupils have this name: {names}. Write the e-mail address.")));
    }
    if let Some(pupil) = pupils.pop() {
        return Ok(Ok(pupil));
    }
    if is_admin {
        return Ok(Err("This is an admin, who is on no leaderboard.".to_owned()));
    }
    let similar = UserFilter { text: text.to_owned(), role: Some(Role::Pupil), ..UserFilter::default() };
    let similar = list::page(db, &similar, 1).await?.items;
    let similar = similar.get(..3).unwrap_or(&similar);
    let meant =
        if similar.is_empty() { String::new() } else { format!(" Did you mean {}?", name_list(similar)) };
    Ok(Err(format!("No pupil has this address or name.{meant}")))
}

/// The maximum number of characters of an e-mail address, which is longer than any name.
const LONGEST_NAME: usize = 254;

/// Formats pupils as `Ada Lovelace (ada@school.example), Ada King (king@school.example)`.
fn name_list(pupils: &[Person]) -> String {
    let name = |it: &Person| format!("{} ({})", it.user.full_name, it.user.email);
    pupils.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn page(frame: &Frame, title: &'static str, button: &'static str, fields: impl Into<Vec<Field>>) -> FormPage {
    FormPage::new(frame, title, button).section(Section::Admin).fields(fields).link("All awards", LIST_PATH)
}

const LIST_PATH: &str = "/admin/awards";
const NEW: &str = "New award";
const SAVE: &str = "Save";

/// `GET /admin/awards?q=ada&page=2`.
pub(crate) async fn list(
    State(app): State<App>,
    search: UserSearch,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let text = search.wanted.text;
    let found = awards::page(&app.db, &text, search.page).await?;
    let address = match &*text {
        "" => LIST_PATH.to_owned(),
        text => format!("{LIST_PATH}?{}", Serializer::new(String::new()).append_pair("q", text).finish()),
    };
    let row = |it: Award| {
        let place = format!("{} · {}", it.place(), Day::of_unix(it.awarded_at));
        Row { id: it.id, title: format!("{}, {}", it.full_name, it.points), facts: vec![it.reason, place] }
    };
    render(&List {
        layout: frame.layout(Section::Admin),
        token: frame.token(),
        subject: LogSubject::Award,
        title: "Awards",
        new: Some(NEW),
        search: Some(text),
        filters: Vec::new(),
        deleted: trash::recent(&app.db, LogSubject::Award).await?,
        pager: Pager::new(address, found.page, found.pages),
        rows: found.items.into_iter().map(row).collect(),
    })
}

/// `GET /admin/awards/new?to=ada@school.example`.
pub(crate) async fn new(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    frame: Frame,
) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let to = parse(query.as_bytes()).find(|(name, _)| name == "to");
    let form =
        AwardForm { pupil: to.map(|(_, to)| to.into_owned()).unwrap_or_default(), ..AwardForm::default() };
    page(&frame, NEW, SAVE, form.fields(&competitions::all(&app.db).await?)).respond()
}

/// `POST /admin/awards/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<AwardForm>,
) -> Result<Response, Error> {
    let competitions = competitions::all(&app.db).await?;
    let (name, new) = match form.read(&app.db, &competitions).await? {
        ParsedAward::Valid(name, new) => (name, new),
        ParsedAward::Invalid(fields) => return page(&frame, NEW, SAVE, fields).respond(),
    };
    let [pupil, points, reason, counts] = form.fields(&competitions);
    let fields = match awards::create(&app.db, &actor(&admin), &new).await {
        Ok(_) => {
            app.live.look();
            return redirect_to_list(
                &session,
                LogSubject::Award,
                &format!("{name} has {} for “{}”.", new.points, new.reason),
            )
            .await;
        }
        Err(AwardError::Db(error)) => return Err(error.into()),
        Err(gone @ AwardError::NoPupil) => [pupil.error(Some(gone)), points, reason, counts],
        Err(other @ AwardError::NotInvited) => [pupil, points, reason, counts.error(Some(other))],
    };
    page(&frame, NEW, SAVE, fields).respond()
}

fn change_page(frame: &Frame, award: &Award, fields: [Field; 2]) -> FormPage {
    let place = award.place();
    page(frame, "Change the award", "Save", fields)
        .lead(format!("It is {}’s ({}), and counts for {place}.", award.full_name, award.email))
        .lead("To give it to somebody else or on another board, delete it, and write a new one.")
}

/// `GET /admin/awards/{id}`.
pub(crate) async fn edit(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Response, Error> {
    let version = versions::of(&app.db, LogSubject::Award, id).await?.ok_or_else(Error::not_found)?;
    let award = awards::by_id(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let (points, reason) = (award.points.number().to_string(), award.reason.clone());
    let form = AwardForm { points, reason, ..AwardForm::default() };
    change_page(&frame, &award, [form.points_field(), form.reason_field()]).version(version).respond()
}

/// `POST /admin/awards/{id}`.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(form): Form<AwardForm>,
) -> Result<Response, Error> {
    let award = awards::by_id(&app.db, id).await?.ok_or_else(Error::not_found)?;
    let (points, reason) = match (form.points.parse::<Points>(), form.reason.parse::<Title>()) {
        (Ok(points), Ok(reason)) => (points, reason),
        (points, reason) => {
            let fields = [form.points_field().error(points.err()), form.reason_field().error(reason.err())];
            return change_page(&frame, &award, fields).same_version(&form.version).respond();
        }
    };
    match awards::change(&app.db, &actor(&admin), id, form.version.number(), points, &reason).await? {
        Saved::Done => {}
        Saved::Missing => return Err(Error::not_found()),
        Saved::Conflict => {
            let version = versions::of(&app.db, LogSubject::Award, id).await?.ok_or_else(Error::not_found)?;
            let theirs = awards::by_id(&app.db, id).await?.ok_or_else(Error::not_found)?;
            let (points, reason) = (theirs.points.number().to_string(), theirs.reason.clone());
            let stored = AwardForm { points, reason, ..AwardForm::default() };
            let stored = [stored.points_field(), stored.reason_field()];
            let page = change_page(&frame, &award, [form.points_field(), form.reason_field()]);
            return page.conflict(&form.version, &stored, version).respond();
        }
    }
    app.live.look();
    redirect_to_list(
        &session,
        LogSubject::Award,
        &format!("{} has {points} for “{reason}”.", award.full_name),
    )
    .await
}
