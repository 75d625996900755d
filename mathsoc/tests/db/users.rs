//! Admin actions on accounts, and the dashboard's numbers.

use mathsoc::db::admin_log::{self, Action, Actor};
use mathsoc::db::submissions::{AnswerPlace, submit};
use mathsoc::db::users::edit::{self, Change, ChangeError, Details};
use mathsoc::db::users::list::{self, ColumnFilter, UserFilter};
use mathsoc::db::users::{self, CreateError, NewUser, RightsError};
use mathsoc::db::versions::Saved;
use mathsoc::db::{Db, dashboard, export, leaderboard, second_factor, trash, versions};
use mathsoc::domain::clock::now;
use mathsoc::domain::key_stage::KeyStage;
use mathsoc::domain::log_subject::LogSubject;
use mathsoc::domain::person::{Role, Year};

use super::accounts::{admin, at_once, count, school, user};
use super::{Check, at, challenge, run};

pub(super) static CHECKS: &[Check] = checks![
    the_account_list_combines_all_filters,
    a_bulk_change_logs_each_account,
    nobody_moves_up_twice_in_a_year,
    a_failing_bulk_change_changes_nothing,
    removing_the_second_factor_deletes_codes_and_sessions,
    bulk_deletion_is_reversible_and_spares_admins,
    a_list_is_imported_in_one_transaction,
    admins_cannot_change_their_own_role,
    a_deleted_admin_gets_no_role,
    the_dashboard_counts_existing_accounts_only,
    an_export_has_every_row_once,
    concurrent_bulk_changes_are_serialised,
];

fn by() -> Actor {
    Actor { id: None, name: "Grace".to_owned() }
}

fn new(n: i64, school_id: Option<i64>, year: Option<i64>) -> NewUser {
    NewUser {
        email: format!("p{n}@school.example").parse().unwrap(),
        full_name: format!("Pupil {n:04}").parse().unwrap(),
        role: Role::Pupil,
        school_id,
        year: year.map(|year| Year::new(year).unwrap()),
        email_is_verified: false,
    }
}

async fn make(db: &Db, new: &[NewUser]) -> Vec<i64> {
    let made = edit::create_all(db, &by(), Action::Imported, new).await.unwrap();
    made.iter().map(|user| user.id).collect()
}

async fn lines(db: &Db) -> i64 {
    count(db, "admin_log").await
}

async fn the_account_list_combines_all_filters(db: Db) {
    let ours = school(&db, "Ours", None).await.unwrap();
    make(
        &db,
        &[
            new(1, Some(ours), Some(7)),
            new(2, Some(ours), Some(10)),
            new(3, None, Some(10)),
            new(4, None, None),
        ],
    )
    .await;
    admin(&db, "grace@school.example").await;
    users::verify_email(&db, 1).await.unwrap();
    let found = async |wanted: UserFilter| {
        let page = list::page(&db, &wanted, 1).await.unwrap();
        let all = list::all(&db, &wanted).await.unwrap();
        assert_eq!(page.items, all);
        all.iter().map(|person| person.user.id).collect::<Vec<_>>()
    };
    let any = UserFilter::default;
    assert_eq!(found(UserFilter { school: Some(ColumnFilter::Is(ours)), ..any() }).await, [1, 2]);
    assert_eq!(
        found(UserFilter { school: Some(ColumnFilter::Missing), role: Some(Role::Pupil), ..any() }).await,
        [3, 4]
    );
    assert_eq!(found(UserFilter { school: Some(ColumnFilter::Is(99)), ..any() }).await, [0; 0]);
    assert_eq!(found(UserFilter { key_stage: Some(KeyStage::Ks4), ..any() }).await, [2, 3]);
    assert_eq!(found(UserFilter { year: Some(ColumnFilter::Is(Year::new(7).unwrap())), ..any() }).await, [1]);
    assert_eq!(
        found(UserFilter { year: Some(ColumnFilter::Missing), role: Some(Role::Pupil), ..any() }).await,
        [4]
    );
    assert_eq!(found(UserFilter { role: Some(Role::Admin), ..any() }).await, [5]);
    assert_eq!(found(UserFilter { unverified: true, text: "pupil".to_owned(), ..any() }).await, [2, 3, 4]);
    let one = list::one(&db, 1).await.unwrap().unwrap();
    assert_eq!(one.school.as_deref(), Some("Ours"));
    assert_eq!(list::one(&db, 99).await.unwrap(), None);
}

