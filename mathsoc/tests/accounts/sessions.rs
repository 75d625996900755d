//! Sessions: the settings, and the accounts that can be signed in.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use mathsoc::config::Config;
use mathsoc::db::users::{self, NewUser, User};
use mathsoc::domain::person::Role;
use mathsoc::state::App;
use mathsoc::web::signed_in::Admin;
use palisade::password::Password;
use palisade::test::Browser;
use palisade::{Rejection, Session, SignedIn};
use test_support::Folder;

const PASSWORD: &str = "nine purple herons juggle";

/// A router with the site's sessions, and three routes that show the signed-in user.
struct SignInSite {
    app: App,
    router: Router,
    folder: Folder,
}

impl SignInSite {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let find = |name: &str| match name {
            "APP_ENV" => Some("testing".to_owned()),
            "DATA_DIR" => Some(folder.to_str().unwrap().to_owned()),
            _ => settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
        };
        let app = App::open(Config::from_vars(&find).unwrap()).await.unwrap();
        let router = Router::new()
            .route("/in", get(log_in))
            .route("/me", get(async |user: SignedIn<User>| user.full_name.to_string()))
            .route("/admin", get(async |admin: SignedIn<Admin>| admin.user.full_name.to_string()))
            .layer(app.sessions.clone())
            .layer(mathsoc::web::policy::palisade(&app.config))
            .layer(palisade::ErrorPages::plain())
            .with_state(app.clone());
        Self { app, router, folder }
    }

    async fn user(&self, role: Role, email_is_verified: bool) -> User {
        let (email, full_name) = ("ada@school.example".parse().unwrap(), "Ada".parse().unwrap());
        let new = NewUser { email, full_name, role, school_id: None, year: None, email_is_verified };
        let hash = self.app.passwords.hash(PASSWORD.into()).await.unwrap().hash;
        users::create(&self.app.db, &new, Some(&hash)).await.unwrap()
    }

    /// Returns a browser that asks for JSON, so that a rejection is not a redirect.
    fn browser(&self) -> Browser {
        Browser::new(self.router.clone()).at("http://example.org").as_program()
    }

    /// Returns a browser in which Ada is logged in, and its `Set-Cookie` line.
    async fn adas(&self) -> (Browser, String) {
        self.adas_at("http://example.org").await
    }

    async fn adas_at(&self, origin: &str) -> (Browser, String) {
        let mut browser = self.browser().at(origin);
        let reply = browser.get("/in").await;
        assert_eq!(reply.status, 200, "{:?}", reply.extensions.get::<Rejection>());
        (browser, reply.header("set-cookie").unwrap_or_default().to_owned())
    }
}

async fn log_in(State(app): State<App>, session: Session) -> Result<(), Rejection> {
    let email = "ada@school.example".parse().unwrap();
    let stored = users::login_by_email(&app.db, &email).await.unwrap();
    let verified =
        app.passwords.verify(Password::from(PASSWORD), stored).await?.expect("the password is correct");
    Ok(session.log_in(verified.proof).await?)
}

async fn status(browser: &mut Browser, path: &str) -> u16 {
    browser.get(path).await.status.as_u16()
}

#[tokio::test]
async fn new_passwords_and_roles_end_all_stored_sessions() {
    for store in ["database", "cookie", "memory://"] {
        let site = SignInSite::new(&[("SESSION_STORE_URI", store)]).await;
        let ada = site.user(Role::Pupil, true).await;
        let mut browsers = [site.adas().await.0, site.adas().await.0];
        for browser in &mut browsers {
            assert_eq!(status(browser, "/me").await, 200, "{store}");
            assert_eq!(status(browser, "/admin").await, 403, "{store}");
        }
        let hash = site.app.passwords.hash(PASSWORD.into()).await.unwrap().hash;
        users::set_password(&site.app.db, ada.id, ada.epoch, &hash).await.unwrap();
        for browser in &mut browsers {
            assert_eq!(status(browser, "/me").await, 401, "{store}");
        }

        let (mut again, _) = site.adas().await;
        users::change_role(&site.app.db, &mathsoc::db::admin_log::Actor::command_line(), ada.id, Role::Admin)
            .await
            .unwrap();
        assert_eq!(status(&mut again, "/me").await, 401, "{store}");
        assert_eq!(status(&mut site.adas().await.0, "/admin").await, 200, "{store}");
    }
}

#[tokio::test]
async fn deleted_and_unverified_accounts_are_not_signed_in() {
    let site = SignInSite::new(&[]).await;
    let ada = site.user(Role::Pupil, false).await;
    let (mut browser, _) = site.adas().await;
    assert_eq!(status(&mut browser, "/me").await, 401);
    users::verify_email(&site.app.db, ada.id).await.unwrap();
    let (mut browser, _) = site.adas().await;
    assert_eq!(status(&mut browser, "/me").await, 200);
    users::delete(&site.app.db, ada.id).await.unwrap();
    assert_eq!(status(&mut browser, "/me").await, 401);
}

#[tokio::test]
async fn the_cookie_has_the_flags_of_the_settings() {
    const HTTP: &str = "http://example.org";
    for (settings, origin, has, has_not) in [
        (&[][..], HTTP, &["session=", "; HttpOnly", "; SameSite=Lax", "; Path=/"][..], "; Secure"),
        (
            &[("SESSION_COOKIE_SECURE", "true")],
            "https://example.org",
            &["__Host-session=", "; Secure"],
            "; Domain",
        ),
        (&[("SESSION_COOKIE_SAMESITE", "Strict")], HTTP, &["; SameSite=Strict"], "; SameSite=Lax"),
    ] {
        let site = SignInSite::new(settings).await;
        site.user(Role::Pupil, true).await;
        let (_, line) = site.adas_at(origin).await;
        assert!(
            has.iter().all(|flag| line.contains(flag)) && !line.contains(has_not),
            "{settings:?}: {line}"
        );
    }
}

#[tokio::test]
async fn a_session_survives_key_rotation_with_a_fallback() {
    const OLD: &str = "6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk";
    const NEW: &str = "pfNrkSHa1esmj27EWXXazS7ITQXdGxawprSzsYZATOkix+MowzLUlojbtEryyLB9";
    let site = SignInSite::new(&[("SECRET_KEY", OLD)]).await;
    site.user(Role::Pupil, true).await;
    let (browser, _) = site.adas().await;
    let url = format!("sqlite://{}", site.folder.join("mathsoc.db").display());
    let rotated =
        SignInSite::new(&[("SECRET_KEY", NEW), ("SECRET_KEY_FALLBACKS", OLD), ("DATABASE_URL", &url)]).await;
    let foreign = SignInSite::new(&[("SECRET_KEY", NEW), ("DATABASE_URL", &url)]).await;
    for (other, expected) in [(rotated, 200), (foreign, 401)] {
        let mut browser = browser.clone().service(other.router);
        assert_eq!(status(&mut browser, "/me").await, expected);
    }
}
