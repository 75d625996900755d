//! `/challenges` and `/challenges/{id}`: problems to solve, by key stage. Read-only: answering needs an account.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use super::address::{Id, Listing};
use super::pager::Pager;
use super::{Frame, Here, Layout, filters, shown};
use crate::db::Paged;
use crate::db::challenges::{self, Challenge, ChallengeSummary, KeyStage};
use crate::error::Error;
use crate::state::App;

#[derive(Template)]
#[template(path = "challenges.html")]
struct List {
    layout: Layout,
    filters: Vec<Filter>,
    key_stage: Option<KeyStage>,
    found: Paged<ChallengeSummary>,
    pager: Pager,
}

/// A link above the list that narrows it down, or shows all.
struct Filter {
    key_stage: Option<KeyStage>,
    address: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "challenge.html")]
struct One {
    layout: Layout,
    challenge: Challenge,
}

/// `GET /challenges?key_stage=KS3&page=2`.
///
/// # Errors
///
/// [`Error::NotFound`] past the last page, and when the database does not answer.
pub async fn list(State(app): State<App>, listing: Listing, frame: Frame) -> Result<Html<String>, Error> {
    let found = challenges::page(&app.db, listing.key_stage, listing.page).await?;
    if found.items.is_empty() && listing.page > 1 {
        return Err(Error::NotFound);
    }
    let filters = filters_for(listing.key_stage);
    let pager = Pager::new(address(listing.key_stage), found.page, found.pages);
    let layout = frame.layout(Here::Challenges);
    shown(&List { layout, filters, key_stage: listing.key_stage, found, pager })
}

/// `GET /challenges/{id}`.
///
/// # Errors
///
/// [`Error::NotFound`] when there is no such challenge, and when the database does not answer.
pub async fn one(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Html<String>, Error> {
    let challenge = challenges::by_id(&app.db, id).await?.ok_or(Error::NotFound)?;
    shown(&One { layout: frame.layout(Here::Challenges), challenge })
}

fn filters_for(chosen: Option<KeyStage>) -> Vec<Filter> {
    [None, Some(KeyStage::Ks3), Some(KeyStage::Ks4), Some(KeyStage::Ks5)]
        .into_iter()
        .map(|key_stage| Filter { key_stage, address: address(key_stage), chosen: key_stage == chosen })
        .collect()
}

fn address(key_stage: Option<KeyStage>) -> String {
    key_stage.map_or_else(|| "/challenges".to_owned(), |stage| format!("/challenges?key_stage={stage}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::looks;

    use crate::db::challenges::AnswerBox;

    #[test]
    fn a_challenge_lists_what_to_find() {
        let challenge = Challenge {
            id: 1,
            title: "Roots".to_owned(),
            key_stage: KeyStage::Ks5,
            summary: String::new(),
            statement: r"<p>Let \[x = \sqrt{2}.\]</p>".to_owned(),
            released_at: 0,
            boxes: vec![
                AnswerBox { id: 1, label: r"The value of \(x^2\)".to_owned() },
                AnswerBox { id: 2, label: "Its <sign>".to_owned() },
            ],
        };
        let page = One { layout: looks::layout(), challenge }.render().unwrap();
        looks::check(&page, "Roots");
        assert!(page.contains("<msqrt>") && page.contains("stage-KS5"), "{page}");
        assert!(
            page.contains("Its &lt;sign&gt;") && page.contains("Soon members will be able to answer here"),
            "{page}"
        );
        assert!(!page.contains("<input") && !page.contains("<form"), "{page}");
    }

    #[test]
    fn the_chosen_key_stage_is_marked() {
        let found = Paged { items: vec![], page: 1, pages: 1, total: 0 };
        let filters = filters_for(Some(KeyStage::Ks3));
        let pager = Pager::new("/challenges", 1, 1);
        let list = List { layout: looks::layout(), filters, key_stage: Some(KeyStage::Ks3), found, pager };
        let page = list.render().unwrap();
        looks::check(&page, "KS3 challenges");
        assert!(page.contains(r#"<a href="/challenges?key_stage=KS3" aria-current="true">"#), "{page}");
        assert!(page.contains("No challenge of this kind") && !page.contains("class=\"pager\""), "{page}");
    }
}