async fn a_bulk_change_logs_each_account(db: Db) {
    let ours = school(&db, "Ours", None).await.unwrap();
    let ids = make(&db, &[new(1, None, Some(12)), new(2, None, Some(13)), new(3, None, None)]).await;
    let before = lines(&db).await;
    let change = async |change| edit::change_all(&db, &by(), &ids, change).await.unwrap();
    assert_eq!(change(Change::NextYear).await, 2, "accounts without a year stay without one");
    assert_eq!(change(Change::Move(Some(ours))).await, 3);
    assert_eq!(change(Change::LogOut).await, 3);
    assert_eq!(change(Change::Verify).await, 3);
    assert_eq!(change(Change::Verify).await, 0, "already verified accounts do not count");
    let user = async |id| users::by_id(&db, id).await.unwrap().unwrap();
    let years = [user(1).await.year, user(2).await.year, user(3).await.year].map(|it| it.map(Year::number));
    assert_eq!(years, [Some(13), None, None], "pupils of the last year have no year now");
    let one = user(1).await;
    assert_eq!((one.school_id, one.epoch, one.email_verified_at.is_some()), (Some(ours), 2, true));
    assert_eq!(lines(&db).await, before + 11);
    let log = admin_log::of_subject(&db, LogSubject::User, 1).await.unwrap();
    let actions: Vec<_> = log.iter().map(|it| (it.action.as_str(), it.detail.as_str())).collect();
    let expected = [
        ("verified the address of", ""),
        ("logged out", ""),
        ("changed", "Ours"),
        ("changed", "year 13"),
        ("imported", ""),
    ];
    assert_eq!(actions, expected);
}

// F18.
async fn nobody_moves_up_twice_in_a_year(db: Db) {
    let ids = make(&db, &[new(1, None, Some(8)), new(2, None, Some(13)), new(3, None, None)]).await;
    let change = async |change| edit::change_all(&db, &by(), &ids, change).await.unwrap();
    let years = async || {
        let mut years = Vec::new();
        for id in &ids {
            years.push(users::by_id(&db, *id).await.unwrap().unwrap().year.map(Year::number));
        }
        years
    };
    assert_eq!(change(Change::NextYear).await, 2);
    assert_eq!(change(Change::NextYear).await, 0, "a second press does nothing");
    assert_eq!(years().await, [Some(9), None, None]);
    assert_eq!(change(Change::YearBack).await, 2, "and the first can be taken back");
    assert_eq!(years().await, [Some(8), Some(13), None]);
    assert_eq!(change(Change::YearBack).await, 0);
    assert_eq!(change(Change::NextYear).await, 2);
    run(&db, "UPDATE users SET moved_up_at = moved_up_at - 200 * 86400", &[]).await.unwrap();
    assert_eq!(change(Change::YearBack).await, 0, "that was another school year");
    assert_eq!(change(Change::NextYear).await, 1);
    assert_eq!(years().await, [Some(10), None, None]);
}

