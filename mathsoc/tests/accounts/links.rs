//! One-time links: one use, two hours, one purpose, and an unchanged account.

use std::time::Duration;

use mathsoc::db::users::{self, NewUser, User};
use mathsoc::db::{Db, Url};
use mathsoc::domain::person::Role;
use mathsoc::links::{LIFETIME, LinkError, Links, Purpose, Registration, without_token};
use palisade::Keyring;
use palisade::clock::{Clock, ManualClock};
use test_support::Folder;

const ADA: &str = "ada@school.example";
const KEY: &str = "6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk";
const NEXT: &str = "pfNrkSHa1esmj27EWXXazS7ITQXdGxawprSzsYZATOkix+MowzLUlojbtEryyLB9";

/// Links for Ada's account, with a clock that the test sets.
struct TestLinks {
    links: Links,
    hand: ManualClock,
    db: Db,
    ada: User,
    _folder: Folder,
}

impl TestLinks {
    async fn new() -> Self {
        let folder = Folder::new();
        let db = Db::connect(&Url::file(&folder.join("links.db"))).await.unwrap();
        db.migrate().await.unwrap();
        let (clock, hand) = Clock::manual();
        let links = Links::new(&Keyring::new(KEY).unwrap(), db.clone()).clock(clock);
        let ada = user(&db, "ada@school.example", Role::Pupil).await;
        Self { links, hand, db, ada, _folder: folder }
    }

    /// Returns Ada's password-reset token.
    fn reset(&self) -> String {
        token(&self.links.issue(Purpose::ResetPassword, &self.ada))
    }

    async fn consume(&self, token: &str) -> Result<i64, LinkError> {
        self.links.consume(Purpose::ResetPassword, token).await.map(|link| link.user_id)
    }
}

async fn user(db: &Db, email: &str, role: Role) -> User {
    let (email, full_name) = (email.parse().unwrap(), "Ada".parse().unwrap());
    let new = NewUser { email, full_name, role, school_id: None, year: None, email_is_verified: false };
    users::create(db, &new, None).await.unwrap()
}

fn token(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_can_be_consumed_once() {
    let test = TestLinks::new().await;
    let path = test.links.issue(Purpose::ResetPassword, &test.ada);
    assert!(path.starts_with("/password_reset/"), "{path}");
    let token = token(&path);
    for _ in 0..2 {
        let link = test.links.look(Purpose::ResetPassword, &token).await.unwrap();
        assert_eq!((link.user_id, link.epoch), (test.ada.id, test.ada.epoch));
    }
    assert_eq!(test.consume(&token).await.unwrap(), test.ada.id);
    assert!(matches!(test.consume(&token).await, Err(LinkError::Used)));
    assert!(matches!(test.links.look(Purpose::ResetPassword, &token).await, Err(LinkError::Used)));
    assert!(test.consume(&test.reset()).await.is_ok(), "another token is still valid");
}

#[tokio::test]
async fn concurrent_uses_of_a_link_pass_once() {
    let test = TestLinks::new().await;
    let token = test.reset();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (links, token) = (test.links.clone(), token.clone());
            tokio::spawn(async move { links.consume(Purpose::ResetPassword, &token).await.is_ok() })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        passed += usize::from(task.await.unwrap());
    }
    assert_eq!(passed, 1);
}

#[tokio::test]
async fn a_link_passes_for_two_hours() {
    let test = TestLinks::new().await;
    let (in_time, late) = (test.reset(), test.reset());
    test.hand.advance(Duration::from_secs(LIFETIME as u64 - 1));
    assert!(test.consume(&in_time).await.is_ok());
    test.hand.advance(Duration::from_secs(1));
    assert!(matches!(test.consume(&late).await, Err(LinkError::Expired)));
}

