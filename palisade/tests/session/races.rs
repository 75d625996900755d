//! Concurrent requests of one session, and clients that disconnect.

use palisade::session::SessionRejection;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::routing::{any, get};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use palisade::clock::Clock;
use palisade::proxy::Proxies;
use palisade::rate_limit::store::StoreReply;
use palisade::session::AuthProof;
use palisade::session::store::{MemorySessions, SaveOutcome, SessionId, SessionRecord, SessionStore};
use palisade::{Session, Sessions, SignedIn};

use super::{Browser, Site, User, keyring, memory, sealed, stored};
use crate::support::{Answer, ask};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Sends a request that reads the session, lets another request finish, and then runs `then`.
pub async fn race<F>(
    site: &Site,
    browser: &mut Browser,
    first: (&str, &str),
    then: impl Fn(Session) -> F + Clone + Send + Sync + 'static,
) -> Answer
where
    F: Future<Output = Result<(), SessionRejection>> + Send + 'static,
{
    let (app, other) = (site.app.clone(), browser.request(first.0, first.1));
    let other = Arc::new(std::sync::Mutex::new(Some(other)));
    let slow = any(async move |session: Session| {
        session.get::<String>("a").await?;
        let other = other.lock().unwrap().take().unwrap();
        assert_eq!(ask(&app, other).await.status, StatusCode::OK);
        then(session).await
    });
    let app = around(site, Router::new().fallback(slow));
    let answer = ask(&app, browser.request("POST", "/")).await;
    browser.keep(&answer);
    answer
}

/// Puts the site's sessions around other routes.
pub fn around(site: &Site, router: Router) -> Router {
    router.layer(site.sessions.clone()).layer(Proxies::trusted(["10.0.0.0/8"]).unwrap())
}

#[tokio::test]
async fn renewing_does_not_revive_an_ended_session() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        race(&site, &mut browser, ("POST", "/logout"), async |session| session.cycle_id().await).await;
        assert_eq!(browser.who().await, "anonymous");
        assert_eq!(browser.get("/get/a").await.body, "");

        browser.post("/login/ada").await;
        browser.post("/set/a/b").await;
        let confirm = async |session: Session| {
            session.reauthenticate(AuthProof::dangerous_allow_unverified("ada", 1)).await
        };
        race(&site, &mut browser, ("POST", "/logout"), confirm).await;
        assert_eq!(browser.who().await, "ada", "the password was just confirmed");
        assert_eq!(browser.get("/get/a").await.body, "", "the session is a new one");
    }
}

#[tokio::test]
async fn renewing_keeps_concurrent_writes() {
    let site = Site::stored();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    let then = async |session: Session| {
        session.set("mine", "x").await?;
        session.cycle_id().await
    };
    race(&site, &mut browser, ("POST", "/set/theirs/y"), then).await;
    assert_eq!(browser.get("/get/mine").await.body, "x");
    assert_eq!(browser.get("/get/theirs").await.body, "y");
    assert_eq!(browser.who().await, "ada");
}

#[tokio::test]
async fn an_ended_cookie_never_overwrites_the_new_one() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        site.clock.advance(Duration::from_secs(20 * 60));
        // The session was idle long enough that its next use is written.
        let answer =
            race(&site, &mut browser, ("POST", "/login/bob"), async |session| session.set("a", 1).await)
                .await;
        assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::OK, None));
    }
}

/// A store whose calls suspend once, and that can end sessions between a load and a save.
#[derive(Debug, Clone, Default)]
struct SlowStore {
    inner: Arc<MemorySessions>,
    /// The number of calls.
    calls: Arc<AtomicU32>,
    /// The account whose series and sessions end before the next save of an existing record.
    ends: Arc<std::sync::Mutex<Option<&'static str>>>,
}

impl SlowStore {
    async fn moment(&self) {
        self.calls.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

impl SessionStore for SlowStore {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        StoreReply::Pending(Box::pin(async move {
            self.moment().await;
            self.inner.load(id).await
        }))
    }

    fn save(
        &self,
        id: SessionId,
        before: Option<u64>,
        record: SessionRecord,
        lasts: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        StoreReply::Pending(Box::pin(async move {
            self.moment().await;
            let ends = before.and_then(|_| self.ends.lock().unwrap().take());
            if let Some(user) = ends {
                for (id, _) in self.inner.of_user(user).await? {
                    self.inner.delete(id).await?;
                }
            }
            self.inner.save(id, before, record, lasts).await
        }))
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        StoreReply::Pending(Box::pin(async move {
            self.moment().await;
            self.inner.delete(id).await
        }))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        self.inner.of_user(user)
    }

    fn name(&self) -> &'static str {
        "slow"
    }
}

