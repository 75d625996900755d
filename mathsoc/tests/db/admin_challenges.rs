//! The admins' side of challenges in the database.

use mathsoc::db::admin_log::{self, Actor};
use mathsoc::db::challenges;
use mathsoc::db::challenges::change;
use mathsoc::db::challenges::edit::{self, Draft, DraftBox, EditError, Help};
use mathsoc::db::submissions::{AnswerPlace, SubmitError, submit};
use mathsoc::db::{Db, trash};
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;

use super::accounts::{count, user};
use super::{Check, at};

pub(super) static CHECKS: &[Check] = checks![
    a_challenge_is_read_as_written,
    boxes_are_edited_in_one_transaction,
    an_answered_box_cannot_be_removed,
    a_box_of_another_challenge_is_not_changed,
    a_lock_affects_its_own_challenge_only,
    the_list_shows_release_times_and_attempts,
];

fn by() -> Actor {
    Actor::command_line()
}

fn now() -> i64 {
    at(0).parse().unwrap()
}

fn a_box(label: &str, answer: &str) -> DraftBox {
    DraftBox { id: None, label: label.to_owned(), answer: answer.to_owned(), rules: "simplified".to_owned() }
}

fn draft(title: &str, boxes: &[(&str, &str)]) -> Draft {
    Draft {
        version: 0,
        is_draft: false,
        help: Help::default(),
        title: title.parse().unwrap(),
        key_stage: KeyStage::Ks4,
        summary: "In short.".to_owned(),
        statement: "<p>At length.</p>".to_owned(),
        released_at: now() - 60,
        locked_at: None,
        competition: None,
        boxes: boxes.iter().map(|(label, answer)| a_box(label, answer)).collect(),
    }
}

async fn stored(db: &Db, id: i64) -> Draft {
    edit::any(db, id).await.unwrap().unwrap()
}

fn labels(draft: &Draft) -> Vec<&str> {
    draft.boxes.iter().map(|it| it.label.as_str()).collect()
}

async fn a_challenge_is_read_as_written(db: Db) {
    let new = Draft { locked_at: Some(now() + 60), ..draft("Roots", &[("x", "1"), ("y", "2")]) };
    let id = edit::create(&db, &by(), &new).await.unwrap();
    let mut found = stored(&db, id).await;
    assert!(found.boxes.iter().all(|it| it.id.is_some()));
    found.boxes.iter_mut().for_each(|it| it.id = None);
    assert_eq!(found, Draft { version: 1, ..new });
    assert_eq!(edit::any(&db, 99).await.unwrap(), None);
    let ahead = Draft { released_at: now() + 60, ..draft("Later", &[]) };
    let id = edit::create(&db, &by(), &ahead).await.unwrap();
    assert!(
        edit::any(&db, id).await.unwrap().is_some() && challenges::by_id(&db, id).await.unwrap().is_none()
    );
}

async fn boxes_are_edited_in_one_transaction(db: Db) {
    let id = edit::create(&db, &by(), &draft("Roots", &[("a", "1"), ("b", "2"), ("c", "3")])).await.unwrap();
    let mut next = stored(&db, id).await;
    next.boxes.swap(0, 2);
    next.boxes.remove(1);
    next.boxes.insert(0, a_box("d", "4"));
    change::change(&db, &by(), id, &next).await.unwrap();
    let found = stored(&db, id).await;
    assert_eq!(labels(&found), ["d", "c", "a"]);
    assert_eq!(found.boxes[1..], next.boxes[1..], "the remaining boxes keep their ids");

    let mut wrong = found.clone();
    wrong.boxes.clear();
    wrong.boxes.push(DraftBox { id: Some(999), ..a_box("e", "5") });
    assert!(matches!(change::change(&db, &by(), id, &wrong).await, Err(EditError::NotFound)));
    assert_eq!(stored(&db, id).await, found);
    assert!(matches!(change::change(&db, &by(), 99, &found).await, Err(EditError::NotFound)));
    assert_eq!(admin_log::page(&db, Some(LogSubject::Challenge), 1).await.unwrap().total, 2);
}

