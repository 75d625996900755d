//! Texts that a database does not take, and choices that are not there any more: a word beside the
//! field, on both databases.

use mathsoc::db::admin_log::Actor;
use mathsoc::db::trash;
use mathsoc::domain::log_subject::LogSubject;
use mathsoc::domain::person::Role;
use mathsoc::operate::demo;

use super::unsent_forms::FORMS;
use crate::support::browser::Browser;
use crate::support::site::{PASSWORD, TestSite};

async fn with_grace(settings: &[(&str, &str)]) -> (TestSite, Browser) {
    let site = TestSite::with_ada(&[&[("ADMIN_TOTP_REQUIRED", "false")], settings].concat()).await;
    site.member("grace@school.example", Role::Admin).await;
    demo::load(&site.app.db).await.unwrap();
    let mut browser = site.browser();
    assert_eq!(browser.log_in("grace@school.example", PASSWORD).await.location(), "/");
    (site, browser)
}

type Fields = &'static [(&'static str, &'static str)];

/// The forms with long texts, as valid as can be.
const LONG: [(&str, Fields, &[&str]); 5] = [
    (
        "/admin/challenges/new",
        &[
            ("title", "Roots"),
            ("key_stage", "KS5"),
            ("summary", "Find x."),
            ("statement", "<p>Solve</p>"),
            ("released_at", "2026-01-01T09:00"),
            ("box-1-label", "x ="),
            ("box-1-answer", "2"),
        ],
        &["title", "summary", "statement", "box-1-label", "box-1-answer"],
    ),
    (
        "/admin/articles/new",
        &[
            ("title", "Primes"),
            ("author", "Ann"),
            ("teaser", "They"),
            ("body", "<p>x</p>"),
            ("published_at", "2026-01-01T09:00"),
        ],
        &["title", "author", "teaser", "body"],
    ),
    (
        "/admin/announcements/new",
        &[("title", "Tea"), ("body", "At four"), ("published_at", "2026-01-01T09:00")],
        &["title", "body"],
    ),
    (
        "/admin/competitions/new",
        &[
            ("title", "Cup"),
            ("summary", "Soon"),
            ("opens_at", "2026-01-01T09:00"),
            ("closes_at", "2026-02-01T09:00"),
        ],
        &["title", "summary"],
    ),
    (
        "/admin/awards/new",
        &[("pupil", "ada@school.example"), ("points", "3"), ("reason", "Poster"), ("counts", "KS3")],
        &["pupil", "reason"],
    ),
];

fn with<'a>(fields: &[(&'a str, &'a str)], name: &str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(field, old)| (*field, if *field == name { text } else { *old })).collect()
}

async fn odd_texts_are_a_word_beside_the_field(settings: &[(&str, &str)]) {
    let (_site, mut grace) = with_grace(settings).await;
    let long = "x".repeat(300_000);
    for (path, fields, names) in LONG {
        for name in names {
            for text in ["a\0b", &long] {
                let page = grace.fill(path, &with(fields, name, text)).await;
                assert_eq!(
                    page.status,
                    422,
                    "{path} {name}: {}",
                    page.body.get(..3000).unwrap_or(&page.body)
                );
                assert!(page.body.contains(&format!("id=\"{name}-error\"")), "{path} {name}");
            }
        }
        let page = grace.fill(path, fields).await;
        assert_eq!(page.status, 303, "{path}: {}", page.body);
    }
    for form in FORMS.iter().filter(|form| form.is_for_members) {
        let hidden = form.hidden(&mut grace).await;
        let hidden: Vec<_> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
        for (name, _) in form.fields {
            let fields = [&hidden[..], &with(form.fields, name, "a\0b")].concat();
            let page = grace.post(&form.path(), &fields).await;
            assert!(page.status < 500, "{} {name}: {} {}", form.route, page.status, page.body);
        }
    }
    for path in
        ["/unsent?form=%00", "/unsent?form=/admin/articles/%00", "/search?q=%00", "/admin/users?q=%00"]
    {
        assert!(grace.get(path).await.status < 500, "{path}");
    }
}

on_both_databases!(
    odd_texts_are_a_word_beside_the_field,
    odd_texts_are_a_word_beside_the_field_on_sqlite,
    odd_texts_are_a_word_beside_the_field_on_postgresql
);

async fn a_missing_competition_is_a_word_beside_its_field(settings: &[(&str, &str)]) {
    let (site, mut grace) = with_grace(settings).await;
    let (path, fields, _) = LONG[0];
    let send = async |grace: &mut Browser, competition: &str| {
        let fields = [fields, &[("competition", competition)]].concat();
        let page = grace.fill(path, &fields).await;
        assert_eq!(page.status, 422, "{competition}: {}", page.body);
        assert!(page.body.contains("id=\"competition-error\""), "{competition}: {}", page.body);
    };
    for competition in ["-1", "0", "999", "none", "99999999999999999999"] {
        send(&mut grace, competition).await;
    }
    // Deleted while the form was open.
    let by = Actor::command_line();
    let (cup, fields, _) = LONG.into_iter().find(|(path, ..)| *path == "/admin/competitions/new").unwrap();
    assert_eq!(grace.fill(cup, fields).await.status, 303);
    let mut deleted = None;
    for id in (1..=9).rev() {
        if trash::delete(&site.app.db, &by, LogSubject::Competition, id).await.is_ok() {
            deleted = Some(id.to_string());
            break;
        }
    }
    send(&mut grace, &deleted.unwrap()).await;
}

on_both_databases!(
    a_missing_competition_is_a_word_beside_its_field,
    a_missing_competition_is_a_word_beside_its_field_on_sqlite,
    a_missing_competition_is_a_word_beside_its_field_on_postgresql
);
