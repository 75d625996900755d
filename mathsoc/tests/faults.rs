//! Rate limits while Redis is killed, paused and restarted: pages are served, and counting resumes.
//!
//! Elapsed time proves nothing on a busy machine, so the tests count the waits instead:
//! `ratelimit_store_errors_total` has one for each request that waited for the store in vain.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use http::{Method, Request, Response};
use mathsoc::config::{Config, Vars};
use mathsoc::limits::Limit;
use mathsoc::pages;
use mathsoc::state::App;
use mathsoc::web::policy;
use palisade::ErrorPages;
use palisade::request::PeerAddr;
use test_support::Folder;
use test_support::servers::Server;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// A limit like that of the login, which rejects requests while the store is down.
const LOGIN: Limit = Limit::new("stand-in", |settings| &settings.pages).posts_only().closed_while_down();

/// The most requests that may wait for the store while it is down: three failures that open the
/// circuit breaker, one in-flight request of each visitor, and one probe after each pause. Eight
/// probes are enough, because each pause is twice as long as the one before.
const MAY_WAIT: u64 = 3 + ASKING as u64 + 8;

/// The number of visitors who send requests all the time.
const ASKING: usize = 2;

/// The site with an additional login route.
struct Site {
    app: App,
    router: Router,
}

impl Site {
    async fn on(redis: &Server, folder: &Folder) -> Self {
        let settings = [
            ("DATA_DIR", folder.to_str().unwrap()),
            ("RATELIMIT_STORAGE_URI", &redis.uri),
            ("RATELIMIT_PAGES", "1000000/hour"),
        ];
        let app = App::open(Config::load(&Vars::new(settings, [])).unwrap()).await.unwrap();
        let login = Router::new()
            .route(
                "/stand-in",
                post(async || "welcome").get(async || "the form").layer(app.limits.layer(&LOGIN)),
            )
            .layer(policy::palisade(&app.config))
            .layer(ErrorPages::new(pages::error::page));
        Self { router: mathsoc::app(app.clone()).merge(login), app }
    }

    async fn ask(&self, method: Method, path: &str) -> Response<Body> {
        let request = Request::builder().method(method).uri(path).header("host", "localhost");
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(PeerAddr(([203, 0, 113, 9], 40_000).into()));
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn status(&self, method: Method, path: &str) -> u16 {
        self.ask(method, path).await.status().as_u16()
    }

    /// Returns the value of the metric with this name and these labels.
    fn metric(&self, name: &str) -> u64 {
        let text = self.app.counters.metrics().to_string();
        let line = text.lines().find(|line| line.starts_with(name)).expect(name);
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    fn waited_in_vain(&self) -> u64 {
        self.metric("ratelimit_store_errors_total")
    }

    fn pages_in_memory(&self) -> u64 {
        self.metric("ratelimit_stand_in_total{store=\"redis\",limit=\"pages\"}")
    }

    /// Requests pages and logins while the store is down.
    async fn goes_on_without_it(&self) {
        let (waited, in_memory) = (self.waited_in_vain(), self.pages_in_memory());
        let login = self.ask(Method::POST, "/stand-in").await;
        assert_eq!(login.status(), 503, "a login that cannot be counted is rejected");
        assert!(login.headers().contains_key("retry-after"));
        for _ in 0..100 {
            assert_eq!(self.status(Method::GET, "/about").await, 200);
        }
        assert_eq!(self.status(Method::GET, "/stand-in").await, 200, "the form is not limited");
        assert_eq!(self.status(Method::POST, "/stand-in").await, 503);
        assert_eq!(self.status(Method::GET, "/readyz").await, 200, "readiness does not depend on the store");
        assert!(self.app.counters.is_down());
        assert_eq!(self.metric("ratelimit_store_down"), 1);
        assert!(self.pages_in_memory() >= in_memory + 100, "pages are counted in memory");
        let waited = self.waited_in_vain() - waited;
        assert!((1..=MAY_WAIT).contains(&waited), "{waited} requests waited for the store");
    }

    /// Sends requests until the store counts everything again. A busy machine may delay a
    /// response, which is then counted in memory; so this waits for a round without any.
    async fn counts_there_again(&self) {
        until(async || {
            let (in_memory, asked) = (self.pages_in_memory(), self.metric("ratelimit_store_seconds_count"));
            for _ in 0..20 {
                assert_eq!(self.status(Method::GET, "/about").await, 200);
                if self.status(Method::POST, "/stand-in").await != 200 {
                    return false;
                }
            }
            let answers = self.metric("ratelimit_store_seconds_count") - asked;
            self.pages_in_memory() == in_memory && answers >= 40 && self.metric("ratelimit_store_down") == 0
        })
        .await;
    }
}

async fn until(true_now: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !true_now().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "the running store is not used");
        tokio::task::yield_now().await;
    }
}