async fn a_failing_bulk_change_changes_nothing(db: Db) {
    let ids = make(&db, &[new(1, None, Some(9)), new(2, None, Some(9))]).await;
    let before = lines(&db).await;
    let nowhere = edit::change_all(&db, &by(), &ids, Change::Move(Some(99))).await;
    assert!(matches!(nowhere, Err(ChangeError::NoSchool)));
    let details = Details { full_name: "Ada".parse().unwrap(), school_id: Some(99), year: None };
    assert!(matches!(
        edit::change(&db, &by(), 1, version(&db, 1).await, &details).await,
        Err(ChangeError::NoSchool)
    ));
    let details = Details { school_id: None, ..details };
    assert_eq!(edit::change(&db, &by(), 99, 1, &details).await.unwrap(), Saved::Missing);
    assert_eq!(lines(&db).await, before);
    let read = version(&db, 1).await;
    assert_eq!(edit::change(&db, &by(), 1, read, &details).await.unwrap(), Saved::Done);
    assert_eq!(edit::change(&db, &by(), 1, read, &details).await.unwrap(), Saved::Conflict);
    assert_eq!(users::by_id(&db, 1).await.unwrap().unwrap().full_name.as_str(), "Ada");
    assert_eq!(lines(&db).await, before + 1);
    // Deleted accounts are skipped.
    trash::delete(&db, &by(), LogSubject::User, 2).await.unwrap();
    assert_eq!(edit::change_all(&db, &by(), &[1, 2, 99], Change::LogOut).await.unwrap(), 1);
    assert_eq!(edit::change(&db, &by(), 2, 1, &details).await.unwrap(), Saved::Missing);
}

async fn removing_the_second_factor_deletes_codes_and_sessions(db: Db) {
    for email in ["ada@school.example", "eve@school.example"] {
        let id = user(&db, email).await.id;
        second_factor::set(&db, id, b"sealed", 1, &[[1; 32]]).await.unwrap();
    }
    assert_eq!(edit::change_all(&db, &by(), &[1], Change::RemoveFactor).await.unwrap(), 1);
    assert_eq!(edit::change_all(&db, &by(), &[1], Change::RemoveFactor).await.unwrap(), 0);
    let ada = users::by_id(&db, 1).await.unwrap().unwrap();
    assert_eq!((ada.has_second_factor, ada.epoch), (false, 3), "setup and removal each raise the epoch");
    assert_eq!(second_factor::recovery_codes_left(&db, 1).await.unwrap(), 0);
    assert!(users::by_id(&db, 2).await.unwrap().unwrap().has_second_factor);
    assert_eq!(second_factor::recovery_codes_left(&db, 2).await.unwrap(), 1);
}

async fn bulk_deletion_is_reversible_and_spares_admins(db: Db) {
    let mut ids = make(&db, &[new(1, None, None), new(2, None, None)]).await;
    ids.push(admin(&db, "grace@school.example").await.id);
    let before = lines(&db).await;
    assert_eq!(trash::delete_all(&db, &by(), LogSubject::User, &ids).await.unwrap(), 2);
    let all = async || list::all(&db, &UserFilter::default()).await.unwrap().len();
    assert_eq!(all().await, 1);
    assert_eq!(trash::restore_all(&db, &by(), LogSubject::User).await.unwrap(), 2);
    assert_eq!(trash::restore_all(&db, &by(), LogSubject::User).await.unwrap(), 0);
    assert_eq!((all().await, lines(&db).await), (3, before + 4));
    trash::delete_all(&db, &by(), LogSubject::User, &ids).await.unwrap();
    run(&db, "UPDATE users SET deleted_at = deleted_at - 61", &[]).await.unwrap();
    assert_eq!(
        trash::restore_all(&db, &by(), LogSubject::User).await.unwrap(),
        0,
        "the minute for undoing is over"
    );
}

async fn a_list_is_imported_in_one_transaction(db: Db) {
    make(&db, &[new(2, None, None)]).await;
    let (users_before, lines_before) = (count(&db, "users").await, lines(&db).await);
    let again = [new(1, None, None), new(2, None, None)];
    let done = edit::create_all(&db, &by(), Action::Imported, &again).await;
    assert!(matches!(done, Err(CreateError::EmailTaken)), "{done:?}");
    assert_eq!((count(&db, "users").await, lines(&db).await), (users_before, lines_before));
    let made = edit::create_all(&db, &by(), Action::Imported, &[new(3, None, Some(9))]).await.unwrap();
    assert_eq!((made[0].full_name.as_str(), made[0].email_verified_at), ("Pupil 0003", None));
    let login = users::login_by_id(&db, made[0].id).await.unwrap().unwrap();
    assert!(!login.hash.is_usable(), "no password matches");
    let addresses = ["P2@School.example", "nobody@school.example"].map(|it| it.parse().unwrap());
    assert_eq!(list::taken(&db, &addresses).await.unwrap(), ["p2@school.example"]);
}

