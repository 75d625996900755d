//! `/admin/competitions`: the section of competitions, with the invited schools.

use std::collections::{HashMap, HashSet};

use axum::Form;
use axum::extract::State;
use axum::response::{Html, Response};
use palisade::{Session, SignedIn};

use super::{List, PageNumber, Row, actor, redirect_to_list};
use crate::db::admin_log::Actor;
use crate::db::competitions::{self, Competition, CompetitionError, Details};
use crate::db::schools::{self, School};
use crate::db::versions::{self, Saved};
use crate::domain::clock::now;
use crate::domain::ids::CompetitionId;
use crate::domain::log_subject::LogSubject;
use crate::domain::long_text::LongText;
use crate::domain::title::Title;
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::day::{Day, Hour};
use crate::pages::parts::form::{Field, FormPage, FormVersion};
use crate::pages::parts::{Frame, Section};
use crate::pages::public::competitions::CompetitionStatus;
use crate::state::App;
use crate::web::signed_in::Admin;

type RawForm = Form<Vec<(String, String)>>;

/// The submitted texts, and the ids of the ticked schools.
struct CompetitionForm {
    texts: HashMap<String, String>,
    invited: HashSet<i64>,
}

const SCHOOL: &str = "school-";

impl CompetitionForm {
    fn new(sent: Vec<(String, String)>) -> Self {
        let school = |name: &str| name.strip_prefix(SCHOOL).and_then(|id| id.parse().ok());
        let invited = sent.iter().filter_map(|(name, _)| school(name)).collect();
        Self { texts: sent.into_iter().collect(), invited }
    }

    fn of(it: Competition, invited: Vec<i64>) -> Self {
        let hour = |at| Hour::of_unix(at).to_string();
        let texts = [
            ("title", it.title),
            ("summary", it.summary),
            ("opens_at", hour(it.opens_at)),
            ("closes_at", hour(it.closes_at)),
        ];
        let texts = texts.map(|(name, text)| (name.to_owned(), text)).into();
        Self { texts, invited: invited.into_iter().collect() }
    }

    fn version(&self) -> FormVersion {
        FormVersion::new(self.get("version"), self.get("base"))
    }

    fn get(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", |text| text.trim())
    }

    fn fields(&self, schools: &[School], wrong: &HashMap<&'static str, String>) -> Vec<Field> {
        let fields = [
            Field::text("title", "Title", "off"),
            Field::long_text("summary", "What it is about").hint("Plain text."),
            Field::hour("opens_at", "Opens"),
            Field::hour("closes_at", "Closes")
                .hint("Its challenges take no more answers from then on, and show their own."),
        ];
        let filled = |field: Field| {
            let (text, error) = (self.get(field.name()).to_owned(), wrong.get(field.name()).cloned());
            field.value(text).error(error)
        };
        let ticked = |school: &School| {
            let yes = if self.invited.contains(&school.id) { "yes" } else { "" };
            Field::checkbox(format!("{SCHOOL}{}", school.id), school.name.clone()).value(yes)
        };
        let head = fields.into_iter().map(filled).chain([Field::part("Schools that are invited")]);
        head.chain(schools.iter().map(ticked)).collect()
    }

    fn read(&self) -> Result<Details, HashMap<&'static str, String>> {
        let mut wrong = HashMap::new();
        let title =
            self.get("title").parse::<Title>().map_err(|error| wrong.insert("title", error.to_string()));
        let opens = self.get("opens_at").parse::<Hour>();
        let opens = opens.map_err(|error| wrong.insert("opens_at", error.to_string()));
        let closes = self.get("closes_at").parse::<Hour>();
        let closes = closes.map_err(|error| wrong.insert("closes_at", error.to_string()));
        let summary = LongText::optional(self.get("summary"));
        let summary = summary.map_err(|error| wrong.insert("summary", error.to_string()));
        if let (Ok(opens), Ok(closes)) = (&opens, &closes)
            && closes.unix() <= opens.unix()
        {
            wrong.insert("closes_at", CompetitionError::Times.to_string());
        }
        match (title, summary, opens, closes) {
            (Ok(title), Ok(summary), Ok(opens), Ok(closes)) if wrong.is_empty() => Ok(Details {
                title: title.to_string(),
                summary: summary.into(),
                opens_at: opens.unix(),
                closes_at: closes.unix(),
            }),
            _ => Err(wrong),
        }
    }
}

fn page(frame: &Frame, title: &'static str, fields: Vec<Field>) -> FormPage {
    FormPage::new(frame, title, "Save")
        .section(Section::Admin)
        .lead("Challenges come into a competition by their own form.")
        .fields(fields)
        .link("All competitions", "/admin/competitions")
}

const NEW: &str = "New competition";
const CHANGE: &str = "Change the competition";

