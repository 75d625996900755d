//! The trash and the log of admins in the database.

use mathsoc::db::admin_log::{self, Actor};
use mathsoc::db::announcements::{self, NewAnnouncement};
use mathsoc::db::retention::delete_expired;
use mathsoc::db::submissions::{AnswerPlace, submit};
use mathsoc::db::trash::{self, TrashError};
use mathsoc::db::users::list::{self, UserFilter};
use mathsoc::db::versions::Saved;
use mathsoc::db::{Db, articles, challenges, leaderboard, schools, users};
use mathsoc::domain::log_subject::LogSubject;

use super::accounts::{admin, at_once, count, school, user};
use super::{Check, article, at, challenge, run};

pub(super) static CHECKS: &[Check] = checks![
    every_admin_action_is_logged,
    trashed_content_is_hidden_and_can_be_restored,
    restoring_is_rejected_after_a_minute,
    a_deleted_challenge_takes_its_points_only,
    a_trashed_account_and_its_sessions_are_gone,
    admins_and_schools_with_members_cannot_be_deleted,
    concurrent_deletes_succeed_once,
];

fn by() -> Actor {
    Actor { id: None, name: "Grace".to_owned() }
}

async fn note(db: &Db, title: &str) -> i64 {
    let published_at = at(-1).parse().unwrap();
    let new = NewAnnouncement { title: title.parse().unwrap(), body: "Come.".to_owned(), published_at };
    announcements::create(db, &by(), &new).await.unwrap()
}

/// Makes everything in the trash more than a minute old.
async fn a_minute_later(db: &Db) {
    const EARLIER: [&str; 5] = [
        "UPDATE announcements SET deleted_at = deleted_at - 61",
        "UPDATE articles SET deleted_at = deleted_at - 61",
        "UPDATE challenges SET deleted_at = deleted_at - 61",
        "UPDATE schools SET deleted_at = deleted_at - 61",
        "UPDATE users SET deleted_at = deleted_at - 61",
    ];
    for earlier in EARLIER {
        run(db, earlier, &[]).await.unwrap();
    }
}

async fn every_admin_action_is_logged(db: Db) {
    let grace = admin(&db, "grace@school.example").await;
    let by = Actor { id: Some(grace.id), name: "Grace".to_owned() };
    let new = |title: &str| NewAnnouncement {
        title: title.parse().unwrap(),
        body: "Come.".to_owned(),
        published_at: 0,
    };
    let id = announcements::create(&db, &by, &new("Tea")).await.unwrap();
    assert_eq!(announcements::change(&db, &by, id, 1, &new("Tea and cake")).await.unwrap(), Saved::Done);
    assert_eq!(announcements::change(&db, &by, id, 1, &new("Tea")).await.unwrap(), Saved::Conflict);
    assert_eq!(announcements::change(&db, &by, 99, 1, &new("Nothing")).await.unwrap(), Saved::Missing);
    trash::delete(&db, &by, LogSubject::Announcement, id).await.unwrap();
    trash::restore(&db, &by, LogSubject::Announcement, id).await.unwrap();
    assert!(matches!(trash::restore(&db, &by, LogSubject::Announcement, id).await, Err(TrashError::TooLate)));

    let log = admin_log::page(&db, None, 1).await.unwrap();
    let lines: Vec<_> = log.items.iter().map(|it| (it.action.as_str(), it.subject.as_str())).collect();
    assert_eq!(
        lines,
        [
            ("restored", "Tea and cake"),
            ("deleted", "Tea and cake"),
            ("changed", "Tea and cake"),
            ("created", "Tea")
        ]
    );
    assert!(log.items.iter().all(|it| it.admin_name == "Grace" && it.subject_id == Some(id)));
    assert_eq!(admin_log::page(&db, Some(LogSubject::School), 1).await.unwrap().total, 0);
    assert_eq!(admin_log::page(&db, Some(LogSubject::Announcement), 9).await.unwrap().total, 4);
}

async fn trashed_content_is_hidden_and_can_be_restored(db: Db) {
    let id = note(&db, "Tea").await;
    challenge(&db, "Roots", "KS4", -1).await;
    article(&db, "Proofs", -1).await;
    let ours = school(&db, "Ours", Some("school.example")).await.unwrap();
    let all = [
        (LogSubject::Announcement, id),
        (LogSubject::Challenge, 1),
        (LogSubject::Article, 1),
        (LogSubject::School, ours),
    ];
    let shown = async || {
        let of_address = schools::of_address(&db, &"a@school.example".parse().unwrap()).await.unwrap();
        [
            announcements::latest(&db).await.unwrap().is_some(),
            announcements::all(&db, 1).await.unwrap().total > 0,
            announcements::any(&db, id).await.unwrap().is_some(),
            !challenges::latest(&db, 1).await.unwrap().is_empty(),
            challenges::page(&db, None, 1).await.unwrap().total > 0,
            challenges::by_id(&db, 1).await.unwrap().is_some(),
            !articles::latest(&db, 1).await.unwrap().is_empty(),
            articles::page(&db, 1).await.unwrap().total > 0,
            articles::by_id(&db, 1).await.unwrap().is_some(),
            schools::by_id(&db, ours).await.unwrap().is_some(),
            !schools::all(&db).await.unwrap().is_empty(),
            schools::page(&db, 1).await.unwrap().total > 0,
            of_address.is_some(),
        ]
    };
    assert_eq!(shown().await, [true; 13]);
    for (kind, id) in all {
        let title = trash::title(&db, kind, id).await.unwrap().unwrap();
        assert_eq!(trash::delete(&db, &by(), kind, id).await.unwrap(), title);
        assert!(matches!(trash::delete(&db, &by(), kind, id).await, Err(TrashError::NotFound)));
        assert_eq!(trash::title(&db, kind, id).await.unwrap(), None);
        assert_eq!(trash::recent(&db, kind).await.unwrap(), [trash::Deleted { id, title }]);
    }
    assert_eq!(shown().await, [false; 13]);
    assert_eq!(delete_expired(&db).await.unwrap(), 0, "the minute is not over");
    for (kind, id) in all {
        trash::restore(&db, &by(), kind, id).await.unwrap();
        assert!(trash::recent(&db, kind).await.unwrap().is_empty());
    }
    assert_eq!(shown().await, [true; 13]);
}