fn slow_site(in_cookie: bool) -> (Site, SlowStore) {
    let (clock, manual) = Clock::manual();
    let slow = SlowStore { inner: Arc::new(memory(&clock)), ..SlowStore::default() };
    let sessions = if in_cookie { sealed(slow.clone(), clock) } else { stored(slow.clone(), clock) };
    (Site::of(sessions, manual), slow)
}

#[tokio::test]
async fn a_series_ended_midway_restores_no_session() {
    for sealed in [false, true] {
        let (site, slow) = slow_site(sealed);
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/remember").await;
        site.clock.advance(DAY);
        *slow.ends.lock().unwrap() = Some("ada");
        assert_eq!(browser.who().await, "anonymous");
        assert!(!browser.jar.contains_key("__Host-remember"));
    }
}

#[tokio::test]
async fn a_cancelled_load_is_retried() {
    // Call 1 loads the session, call 2 the series of an unknown token.
    for (sealed, cancelled_at) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
        let (site, slow) = slow_site(sealed);
        let mut browser = site.browser();
        browser.post("/set/a/b").await;
        browser.jar.insert("__Host-remember".into(), URL_SAFE_NO_PAD.encode([7; 32]));
        slow.calls.store(0, Ordering::SeqCst);
        let twice = any(async move |session: Session| {
            let mut reading = Box::pin(session.get::<String>("a"));
            while slow.calls.load(Ordering::SeqCst) < cancelled_at {
                let pending =
                    std::future::poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx).is_pending())).await;
                assert!(pending);
                tokio::task::yield_now().await;
            }
            drop(reading);
            session.get::<String>("a").await.map(Option::unwrap_or_default)
        });
        let app = around(&site, Router::new().fallback(twice));
        let answer = ask(&app, browser.request("GET", "/")).await;
        assert_eq!(answer.body, "b", "sealed {sealed}, cancelled at call {cancelled_at}");
    }
}

#[tokio::test]
async fn signing_out_completes_when_the_client_disconnects() {
    for sealed in [false, true] {
        let (site, slow) = slow_site(sealed);
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/remember").await;
        slow.calls.store(0, Ordering::SeqCst);
        let mut leaving = Box::pin(ask(&site.app, browser.request("POST", "/logout")));
        // The session is loaded, and the first record is being ended.
        let loads = 1 + u32::from(sealed); // with the account's generation
        while slow.calls.load(Ordering::SeqCst) <= loads {
            let pending =
                std::future::poll_fn(|cx| Poll::Ready(leaving.as_mut().poll(cx).is_pending())).await;
            assert!(pending);
            tokio::task::yield_now().await;
        }
        drop(leaving);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(browser.who().await, "anonymous");
    }
}

#[tokio::test]
async fn a_lost_response_is_no_theft() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/remember").await;
        site.clock.advance(DAY);
        let lost = ask(&site.app, browser.request("GET", "/who")).await;
        assert_eq!(lost.body, "ada");
        site.clock.advance(Duration::from_secs(30));
        assert_eq!(browser.who().await, "ada");
        site.clock.advance(DAY);
        assert_eq!(browser.who().await, "ada", "within the grace time it got the next token too");
        assert!(!site.events().iter().any(|event| event.contains("Stolen")));
    }
}

#[tokio::test]
async fn a_series_without_its_token_ends_nothing() {
    let (clock, manual) = Clock::manual();
    let store = Arc::new(memory(&clock));
    let site = Site::of(stored(store.clone(), clock), manual);
    let mut ada = site.browser();
    ada.post("/login/ada").await;
    ada.post("/remember").await;
    let token = URL_SAFE_NO_PAD.decode(&ada.jar["__Host-remember"]).unwrap();
    let forged = URL_SAFE_NO_PAD.encode([&token[..16], &[7; 16]].concat());
    // A site without remember tokens does not check the token, but removes it at the sign-in.
    let other = Site::of(Sessions::in_store(store, &keyring()), Clock::manual().1);
    let mut eve = other.browser();
    eve.jar.insert("__Host-remember".into(), forged);
    eve.post("/login/eve").await;
    site.clock.advance(DAY);
    assert_eq!(ada.who().await, "ada");
}