async fn admins_cannot_change_their_own_role(db: Db) {
    let (ada, eve) = (admin(&db, "ada@school.example").await, admin(&db, "eve@school.example").await);
    let as_ada = Actor { id: Some(ada.id), name: "Ada".to_owned() };
    let before = lines(&db).await;
    let own = users::change_role(&db, &as_ada, ada.id, Role::Pupil).await;
    assert!(matches!(own, Err(RightsError::Own)), "{own:?}");
    assert_eq!(users::change_role(&db, &as_ada, ada.id, Role::Admin).await.unwrap(), Some(1));
    assert_eq!(lines(&db).await, before, "nothing was logged");
    assert_eq!(users::change_role(&db, &as_ada, eve.id, Role::Pupil).await.unwrap(), Some(2));
    let line = &admin_log::of_subject(&db, LogSubject::User, eve.id).await.unwrap()[0];
    assert_eq!((line.action.as_str(), line.detail.as_str()), ("changed the role of", "pupil"));
}

async fn a_deleted_admin_gets_no_role(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    trash::delete(&db, &by(), LogSubject::User, ada.id).await.unwrap();
    assert_eq!(users::change_role(&db, &by(), ada.id, Role::Admin).await.unwrap(), None);
    trash::restore(&db, &by(), LogSubject::User, ada.id).await.unwrap();
    assert!(!users::by_id(&db, ada.id).await.unwrap().unwrap().is_admin());
}

async fn the_dashboard_counts_existing_accounts_only(db: Db) {
    let empty = dashboard::members(&db).await.unwrap();
    assert_eq!((empty.total, dashboard::schools(&db).await.unwrap().len()), (0, 0));
    let ours = school(&db, "Ours", None).await.unwrap();
    let some = [
        new(1, Some(ours), Some(7)),
        new(2, Some(ours), Some(13)),
        new(3, None, Some(7)),
        new(4, None, None),
    ];
    let ids = make(&db, &some).await;
    admin(&db, "grace@school.example").await;
    trash::delete(&db, &by(), LogSubject::User, ids[3]).await.unwrap();
    users::seen(&db, &ids[..1], now()).await.unwrap();
    let members = dashboard::members(&db).await.unwrap();
    assert_eq!((members.total, members.verified, members.active, members.admins), (4, 0, 1, 1));
    assert_eq!((members.stages().map(|(_, count)| count), members.without_year()), ([2, 0, 1], 1));
    assert_eq!(members.admins_without_factor, 1);
    assert_eq!(dashboard::schools(&db).await.unwrap(), [(None, 2), (Some("Ours".to_owned()), 2)]);

    for (title, answer) in [("Hard", "7"), ("Easy", "8")] {
        challenge(&db, title, "KS4", -1).await;
        let sql = "INSERT INTO answer_boxes (challenge_id, position, label, answer)
            SELECT max(id), 1, 'x =', $1 FROM challenges";
        run(&db, sql, &[answer]).await.unwrap();
    }
    assert!(
        dashboard::solution_rates(&db, true).await.unwrap().is_empty(),
        "fewer than three pupils tried it"
    );
    let now: i64 = at(0).parse().unwrap();
    for id in &ids[..3] {
        for (challenge, given) in [(1, if *id == ids[0] { "7" } else { "0" }), (2, "8")] {
            let place = AnswerPlace { challenge, answer_box: challenge };
            submit(&db, *id, place, given, now).await.unwrap();
        }
    }
    let rates = async |hardest| {
        let tried = dashboard::solution_rates(&db, hardest).await.unwrap();
        tried.into_iter().map(|it| (it.title.clone(), it.rate())).collect::<Vec<_>>()
    };
    let (hard, easy) = (("Hard".to_owned(), 33), ("Easy".to_owned(), 100));
    assert_eq!(rates(true).await, [hard.clone(), easy.clone()]);
    assert_eq!(rates(false).await, [easy, hard]);
    let answers = dashboard::answers(&db, now - 60).await.unwrap();
    assert_eq!(answers.iter().map(|it| (it.right, it.total)).collect::<Vec<_>>(), [(4, 6)]);
    assert!(answers[0].since <= now && answers[0].since > now - 3600 && answers[0].since % 3600 == 0);
    assert!(dashboard::answers(&db, now + 60).await.unwrap().is_empty());
}

