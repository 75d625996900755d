//! Marking that can be repaired, through the whole site.

use mathsoc::domain::person::Role;

use crate::support::browser::{Browser, Page};
use crate::support::site::{PASSWORD, TestSite};

type Fields = &'static [(&'static str, &'static str)];

const QUEUE: [(&str, &str); 7] = [
    ("title", "The lunch queue"),
    ("key_stage", "KS3"),
    ("summary", "How many wait?"),
    ("statement", "<p>How many wait?</p>"),
    ("released_at", "2026-01-01T09:00"),
    ("box-1-label", "Pupils"),
    ("box-1-answer", "2"),
];

/// Returns the site with the challenge, its admin, and two pupils who answered 2 and 5.
async fn lesson(settings: &[(&str, &str)]) -> (TestSite, Browser, Browser, Browser) {
    let site = TestSite::with_ada(&[&[("ADMIN_TOTP_REQUIRED", "false")], settings].concat()).await;
    site.member_named("Grace Hopper", "grace@school.example", Role::Admin).await;
    site.member_named("Bob =Bobson", "bob@school.example", Role::Pupil).await;
    let (mut grace, mut bob) = (site.browser(), site.browser());
    grace.log_in("grace@school.example", PASSWORD).await;
    bob.log_in("bob@school.example", PASSWORD).await;
    let mut ada = site.adas().await;
    assert_eq!(grace.fill("/admin/challenges/new", &QUEUE).await.status, 303);
    answer(&mut bob, "2").await;
    answer(&mut ada, "5").await;
    (site, grace, ada, bob)
}

async fn answer(pupil: &mut Browser, given: &str) -> Page {
    let token = pupil.token().await;
    pupil.post("/challenges/1/answers", &[("csrf_token", &token), ("box", "1"), ("answer", given)]).await
}

fn with_key(key: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut next = QUEUE.to_vec();
    next[6].1 = key;
    next
}

/// Presses a button of the page with its hidden fields.
async fn press(browser: &mut Browser, page: &Page, to: &str, button: (&str, &str)) -> Page {
    let hidden = page.hidden();
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    fields.push(button);
    browser.post(to, &fields).await
}

// F2, A4: the teacher on Tuesday.
on_both_databases!(
    a_corrected_key_is_shown_before_it_is_saved,
    a_corrected_key_is_shown_before_it_is_saved_on_sqlite,
    a_corrected_key_is_shown_before_it_is_saved_on_postgresql
);

async fn a_corrected_key_is_shown_before_it_is_saved(settings: &[(&str, &str)]) {
    let (_site, mut grace, mut ada, mut bob) = lesson(settings).await;
    let asks = grace.fill("/admin/challenges/1", &with_key("5")).await;
    assert_eq!(asks.status, 200, "{}", asks.body);
    assert!(asks.body.contains("<del>2</del>") && asks.body.contains("<ins>5</ins>"), "{}", asks.body);
    assert!(asks.body.contains("Ada Lovelace") && asks.body.contains("0 → 3"), "{}", asks.body);
    assert!(asks.body.contains("Bob =Bobson") && asks.body.contains("3 → 0"), "{}", asks.body);
    assert!(ada.get("/challenges/1").await.body.contains("Not right yet."), "nothing is saved yet");

    let back = press(&mut grace, &asks, "/admin/challenges/1", ("back", "yes")).await;
    assert!(back.status == 200 && back.body.contains("value=\"5\""), "the form is as it was: {}", back.body);
    let saved = press(&mut grace, &asks, "/admin/challenges/1", ("sure", "yes")).await;
    assert_eq!((saved.status, saved.location()), (303, "/admin/challenges"), "{}", saved.body);
    assert!(
        grace
            .get("/admin/challenges")
            .await
            .body
            .contains("is saved. 1 answer now right; 1 answer now wrong")
    );
    assert!(ada.get("/challenges/1").await.body.contains("<b>Right.</b>"));
    assert!(
        bob.get("/challenges/1").await.body.contains("You have three tries."),
        "told right, so no try is lost"
    );
    assert!(ada.get("/leaderboard").await.body.contains("Ada Lovelace"));
    assert!(grace.get("/admin/log").await.body.contains("the key of “Pupils” from “2” to “5”"));
    let same = grace.fill("/admin/challenges/1", &with_key("10/2")).await;
    assert_eq!(same.status, 303, "an equal key changes nothing, so nothing is asked");
}

