//! `/challenges` and `/challenges/{id}`: problems by key stage, with answer boxes for members.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use palisade::PageHeaders;
use palisade::template::SafeHtml;

use crate::db::Paged;
use crate::db::challenges::edit::Help;
use crate::db::challenges::{self, AnswerBox, Challenge, ChallengeSummary};
use crate::db::competitions;
use crate::db::submissions::{self, LastAnswer};
use crate::domain::clock::now;
use crate::domain::key_stage::KeyStage;
use crate::domain::scoring::TRIES;
use crate::error::Error;
use crate::pages::parts::address::{Id, Listing};
use crate::pages::parts::day::Day;
use crate::pages::parts::pager::Pager;
use crate::pages::parts::stages::{Filter, address, filters};
use crate::pages::parts::{Frame, Layout, Section, filters, math, render};
use crate::state::App;
use crate::web::{assets, policy};

#[derive(Template)]
#[template(path = "challenges.html")]
struct List {
    layout: Layout,
    filters: Vec<Filter>,
    key_stage: Option<KeyStage>,
    found: Paged<ChallengeSummary>,
    pager: Pager,
    has_competitions: bool,
}

/// `GET /challenges?key_stage=KS3&page=2`.
///
/// # Errors
/// Returns [`Error::not_found`] past the last page.
pub(crate) async fn list(
    State(app): State<App>,
    listing: Listing,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let mut found = challenges::page(&app.db, listing.key_stage, listing.page).await?;
    if found.items.is_empty() && listing.page > 1 {
        return Err(Error::not_found());
    }
    let mut has_competitions = false;
    if let Some(user) = frame.user() {
        submissions::load_progress(&app.db, user.id, &mut found.items).await?;
        has_competitions = !competitions::of_member(&app.db, user.id).await?.is_empty();
    }
    let filters = filters("/challenges", listing.key_stage);
    let pager = Pager::new(address("/challenges", listing.key_stage), found.page, found.pages);
    let layout = frame.layout(Section::Challenges);
    render(&List { layout, filters, key_stage: listing.key_stage, found, pager, has_competitions })
}

/// The page of a challenge.
#[derive(Template)]
#[template(path = "challenge.html")]
pub(crate) struct ChallengePage {
    layout: Layout,
    /// The hidden field with the CSRF token, if the viewer may answer.
    token: Option<SafeHtml>,
    /// The user id for drafts in the browser's storage; 0 if the viewer may not answer.
    member: i64,
    challenge: Challenge,
    boxes: Vec<BoxProgress>,
}

/// A submitted answer that cannot be parsed, and the reason.
pub(crate) struct UnparsedAnswer {
    pub(crate) answer_box: i64,
    pub(crate) text: String,
    pub(crate) why: String,
}

/// An answer box with the viewer's progress.
struct BoxProgress {
    id: i64,
    label: String,
    answer: Option<ParsedAnswer>,
    last: Option<(LastAnswer, ParsedAnswer)>,
    unread: Option<UnparsedAnswer>,
}

/// An answer, with the MathML of its parsed form.
struct ParsedAnswer {
    math: Option<SafeHtml>,
    text: String,
}

impl ChallengePage {
    /// Loads the page for this viewer.
    ///
    /// # Errors
    /// Returns [`Error::not_found`] for a challenge that this viewer may not see.
    pub(crate) async fn new(
        app: &App,
        id: i64,
        frame: &Frame,
        unread: Option<UnparsedAnswer>,
    ) -> Result<Self, Error> {
        let user = frame.user().map(|user| user.id);
        let challenge =
            challenges::by_id_for(&app.db, id, user, now()).await?.ok_or_else(Error::not_found)?;
        let tried = match frame.user() {
            Some(user) => submissions::last_answers(&app.db, user.id, id).await?,
            None => HashMap::new(),
        };
        let token = frame.user().map(|_| frame.token());
        let member = frame.user().map_or(0, |user| user.id);
        let page = Self::of(frame.layout(Section::Challenges), token, challenge, tried, unread);
        Ok(Self { member, ..page })
    }

    /// Renders a challenge that is not saved.
    pub(crate) fn preview(frame: &Frame, challenge: Challenge) -> Self {
        let layout = frame.preview();
        Self::of(layout, None, challenge, HashMap::new(), None)
    }

    fn of(
        layout: Layout,
        token: Option<SafeHtml>,
        challenge: Challenge,
        mut tried: HashMap<i64, LastAnswer>,
        mut unread: Option<UnparsedAnswer>,
    ) -> Self {
        let progress = |AnswerBox { id, label, answer }: &AnswerBox| {
            let last = tried.remove(id).map(|tried| {
                let read = ParsedAnswer::new(tried.given.clone());
                (tried, read)
            });
            let unread = unread.take_if(|unread| unread.answer_box == *id);
            BoxProgress {
                id: *id,
                label: label.clone(),
                answer: answer.clone().map(ParsedAnswer::new),
                last,
                unread,
            }
        };
        let boxes = challenge.boxes.iter().map(progress).collect();
        Self { layout, token, member: 0, challenge, boxes }
    }

