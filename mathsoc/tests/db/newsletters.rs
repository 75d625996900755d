//! Newsletters and their files in the database.

use mathsoc::db::admin_log::{self, Actor};
use mathsoc::db::newsletters::{self, File, NewNewsletter};
use mathsoc::db::versions::Saved;
use mathsoc::db::{Db, files, search, trash};
use mathsoc::domain::log_subject::LogSubject;
use palisade::upload::{Upload, UploadId};

use super::accounts::admin;
use super::{Check, at, run};

pub(super) static CHECKS: &[Check] = checks![
    a_newsletter_is_read_as_written,
    readers_see_published_newsletters_with_content_only,
    an_infected_file_is_removed_from_its_newsletter,
    a_newsletters_file_is_visible_with_it_only,
];

fn by() -> Actor {
    Actor::command_line()
}

fn letter(title: &str, body: &str, hours: i64) -> NewNewsletter {
    let published_at = at(hours).parse().unwrap();
    let (title, summary) = (title.parse().unwrap(), "Ä \\(x\\) news".to_owned());
    NewNewsletter { title, summary, body: body.to_owned(), published_at }
}

async fn pdf(db: &Db, digit: char, quarantined: bool) -> UploadId {
    let grace = admin(db, &format!("grace{digit}@school.example")).await;
    let digest = digit.to_string().repeat(64).parse().unwrap();
    let id = digit.to_string().repeat(32).parse().unwrap();
    let file =
        Upload::from_parts(id, "März.pdf", palisade::upload::FileType::Pdf, 1_200_000, digest, quarantined);
    files::insert(db, &file, None, grace.id).await.unwrap();
    id
}

async fn is_shown(db: &Db, id: UploadId) -> bool {
    files::shown(db, id).await.unwrap().is_some()
}

/// Returns the titles that readers see; list, page and search must agree.
async fn titles(db: &Db) -> Vec<String> {
    let page = newsletters::page(db, 1).await.unwrap();
    let mut texts = search::texts(db, LogSubject::Newsletter, i64::MIN..=i64::MAX).await.unwrap();
    texts.sort_by_key(|it| std::cmp::Reverse((it.at, it.id)));
    let found: Vec<_> = texts.into_iter().map(|it| it.id).collect();
    let mut seen = Vec::new();
    for it in newsletters::all(db, 1).await.unwrap().items {
        let one = newsletters::by_id(db, it.id).await.unwrap();
        assert_eq!(one.is_some(), page.items.iter().any(|listed| listed.id == it.id), "{}", it.title);
        seen.extend(one.map(|it| it.id));
    }
    assert_eq!((page.items.len(), found), (usize::try_from(page.total).unwrap(), seen));
    assert_eq!(newsletters::latest(db).await.unwrap(), page.items.first().cloned());
    page.items.into_iter().map(|it| it.title).collect()
}

async fn a_newsletter_is_read_as_written(db: Db) {
    let new = letter("March", "<p onclick=\"steal()\">Ü</p>", 1);
    let id = newsletters::create(&db, &by(), &new, Some(pdf(&db, 'a', false).await)).await.unwrap();
    let stored = newsletters::any(&db, id).await.unwrap().unwrap();
    assert_eq!((stored.title.as_str(), &stored.summary, &stored.body), ("March", &new.summary, &new.body));
    assert_eq!(stored.published_at, new.published_at);
    let file = File {
        file_id: Some("a".repeat(32)),
        file_name: Some("März.pdf".to_owned()),
        file_bytes: Some(1_200_000),
        file_waits: false,
    };
    assert_eq!(stored.file, file);
    assert_eq!(
        newsletters::change(&db, &by(), id, 1, &letter("May", "", -1), None).await.unwrap(),
        Saved::Done
    );
    let stored = newsletters::any(&db, id).await.unwrap().unwrap();
    assert_eq!(
        (stored.title.as_str(), stored.body.as_str(), stored.file),
        ("May", "", file),
        "the file is unchanged"
    );
    let other = pdf(&db, 'b', false).await;
    assert_eq!(
        newsletters::change(&db, &by(), id, 2, &letter("June", "", -1), Some(other)).await.unwrap(),
        Saved::Done
    );
    assert_eq!(
        newsletters::change(&db, &by(), 99, 1, &letter("None", "", -1), None).await.unwrap(),
        Saved::Missing
    );
    trash::delete(&db, &by(), LogSubject::Newsletter, id).await.unwrap();
    assert_eq!(newsletters::any(&db, id).await.unwrap(), None);
    assert_eq!(
        newsletters::change(&db, &by(), id, 3, &letter("Gone", "", -1), None).await.unwrap(),
        Saved::Missing
    );
    let log = admin_log::page(&db, Some(LogSubject::Newsletter), 1).await.unwrap();
    let lines: Vec<_> =
        log.items.iter().map(|it| [&*it.action, &*it.subject, &*it.detail].join(" ")).collect();
    assert_eq!(lines, ["deleted June ", "changed June with another PDF", "changed May ", "created March "]);
}