#[tokio::test]
async fn account_changes_invalidate_its_links() {
    let test = TestLinks::new().await;
    let id = test.ada.id;
    let first = test.reset();
    assert_eq!(users::set_password(&test.db, id, 1, &"hash".into()).await.unwrap(), Some(2));
    assert!(matches!(test.consume(&first).await, Err(LinkError::Outdated)));
    assert!(matches!(test.links.look(Purpose::ResetPassword, &first).await, Err(LinkError::Outdated)));

    let again = users::by_id(&test.db, id).await.unwrap().unwrap();
    let second = token(&test.links.issue(Purpose::ResetPassword, &again));
    assert!(test.links.look(Purpose::ResetPassword, &second).await.is_ok());
    users::change_role(&test.db, &mathsoc::db::admin_log::Actor::command_line(), id, Role::Admin)
        .await
        .unwrap();
    assert!(matches!(test.consume(&second).await, Err(LinkError::Outdated)));

    let eve = user(&test.db, "eve@school.example", Role::Pupil).await;
    let third = token(&test.links.issue(Purpose::ResetPassword, &eve));
    users::delete(&test.db, eve.id).await.unwrap();
    assert!(matches!(test.consume(&third).await, Err(LinkError::Outdated)));
}

#[tokio::test]
async fn a_link_is_valid_for_its_purpose_only() {
    let test = TestLinks::new().await;
    let welcome = token(&test.links.issue(Purpose::Welcome, &test.ada));
    assert!(matches!(test.consume(&welcome).await, Err(LinkError::Unknown)));
    assert!(test.links.consume(Purpose::Welcome, &welcome).await.is_ok());
}

#[tokio::test]
async fn a_registration_is_in_its_link() {
    let test = TestLinks::new().await;
    let (email, full_name, year) = (ADA.to_owned(), "Ada".to_owned(), "9".to_owned());
    let next = "/challenges/7".parse().ok();
    let registration = Registration { email, full_name, year, next };
    let path = test.links.issue_registration(&registration);
    assert_eq!(without_token(&path), "/verify_email/");
    assert_eq!(test.links.registration(&token(&path)).unwrap(), registration);
    assert!(matches!(test.links.registration(&test.reset()), Err(LinkError::Unknown)));
    assert!(matches!(test.consume(&token(&path)).await, Err(LinkError::Unknown)));
    test.hand.advance(Duration::from_secs(LIFETIME as u64));
    assert!(matches!(test.links.registration(&token(&path)), Err(LinkError::Expired)));
}

#[tokio::test]
async fn rejects_changed_truncated_and_foreign_links() {
    let test = TestLinks::new().await;
    let token = test.reset();
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(test.consume(&changed).await.is_err(), "character {at}");
        assert!(test.consume(&token[..at]).await.is_err(), "cut off after {at} bytes");
    }
    let elsewhere = Links::new(&Keyring::new(NEXT).unwrap(), test.db.clone());
    let foreign = self::token(&elsewhere.issue(Purpose::ResetPassword, &test.ada));
    for wrong in [foreign.as_str(), "", "é", "..", "AAAA"] {
        assert!(matches!(test.consume(wrong).await, Err(LinkError::Unknown)), "{wrong}");
    }
    assert!(test.consume(&token).await.is_ok());
}

#[tokio::test]
async fn links_stay_valid_after_key_rotation() {
    let test = TestLinks::new().await;
    let token = token(
        &Links::new(&Keyring::new(KEY).unwrap(), test.db.clone()).issue(Purpose::ResetPassword, &test.ada),
    );
    let rotated = Keyring::new(NEXT).unwrap().previous([KEY]).unwrap();
    assert!(Links::new(&rotated, test.db.clone()).consume(Purpose::ResetPassword, &token).await.is_ok());
}

#[tokio::test]
async fn the_setup_link_passes_until_an_admin_exists() {
    let test = TestLinks::new().await;
    let (first, second) = (token(&test.links.issue_set_up()), token(&test.links.issue_set_up()));
    assert!(test.links.consume(Purpose::SetUp, &first).await.is_ok());
    assert!(matches!(test.links.consume(Purpose::SetUp, &first).await, Err(LinkError::Used)));
    user(&test.db, "head@school.example", Role::Admin).await;
    assert!(matches!(test.links.consume(Purpose::SetUp, &second).await, Err(LinkError::Outdated)));
}

#[tokio::test]
async fn logs_and_debug_output_contain_no_links() {
    let test = TestLinks::new().await;
    let path = test.links.issue(Purpose::ResetPassword, &test.ada);
    assert_eq!(without_token(&path), "/password_reset/");
    assert_eq!(without_token("/challenges/7"), "/challenges/7");
    assert!(!format!("{:?}", test.links).contains(KEY));
}
