//! Sessions as the settings say, and who may be signed in.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use http::header::{COOKIE, SET_COOKIE};
use http::{Request, Response, StatusCode};
use mathsoc::config::Config;
use mathsoc::db::users::{self, NewUser, User};
use mathsoc::domain::person::Role;
use mathsoc::state::App;
use mathsoc::web::signed_in::Admin;
use palisade::{Password, Refusal, Session, SignedIn};
use tower::ServiceExt;

use super::folder::Folder;

const PASSWORD: &str = "nine purple herons juggle";

struct World {
    app: App,
    site: Router,
    _folder: Folder,
}

impl World {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let find = |name: &str| match name {
            "APP_ENV" => Some("testing".to_owned()),
            "DATA_DIR" => Some(folder.to_str().unwrap().to_owned()),
            _ => settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
        };
        let app = App::open(Config::from_vars(&find).unwrap()).await.unwrap();
        let site = Router::new()
            .route("/in", get(log_in))
            .route("/me", get(async |user: SignedIn<User>| user.full_name.to_string()))
            .route("/admin", get(async |admin: SignedIn<Admin>| admin.user.full_name.to_string()))
            .layer(app.sessions.clone())
            .layer(mathsoc::web::policy::palisade(&app.config))
            .with_state(app.clone());
        Self { app, site, _folder: folder }
    }

    async fn user(&self, role: Role, email_is_verified: bool) -> User {
        let (email, full_name) = ("ada@school.example".parse().unwrap(), "Ada".parse().unwrap());
        let new = NewUser { email, full_name, role, school_id: None, year: None, email_is_verified };
        let hash = self.app.passwords.hash(PASSWORD.into()).await.unwrap();
        users::create(&self.app.db, &new, Some(&hash)).await.unwrap()
    }

    async fn get(&self, path: &str, cookie: &str) -> Response<Body> {
        let request = Request::get(path)
            .header("host", "example.org")
            .header("accept", "application/json")
            .header(COOKIE, cookie);
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(palisade::Peer(([127, 0, 0, 1], 40_000).into()));
        self.site.clone().oneshot(request).await.unwrap()
    }

    async fn status(&self, path: &str, cookie: &str) -> StatusCode {
        self.get(path, cookie).await.status()
    }

    /// Logs in with the password; the line that sets the cookie.
    async fn cookie(&self) -> String {
        let answer = self.get("/in", "").await;
        let why = answer.extensions().get::<Refusal>();
        assert_eq!(answer.status(), 200, "{why:?}");
        answer.headers()[SET_COOKIE].to_str().unwrap().to_owned()
    }
}

async fn log_in(State(app): State<App>, session: Session) -> Result<(), Refusal> {
    let email = "ada@school.example".parse().unwrap();
    let stored = users::login_by_email(&app.db, &email).await.unwrap();
    let verified = app.passwords.verify(Password::from(PASSWORD), stored).await?.expect("it is right");
    session.log_in(verified.proof).await
}

fn pair(line: &str) -> &str {
    line.split(';').next().unwrap()
}

#[tokio::test]
async fn a_new_password_and_other_rights_end_every_session_wherever_it_is_kept() {
    for store in ["database", "cookie", "memory://"] {
        let world = World::new(&[("SESSION_STORE_URI", store)]).await;
        let ada = world.user(Role::Pupil, true).await;
        let (one, other) = (world.cookie().await, world.cookie().await);
        for line in [&one, &other] {
            assert_eq!(world.status("/me", pair(line)).await, 200, "{store}");
            assert_eq!(world.status("/admin", pair(line)).await, 403, "{store}");
        }
        let hash = world.app.passwords.hash(PASSWORD.into()).await.unwrap();
        users::set_password(&world.app.db, ada.id, ada.epoch, &hash).await.unwrap();
        for line in [&one, &other] {
            assert_eq!(world.status("/me", pair(line)).await, 401, "{store}");
        }

        let again = world.cookie().await;
        users::change_role(
            &world.app.db,
            &mathsoc::db::admin_log::Actor::command_line(),
            ada.id,
            Role::Admin,
        )
        .await
        .unwrap();
        assert_eq!(world.status("/me", pair(&again)).await, 401, "{store}");
        assert_eq!(world.status("/admin", pair(&world.cookie().await)).await, 200, "{store}");
    }
}

#[tokio::test]
async fn an_account_that_is_gone_or_was_never_verified_is_nobody() {
    let world = World::new(&[]).await;
    let ada = world.user(Role::Pupil, false).await;
    let line = world.cookie().await;
    assert_eq!(world.status("/me", pair(&line)).await, 401);
    users::verify_email(&world.app.db, ada.id).await.unwrap();
    let line = world.cookie().await;
    assert_eq!(world.status("/me", pair(&line)).await, 200);
    users::delete(&world.app.db, ada.id).await.unwrap();
    assert_eq!(world.status("/me", pair(&line)).await, 401);
}

#[tokio::test]
async fn the_cookie_has_the_flags_of_the_settings() {
    for (settings, has, has_not) in [
        (&[][..], &["session=", "HttpOnly", "SameSite=Lax", "Path=/"][..], "Secure"),
        (&[("SESSION_COOKIE_SECURE", "true")], &["__Host-session=", "Secure"], "Domain"),
        (&[("SESSION_COOKIE_SAMESITE", "Strict")], &["SameSite=Strict"], "Lax"),
    ] {
        let world = World::new(settings).await;
        world.user(Role::Pupil, true).await;
        let line = world.cookie().await;
        assert!(
            has.iter().all(|flag| line.contains(flag)) && !line.contains(has_not),
            "{settings:?}: {line}"
        );
    }
}

#[tokio::test]
async fn a_session_outlives_a_new_key_whose_former_one_is_named() {
    const OLD: &str = "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq";
    const NEW: &str = "hV2c9Yw0sTn5bLrQ7mXzE1gK8dJpA4uFi6oNvRk3yHqWtGxB";
    let world = World::new(&[("SECRET_KEY", OLD)]).await;
    world.user(Role::Pupil, true).await;
    let line = world.cookie().await;
    let url = format!("sqlite://{}", world._folder.join("mathsoc.db").display());
    let rotated =
        World::new(&[("SECRET_KEY", NEW), ("SECRET_KEY_FALLBACKS", OLD), ("DATABASE_URL", &url)]).await;
    assert_eq!(rotated.status("/me", pair(&line)).await, 200);
    let foreign = World::new(&[("SECRET_KEY", NEW), ("DATABASE_URL", &url)]).await;
    assert_eq!(foreign.status("/me", pair(&line)).await, 401);
}
