//! A link passes once, in time, for its purpose, and while the account is what it was.

use std::time::Duration;

use mathsoc::db::users::{self, NewUser, User};
use mathsoc::db::{Db, Url};
use mathsoc::domain::person::Role;
use mathsoc::links::{LIFETIME, LinkError, Links, Purpose, without_token};
use palisade::{Clock, Hand, Keyring};

use super::folder::Folder;

const KEY: &str = "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq";
const NEXT: &str = "hV2c9Yw0sTn5bLrQ7mXzE1gK8dJpA4uFi6oNvRk3yHqWtGxB";

struct World {
    links: Links,
    hand: Hand,
    db: Db,
    ada: User,
    _folder: Folder,
}

impl World {
    async fn new() -> Self {
        let folder = Folder::new();
        let db = Db::connect(&Url::file(&folder.join("links.db"))).await.unwrap();
        db.migrate().await.unwrap();
        let (clock, hand) = Clock::manual();
        let links = Links::new(&Keyring::new(KEY).unwrap(), db.clone()).clock(clock);
        let ada = user(&db, "ada@school.example", Role::Pupil).await;
        Self { links, hand, db, ada, _folder: folder }
    }

    /// A token for Ada to choose a new password.
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
async fn a_link_passes_once_however_often_it_is_looked_at() {
    let world = World::new().await;
    let path = world.links.issue(Purpose::ResetPassword, &world.ada);
    assert!(path.starts_with("/password_reset/"), "{path}");
    let token = token(&path);
    for _ in 0..2 {
        let link = world.links.look(Purpose::ResetPassword, &token).await.unwrap();
        assert_eq!((link.user_id, link.epoch), (world.ada.id, world.ada.epoch));
    }
    assert_eq!(world.consume(&token).await.unwrap(), world.ada.id);
    assert!(matches!(world.consume(&token).await, Err(LinkError::Used)));
    assert!(matches!(world.links.look(Purpose::ResetPassword, &token).await, Err(LinkError::Used)));
    assert!(world.consume(&world.reset()).await.is_ok(), "another link is another link");
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_passes() {
    let world = World::new().await;
    let token = world.reset();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (links, token) = (world.links.clone(), token.clone());
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
async fn a_link_passes_for_thirty_minutes() {
    let world = World::new().await;
    let (in_time, late) = (world.reset(), world.reset());
    world.hand.advance(Duration::from_secs(LIFETIME as u64 - 1));
    assert!(world.consume(&in_time).await.is_ok());
    world.hand.advance(Duration::from_secs(1));
    assert!(matches!(world.consume(&late).await, Err(LinkError::Expired)));
}

#[tokio::test]
async fn a_new_password_other_rights_and_the_end_of_the_account_end_its_links() {
    let world = World::new().await;
    let id = world.ada.id;
    let first = world.reset();
    assert_eq!(users::set_password(&world.db, id, 1, &"hash".into()).await.unwrap(), Some(2));
    assert!(matches!(world.consume(&first).await, Err(LinkError::Outdated)));
    assert!(matches!(world.links.look(Purpose::ResetPassword, &first).await, Err(LinkError::Outdated)));

    let again = users::by_id(&world.db, id).await.unwrap().unwrap();
    let second = token(&world.links.issue(Purpose::ResetPassword, &again));
    assert!(world.links.look(Purpose::ResetPassword, &second).await.is_ok());
    users::change_role(&world.db, &mathsoc::db::admin_log::Actor::command_line(), id, Role::Admin)
        .await
        .unwrap();
    assert!(matches!(world.consume(&second).await, Err(LinkError::Outdated)));

    let eve = user(&world.db, "eve@school.example", Role::Pupil).await;
    let third = token(&world.links.issue(Purpose::ResetPassword, &eve));
    users::delete(&world.db, eve.id).await.unwrap();
    assert!(matches!(world.consume(&third).await, Err(LinkError::Outdated)));
}

#[tokio::test]
async fn a_link_is_good_for_its_own_purpose_only() {
    let world = World::new().await;
    let verify = token(&world.links.issue(Purpose::VerifyAddress, &world.ada));
    assert!(matches!(world.consume(&verify).await, Err(LinkError::Unknown)));
    assert!(world.links.consume(Purpose::VerifyAddress, &verify).await.is_ok());
}

#[tokio::test]
async fn what_was_changed_cut_or_made_elsewhere_does_not_pass() {
    let world = World::new().await;
    let token = world.reset();
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(world.consume(&changed).await.is_err(), "character {at}");
        assert!(world.consume(&token[..at]).await.is_err(), "the first {at}");
    }
    let elsewhere = Links::new(&Keyring::new(NEXT).unwrap(), world.db.clone());
    let foreign = self::token(&elsewhere.issue(Purpose::ResetPassword, &world.ada));
    for wrong in [foreign.as_str(), "", "é", "..", "AAAA"] {
        assert!(matches!(world.consume(wrong).await, Err(LinkError::Unknown)), "{wrong}");
    }
    assert!(world.consume(&token).await.is_ok());
}

#[tokio::test]
async fn a_new_key_leaves_the_links_of_the_former_one_in_force() {
    let world = World::new().await;
    let token = token(
        &Links::new(&Keyring::new(KEY).unwrap(), world.db.clone()).issue(Purpose::ResetPassword, &world.ada),
    );
    let rotated = Keyring::new(NEXT).unwrap().previous([KEY]).unwrap();
    assert!(Links::new(&rotated, world.db.clone()).consume(Purpose::ResetPassword, &token).await.is_ok());
}

#[tokio::test]
async fn the_link_to_set_up_the_site_passes_while_there_is_no_admin() {
    let world = World::new().await;
    let (first, second) = (token(&world.links.issue_set_up()), token(&world.links.issue_set_up()));
    assert!(world.links.consume(Purpose::SetUp, &first).await.is_ok());
    assert!(matches!(world.links.consume(Purpose::SetUp, &first).await, Err(LinkError::Used)));
    user(&world.db, "head@school.example", Role::Admin).await;
    assert!(matches!(world.links.consume(Purpose::SetUp, &second).await, Err(LinkError::Outdated)));
}

#[tokio::test]
async fn neither_a_log_nor_debug_output_has_a_link() {
    let world = World::new().await;
    let path = world.links.issue(Purpose::ResetPassword, &world.ada);
    assert_eq!(without_token(&path), "/password_reset/");
    assert_eq!(without_token("/challenges/7"), "/challenges/7");
    assert!(!format!("{:?}", world.links).contains(KEY));
}