#[tokio::test]
async fn the_readable_one_of_several_remember_cookies_counts() {
    let site = Site::stored();
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    browser.post("/remember").await;
    site.clock.advance(DAY);
    let mut request = browser.request("GET", "/who");
    let line = format!("__Host-remember=AAAA; __Host-remember={}", browser.jar["__Host-remember"]);
    request.headers_mut().insert("cookie", line.parse().unwrap());
    assert_eq!(ask(&site.app, request).await.body, "ada");
}

#[tokio::test]
async fn a_password_change_keeps_this_browser_remembered_only() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        browser.post("/remember").await;
        let mut thief = site.browser();
        thief.jar.insert("__Host-remember".into(), browser.jar["__Host-remember"].clone());
        site.accounts.raise("ada");
        browser.post("/confirm/ada").await;
        browser.post("/sessions/end").await;
        site.clock.advance(DAY);
        assert_eq!(thief.who().await, "anonymous");
        assert_eq!(browser.who().await, "ada");
    }
}

#[tokio::test]
async fn the_account_is_reloaded_after_another_signs_in() {
    let site = Site::stored();
    let switch =
        async |user: SignedIn<User>, request: axum::extract::Request, next: axum::middleware::Next| {
            let proof = AuthProof::dangerous_allow_unverified("bob", 1);
            user.session().log_in(proof).await.map_err(axum::response::IntoResponse::into_response)?;
            Ok::<_, axum::response::Response>(next.run(request).await)
        };
    let accounts = site.accounts.clone();
    let router = Router::new()
        .route("/", get(async |user: SignedIn<User>| user.id.clone()))
        .layer(axum::middleware::from_fn_with_state(accounts.clone(), switch))
        .layer(SignedIn::<User>::gate(accounts.clone()))
        .with_state(accounts);
    let mut browser = site.browser();
    browser.post("/login/ada").await;
    assert_eq!(ask(&around(&site, router), browser.request("GET", "/")).await.body, "bob");
}

#[tokio::test]
async fn values_set_after_signing_out_survive() {
    for site in Site::both() {
        let mut browser = site.browser();
        browser.post("/login/ada").await;
        let app = around(
            &site,
            Router::new().fallback(any(async |session: Session| {
                session.log_out().await?;
                session.set("notice", "Until next time.").await
            })),
        );
        let answer = ask(&app, browser.request("POST", "/")).await;
        browser.keep(&answer);
        assert_eq!(answer.header("clear-site-data"), Some("\"storage\""));
        assert_eq!(browser.get("/get/notice").await.body, "Until next time.");
        assert_eq!(browser.who().await, "anonymous");
    }
}

#[tokio::test]
async fn a_forms_session_ends_at_sign_in() {
    for site in Site::both() {
        let form = any(async |session: Session, token: palisade::CsrfToken| {
            session.get::<String>("a").await.map(|_| token.to_string())
        });
        let tokens = palisade::CsrfTokens::new(&keyring()).clock(palisade::clock::Clock::manual().0);
        let form = around(&site, Router::new().fallback(form).layer(tokens));
        for fill in [false, true] {
            let mut browser = site.browser();
            browser.site = form.clone();
            browser.get("/").await;
            browser.site = site.app.clone();
            if fill {
                browser.post("/set/a/b").await;
            }
            let old = browser.clone();
            // Another tab sends a request during the sign-in. The session was idle long enough that
            // its next use is written.
            site.clock.advance(Duration::from_secs(20 * 60));
            let mut tab = browser.clone();
            race(&site, &mut tab, ("POST", "/login/ada"), async |_| Ok(())).await;
            assert_eq!(tab.jar, old.jar, "the tab does not overwrite the sign-in's cookie");
            tab.site = form.clone();
            tab.get("/").await;
            assert_ne!(tab.jar, old.jar, "the old session has ended, and new tokens belong to another");
        }
    }
}
