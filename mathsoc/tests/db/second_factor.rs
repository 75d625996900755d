//! The second factor: codes and recovery codes.

use mathsoc::db::{Db, second_factor, users};

use super::Check;
use super::accounts::{at_once, user};

pub(super) static CHECKS: &[Check] = checks![a_code_passes_once, a_recovery_code_passes_once_for_its_owner,];

async fn a_code_passes_once(db: Db) {
    let id = user(&db, "ada@school.example").await.id;
    assert!(!second_factor::take_step(&db, id, 9).await.unwrap(), "there is no second factor yet");
    second_factor::set(&db, id, b"sealed", 10, &[]).await.unwrap();
    assert!(users::by_id(&db, id).await.unwrap().unwrap().has_second_factor);
    let found = second_factor::of_user(&db, id).await.unwrap().unwrap();
    assert_eq!((found.secret.as_slice(), found.last_step), (&b"sealed"[..], Some(10)));
    for (step, passes) in [(10, false), (11, true), (11, false), (9, false), (13, true), (12, false)] {
        assert_eq!(second_factor::take_step(&db, id, step).await.unwrap(), passes, "step {step}");
    }
    let taken =
        at_once(&db, 8, move |db| async move { second_factor::take_step(&db, id, 20).await.unwrap() }).await;
    assert_eq!(taken.into_iter().filter(|it| *it).count(), 1);
    second_factor::remove(&db, id).await.unwrap();
    assert!(second_factor::of_user(&db, id).await.unwrap().is_none());
}

async fn a_recovery_code_passes_once_for_its_owner(db: Db) {
    let (ada, eve) = (user(&db, "ada@school.example").await.id, user(&db, "eve@school.example").await.id);
    second_factor::set(&db, ada, b"sealed", 1, &[[1; 32], [2; 32]]).await.unwrap();
    assert!(!second_factor::take_recovery_code(&db, eve, &[1; 32]).await.unwrap());
    let taken = at_once(&db, 8, move |db| async move {
        second_factor::take_recovery_code(&db, ada, &[1; 32]).await.unwrap()
    });
    assert_eq!(taken.await.into_iter().filter(|it| *it).count(), 1);
    assert_eq!(second_factor::recovery_codes_left(&db, ada).await.unwrap(), 1);
    second_factor::set_recovery_codes(&db, ada, &[[3; 32], [4; 32]]).await.unwrap();
    assert!(!second_factor::take_recovery_code(&db, ada, &[2; 32]).await.unwrap(), "the old ones are gone");
    assert!(second_factor::take_recovery_code(&db, ada, &[3; 32]).await.unwrap());
}