async fn restoring_is_rejected_after_a_minute(db: Db) {
    let (tea, cake) = (note(&db, "Tea").await, note(&db, "Cake").await);
    trash::delete(&db, &by(), LogSubject::Announcement, tea).await.unwrap();
    a_minute_later(&db).await;
    assert!(matches!(
        trash::restore(&db, &by(), LogSubject::Announcement, tea).await,
        Err(TrashError::TooLate)
    ));
    assert!(trash::recent(&db, LogSubject::Announcement).await.unwrap().is_empty());
    assert_eq!(delete_expired(&db).await.unwrap(), 1);
    assert_eq!(count(&db, "announcements").await, 1);
    assert!(announcements::any(&db, cake).await.unwrap().is_some());
}

async fn a_deleted_challenge_takes_its_points_only(db: Db) {
    let (ada, eve) = (user(&db, "ada@school.example").await, user(&db, "eve@school.example").await);
    for (title, stage) in [("Roots", "KS4"), ("Sums", "KS3")] {
        challenge(&db, title, stage, -1).await;
        let sql = "INSERT INTO answer_boxes (challenge_id, position, label, answer)
            SELECT max(id), 1, 'x =', '7' FROM challenges";
        run(&db, sql, &[]).await.unwrap();
    }
    let now = at(0).parse().unwrap();
    for (user, challenge) in [(ada.id, 1), (eve.id, 1), (ada.id, 2)] {
        let place = AnswerPlace { challenge, answer_box: challenge };
        assert!(submit(&db, user, place, "7", now).await.unwrap().solved_challenge);
    }
    let points =
        async |user| leaderboard::of_user(&db, None, user).await.unwrap().map(|it| (it.points, it.solved));
    assert_eq!((points(ada.id).await, points(eve.id).await), (Some((6, 2)), Some((1, 1))));
    trash::delete(&db, &by(), LogSubject::Challenge, 1).await.unwrap();
    a_minute_later(&db).await;
    assert!(delete_expired(&db).await.unwrap() > 0);
    assert_eq!((points(ada.id).await, points(eve.id).await), (Some((3, 1)), None));
    let ks4 = Some(mathsoc::domain::key_stage::KeyStage::Ks4);
    assert_eq!(leaderboard::of_user(&db, ks4, ada.id).await.unwrap(), None);
    assert_eq!((count(&db, "submissions").await, count(&db, "scores").await), (1, 2));
}

async fn a_trashed_account_and_its_sessions_are_gone(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    trash::delete(&db, &by(), LogSubject::User, ada.id).await.unwrap();
    let found = async || {
        [
            users::by_id(&db, ada.id).await.unwrap().is_some(),
            users::by_email(&db, &ada.email).await.unwrap().is_some(),
            users::login_by_email(&db, &ada.email).await.unwrap().is_some(),
            users::login_by_id(&db, ada.id).await.unwrap().is_some(),
            list::page(&db, &UserFilter::default(), 1).await.unwrap().total > 0,
            list::one(&db, ada.id).await.unwrap().is_some(),
        ]
    };
    assert_eq!(found().await, [false; 6]);
    trash::restore(&db, &by(), LogSubject::User, ada.id).await.unwrap();
    assert_eq!(found().await, [true; 6]);
    let back = users::by_id(&db, ada.id).await.unwrap().unwrap();
    assert!(back.epoch > ada.epoch, "earlier sessions stay invalid");
    trash::delete(&db, &by(), LogSubject::User, ada.id).await.unwrap();
    a_minute_later(&db).await;
    delete_expired(&db).await.unwrap();
    assert_eq!(count(&db, "users").await, 0);
}

async fn admins_and_schools_with_members_cannot_be_deleted(db: Db) {
    let grace = admin(&db, "grace@school.example").await;
    let is_rejected = |done: &_| matches!(done, Err(TrashError::InUse(why)) if why.len() > 20);
    assert!(is_rejected(&trash::delete(&db, &by(), LogSubject::User, grace.id).await));
    let ours = school(&db, "Ours", None).await.unwrap();
    users::set_profile(&db, grace.id, &grace.full_name, Some(ours), None).await.unwrap();
    assert!(is_rejected(&trash::delete(&db, &by(), LogSubject::School, ours).await));
    users::set_profile(&db, grace.id, &grace.full_name, None, None).await.unwrap();
    trash::delete(&db, &by(), LogSubject::School, ours).await.unwrap();
    // A member who joins the school while it is in the trash prevents its deletion.
    users::set_profile(&db, grace.id, &grace.full_name, Some(ours), None).await.unwrap();
    a_minute_later(&db).await;
    delete_expired(&db).await.unwrap();
    assert_eq!(count(&db, "schools").await, 1);
}

async fn concurrent_deletes_succeed_once(db: Db) {
    let id = note(&db, "Tea").await;
    let delete =
        |db: Db| async move { trash::delete(&db, &by(), LogSubject::Announcement, id).await.is_ok() };
    let done = at_once(&db, 8, delete).await;
    assert_eq!(done.into_iter().filter(|done| *done).count(), 1);
    assert_eq!(
        admin_log::page(&db, None, 1).await.unwrap().total,
        2,
        "one line for the creation, one for the deletion"
    );
}