    /// Returns the headers that the math field needs, if the page has one.
    pub(crate) fn headers(&self) -> PageHeaders {
        if self.math_field().is_some() { policy::math_field() } else { PageHeaders::new() }
    }

    /// Returns the URL of the math field's script, if a box is open and assets were built.
    fn math_field(&self) -> Option<&'static str> {
        if self.is_open() { assets::url("dist/answers.js") } else { None }
    }

    /// Returns `true` if the viewer may answer at least one box now.
    fn is_open(&self) -> bool {
        self.boxes.iter().any(|item| self.form(item).is_some())
    }

    /// Returns the hint, if this viewer sees it now.
    fn hint(&self) -> Option<&str> {
        let Help { hint, hint_after, .. } = &self.challenge.help;
        let wrong = self.boxes.iter().map(|item| i64::from(item.wrong_answers())).max().unwrap_or(0);
        let is_due = self.challenge.locked || (*hint_after > 0 && wrong >= *hint_after);
        (is_due && !hint.is_empty()).then_some(hint)
    }

    /// Returns the worked solution, if this viewer sees it now.
    fn solution(&self) -> Option<&str> {
        let Help { solution, solution_when_done, .. } = &self.challenge.help;
        let is_done = self.token.is_some() && !self.boxes.is_empty() && !self.is_open();
        let is_due = self.challenge.locked || (*solution_when_done && is_done);
        (is_due && !solution.is_empty()).then_some(solution)
    }

    /// Returns the closing time in words, if one is known.
    fn closing(&self) -> Option<String> {
        closing(self.challenge.closes_at, self.challenge.locked)
    }

    fn is_unread(&self) -> bool {
        self.boxes.iter().any(|item| item.unread.is_some())
    }

    /// Returns the CSRF field for the box's form, if the viewer may answer it now.
    fn form(&self, item: &BoxProgress) -> Option<&SafeHtml> {
        let takes_more = !item.is_solved() && item.tries_left() > 0;
        self.token.as_ref().filter(|_| takes_more && !self.challenge.locked)
    }
}

impl BoxProgress {
    fn is_solved(&self) -> bool {
        self.last.as_ref().is_some_and(|(tried, _)| tried.solved)
    }

    fn tries_left(&self) -> u8 {
        self.last.as_ref().map_or(TRIES, |(tried, _)| tried.tries_left)
    }

    fn wrong_answers(&self) -> u8 {
        TRIES - self.tries_left() - u8::from(self.is_solved())
    }

    fn tries(&self) -> &'static str {
        tries(self.tries_left())
    }
}

impl ChallengeSummary {
    /// Returns the closing time in words, if one is known.
    pub(crate) fn closing(&self) -> Option<String> {
        closing(self.closes_at, self.closes_at.is_some_and(|at| at <= now()))
    }
}

fn closing(closes_at: Option<i64>, is_closed: bool) -> Option<String> {
    let day = Day::of_unix(closes_at?);
    let word = if is_closed { "Closed since" } else { "Open until" };
    Some(format!("{word} {day}, {}", day.hour()))
}

/// Returns the number of tries left, in words.
pub(crate) fn tries(left: u8) -> &'static str {
    match left {
        0 => "You have no try left.",
        1 => "You have one try left.",
        2 => "You have two tries left.",
        _ => "You have three tries.",
    }
}

impl ParsedAnswer {
    fn new(text: String) -> Self {
        Self { math: math(&text), text }
    }
}

