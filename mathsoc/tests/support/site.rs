//! The site as a router, with a clock that the test controls.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use mathsoc::config::Config;
use mathsoc::db::users::{self, NewUser, User};
use mathsoc::domain::person::Role;
use mathsoc::limits::Limits;
use mathsoc::links::Links;
use mathsoc::state::App;
use mathsoc::web::sessions;
use palisade::Passwords;
use palisade::clock::{Clock, ManualClock};
use palisade::password::Argon2Params;
use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::{MemoryStore, Store};
use test_support::Folder;
use tokio::net::TcpListener;

use crate::support::browser::Browser;

pub(crate) const KEY: &str = "6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk";
pub(crate) const NEXT_KEY: &str = "pfNrkSHa1esmj27EWXXazS7ITQXdGxawprSzsYZATOkix+MowzLUlojbtEryyLB9";
pub(crate) const ADA: &str = "ada@school.example";
pub(crate) const PASSWORD: &str = "nine purple herons juggle";
pub(crate) const OTHER: &str = "six green otters waltz along";

/// The site, its clock and its folder.
pub(crate) struct TestSite {
    pub(crate) app: App,
    pub(crate) router: Router,
    pub(crate) hand: ManualClock,
    pub(crate) folder: Arc<Folder>,
    address: Option<SocketAddr>,
}

impl TestSite {
    /// Opens a site with these settings, by default without rate limits.
    pub(crate) async fn new(settings: &[(&str, &str)]) -> Self {
        Self::at(Arc::new(Folder::new()), settings).await
    }

    /// Opens a site in the folder of an earlier one.
    pub(crate) async fn at(folder: Arc<Folder>, settings: &[(&str, &str)]) -> Self {
        let app = open(&folder, settings).await;
        let (clock, hand) = Clock::manual();
        let store = match settings.iter().any(|(name, _)| *name == "RATELIMIT_STORAGE_URI") {
            true => Store::open(app.config.ratelimit.storage_uri.as_str()).await.unwrap(),
            false => MemoryStore::with_clock(clock.clone()).into(),
        };
        // A busy machine may delay a response; that is not an outage of the store.
        let counters = FallbackStore::new(store).timeout(Duration::from_secs(10));
        let limits = Limits::new(&app.config.ratelimit, counters.clone()).unwrap();
        let sessions = sessions::layer(&app.config.sessions, &app.keyring, &app.db).unwrap();
        let app = app.with(|app| {
            app.sessions = sessions.clock(clock.clone());
            app.links = Links::new(&app.keyring, app.db.clone()).clock(clock);
            app.passwords = Passwords::new().params(Argon2Params::dangerous_minimum());
            (app.counters, app.limits) = (counters, limits);
        });
        Self { router: mathsoc::app(app.clone()), app, hand, folder, address: None }
    }

    /// Serves the site on a free port; its browsers then use TCP connections.
    pub(crate) async fn served(self) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // The server ends with the test's runtime.
        tokio::spawn(palisade::serve(listener, self.router.clone()).into_future());
        Self { address: Some(address), ..self }
    }

    /// Opens a site with a verified account for Ada.
    pub(crate) async fn with_ada(settings: &[(&str, &str)]) -> Self {
        let site = Self::new(settings).await;
        site.member(ADA, Role::Pupil).await;
        site
    }

    /// Creates a verified account with the password [`PASSWORD`].
    pub(crate) async fn member(&self, email: &str, role: Role) -> User {
        self.member_named("Ada Lovelace", email, role).await
    }

    /// Creates a verified account with this name and the password [`PASSWORD`].
    pub(crate) async fn member_named(&self, name: &str, email: &str, role: Role) -> User {
        let (email, full_name) = (email.parse().unwrap(), name.parse().unwrap());
        let new = NewUser { email, full_name, role, school_id: None, year: None, email_is_verified: true };
        let hash = self.app.passwords.hash(PASSWORD.into()).await.unwrap().hash;
        users::create(&self.app.db, &new, Some(&hash)).await.unwrap()
    }

    pub(crate) async fn ada(&self) -> Option<User> {
        users::by_email(&self.app.db, &ADA.parse().unwrap()).await.unwrap()
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), self.address)
    }

    /// Returns a browser in which Ada is logged in.
    pub(crate) async fn adas(&self) -> Browser {
        let mut browser = self.browser();
        let page = browser.log_in(ADA, PASSWORD).await;
        assert_eq!((page.status, page.location()), (303, "/"), "{}", page.body);
        browser
    }

    /// Takes the letters out of the outbox, oldest first.
    pub(crate) async fn letters(&self) -> Vec<String> {
        self.app.mailer.flush().await;
        let Ok(outbox) = fs::read_dir(self.folder.join("outbox")) else { return Vec::new() };
        let mut files: Vec<_> = outbox.map(|file| file.unwrap().path()).collect();
        files.sort();
        let take = |file: std::path::PathBuf| {
            let text = fs::read_to_string(&file).unwrap();
            fs::remove_file(file).unwrap();
            text
        };
        files.into_iter().map(take).collect()
    }

    /// Takes the only letter out of the outbox, and returns its link that contains `start`.
    pub(crate) async fn link(&self, start: &str) -> String {
        let letters = self.letters().await;
        let [letter] = &letters[..] else { panic!("{} letters", letters.len()) };
        let link = letter.lines().find(|line| line.contains(start)).expect(letter);
        link[link.find(start).unwrap()..].trim().to_owned()
    }
}

/// Opens the site with these settings over the defaults of the tests.
async fn open(folder: &Folder, settings: &[(&str, &str)]) -> App {
    let find = |name: &str| {
        let set = settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        set.or_else(|| match name {
            "APP_ENV" => Some("testing".to_owned()),
            "DATA_DIR" => Some(folder.to_str().unwrap().to_owned()),
            "SECRET_KEY" => Some(KEY.to_owned()),
            "WTF_CSRF_ENABLED" => Some("true".to_owned()),
            "REGISTRATION" => Some("open".to_owned()),
            _ => None,
        })
    };
    App::open(Config::from_vars(&find).unwrap()).await.unwrap()
}
