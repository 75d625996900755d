//! `/leaderboard`: who has how many points. For members only: pupils' names are not for everybody.

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use palisade::SignedIn;

use super::address::Listing;
use super::pager::Pager;
use super::stages::{Filter, address, filters};
use super::{Frame, Here, Layout, shown};
use crate::db::Paged;
use crate::db::challenges::KeyStage;
use crate::db::leaderboard::{self, Standing};
use crate::db::users::User;
use crate::error::Error;
use crate::state::App;

#[derive(Template)]
#[template(path = "leaderboard.html")]
struct Board {
    layout: Layout,
    filters: Vec<Filter>,
    key_stage: Option<KeyStage>,
    found: Paged<Standing>,
    pager: Pager,
    me: i64,
    /// One's own line, where it is on another page.
    own: Option<Standing>,
}

/// `GET /leaderboard?key_stage=KS3&page=2`.
///
/// # Errors
/// [`Error::NotFound`] past the last page, and when the database does not answer.
pub async fn show(
    State(app): State<App>,
    user: SignedIn<User>,
    listing: Listing,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = leaderboard::page(&app.db, listing.key_stage, listing.page).await?;
    if listing.page > found.pages {
        return Err(Error::NotFound);
    }
    let own = leaderboard::of_user(&app.db, listing.key_stage, user.id).await?;
    let own = own.filter(|own| found.items.iter().all(|line| line.user_id != own.user_id));
    let filters = filters("/leaderboard", listing.key_stage);
    let pager = Pager::new(address("/leaderboard", listing.key_stage), found.page, found.pages);
    let layout = frame.layout(Here::Leaderboard);
    shown(&Board { layout, filters, key_stage: listing.key_stage, found, pager, me: user.id, own })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::looks;

    fn line(user_id: i64, rank: i64, points: i64) -> Standing {
        let full_name = "Ada <Lovelace>".parse().unwrap();
        Standing { user_id, full_name, rank, points, solved: 1 }
    }

    fn page(items: Vec<Standing>, own: Option<Standing>) -> String {
        let found = Paged { items, page: 1, pages: 2, total: 11 };
        let filters = filters("/leaderboard", None);
        let pager = Pager::new("/leaderboard", 1, 2);
        let board = Board { layout: looks::layout(), filters, key_stage: None, found, pager, me: 2, own };
        let page = board.render().unwrap();
        looks::check(&page, "Leaderboard");
        page
    }

    #[test]
    fn ones_own_line_is_marked_wherever_it_is() {
        let here = page(vec![line(1, 1, 9), line(2, 2, 4), line(3, 2, 4)], None);
        assert_eq!(here.matches("aria-current=\"true\"><td").count(), 1, "{here}");
        assert_eq!(here.matches("<td>2</td>").count(), 2, "who has as many is as high: {here}");
        assert!(here.contains("Ada &#60;Lovelace&#62;") && here.contains("page=2"), "{here}");
        let elsewhere = page(vec![line(1, 1, 9)], Some(line(2, 14, 1)));
        assert_eq!(elsewhere.matches("aria-current=\"true\"><td>14</td>").count(), 1, "{elsewhere}");
    }

    #[test]
    fn an_empty_board_says_so() {
        assert!(page(vec![], None).contains("Nobody has solved a challenge here yet."));
    }
}
