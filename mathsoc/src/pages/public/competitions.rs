//! `/competitions` and `/competitions/{id}`: timed challenges for members of the invited schools.
//!
//! Other members get a 404, so that they cannot tell that a competition exists.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use palisade::SignedIn;

use super::board_table::{BoardQuery, Table, schools, table};
use super::countdown::until;
use crate::db::board_versions::{self, ScoreBoard};
use crate::db::challenges::ChallengeSummary;
use crate::db::competitions::{self, Competition, Phase};
use crate::db::leaderboard::Board;
use crate::db::submissions;
use crate::db::users::User;
use crate::domain::clock::now;
use crate::domain::ids::CompetitionId;
use crate::error::Error;
use crate::pages::parts::address::Id;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "competitions.html")]
struct List {
    layout: Layout,
    competitions: Vec<CompetitionStatus>,
}

#[derive(Template)]
#[template(path = "competition.html")]
struct CompetitionPage {
    layout: Layout,
    it: CompetitionStatus,
    challenges: Vec<ChallengeSummary>,
    pupils: Table,
    schools: Table,
    pager: Pager,
    live: String,
}

/// A competition with its phase.
pub(crate) struct CompetitionStatus {
    pub(crate) id: CompetitionId,
    pub(crate) competition: Competition,
    pub(crate) phase: Phase,
    /// The time until it opens or closes, in words.
    pub(crate) clock: String,
}

impl CompetitionStatus {
    pub(crate) fn new(competition: Competition, now: i64) -> Self {
        let phase = competition.phase(now);
        let clock = match phase {
            Phase::Ahead => format!("Opens in {}", until(competition.opens_at - now)),
            Phase::Open => format!("Closes in {}", until(competition.closes_at - now)),
            Phase::Closed => "Closed".to_owned(),
        };
        Self { id: competition.id, competition, phase, clock }
    }

    fn is_ahead(&self) -> bool {
        self.phase == Phase::Ahead
    }

    fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }
}

/// `GET /competitions`.
pub(crate) async fn list(
    State(app): State<App>,
    user: SignedIn<User>,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let (found, now) = (competitions::of_member(&app.db, user.id).await?, now());
    let competitions =
        found.into_iter().map(|competition| CompetitionStatus::new(competition, now)).collect();
    render(&List { layout: frame.layout(Section::Challenges), competitions })
}

/// `GET /competitions/{id}?page=2`.
///
/// # Errors
/// Returns [`Error::not_found`] if this member is not invited, and past the last page of the board.
pub(crate) async fn one(
    State(app): State<App>,
    Id(id): Id,
    user: SignedIn<User>,
    query: BoardQuery,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let (id, now) = (CompetitionId(id), now());
    let competition = competitions::by_id(&app.db, id, user.id).await?.ok_or_else(Error::not_found)?;
    let version = board_versions::version(&app.db, ScoreBoard::Competition(id)).await?;
    let mut challenges = competitions::challenges(&app.db, id, now).await?;
    submissions::load_progress(&app.db, user.id, &mut challenges).await?;
    let pupils = table(&app, &user, Board::Competition(id), query.page).await?;
    if query.page > pupils.pages {
        return Err(Error::not_found());
    }
    render(&CompetitionPage {
        layout: frame.layout(Section::Challenges),
        it: CompetitionStatus::new(competition, now),
        challenges,
        schools: schools(&app, &user, id).await?,
        live: format!("/leaderboard/events?board=competition-{id}&page={}&version={version}", pupils.page),
        pager: Pager::new(format!("/competitions/{id}"), pupils.page, pupils.pages),
        pupils: pupils.table,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;
    use crate::pages::public::board_table::Line;

    fn competition(opens_at: i64, closes_at: i64) -> Competition {
        let (title, summary) = ("Spring <sprint>".to_owned(), r"Find \(x^2\).".to_owned());
        Competition { id: CompetitionId(7), title, summary, opens_at, closes_at }
    }

    fn page(now: i64, lines: Vec<Line>) -> String {
        let one = CompetitionPage {
            layout: page_checks::layout(),
            it: CompetitionStatus::new(competition(100, 100 + 3 * 3600), now),
            challenges: vec![],
            pupils: Table { lines: lines.clone(), own: None },
            schools: Table { lines, own: None },
            pager: Pager::new("/competitions/7", 1, 1),
            live: "/leaderboard/events?board=competition-7&page=1&version=0".to_owned(),
        };
        let page = one.render().unwrap();
        page_checks::check(&page, "Spring &#60;sprint&#62;");
        page
    }

    #[test]
    fn the_clock_follows_the_phases() {
        let ahead = page(40, vec![]);
        assert!(ahead.contains("Opens in 1 minute") && !ahead.contains("<table"), "{ahead}");
        let open = page(100, vec![]);
        assert!(open.contains("Closes in 3 hours") && open.contains("<msup>"), "{open}");
        assert!(page(20_000, vec![]).contains("Closed"));
    }

    #[test]
    fn both_boards_highlight_the_viewers_row() {
        let school = Some("Hill & Dale".to_owned());
        let own = Line { rank: 1, name: "Ada".to_owned(), school, points: 3, solved: 1, own: true };
        let page = page(100, vec![own]);
        assert_eq!(page.matches("<tr aria-current=\"true\">").count(), 2, "{page}");
        assert!(page.contains("Hill &#38; Dale") && page.contains("data-board=\"schools\""), "{page}");
        assert_eq!(page.matches("data-live=").count(), 1, "one stream for both: {page}");
    }

    #[test]
    fn says_that_there_is_no_invitation() {
        let list = List { layout: page_checks::layout(), competitions: vec![] };
        let page = list.render().unwrap();
        page_checks::check(&page, "Competitions");
        assert!(page.contains("Your school is not invited to a competition just now."), "{page}");
    }
}