// F3.
#[tokio::test]
async fn results_show_who_answered_what() {
    let (_site, mut grace, mut ada, _bob) = lesson(&[]).await;
    answer(&mut ada, "-7").await;
    let page = grace.get("/admin/challenges/1/results").await;
    assert_eq!(page.status, 200, "{}", page.body);
    for text in ["Ada Lovelace", "Bob =Bobson", "Most frequent wrong answers", "1 right, 2 wrong", "2 pupils"]
    {
        assert!(page.body.contains(text), "{text} in {}", page.body);
    }
    assert!(grace.get("/admin/challenges/1").await.body.contains("/admin/challenges/1/results"));
    let none = grace.get("/admin/challenges/1/results?year=9").await.body;
    assert!(none.contains("None of these has tried it."), "{none}");
    let file = grace.get("/admin/challenges/1/results.csv").await;
    assert!(file.body.contains("\"Ada Lovelace\",\"ada@school.example\""), "{}", file.body);
    assert!(file.body.contains("\"5 | -7\",\"wrong\",\"2\""), "{}", file.body);
    let pupil = grace.get("/admin/users/1/answers").await.body;
    assert!(pupil.contains("Answers of Ada Lovelace") && pupil.contains("try 2"), "{pupil}");
    let file = grace.get("/admin/users/1/answers.csv").await;
    assert!(file.body.contains("\"'-7\",\"wrong\""), "formulas are escaped: {}", file.body);
    assert!(grace.get("/admin/log").await.body.contains("answers-of-1.csv"));
    for path in ["/admin/challenges/1/results", "/admin/users/1/answers", "/admin/challenges/1/results.csv"] {
        assert_eq!(ada.get(path).await.status, 403, "{path}");
    }
    let deletion = grace.get("/admin/bin/challenges/1").await.body;
    assert!(deletion.contains("3 answers of 2 pupils go with it"), "{deletion}");
    for path in ["/admin/challenges/9/results", "/admin/users/99/answers", "/admin/challenges/9/results.csv"]
    {
        assert_eq!(grace.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn rulings_accept_answers_and_give_tries_back() {
    let (_site, mut grace, mut ada, mut bob) = lesson(&[]).await;
    let rule = async |grace: &mut Browser, action: &str, of: &str| {
        let token = grace.token().await;
        grace.post("/admin/challenges/1/rulings", &[("csrf_token", &token), ("do", action), ("of", of)]).await
    };
    let done = rule(&mut grace, "give_back", "2").await;
    assert_eq!((done.status, done.location()), (303, "/admin/challenges/1/results"), "{}", done.body);
    assert!(grace.get("/admin/challenges/1/results").await.body.contains("1 try given back"));
    assert!(ada.get("/challenges/1").await.body.contains("You have three tries."));
    let asks = rule(&mut grace, "accept", "2").await;
    assert_eq!(asks.status, 303, "it concerns one pupil: {}", asks.body);
    assert!(ada.get("/challenges/1").await.body.contains("<b>Right.</b>"));
    let asks = rule(&mut grace, "refuse", "1").await;
    assert_eq!(asks.status, 303, "{}", asks.body);
    assert_eq!(rule(&mut grace, "accept_one", "2").await.status, 303);
    assert_eq!(rule(&mut grace, "withdraw", "2").await.status, 303);
    assert_eq!(rule(&mut grace, "mark_again", "").await.status, 303);
    assert!(grace.get("/admin/challenges/1/results").await.body.contains("Nothing had to change."));
    for (action, of) in [("accept", "99"), ("refuse", "99"), ("nothing", "1"), ("give_back", "x")] {
        assert_eq!(rule(&mut grace, action, of).await.status, 404, "{action} {of}");
    }
    assert_eq!(rule(&mut ada, "accept", "2").await.status, 403);
    answer(&mut bob, "2").await;
    let log = grace.get("/admin/log").await.body;
    assert!(log.contains("gave tries back in the challenge “The lunch queue”"), "{log}");
}

#[tokio::test]
async fn a_ruling_about_several_pupils_is_shown_first() {
    let (site, mut grace, mut ada, _bob) = lesson(&[]).await;
    site.member_named("Eve Evans", "eve@school.example", Role::Pupil).await;
    let mut eve = site.browser();
    eve.log_in("eve@school.example", PASSWORD).await;
    answer(&mut eve, "10/2").await;
    let token = grace.token().await;
    let fields = [("csrf_token", &*token), ("do", "accept"), ("of", "2")];
    let asks = grace.post("/admin/challenges/1/rulings", &fields).await;
    assert!(asks.status == 200 && asks.body.contains("2 pupils"), "{}", asks.body);
    assert!(ada.get("/challenges/1").await.body.contains("Not right yet."));
    let done = press(&mut grace, &asks, "/admin/challenges/1/rulings", ("sure", "yes")).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(ada.get("/challenges/1").await.body.contains("<b>Right.</b>"));
    assert!(eve.get("/challenges/1").await.body.contains("<b>Right.</b>"));
}

// A7, F16.
on_both_databases!(
    a_save_over_a_newer_one_shows_both,
    a_save_over_a_newer_one_shows_both_on_sqlite,
    a_save_over_a_newer_one_shows_both_on_postgresql
);

async fn a_save_over_a_newer_one_shows_both(settings: &[(&str, &str)]) {
    let (_site, mut grace, _ada, _bob) = lesson(settings).await;
    let old = grace.get("/admin/challenges/1").await;
    let hidden = old.hidden();
    let mut newer = QUEUE.to_vec();
    newer[0].1 = "The dinner queue";
    newer[2].1 = "How many stand there?";
    newer.extend([("box-2-label", "Teachers"), ("box-2-answer", "1")]);
    assert_eq!(grace.fill("/admin/challenges/1", &newer).await.status, 200, "it asks");
    newer.push(("sure", "yes"));
    assert_eq!(grace.fill("/admin/challenges/1", &newer).await.status, 303);

    let mut sent: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    let mut mine = QUEUE.to_vec();
    mine[2].1 = "How many queue?";
    sent.retain(|(name, _)| !mine.iter().any(|(mine, _)| mine == name));
    sent.extend(mine);
    let both = grace.post("/admin/challenges/1", &sent).await;
    assert_eq!(both.status, 409, "{}", both.body);
    for text in ["How many queue?", "How many stand there?", "The dinner queue", "value=\"Teachers\""] {
        assert!(both.body.contains(text), "{text} in {}", both.body);
    }
    assert!(grace.get("/challenges/1").await.body.contains("Teachers"), "the box is still there");
}

#[tokio::test]
async fn every_admin_form_notices_a_newer_version() {
    let (_site, mut grace, _ada, _bob) = lesson(&[]).await;
    let forms: [(&str, Fields, (&str, &str, &str)); 6] = [
        (
            "announcements",
            &[("title", "Tea"), ("body", "At four."), ("published_at", "2026-01-01T09:00")],
            ("body", "At five.", "At six."),
        ),
        (
            "articles",
            &[
                ("title", "Primes"),
                ("author", "Ada"),
                ("teaser", "Few."),
                ("body", "<p>Many.</p>"),
                ("published_at", "2026-01-01T09:00"),
            ],
            ("teaser", "Some.", "None."),
        ),
        ("schools", &[("name", "Upton"), ("email_domain", "")], ("name", "Upton School", "Upton Hall")),
        (
            "competitions",
            &[
                ("title", "Sprint"),
                ("summary", "Quick."),
                ("opens_at", "2026-01-01T09:00"),
                ("closes_at", "2099-01-01T09:00"),
            ],
            ("summary", "Quicker.", "Quickest."),
        ),
        (
            "awards",
            &[("pupil", "Ada Lovelace"), ("points", "2"), ("reason", "Poster"), ("counts", "KS3")],
            ("reason", "Posters", "Two posters"),
        ),
        (
            "users",
            &[("full_name", "Ada Lovelace"), ("school", ""), ("year", "8")],
            ("full_name", "Ada King", "Ada Byron"),
        ),
    ];
    for (section, new, (field, first, second)) in forms {
        let path = match section {
            "users" => "/admin/users/1/edit".to_owned(),
            _ => {
                let made = grace.fill(&format!("/admin/{section}/new"), new).await;
                assert_eq!(made.status, 303, "{section}: {}", made.body);
                format!("/admin/{section}/1")
            }
        };
        let with = |value: &'static str| {
            let mut fields = new.to_vec();
            fields.iter_mut().filter(|(name, _)| *name == field).for_each(|it| it.1 = value);
            fields
        };
        let old = grace.get(&path).await.hidden();
        assert_eq!(grace.fill(&path, &with(first)).await.status, 303, "{section}");
        let old = old.iter().map(|(name, value)| (&**name, &**value));
        let sent: Vec<(&str, &str)> = old.chain(with(second)).collect();
        let both = grace.post(&path, &sent).await;
        assert_eq!(both.status, 409, "{section}: {}", both.body);
        assert!(both.body.contains(first) && both.body.contains(second), "{section}: {}", both.body);
        let fields: Vec<(String, String)> = both.hidden();
        let again = fields.iter().map(|(name, value)| (&**name, &**value)).chain(with(second));
        assert_eq!(
            grace.post(&path, &again.collect::<Vec<_>>()).await.status,
            303,
            "{section}: the next save is made"
        );
    }
}

// F17.
#[tokio::test]
async fn a_draft_is_seen_by_admins_alone() {
    let (site, mut grace, mut ada, _bob) = lesson(&[]).await;
    let mut draft = QUEUE.to_vec();
    draft[0].1 = "Zebra";
    draft.push(("draft", "yes"));
    assert_eq!(grace.fill("/admin/challenges/new", &draft).await.status, 303);
    assert!(grace.get("/admin/challenges").await.body.contains("Draft: only admins see it"));
    assert_eq!(ada.get("/challenges/2").await.status, 404);
    for path in ["/challenges", "/", "/search?q=zebra"] {
        assert!(!ada.get(path).await.body.contains("Zebra"), "{path}");
    }
    let token = ada.token().await;
    let sent = [("csrf_token", &*token), ("box", "2"), ("answer", "2")];
    assert_eq!(ada.post("/challenges/2/answers", &sent).await.status, 404);
    draft.pop();
    let form = grace.get("/admin/challenges/2").await.body;
    assert!(form.contains(">Publish</button>") && form.contains("Keep as a draft"), "{form}");
    assert_eq!(grace.fill("/admin/challenges/2", &draft).await.status, 303);
    assert!(site.browser().get("/challenges").await.body.contains("Zebra"));
}

// F17.
#[tokio::test]
async fn boxes_are_added_before_the_first_save() {
    let (_site, mut grace, _ada, _bob) = lesson(&[]).await;
    let mut new = QUEUE.to_vec();
    new.extend([("box-2-label", "b"), ("box-2-answer", "1"), ("more", "yes")]);
    let more = grace.fill("/admin/challenges/new", &new).await;
    assert_eq!(more.status, 200);
    assert!(
        more.body.contains("Answer box 4") && more.body.contains("value=\"The lunch queue\""),
        "{}",
        more.body
    );
    new.retain(|(name, _)| *name != "more");
    new.extend([("box-3-label", "c"), ("box-3-answer", "1"), ("box-4-label", "d"), ("box-4-answer", "1")]);
    assert_eq!(grace.fill("/admin/challenges/new", &new).await.status, 303);
    assert_eq!(grace.get("/challenges/2").await.body.matches("<li id=\"box-").count(), 4);
}

// F19.
#[tokio::test]
async fn pupils_see_closing_hint_and_solution() {
    let (_site, mut grace, mut ada, mut bob) = lesson(&[]).await;
    let mut next = QUEUE.to_vec();
    next.extend([
        ("locked_at", "2099-12-03T16:00"),
        ("hint", r"Count \(x\)."),
        ("hint_after", "1"),
        ("solution", "<p>Two of them.</p>"),
        ("solution_when_done", "yes"),
    ]);
    assert_eq!(grace.fill("/admin/challenges/1", &next).await.status, 303);
    let page = ada.get("/challenges/1").await.body;
    assert!(page.contains("Open until 3 December 2099, 16:00") && page.contains("A hint"), "{page}");
    assert!(!page.contains("Two of them."), "she has tries left");
    assert!(bob.get("/challenges/1").await.body.contains("Two of them."), "he has solved it");
    assert!(ada.get("/challenges").await.body.contains("Open until 3 December 2099, 16:00"));
    let token = grace.token().await;
    grace.post("/admin/challenges/1/lock", &[("csrf_token", &token)]).await;
    assert!(ada.get("/challenges/1").await.body.contains("Two of them."));
    assert!(grace.get("/admin/challenges").await.body.contains("Closed by hand since"));
}

// A13.
#[tokio::test]
async fn a_missing_competition_is_a_word_beside_its_field() {
    let (_site, mut grace, _ada, _bob) = lesson(&[]).await;
    let mut next = QUEUE.to_vec();
    next.push(("competition", "7"));
    for path in ["/admin/challenges/new", "/admin/challenges/1"] {
        let page = grace.fill(path, &next).await;
        assert_eq!(page.status, 422, "{path}: {}", page.body);
        assert!(page.body.contains("This competition is not there any more."), "{}", page.body);
    }
}
