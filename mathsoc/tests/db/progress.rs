//! Pupils' progress, answer history and search in the database.

use mathsoc::db::progress::{self, StageProgress};
use mathsoc::db::submissions::{AnswerPlace, submit};
use mathsoc::db::{Db, search};
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;

use super::accounts::user;
use super::{Check, article, at, challenge, run};

pub(super) static CHECKS: &[Check] = checks![
    progress_counts_set_tried_and_solved_per_stage,
    answers_are_listed_newest_first,
    search_finds_visible_content_only,
    search_reads_texts_in_batches,
];

async fn set(db: &Db, title: &str, stage: &str, hours: i64) {
    challenge(db, title, stage, hours).await;
    let sql = "INSERT INTO answer_boxes (challenge_id, position, label, answer) SELECT max(id), 1, 'x =', '7' FROM challenges";
    run(db, sql, &[]).await.unwrap();
}

async fn progress_counts_set_tried_and_solved_per_stage(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    for (title, stage, hours) in [("a", "KS3", -3), ("b", "KS3", -2), ("c", "KS5", -1), ("ahead", "KS5", 1)] {
        set(&db, title, stage, hours).await;
    }
    let now = at(0).parse().unwrap();
    for (challenge, given) in [(1, "7"), (2, "8")] {
        submit(&db, ada.id, AnswerPlace { challenge, answer_box: challenge }, given, now).await.unwrap();
    }
    let stage = |key_stage, challenges, tried, solved, points| StageProgress {
        key_stage,
        challenges,
        tried,
        solved,
        points,
    };
    let found = progress::by_stage(&db, ada.id).await.unwrap();
    assert_eq!(
        found,
        [
            stage(KeyStage::Ks3, 2, 2, 1, 3),
            stage(KeyStage::Ks4, 0, 0, 0, 0),
            stage(KeyStage::Ks5, 1, 0, 0, 0),
        ]
    );
    assert_eq!(progress::by_stage(&db, 99).await.unwrap()[0], stage(KeyStage::Ks3, 2, 0, 0, 0));
}

async fn answers_are_listed_newest_first(db: Db) {
    let (ada, eve) = (user(&db, "ada@school.example").await, user(&db, "eve@school.example").await);
    set(&db, "Sevens", "KS3", -1).await;
    let now: i64 = at(0).parse().unwrap();
    for (user, given, at) in [(ada.id, "6", now - 2), (eve.id, "5", now - 1), (ada.id, "7", now)] {
        submit(&db, user, AnswerPlace { challenge: 1, answer_box: 1 }, given, at).await.unwrap();
    }
    let page = progress::history(&db, ada.id, 1).await.unwrap();
    let answers: Vec<_> = page.items.iter().map(|it| (it.given.as_str(), it.correct, it.which_try)).collect();
    assert_eq!((page.total, answers), (2, vec![("7", true, Some(2)), ("6", false, Some(1))]));
    assert_eq!((page.items[0].title.as_str(), page.items[0].label.as_str()), ("Sevens", "x ="));
    assert_eq!(progress::all(&db, ada.id).await.unwrap(), page.items);
}

async fn search_finds_visible_content_only(db: Db) {
    for (title, hours) in [("out", -1), ("ahead", 1), ("gone", -1)] {
        challenge(&db, title, "KS3", hours).await;
        article(&db, title, hours).await;
    }
    run(&db, "UPDATE challenges SET deleted_at = 1 WHERE title = 'gone'", &[]).await.unwrap();
    run(&db, "UPDATE articles SET deleted_at = 1 WHERE title = 'gone'", &[]).await.unwrap();
    let mut found = Vec::new();
    for kind in search::KINDS {
        let texts = search::texts(&db, kind, i64::MIN..=i64::MAX).await.unwrap();
        found.extend(texts.into_iter().map(|it| (kind.name(), it.title)));
    }
    assert_eq!(found, [("challenge", "out".to_owned()), ("article", "out".to_owned())]);
}

async fn search_reads_texts_in_batches(db: Db) {
    for n in 0..search::BATCH + 5 {
        article(&db, &format!("Number {n}"), -1).await;
    }
    let (mut first, mut sizes) = (i64::MIN, Vec::new());
    while let Some(last) = {
        let texts = search::texts(&db, LogSubject::Article, first..=i64::MAX).await.unwrap();
        sizes.push(texts.len());
        texts.last().map(|text| text.id)
    } {
        let one = search::texts(&db, LogSubject::Article, last..=last).await.unwrap();
        assert_eq!(one.len(), 1);
        first = last + 1;
    }
    assert_eq!(sizes, [search::BATCH, 5, 0]);
}