async fn an_export_has_every_row_once(db: Db) {
    let many: Vec<_> = (0..501).map(|n| new(n, None, Some(9))).collect();
    let ids = make(&db, &many).await;
    let first = export::users(&db, 0).await.unwrap();
    assert_eq!(first.len(), export::BATCH_ROWS);
    let rest = export::users(&db, first.last().unwrap().id).await.unwrap();
    assert_eq!(rest.iter().map(|it| &*it.full_name).collect::<Vec<_>>(), ["Pupil 0500"]);
    assert!(export::users(&db, rest[0].id).await.unwrap().is_empty());

    challenge(&db, "Roots", "KS4", -1).await;
    let sql = "INSERT INTO answer_boxes (challenge_id, position, label, answer) VALUES (1, 1, 'x =', '7')";
    run(&db, sql, &[]).await.unwrap();
    let now = at(0).parse().unwrap();
    for id in &ids[..3] {
        submit(&db, *id, AnswerPlace { challenge: 1, answer_box: 1 }, "7", now).await.unwrap();
    }
    trash::delete(&db, &by(), LogSubject::User, ids[2]).await.unwrap();
    let answers = export::answers(&db, 0).await.unwrap();
    assert_eq!(answers.len(), 2, "answers of trashed accounts are left out");
    assert_eq!(
        (&*answers[0].title, answers[0].number, &*answers[0].given, &*answers[0].verdict),
        ("Roots", Some(1), "7", "right")
    );
    let board = export::scores(&db, None, None).await.unwrap();
    assert_eq!(
        board.iter().map(|it| (it.user_id, it.points)).collect::<Vec<_>>(),
        [(ids[0], 3), (ids[1], 1)]
    );
    let after = export::scores(&db, Some(KeyStage::Ks4), Some((3, ids[0]))).await.unwrap();
    assert_eq!(after.iter().map(|it| it.user_id).collect::<Vec<_>>(), [ids[1]]);
    assert!(leaderboard::of_user(&db, None, ids[0]).await.unwrap().is_some());
}

async fn concurrent_bulk_changes_are_serialised(db: Db) {
    let ids = make(&db, &(0..30).map(|n| new(n, None, Some(7))).collect::<Vec<_>>()).await;
    let turned: Vec<_> = ids.iter().rev().copied().collect();
    let change = move |db: Db| {
        let (one, other) = (ids.clone(), turned.clone());
        async move {
            let one = edit::change_all(&db, &by(), &one, Change::NextYear).await.unwrap();
            one + edit::change_all(&db, &by(), &other, Change::LogOut).await.unwrap()
        }
    };
    let mut changed = at_once(&db, 4, change).await;
    changed.sort_unstable();
    assert_eq!(changed, [30, 30, 30, 60], "one of them moves everybody up");
    let all = list::all(&db, &UserFilter::default()).await.unwrap();
    assert!(all.iter().all(|it| it.user.year == Some(Year::new(8).unwrap()) && it.user.epoch == 5));
}

async fn version(db: &Db, id: i64) -> i64 {
    versions::of(db, LogSubject::User, id).await.unwrap().unwrap()
}