async fn readers_see_published_newsletters_with_content_only(db: Db) {
    let (good, waiting) = (pdf(&db, 'a', false).await, pdf(&db, 'b', true).await);
    for (title, body, hours, file) in [
        ("file", "", -1, Some(good)),
        ("text", "<p>x</p>", -2, None),
        ("text and waiting", "<p>x</p>", -3, Some(waiting)),
        ("waiting", "", -4, Some(waiting)),
        ("neither", "", -5, None),
        ("ahead", "<p>x</p>", 1, Some(good)),
    ] {
        newsletters::create(&db, &by(), &letter(title, body, hours), file).await.unwrap();
    }
    assert_eq!(titles(&db).await, ["file", "text", "text and waiting"]);
    assert_eq!(newsletters::all(&db, 1).await.unwrap().total, 6);
    files::pass(&db, waiting).await.unwrap();
    assert_eq!(titles(&db).await, ["file", "text", "text and waiting", "waiting"]);
}

async fn an_infected_file_is_removed_from_its_newsletter(db: Db) {
    let file = pdf(&db, 'a', false).await;
    let both = newsletters::create(&db, &by(), &letter("both", "<p>x</p>", -1), Some(file)).await.unwrap();
    newsletters::create(&db, &by(), &letter("file", "", -2), Some(file)).await.unwrap();
    files::forget(&db, file).await.unwrap();
    assert_eq!(titles(&db).await, ["both"]);
    assert_eq!(newsletters::by_id(&db, both).await.unwrap().unwrap().file, File::default());
}

async fn a_newsletters_file_is_visible_with_it_only(db: Db) {
    let (one, other) = (pdf(&db, 'a', false).await, pdf(&db, 'b', false).await);
    let picture = pdf(&db, 'c', false).await;
    let body = format!("<p><img src=\"/files/{picture}/M.png\"></p>");
    let id = newsletters::create(&db, &by(), &letter("March", &body, 1), Some(one)).await.unwrap();
    assert!(!is_shown(&db, one).await && !is_shown(&db, picture).await, "not published yet");
    let done = newsletters::change(&db, &by(), id, 1, &letter("March", &body, -1), None).await.unwrap();
    assert_eq!(done, Saved::Done);
    assert!(is_shown(&db, one).await && is_shown(&db, picture).await);
    let done = newsletters::change(&db, &by(), id, 2, &letter("March", "", -1), Some(other)).await.unwrap();
    assert_eq!(done, Saved::Done);
    let shown = [is_shown(&db, one).await, is_shown(&db, picture).await, is_shown(&db, other).await];
    assert_eq!(shown, [false, false, true], "files that it no longer uses are hidden");
    trash::delete(&db, &by(), LogSubject::Newsletter, id).await.unwrap();
    assert!(!is_shown(&db, other).await && titles(&db).await.is_empty());
    trash::restore(&db, &by(), LogSubject::Newsletter, id).await.unwrap();
    assert!(is_shown(&db, other).await);
    run(&db, "UPDATE newsletters SET published_at = 32503680000", &[]).await.unwrap();
    assert!(!is_shown(&db, other).await && titles(&db).await.is_empty());
}