/// `GET /challenges/{id}`.
///
/// # Errors
/// Returns [`Error::not_found`] for a challenge that this viewer may not see.
pub(crate) async fn one(
    State(app): State<App>,
    Id(id): Id,
    frame: Frame,
) -> Result<(PageHeaders, Html<String>), Error> {
    let page = ChallengePage::new(&app, id, &frame, None).await?;
    Ok((page.headers(), render(&page)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;

    fn challenge(locked: bool) -> Challenge {
        let answer = |text: &str| locked.then(|| text.to_owned());
        Challenge {
            id: 1,
            title: "Roots".to_owned(),
            key_stage: KeyStage::Ks5,
            summary: String::new(),
            statement: r"<p>Let \[x = \sqrt{2}.\]</p>".to_owned(),
            released_at: 0,
            locked,
            closes_at: locked.then_some(0),
            help: Help {
                hint: r"Square \(x\).".to_owned(),
                hint_after: 2,
                solution: "<p>So it is 2.</p>".to_owned(),
                solution_when_done: true,
            },
            competition: None,
            boxes: vec![
                AnswerBox { id: 1, label: r"The value of \(x^2\)".to_owned(), answer: answer("2") },
                AnswerBox { id: 2, label: "Its <sign>".to_owned(), answer: answer("plus") },
            ],
        }
    }

    fn page(
        member: bool,
        locked: bool,
        tried: Vec<(i64, LastAnswer)>,
        unread: Option<UnparsedAnswer>,
    ) -> String {
        let token = member.then(|| SafeHtml::dangerous_allow_unsanitized("<i>token</i>".to_owned()));
        let tried = tried.into_iter().collect();
        let page = ChallengePage::of(page_checks::layout(), token, challenge(locked), tried, unread)
            .render()
            .unwrap();
        page_checks::check(&page, "Roots");
        page
    }

    fn tried(tries_left: u8, solved: bool, given: &str, hint: Option<&str>) -> LastAnswer {
        LastAnswer { tries_left, solved, given: given.to_owned(), hint: hint.map(str::to_owned) }
    }

    #[test]
    fn visitors_see_the_boxes_and_a_login_link() {
        let page = page(false, false, vec![], None);
        assert!(page.contains("<msqrt>") && page.contains("stage-KS5"), "{page}");
        assert!(page.contains("Its &lt;sign&gt;"), "{page}");
        assert!(page.contains(r#"<a href="/login?next=/challenges/1">Log in to answer</a>"#), "{page}");
        assert!(!page.contains("<input") && !page.contains("<form"), "{page}");
    }

    #[test]
    fn members_have_a_labelled_field_for_each_box() {
        let page = page(true, false, vec![], None);
        assert_eq!(
            page.matches(r#"<form class="answer" method="post" action="/challenges/1/answers""#).count(),
            2,
            "{page}"
        );
        for id in 1..=2 {
            assert!(page.contains(&format!("<label for=\"answer-{id}\">")), "{page}");
            assert!(page.contains(&format!("id=\"answer-{id}\" name=\"answer\"")), "{page}");
            assert!(page.contains(&format!("name=\"box\" value=\"{id}\"")), "{page}");
        }
        assert_eq!(page.matches("<i>token</i>").count(), 2);
        assert_eq!(page.matches("You have three tries.").count(), 2);
    }

    #[test]
    fn shows_submitted_answers_with_feedback_and_parsed_form() {
        let tries = vec![(1, tried(2, true, "4/2", None)), (2, tried(1, false, "-x<y", Some("Check it.")))];
        let page = page(true, false, tries, None);
        assert!(page.contains("Right.") && page.contains("<mfrac><mn>4</mn><mn>2</mn></mfrac>"), "{page}");
        assert!(page.contains("Not right yet.") && page.contains("Check it."), "{page}");
        assert!(page.contains("You have one try left.") && !page.contains("-x<y"), "{page}");
        assert_eq!(page.matches("<form").count(), 1, "a solved box has no form");
    }

    #[test]
    fn shows_an_unreadable_answer_again_with_the_reason() {
        let (text, why) = ("2+\"<".to_owned(), "Something is missing.".to_owned());
        let page = page(true, false, vec![], Some(UnparsedAnswer { answer_box: 2, text, why }));
        assert!(page.contains(r#"value="2+&#34;&#60;""#) && page.contains("Something is missing."), "{page}");
        assert_eq!(page.matches("aria-invalid").count(), 1, "{page}");
    }

    #[test]
    fn a_locked_challenge_shows_its_answers_without_forms() {
        for member in [true, false] {
            let page = page(member, true, vec![(1, tried(0, false, "3", None))], None);
            assert_eq!(page.matches("The answer is").count(), 2, "{page}");
            assert!(!page.contains("<form") && !page.contains("Log in to answer"), "{page}");
        }
    }

    #[test]
    fn the_hint_appears_after_its_number_of_wrong_answers() {
        let has_hint = |tries| page(true, false, tries, None).contains("<h3>A hint</h3>");
        assert!(!has_hint(vec![]));
        assert!(!has_hint(vec![(1, tried(2, false, "3", None)), (2, tried(2, false, "3", None))]));
        assert!(!has_hint(vec![(1, tried(1, true, "2", None))]), "one of two was wrong");
        assert!(has_hint(vec![(1, tried(1, false, "3", None))]));
        assert!(page(false, true, vec![], None).contains("<h3>A hint</h3>"), "everybody, once it is closed");
    }

    #[test]
    fn the_solution_appears_when_nothing_is_left_to_answer() {
        let has_solution = |member, tries| page(member, false, tries, None).contains("So it is 2.");
        let done = || vec![(1, tried(2, true, "2", None)), (2, tried(0, false, "3", None))];
        assert!(has_solution(true, done()));
        assert!(!has_solution(true, vec![(1, tried(2, true, "2", None))]), "a box is open");
        assert!(!has_solution(false, vec![]), "visitors wait until it is closed");
        let closed = page(false, true, vec![], None);
        assert!(closed.contains("So it is 2.") && closed.contains("Closed since 1 January 1970"), "{closed}");
    }

    #[test]
    fn highlights_the_selected_key_stage() {
        let found = Paged { items: vec![], page: 1, pages: 1, total: 0 };
        let filters = filters("/challenges", Some(KeyStage::Ks3));
        let pager = Pager::new("/challenges", 1, 1);
        let (layout, key_stage) = (page_checks::layout(), Some(KeyStage::Ks3));
        let list = List { layout, filters, key_stage, found, pager, has_competitions: false };
        let page = list.render().unwrap();
        page_checks::check(&page, "KS3 challenges");
        assert!(page.contains(r#"<a href="/challenges?key_stage=KS3" aria-current="true">"#), "{page}");
        assert!(page.contains("No challenge of this kind") && !page.contains("class=\"pager\""), "{page}");
    }
}
