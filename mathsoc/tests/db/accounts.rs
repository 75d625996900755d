//! Accounts, schools and used links in the database.

use mathsoc::db::admin_log::Actor;
use mathsoc::db::retention::delete_expired;
use mathsoc::db::schools::{self, NewSchool, SchoolError};
use mathsoc::db::users::list::{self, UserFilter};
use mathsoc::db::users::{self, CreateError, RightsError, User};
use mathsoc::db::versions::Saved;
use mathsoc::db::{Db, second_factor, used_links};
use mathsoc::domain::clock::now;
use mathsoc::domain::email::EmailAddress;
use mathsoc::domain::person::{NewUser, Role, Year};

use super::sessions::session;
use super::{Check, at, run};

pub(super) static CHECKS: &[Check] = checks![
    an_account_is_read_as_created,
    an_address_is_unique_ignoring_case,
    concurrent_creations_make_one_account,
    a_new_password_raises_the_epoch_once,
    rehashing_keeps_sessions_and_replaces_its_hash_only,
    only_a_changed_role_raises_the_epoch,
    the_last_admin_stays,
    two_admins_cannot_remove_each_other_at_once,
    concurrent_setups_create_one_admin,
    deleting_an_account_deletes_its_rows,
    an_address_is_verified_once,
    last_seen_is_written_hourly,
    accounts_are_searched_by_name_and_address,
    sql_derives_the_key_stage_from_the_year,
    a_school_is_found_by_its_whole_domain,
    school_names_and_domains_are_unique,
    concurrent_uses_of_a_link_count_once,
    cleanup_deletes_expired_rows_only,
];

pub(super) async fn school(db: &Db, name: &str, domain: Option<&str>) -> Result<i64, SchoolError> {
    let email_domain = domain.map(|domain| domain.parse().unwrap());
    let new = NewSchool { name: name.parse().unwrap(), email_domain };
    schools::create(db, &Actor::command_line(), &new).await
}