/// Visitors who request pages all the time; every response must be 200.
struct Traffic {
    over: Arc<AtomicBool>,
    asked: Arc<AtomicU32>,
    slow: Arc<AtomicU32>,
    people: Vec<JoinHandle<()>>,
}

impl Traffic {
    fn on(site: &Arc<Site>) -> Self {
        let (over, asked, slow) =
            (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let people = (0..ASKING).map(|_| {
            let (site, over, asked, slow) = (site.clone(), over.clone(), asked.clone(), slow.clone());
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    assert_eq!(site.status(Method::GET, "/about").await, 200);
                    asked.fetch_add(1, Ordering::Relaxed);
                    slow.fetch_add(
                        u32::from(begun.elapsed() > Duration::from_millis(100)),
                        Ordering::Relaxed,
                    );
                    tokio::task::yield_now().await;
                }
            })
        });
        let people = people.collect();
        Self { over, asked, slow, people }
    }

    /// Stops the visitors and checks the share of slow responses, which a busy machine may cause.
    async fn ends(self) {
        self.over.store(true, Ordering::Relaxed);
        for person in self.people {
            person.await.expect("every response was 200");
        }
        let (asked, slow) = (self.asked.load(Ordering::Relaxed), self.slow.load(Ordering::Relaxed));
        assert!(asked > 0 && slow * 2 <= asked, "{slow} of {asked} pages took longer than 100 ms");
    }
}

/// Starts a redis-server on this socket, which may be left over from a killed one.
fn redis_on(socket: &Path) -> Server {
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(socket);
    let uri = format!("redis+unix://{}", socket.display());
    Server::start(command, Folder::new(), uri, || std::os::unix::net::UnixStream::connect(socket).is_ok())
}

#[tokio::test]
async fn no_request_waits_while_redis_is_down() {
    let folder = Folder::new();
    let socket = folder.join("redis.sock");
    let mut redis = redis_on(&socket);
    let site = Arc::new(Site::on(&redis, &folder).await);
    let traffic = Traffic::on(&site);
    site.counts_there_again().await;

    redis.kill();
    site.goes_on_without_it().await;
    drop(redis);
    let redis = redis_on(&socket);
    site.counts_there_again().await;

    redis.pause(true);
    site.goes_on_without_it().await;
    redis.pause(false);
    site.counts_there_again().await;
    assert!(site.metric("ratelimit_store_outages_total") >= 2);
    traffic.ends().await;
}

/// The limits that handlers check themselves, by account.
#[tokio::test]
async fn account_limits_close_while_redis_is_down() {
    let folder = Folder::new();
    let socket = folder.join("redis.sock");
    let mut redis = redis_on(&socket);
    let site = Site::on(&redis, &folder).await;
    let login = site.app.limits.of(&LOGIN);
    until(async || login.check("ada@example.org").await.is_ok()).await;
    redis.kill();
    for _ in 0..5 {
        let error = login.check("ada@example.org").await.unwrap_err();
        let rejection = palisade::Rejection::from(error);
        assert_eq!((rejection.status().as_u16(), rejection.code()), (503, "cannot_count"));
    }
    drop(redis);
    let _redis = redis_on(&socket);
    until(async || login.check("ada@example.org").await.is_ok()).await;
    let address = [203, 0, 113, 9].into();
    let unknown = site.app.devices.unknown();
    let passwords = site.app.limits.passwords();
    until(async || passwords.attempt("bob@example.org", address, &unknown).await.is_ok()).await;
}