async fn an_answered_box_cannot_be_removed(db: Db) {
    let id = edit::create(&db, &by(), &draft("Roots", &[("a", "1"), ("b", "2")])).await.unwrap();
    let mut next = stored(&db, id).await;
    let answered = next.boxes[0].id.unwrap();
    let ada = user(&db, "ada@school.example").await;
    submit(&db, ada.id, AnswerPlace { challenge: id, answer_box: answered }, "7", now()).await.unwrap();
    let before = next.boxes.remove(0);
    let rejected = change::change(&db, &by(), id, &next).await;
    assert!(matches!(&rejected, Err(EditError::Answered(label)) if label == "a"), "{rejected:?}");
    assert_eq!((stored(&db, id).await.boxes.len(), count(&db, "submissions").await), (2, 1));
    next.boxes[0] = DraftBox { answer: "7".to_owned(), ..before };
    change::change(&db, &by(), id, &next).await.unwrap();
    assert_eq!(labels(&stored(&db, id).await), ["a"], "the unanswered box is deleted");
}

async fn a_box_of_another_challenge_is_not_changed(db: Db) {
    let one = edit::create(&db, &by(), &draft("One", &[("a", "1")])).await.unwrap();
    let two = edit::create(&db, &by(), &draft("Two", &[("b", "2")])).await.unwrap();
    let theirs = stored(&db, one).await.boxes[0].id;
    let mut next = stored(&db, two).await;
    next.boxes[0].id = theirs;
    assert!(matches!(change::change(&db, &by(), two, &next).await, Err(EditError::NotFound)));
    assert_eq!(labels(&stored(&db, one).await), ["a"]);
}

async fn a_lock_affects_its_own_challenge_only(db: Db) {
    let one = edit::create(&db, &by(), &draft("One", &[("a", "1")])).await.unwrap();
    let two = edit::create(&db, &by(), &draft("Two", &[("b", "2")])).await.unwrap();
    let ada = user(&db, "ada@school.example").await;
    let place = AnswerPlace { challenge: one, answer_box: stored(&db, one).await.boxes[0].id.unwrap() };
    assert_eq!(change::close(&db, &by(), one).await.unwrap().as_deref(), Some("One"));
    assert!(matches!(submit(&db, ada.id, place, "1", now()).await, Err(SubmitError::Locked)));
    assert!(edit::closed_at(&db, two).await.unwrap().is_none());
    change::reopen(&db, &by(), one).await.unwrap();
    assert!(submit(&db, ada.id, place, "1", now()).await.unwrap().solved_box);
    assert_eq!(change::close(&db, &by(), 99).await.unwrap(), None);
    let log = admin_log::page(&db, Some(LogSubject::Challenge), 1).await.unwrap();
    let actions: Vec<_> = log.items.iter().map(|it| (it.action.as_str(), it.subject.as_str())).collect();
    assert_eq!(actions, [("unlocked", "One"), ("locked", "One"), ("created", "Two"), ("created", "One")]);
}

async fn the_list_shows_release_times_and_attempts(db: Db) {
    let open = edit::create(&db, &by(), &draft("Open", &[("a", "1")])).await.unwrap();
    let ahead = Draft { released_at: now() + 60, key_stage: KeyStage::Ks5, ..draft("Ahead", &[]) };
    edit::create(&db, &by(), &ahead).await.unwrap();
    for (n, given) in ["1", "2"].iter().enumerate() {
        let pupil = user(&db, &format!("p{n}@school.example")).await;
        let place = AnswerPlace { challenge: open, answer_box: stored(&db, open).await.boxes[0].id.unwrap() };
        submit(&db, pupil.id, place, given, now()).await.unwrap();
    }
    let all = edit::all(&db, None, 1).await.unwrap();
    let rows: Vec<_> = all.items.iter().map(|it| (it.title.as_str(), it.tried, it.solved)).collect();
    assert_eq!(rows, [("Ahead", 0, 0), ("Open", 2, 1)]);
    assert_eq!(edit::all(&db, Some(KeyStage::Ks5), 1).await.unwrap().total, 1);
    trash::delete(&db, &by(), LogSubject::Challenge, open).await.unwrap();
    assert_eq!(edit::all(&db, None, 1).await.unwrap().total, 1);
    assert_eq!(edit::any(&db, open).await.unwrap(), None);
}