async fn an_account_is_read_as_created(db: Db) {
    let school = school(&db, "Marlow Bridge", None).await.unwrap();
    let new =
        NewUser { school_id: Some(school), year: Some(Year::new(9).unwrap()), ..new("Ada@School.example") };
    let made = users::create(&db, &new, Some(&"$argon2id$…".into())).await.unwrap();
    assert_eq!(made.email.as_str(), "Ada@School.example", "the case is preserved");
    assert_eq!((made.role, made.epoch, made.school_id), (Role::Pupil, 1, Some(school)));
    assert_eq!(made.key_stage().unwrap().name(), "KS3");
    assert!(made.email_verified_at.is_none() && made.last_seen_at.is_none() && !made.has_second_factor);
    assert_eq!(users::by_id(&db, made.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(users::by_email(&db, &address("ada@SCHOOL.example")).await.unwrap(), Some(made.clone()));
    let login = users::login_by_email(&db, &address("ada@school.example")).await.unwrap().unwrap();
    assert_eq!((&*login.user, login.hash.as_str(), login.epoch), ("1", "$argon2id$…", 1));

    let other = users::create(&db, &self::new("eve@school.example"), None).await.unwrap();
    let without = users::login_by_id(&db, other.id).await.unwrap().unwrap();
    assert!(!without.hash.is_usable(), "no password has this hash");
    for missing in [0, -1, i64::MAX] {
        assert_eq!(users::by_id(&db, missing).await.unwrap(), None);
    }
    assert_eq!(users::by_email(&db, &address("nobody@school.example")).await.unwrap(), None);
}

async fn an_address_is_unique_ignoring_case(db: Db) {
    user(&db, "ada@school.example").await;
    let again = users::create(&db, &new("ADA@School.example"), None).await;
    assert!(matches!(again, Err(CreateError::EmailTaken)), "{again:?}");
    user(&db, "ada@other.example").await;
}

async fn concurrent_creations_make_one_account(db: Db) {
    let made =
        at_once(&db, 12, async |db| users::create(&db, &new("ada@school.example"), None).await.map(drop));
    let made = made.await;
    assert_eq!(made.iter().filter(|it| it.is_ok()).count(), 1);
    assert!(made.iter().all(|it| matches!(it, Ok(()) | Err(CreateError::EmailTaken))), "{made:?}");
}

async fn a_new_password_raises_the_epoch_once(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    let set = at_once(&db, 8, move |db| async move {
        users::set_password(&db, ada.id, 1, &"new".into()).await.unwrap()
    })
    .await;
    assert_eq!(set.iter().flatten().collect::<Vec<_>>(), [&2], "only one writer with epoch 1 succeeded");
    assert_eq!(users::set_password(&db, ada.id, 2, &"newer".into()).await.unwrap(), Some(3));
    assert_eq!(users::raise_epoch(&db, ada.id, Some(3)).await.unwrap(), Some(4));
    assert_eq!(users::raise_epoch(&db, ada.id, Some(3)).await.unwrap(), None, "the epoch has changed");
    let login = users::login_by_id(&db, ada.id).await.unwrap().unwrap();
    assert_eq!((login.hash.as_str(), login.epoch), ("newer", 4));
    assert_eq!(users::raise_epoch(&db, 99, None).await.unwrap(), None);
}

async fn rehashing_keeps_sessions_and_replaces_its_hash_only(db: Db) {
    let ada = users::create(&db, &new("ada@school.example"), Some(&"weak".into())).await.unwrap();
    users::set_rehashed(&db, ada.id, &"weak".into(), &"strong".into()).await.unwrap();
    users::set_rehashed(&db, ada.id, &"weak".into(), &"late".into()).await.unwrap();
    let login = users::login_by_id(&db, ada.id).await.unwrap().unwrap();
    assert_eq!((login.hash.as_str(), login.epoch), ("strong", 1));
}

async fn only_a_changed_role_raises_the_epoch(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    assert!(!users::has_admin(&db).await.unwrap());
    assert_eq!(users::change_role(&db, &Actor::command_line(), ada.id, Role::Pupil).await.unwrap(), Some(1));
    assert_eq!(users::change_role(&db, &Actor::command_line(), ada.id, Role::Admin).await.unwrap(), Some(2));
    assert_eq!(users::change_role(&db, &Actor::command_line(), ada.id, Role::Admin).await.unwrap(), Some(2));
    assert!(users::has_admin(&db).await.unwrap());
    assert!(users::admins(&db).await.unwrap()[0].is_admin());
    assert_eq!(users::change_role(&db, &Actor::command_line(), 99, Role::Admin).await.unwrap(), None);
}

async fn the_last_admin_stays(db: Db) {
    let (ada, eve) = (admin(&db, "ada@school.example").await, user(&db, "eve@school.example").await);
    assert!(matches!(
        users::change_role(&db, &Actor::command_line(), ada.id, Role::Pupil).await,
        Err(RightsError::LastAdmin)
    ));
    assert!(matches!(users::delete(&db, ada.id).await, Err(RightsError::LastAdmin)));
    assert_eq!(users::by_id(&db, ada.id).await.unwrap(), Some(ada.clone()), "nothing changed");
    users::change_role(&db, &Actor::command_line(), eve.id, Role::Admin).await.unwrap();
    assert!(users::delete(&db, ada.id).await.unwrap(), "there is another admin");
    assert!(!users::delete(&db, ada.id).await.unwrap());
}

async fn two_admins_cannot_remove_each_other_at_once(db: Db) {
    let (ada, eve) = (admin(&db, "ada@school.example").await, admin(&db, "eve@school.example").await);
    let demote = |id| {
        let db = db.clone();
        tokio::spawn(async move { users::change_role(&db, &Actor::command_line(), id, Role::Pupil).await })
    };
    // The race needs both to be in the middle of it, so it is repeated.
    for _ in 0..20 {
        let (one, other) = (demote(ada.id), demote(eve.id));
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        assert_eq!(users::admins(&db).await.unwrap().len(), 1);
        for id in [ada.id, eve.id] {
            users::change_role(&db, &Actor::command_line(), id, Role::Admin).await.unwrap();
        }
    }
}

async fn deleting_an_account_deletes_its_rows(db: Db) {
    for email in ["ada@school.example", "eve@school.example"] {
        let id = user(&db, email).await.id;
        second_factor::set(&db, id, b"sealed", 1, &[[1; 32]]).await.unwrap();
        session(&db, &id.to_string(), 1).await;
    }
    assert!(users::delete(&db, 1).await.unwrap());
    for table in ["users", "recovery_codes", "sessions"] {
        assert_eq!(count(&db, table).await, 1, "{table}");
    }
    assert_eq!(user(&db, "ada@school.example").await.id, 3, "ids are not reused");
}

async fn an_address_is_verified_once(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    assert!(users::verify_email(&db, ada.id).await.unwrap());
    run(&db, "UPDATE users SET email_verified_at = 5", &[]).await.unwrap();
    assert!(users::verify_email(&db, ada.id).await.unwrap());
    assert_eq!(
        users::by_id(&db, ada.id).await.unwrap().unwrap().email_verified_at,
        Some(5),
        "the first time is not overwritten"
    );
    assert!(!users::verify_email(&db, 99).await.unwrap());
    let verified = NewUser { email_is_verified: true, ..new("eve@school.example") };
    assert!(users::create(&db, &verified, None).await.unwrap().email_verified_at.is_some());
}

async fn concurrent_setups_create_one_admin(db: Db) {
    user(&db, "taken@school.example").await;
    let admin = |email: &str| NewUser { role: Role::Admin, ..new(email) };
    let taken = users::create_first_admin(&db, &admin("taken@school.example"), &"hash".into()).await;
    assert!(matches!(taken, Err(CreateError::EmailTaken)), "the link is not used up: {taken:?}");
    let number = std::sync::atomic::AtomicUsize::new(0);
    let made = at_once(&db, 8, |db| {
        let n = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let admin = admin(&format!("admin{n}@school.example"));
        async move { users::create_first_admin(&db, &admin, &"hash".into()).await.unwrap().is_some() }
    });
    assert_eq!(made.await.into_iter().filter(|made| *made).count(), 1);
    assert_eq!(users::admins(&db).await.unwrap().len(), 1);
    assert!(
        users::create_first_admin(&db, &admin("late@school.example"), &"hash".into())
            .await
            .unwrap()
            .is_none()
    );
}

async fn last_seen_is_written_hourly(db: Db) {
    let ada = user(&db, "ada@school.example").await;
    let seen = async || users::by_id(&db, ada.id).await.unwrap().unwrap().last_seen_at;
    users::seen(&db, &[ada.id], now()).await.unwrap();
    assert!(seen().await.is_some());
    run(&db, "UPDATE users SET last_seen_at = last_seen_at - 1800", &[]).await.unwrap();
    let before = seen().await;
    users::seen(&db, &[ada.id], now()).await.unwrap();
    assert_eq!(seen().await, before);
    run(&db, "UPDATE users SET last_seen_at = last_seen_at - 1801", &[]).await.unwrap();
    users::seen(&db, &[ada.id], now()).await.unwrap();
    assert!(seen().await > before);
}

async fn accounts_are_searched_by_name_and_address(db: Db) {
    for n in 0..12 {
        let named = NewUser {
            full_name: format!("Pupil {n:02}").parse().unwrap(),
            ..new(&format!("p{n}@school.example"))
        };
        users::create(&db, &named, None).await.unwrap();
    }
    let wanted = |text: &str| UserFilter { text: text.to_owned(), ..UserFilter::default() };
    let odd = NewUser { full_name: "50% _Zoë!".parse().unwrap(), ..new("zoe@other.example") };
    users::create(&db, &odd, None).await.unwrap();
    let found = async |text: &str| list::page(&db, &wanted(text), 1).await.unwrap().total;
    assert_eq!(found("").await, 13);
    assert_eq!(found("pupil").await, 12);
    assert_eq!(found("OTHER.example").await, 1);
    assert_eq!((found("%").await, found("_").await, found("!").await), (1, 1, 1), "wildcards are literal");
    assert_eq!(found("' OR 1=1 --").await, 0);
    let emilie = NewUser { full_name: "Émilie Du Châtelet".parse().unwrap(), ..new("emilie@x.example") };
    users::create(&db, &emilie, None).await.unwrap();
    assert_eq!(
        (found("émilie du").await, found("Émilie").await),
        (1, 1),
        "SQLite folds the case of ASCII only"
    );
    assert_eq!(found("nul\0").await, 0, "no text can contain NUL");
}

async fn sql_derives_the_key_stage_from_the_year(db: Db) {
    for year in Year::FIRST..=Year::LAST {
        let year = Year::new(year).unwrap();
        let new = NewUser { year: Some(year), ..new(&format!("y{}@school.example", year.number())) };
        let made = users::create(&db, &new, None).await.unwrap();
        let stage = made.key_stage().unwrap().name();
        run(
            &db,
            "UPDATE users SET full_name = 'right' WHERE id = CAST($1 AS BIGINT) AND key_stage = $2",
            &[&made.id.to_string(), stage],
        )
        .await
        .unwrap();
        assert_eq!(users::by_id(&db, made.id).await.unwrap().unwrap().full_name.as_str(), "right", "{stage}");
    }
    assert!(run(&db, "UPDATE users SET year = 14", &[]).await.is_err());
    assert!(run(&db, "UPDATE users SET role = 'teacher'", &[]).await.is_err());
}

async fn a_school_is_found_by_its_whole_domain(db: Db) {
    let id = school(&db, "Ours", Some("School.example")).await.unwrap();
    school(&db, "Without", None).await.unwrap();
    let of = async |text: &str| schools::of_address(&db, &address(text)).await.unwrap();
    let ours = schools::by_id(&db, id).await.unwrap();
    assert_eq!(ours.as_ref().unwrap().name, "Ours");
    assert_eq!(of("ada@SCHOOL.example").await, ours);
    assert_eq!(of("ada@evilschool.example").await, None);
    assert_eq!(of("ada@mail.school.example").await, None);
    let names: Vec<_> = schools::all(&db).await.unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["Ours", "Without"]);
}

async fn school_names_and_domains_are_unique(db: Db) {
    let ours = school(&db, "Ours", Some("school.example")).await.unwrap();
    let theirs = school(&db, "Theirs", None).await.unwrap();
    let taken = |made: &_| matches!(made, Err(SchoolError::Taken));
    assert!(taken(&school(&db, "Ours", None).await));
    assert!(taken(&school(&db, "Other", Some("school.example")).await));
    let by = Actor::command_line();
    let change = async |id, version, name: &str| {
        let new = NewSchool { name: name.parse().unwrap(), email_domain: None };
        schools::change(&db, &by, id, version, &new).await
    };
    assert!(matches!(change(theirs, 1, "Ours").await, Err(SchoolError::Taken)));
    assert_eq!(change(ours, 1, "Ours for ever").await.unwrap(), Saved::Done);
    assert_eq!(change(ours, 1, "Ours").await.unwrap(), Saved::Conflict);
    assert_eq!(change(theirs, 1, "Ours").await.unwrap(), Saved::Done, "the name is free again");
    assert_eq!(change(99, 1, "Nobody's").await.unwrap(), Saved::Missing);
}

async fn concurrent_uses_of_a_link_count_once(db: Db) {
    let (one, other) = ([7; 32], [8; 32]);
    assert!(!used_links::is_taken(&db, &one).await.unwrap());
    let taken =
        at_once(&db, 12, move |db| async move { used_links::take(&db, &one, i64::MAX).await.unwrap() }).await;
    assert_eq!(taken.into_iter().filter(|it| *it).count(), 1);
    assert!(
        used_links::is_taken(&db, &one).await.unwrap() && !used_links::is_taken(&db, &other).await.unwrap()
    );
}

async fn cleanup_deletes_expired_rows_only(db: Db) {
    for hours in [-1, 1] {
        session(&db, "1", hours).await;
        let new = new(&format!("u{}@school.example", hours + 1));
        users::create(&db, &new, Some(&"hash".into())).await.unwrap();
        used_links::take(&db, &[u8::try_from(hours + 1).unwrap(); 32], at(hours).parse().unwrap())
            .await
            .unwrap();
    }
    assert_eq!(delete_expired(&db).await.unwrap(), 2);
    for table in ["sessions", "used_links"] {
        assert_eq!(count(&db, table).await, 1, "{table}");
    }
    let invited = user(&db, "invited@school.example").await;
    run(&db, "UPDATE users SET created_at = CAST($1 AS BIGINT)", &[&at(-24 * 7 - 1)]).await.unwrap();
    users::verify_email(&db, 1).await.unwrap();
    delete_expired(&db).await.unwrap();
    assert!(users::by_id(&db, 1).await.unwrap().is_some());
    assert!(users::by_id(&db, 2).await.unwrap().is_none(), "unverified for a week");
    assert!(
        users::by_id(&db, invited.id).await.unwrap().is_some(),
        "accounts made by an admin are not deleted"
    );
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

fn new(email: &str) -> NewUser {
    let full_name = "Ada Lovelace".parse().unwrap();
    NewUser {
        email: address(email),
        full_name,
        role: Role::Pupil,
        school_id: None,
        year: None,
        email_is_verified: false,
    }
}

pub(super) async fn user(db: &Db, email: &str) -> User {
    users::create(db, &new(email), None).await.unwrap()
}

pub(super) async fn admin(db: &Db, email: &str) -> User {
    users::create(db, &NewUser { role: Role::Admin, ..new(email) }, None).await.unwrap()
}

pub(super) async fn count(db: &Db, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    match db {
        Db::Sqlite(pool, _) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        Db::Postgres(pool, _) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
    }
}

/// Runs the same work several times concurrently.
pub(super) async fn at_once<T, F>(db: &Db, times: usize, work: impl Fn(Db) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let tasks: Vec<_> = (0..times).map(|_| tokio::spawn(work(db.clone()))).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}
