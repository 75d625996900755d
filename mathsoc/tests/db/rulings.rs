//! Rulings of teachers about answers, in the database.

use mathsoc::db::Db;
use mathsoc::db::challenges::change;
use mathsoc::db::leaderboard::Board;
use mathsoc::db::marking::rulings::{Mode, Ruling, Tries, rule};
use mathsoc::db::marking::{MarkingError, MarkingReport};
use mathsoc::db::submissions::SubmitError;

use super::accounts::count;
use super::marking::{answer, assert_clean, box_id, by, points, pupil, set, shown, with_key};
use super::{Check, run};

pub(super) static CHECKS: &[Check] = checks![
    an_accepted_answer_is_right_for_all,
    one_accepted_answer_outlives_the_key,
    given_back_tries_can_be_used,
    marking_again_repairs_an_older_key,
];

async fn ruled(db: &Db, id: i64, ruling: Ruling) -> Result<MarkingReport, MarkingError> {
    let report = rule(db, &by(), id, ruling, Mode::Commit).await;
    assert_clean(db, &format!("{ruling:?}")).await;
    report
}

async fn an_accepted_answer_is_right_for_all(db: Db) {
    let id = set(&db, &["2"]).await;
    let (ada, bob, eve) = (pupil(&db, 1).await, pupil(&db, 2).await, pupil(&db, 3).await);
    answer(&db, ada, id, 0, "7/2", 1).await.unwrap();
    answer(&db, bob, id, 0, "3.5", 2).await.unwrap();
    let report = ruled(&db, id, Ruling::AcceptText { answer: 1 }).await.unwrap();
    assert_eq!((report.turned_right(), report.gainers_and_losers()), (2, (2, 0)));
    assert_eq!((points(&db, Board::All, ada).await, points(&db, Board::All, bob).await), (3, 1));
    assert_eq!(answer(&db, eve, id, 0, "7/2", 3).await.unwrap().points, 1, "later answers, too");

    let report = ruled(&db, id, Ruling::RefuseText { accepted: 1 }).await.unwrap();
    assert_eq!((report.turned_wrong(), count(&db, "scores").await), (3, 0));
    assert_eq!(shown(&db, ada, id).await, (3, false), "who was told right loses no try");
    assert!(matches!(ruled(&db, id, Ruling::AcceptText { answer: 99 }).await, Err(MarkingError::NotFound)));
    let other = set(&db, &["2"]).await;
    let foreign = ruled(&db, other, Ruling::AcceptText { answer: 1 }).await;
    assert!(matches!(foreign, Err(MarkingError::NotFound)), "the answer is of another challenge");
}

async fn one_accepted_answer_outlives_the_key(db: Db) {
    let id = set(&db, &["2"]).await;
    let (ada, bob) = (pupil(&db, 1).await, pupil(&db, 2).await);
    answer(&db, ada, id, 0, "9", 1).await.unwrap();
    answer(&db, bob, id, 0, "9", 2).await.unwrap();
    ruled(&db, id, Ruling::AcceptOne { answer: 1 }).await.unwrap();
    assert_eq!((points(&db, Board::All, ada).await, points(&db, Board::All, bob).await), (3, 0));
    change::change(&db, &by(), id, &with_key(&db, id, "4").await).await.unwrap();
    assert_eq!(points(&db, Board::All, ada).await, 3);
    ruled(&db, id, Ruling::WithdrawOne { answer: 1 }).await.unwrap();
    assert_eq!((points(&db, Board::All, ada).await, shown(&db, ada, id).await), (0, (3, false)));
    assert!(matches!(ruled(&db, id, Ruling::WithdrawOne { answer: 1 }).await, Err(MarkingError::Refused(_))));
}

async fn given_back_tries_can_be_used(db: Db) {
    let id = set(&db, &["2", "3"]).await;
    let (ada, bob) = (pupil(&db, 1).await, pupil(&db, 2).await);
    for (second, given) in (1..).zip(["7", "8", "9"]) {
        for n in 0..2 {
            answer(&db, ada, id, n, given, second).await.unwrap();
        }
        answer(&db, bob, id, 0, given, second).await.unwrap();
    }
    let full = answer(&db, ada, id, 0, "2", 5).await;
    assert!(matches!(full, Err(SubmitError::NoTriesLeft)));
    assert_eq!(ruled(&db, id, Ruling::GiveBack(Tries::Answer(1))).await.unwrap().tries_back(), 1);
    assert!(matches!(
        ruled(&db, id, Ruling::GiveBack(Tries::Answer(1))).await,
        Err(MarkingError::Refused(_))
    ));
    assert_eq!(answer(&db, ada, id, 0, "1", 6).await.unwrap().tries_left, 0);
    assert_eq!(ruled(&db, id, Ruling::GiveBack(Tries::Pupil(ada))).await.unwrap().tries_back(), 6);
    assert_eq!(shown(&db, bob, id).await, (0, false), "only hers");
    let first = box_id(&db, id, 0).await;
    assert_eq!(ruled(&db, id, Ruling::GiveBack(Tries::Box(first))).await.unwrap().tries_back(), 3);
    for n in 0..2 {
        assert_eq!(answer(&db, ada, id, n, "6", 7).await.unwrap().tries_left, 2);
    }
    assert_eq!(answer(&db, ada, id, 0, "2", 8).await.unwrap().tries_left, 1);
    assert_eq!(answer(&db, ada, id, 1, "3", 9).await.unwrap().points, 3);
    assert_clean(&db, "the tries are used").await;
}

async fn marking_again_repairs_an_older_key(db: Db) {
    let id = set(&db, &["2"]).await;
    let ada = pupil(&db, 1).await;
    answer(&db, ada, id, 0, "5", 1).await.unwrap();
    // As the key was changed before verdicts followed it.
    run(&db, "UPDATE answer_boxes SET answer = '5'", &[]).await.unwrap();
    let preview = rule(&db, &by(), id, Ruling::MarkAgain, Mode::Preview).await.unwrap();
    assert_eq!((preview.turned_right(), points(&db, Board::All, ada).await), (1, 0));
    assert_eq!(ruled(&db, id, Ruling::MarkAgain).await.unwrap(), preview);
    assert_eq!(points(&db, Board::All, ada).await, 3);
    assert!(ruled(&db, id, Ruling::MarkAgain).await.unwrap().is_empty(), "a second time changes nothing");
}
