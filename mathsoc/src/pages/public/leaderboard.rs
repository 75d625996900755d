//! `/leaderboard`: members by points. Only members may see it, because it shows pupils' names.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use palisade::SignedIn;

use super::board_table::{BoardName, BoardQuery, Table, table};
use crate::db::board_versions::{self, ScoreBoard};
use crate::db::schools;
use crate::db::users::User;
use crate::domain::key_stage::KeyStage;
use crate::error::Error;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;

#[derive(Template)]
#[template(path = "leaderboard.html")]
struct Page {
    layout: Layout,
    selected: SelectedBoard,
    links: Vec<BoardLink>,
    /// `None` if the viewer asks for a class without being in one.
    board: Option<Table>,
    pager: Pager,
    /// The URL of the event stream.
    live: String,
}

/// The selected board, for headings.
enum SelectedBoard {
    All,
    Stage(KeyStage),
    /// The year and the school's name.
    Class(Option<(i64, String)>),
}

/// A link to a board.
struct BoardLink {
    key_stage: Option<KeyStage>,
    words: &'static str,
    address: String,
    chosen: bool,
}

/// `GET /leaderboard?key_stage=KS3&page=2`, `GET /leaderboard?board=class`.
///
/// # Errors
/// Returns [`Error::not_found`] past the last page, and for a competition: it has its own page.
pub(crate) async fn show(
    State(app): State<App>,
    user: SignedIn<User>,
    query: BoardQuery,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let (selected, changing) = match query.name {
        BoardName::Class => (SelectedBoard::Class(class(&app, &user).await?), ScoreBoard::All),
        BoardName::Of(ScoreBoard::All) => (SelectedBoard::All, ScoreBoard::All),
        BoardName::Of(ScoreBoard::Stage(stage)) => (SelectedBoard::Stage(stage), ScoreBoard::Stage(stage)),
        BoardName::Of(ScoreBoard::Competition(_)) => return Err(Error::not_found()),
    };
    // Read before the rows: a change between the reads is sent twice, not lost.
    let version = board_versions::version(&app.db, changing).await?;
    let (board, page, pages) = match query.name.board(&user) {
        Some(board) => {
            let found = table(&app, &user, board, query.page).await?;
            (Some(found.table), found.page, found.pages)
        }
        None => (None, 1, 1),
    };
    if query.page > pages {
        return Err(Error::not_found());
    }
    let name = if query.name == BoardName::Class { "class".to_owned() } else { changing.to_string() };
    let live = format!("/leaderboard/events?board={name}&page={page}&version={version}");
    let links = links(&selected);
    let address = links.iter().find(|link| link.chosen).map(|link| link.address.clone());
    let pager = Pager::new(address.unwrap_or_default(), page, pages);
    let layout = frame.layout(Section::Leaderboard);
    render(&Page { layout, selected, links, board, pager, live })
}

/// Returns the user's year and school name, if both are set.
async fn class(app: &App, user: &User) -> Result<Option<(i64, String)>, Error> {
    let (Some(school), Some(year)) = (user.school_id, user.year) else { return Ok(None) };
    Ok(schools::by_id(&app.db, school).await?.map(|school| (year.number(), school.name)))
}

fn links(selected: &SelectedBoard) -> Vec<BoardLink> {
    let stage = |stage: KeyStage| BoardLink {
        key_stage: Some(stage),
        words: "",
        address: format!("/leaderboard?key_stage={stage}"),
        chosen: matches!(selected, SelectedBoard::Stage(chosen) if *chosen == stage),
    };
    let other = |words, address: &str, chosen| BoardLink {
        key_stage: None,
        words,
        address: address.to_owned(),
        chosen,
    };
    let all = other("All", "/leaderboard", matches!(selected, SelectedBoard::All));
    let class = other("My class", "/leaderboard?board=class", matches!(selected, SelectedBoard::Class(_)));
    [all].into_iter().chain(KeyStage::ALL.map(stage)).chain([class]).collect()
}

impl Page {
    fn heading(&self) -> String {
        match &self.selected {
            SelectedBoard::All => "Leaderboard".to_owned(),
            SelectedBoard::Stage(stage) => format!("{stage} leaderboard"),
            SelectedBoard::Class(_) => "My class".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;
    use crate::pages::public::board_table::Line;

    fn line(rank: i64, points: i64, own: bool) -> Line {
        Line { rank, name: "Ada <Lovelace>".to_owned(), school: None, points, solved: 1, own }
    }

    fn page(selected: SelectedBoard, board: Option<Table>) -> String {
        let links = links(&selected);
        let (live, pager) = ("/leaderboard/events?board=all".to_owned(), Pager::new("/leaderboard", 1, 2));
        let page = Page { layout: page_checks::layout(), selected, links, board, pager, live };
        let (heading, page) = (page.heading(), page.render().unwrap());
        page_checks::check(&page, &heading);
        page
    }

    #[test]
    fn highlights_the_viewers_row_on_every_page() {
        let lines = vec![line(1, 9, false), line(2, 4, true), line(2, 4, false)];
        let here = page(SelectedBoard::All, Some(Table { lines, own: None }));
        assert_eq!(here.matches("<tr aria-current=\"true\"><td>2</td>").count(), 1, "{here}");
        assert_eq!(here.matches("<td>2</td>").count(), 2, "equal points share a rank: {here}");
        assert!(here.contains("Ada &#60;Lovelace&#62;") && here.contains("page=2"), "{here}");
        let own = Some(line(14, 1, true));
        let elsewhere = page(SelectedBoard::All, Some(Table { lines: vec![line(1, 9, false)], own }));
        assert_eq!(elsewhere.matches("<tr aria-current=\"true\"><td>14</td>").count(), 1, "{elsewhere}");
    }

    #[test]
    fn an_empty_board_has_a_hidden_table() {
        let page = page(SelectedBoard::Stage(KeyStage::Ks4), Some(Table::default()));
        assert!(page.contains("Nobody has solved a challenge here yet."), "{page}");
        assert!(
            page.contains("<table class=\"board\" data-board=\"board\" data-own=\"you\" hidden>"),
            "{page}"
        );
    }

    #[test]
    fn links_to_the_profile_without_a_class() {
        let page = page(SelectedBoard::Class(None), None);
        assert!(page.contains("href=\"/profile/edit\"") && !page.contains("<table"), "{page}");
    }

    #[test]
    fn asks_to_reload_without_script() {
        let page = page(SelectedBoard::All, Some(Table { lines: vec![line(1, 9, true)], own: None }));
        assert!(page.contains("Reload the page to see what has changed"), "{page}");
    }
}
