//! The admins' side of articles in the database.

use mathsoc::db::admin_log::{self, Actor};
use mathsoc::db::articles::edit::{self, Draft};
use mathsoc::db::versions::Saved;
use mathsoc::db::{Db, articles, trash};
use mathsoc::domain::log_subject::LogSubject;

use super::{Check, at};

pub(super) static CHECKS: &[Check] = checks![
    an_article_is_read_as_written,
    an_unpublished_article_is_for_admins_only,
    a_trashed_article_is_not_listed_or_changed,
];

fn by() -> Actor {
    Actor::command_line()
}

fn draft(title: &str, hours: i64) -> Draft {
    Draft {
        title: title.parse().unwrap(),
        author: "Ann Åström".parse().unwrap(),
        teaser: r"Is \(1 &lt; 2\)?".to_owned(),
        body: "<p onclick=\"steal()\">At <b>length</b>.</p>".to_owned(),
        published_at: at(hours).parse().unwrap(),
    }
}

async fn stored(db: &Db, id: i64) -> Option<Draft> {
    let it = edit::any(db, id).await.unwrap()?;
    let (title, author) = (it.title.parse().unwrap(), it.author.parse().unwrap());
    Some(Draft { title, author, teaser: it.teaser, body: it.body, published_at: it.published_at })
}

async fn an_article_is_read_as_written(db: Db) {
    let (new, untouched) = (draft("Primes", -1), draft("Other", -2));
    let id = edit::create(&db, &by(), &new).await.unwrap();
    let other = edit::create(&db, &by(), &untouched).await.unwrap();
    assert_eq!(stored(&db, id).await, Some(new));
    let next = Draft { body: "<p>Shorter.</p>".to_owned(), ..draft("More primes", -3) };
    assert_eq!(edit::change(&db, &by(), id, 1, &next).await.unwrap(), Saved::Done);
    assert_eq!(edit::change(&db, &by(), id, 1, &next).await.unwrap(), Saved::Conflict);
    assert_eq!(stored(&db, id).await, Some(next.clone()));
    assert_eq!(stored(&db, other).await, Some(untouched));
    assert_eq!(edit::change(&db, &by(), 99, 1, &next).await.unwrap(), Saved::Missing);
    assert_eq!(stored(&db, 99).await, None);
    let log = admin_log::page(&db, Some(LogSubject::Article), 1).await.unwrap();
    let lines: Vec<_> = log.items.iter().map(|it| (it.action.as_str(), it.subject.as_str())).collect();
    assert_eq!(lines, [("changed", "More primes"), ("created", "Other"), ("created", "Primes")]);
}

async fn an_unpublished_article_is_for_admins_only(db: Db) {
    edit::create(&db, &by(), &draft("Now", -1)).await.unwrap();
    let ahead = edit::create(&db, &by(), &draft("Ahead", 1)).await.unwrap();
    assert_eq!(articles::by_id(&db, ahead).await.unwrap(), None);
    assert_eq!(articles::page(&db, 1).await.unwrap().total, 1);
    let all = edit::all(&db, 1).await.unwrap();
    let titles: Vec<_> = all.items.iter().map(|it| it.title.as_str()).collect();
    assert_eq!((titles, all.total), (vec!["Ahead", "Now"], 2));
}

async fn a_trashed_article_is_not_listed_or_changed(db: Db) {
    let new = draft("Primes", -1);
    let id = edit::create(&db, &by(), &new).await.unwrap();
    trash::delete(&db, &by(), LogSubject::Article, id).await.unwrap();
    assert_eq!((edit::all(&db, 1).await.unwrap().total, stored(&db, id).await), (0, None));
    assert_eq!(edit::change(&db, &by(), id, 1, &draft("Other", -1)).await.unwrap(), Saved::Missing);
    trash::restore(&db, &by(), LogSubject::Article, id).await.unwrap();
    assert_eq!(stored(&db, id).await, Some(new));
}