/// `GET /admin/competitions`.
pub(crate) async fn list(
    State(app): State<App>,
    PageNumber(page): PageNumber,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let now = now();
    let row = |it: Competition| {
        let when = |at| format!("{}, {}", Day::of_unix(at), Day::of_unix(at).hour());
        let times = format!("{} to {}", when(it.opens_at), when(it.closes_at));
        let (id, title) = (it.id.0, it.title.clone());
        Row { id, title, facts: vec![times, CompetitionStatus::new(it, now).clock] }
    };
    let found = competitions::page(&app.db, page).await?;
    List::page(&app, &frame, LogSubject::Competition, ("Competitions", NEW), found, row).await
}

/// `GET /admin/competitions/new`.
pub(crate) async fn new(State(app): State<App>, frame: Frame) -> Result<Response, Error> {
    let form = CompetitionForm { texts: HashMap::new(), invited: HashSet::new() };
    let schools = schools::all(&app.db).await?;
    page(&frame, NEW, form.fields(&schools, &HashMap::new())).respond()
}

/// `POST /admin/competitions/new`.
pub(crate) async fn create(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(sent): RawForm,
) -> Result<Response, Error> {
    let (form, schools) = (CompetitionForm::new(sent), schools::all(&app.db).await?);
    let details = match form.read() {
        Ok(details) => details,
        Err(wrong) => return page(&frame, NEW, form.fields(&schools, &wrong)).respond(),
    };
    let by = actor(&admin);
    let id = competitions::create(&app.db, &by, &details).await?;
    invite(&app, &by, id, &schools, &form.invited).await?;
    redirect_to_list(&session, LogSubject::Competition, &format!("“{}” is saved.", details.title)).await
}

/// `GET /admin/competitions/{id}`.
pub(crate) async fn edit(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
) -> Result<Response, Error> {
    let (version, it, form) = stored(&app, id, &admin).await?;
    let is_open = it.phase(now()) == competitions::Phase::Open;
    let schools = schools::all(&app.db).await?;
    let page = page(&frame, CHANGE, form.fields(&schools, &HashMap::new())).version(version);
    let page =
        if is_open { page.act("Close it now", format!("/admin/competitions/{id}/lock")) } else { page };
    page.respond()
}

/// Returns the stored version, the competition and its form.
async fn stored(
    app: &App,
    id: i64,
    admin: &SignedIn<Admin>,
) -> Result<(i64, Competition, CompetitionForm), Error> {
    let version = versions::of(&app.db, LogSubject::Competition, id).await?.ok_or_else(Error::not_found)?;
    let id = CompetitionId(id);
    let it = competitions::by_id(&app.db, id, admin.user.id).await?.ok_or_else(Error::not_found)?;
    let form = CompetitionForm::of(it.clone(), competitions::invited(&app.db, id).await?);
    Ok((version, it, form))
}

/// `POST /admin/competitions/{id}`.
pub(crate) async fn change(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    frame: Frame,
    session: Session,
    Form(sent): RawForm,
) -> Result<Response, Error> {
    let (form, schools) = (CompetitionForm::new(sent), schools::all(&app.db).await?);
    let details = match form.read() {
        Ok(details) => details,
        Err(wrong) => {
            let page = page(&frame, CHANGE, form.fields(&schools, &wrong));
            return page.same_version(&form.version()).respond();
        }
    };
    let (by, version) = (actor(&admin), form.version());
    match competitions::update(&app.db, &by, CompetitionId(id), version.number(), &details).await? {
        Saved::Done => {}
        Saved::Missing => return Err(Error::not_found()),
        Saved::Conflict => {
            let (newer, _, theirs) = stored(&app, id, &admin).await?;
            let none = HashMap::new();
            let page = page(&frame, CHANGE, form.fields(&schools, &none));
            return page.conflict(&version, &theirs.fields(&schools, &none), newer).respond();
        }
    }
    invite(&app, &by, CompetitionId(id), &schools, &form.invited).await?;
    redirect_to_list(&session, LogSubject::Competition, &format!("“{}” is saved.", details.title)).await
}

/// `POST /admin/competitions/{id}/lock`.
///
/// # Errors
/// Returns [`Error::not_found`] unless the competition is open.
pub(crate) async fn lock(
    State(app): State<App>,
    Id(id): Id,
    admin: SignedIn<Admin>,
    session: Session,
) -> Result<Response, Error> {
    let title = competitions::lock(&app.db, &actor(&admin), CompetitionId(id), now()).await?;
    let title = title.ok_or_else(Error::not_found)?;
    redirect_to_list(&session, LogSubject::Competition, &format!("“{title}” is closed.")).await
}

/// Invites the ticked schools and withdraws all other invitations.
async fn invite(
    app: &App,
    by: &Actor,
    id: CompetitionId,
    schools: &[School],
    ticked: &HashSet<i64>,
) -> Result<(), Error> {
    for school in schools {
        if ticked.contains(&school.id) {
            competitions::invite(&app.db, by, id, school.id).await?;
        } else {
            competitions::uninvite(&app.db, by, id, school.id).await?;
        }
    }
    Ok(())
}
