//! Rate limits: a default, a stricter one, a looser one, none; per account with growing delays;
//! counters in Redis that all processes share.
//!
//! ```sh
//! cargo run -p palisade --features rate-limit,redis --example limits
//! for i in $(seq 6); do curl -s -o /dev/null -w '%{http_code}\n' http://localhost:3000/search; done
//! # two processes with one count:
//! COUNTERS='redis://127.0.0.1:6379/0?namespace=demo' cargo run … --example limits -- 3001
//! ```

use std::env;
use std::error::Error as StdError;
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, State};
use axum::routing::{get, post};
use palisade::rate_limit::store::Store;
use palisade::rate_limit::{Backoff, FallbackStore, OutagePolicy, RateLimit, RateLimitKey};
use palisade::{Error, Palisade};
use serde::Deserialize;

#[derive(Clone)]
struct Site {
    logins: RateLimit,
    backoff: Backoff,
}

/// `counters` is shared by all limits: a name separates each of them from the others.
fn app(palisade: Palisade, counters: &FallbackStore) -> Result<Router, Box<dyn StdError>> {
    let limit = |name: &str, quotas: &str| RateLimit::new(name, quotas, counters.clone());
    // Each layer counts, except a default: a limit further in replaces it.
    let default = limit("site", "10/minute")?.per_client().default_limit();
    let search = limit("search", "5/minute; 50/hour")?.per_client().headers();
    // If Redis is down, the other limits count in this process's memory.
    let export = limit("export", "2/day")?.on_outage(OutagePolicy::Reject).per_client();
    // A looser limit needs a group of its own: a used-up default would reject the request first.
    let pictures = limit("pictures", "40/minute")?;

    let site = Site {
        logins: limit("logins", "5/minute; 20/hour")?,
        backoff: Backoff::new("logins", counters.clone()).initial_delay(Duration::from_secs(10)),
    };
    let pages = Router::new()
        .route("/", get(async || "10 a minute"))
        .route("/search", get(async || "5 a minute").layer(search))
        .route("/export", get(async || "2 a day").layer(export))
        .route("/login", post(log_in))
        .with_state(site);
    let files = Router::new().route("/pictures/{name}", get(async || "40 a minute"));
    let probes = Router::new().route("/healthz", get(async || "never limited"));
    let pages = palisade.clone().rate_limit(default).protect(pages);
    let files = palisade.clone().rate_limit(pictures).protect(files);
    Ok(palisade.for_probes().protect(probes).merge(files).merge(pages))
}

#[derive(Deserialize)]
struct LogIn {
    email: String,
    password: String,
}

/// Counts by the account, which only the handler knows.
async fn log_in(State(site): State<Site>, Form(form): Form<LogIn>) -> palisade::Result<&'static str> {
    let account = RateLimitKey::email(&form.email); // all spellings of an address are one key
    site.logins.check(account.clone()).await?; // 429 with Retry-After
    let attempt = site.backoff.attempt(account).await?; // 10 s, 20 s, 40 s, … after three failures
    if form.password != "secret" {
        return Err(Error::forbidden("That does not match.")); // see the example `login`
    }
    attempt.succeeded().await; // forgets the failures
    Ok("Welcome")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt().init();
    let counters = env::var("COUNTERS").unwrap_or_else(|_| "memory://".into());
    let app = app(Palisade::development(), &FallbackStore::new(Store::open(&counters).await?))?;
    let port = env::args().nth(1).unwrap_or_else(|| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    eprintln!("Listening on http://localhost:{port}/");
    palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use palisade::rate_limit::store::MemoryStore;
    use palisade::test::Browser;
    use test_support::servers::Server;

    use super::*;

    fn process(counters: &FallbackStore) -> Browser {
        Browser::new(app(Palisade::development(), counters).unwrap())
    }

    /// Returns how many requests pass before one is rejected, of 50 at most.
    async fn passing(browser: &mut Browser, path: &str) -> usize {
        for count in 0..50 {
            let page = browser.get(path).await;
            if page.status == 429 {
                assert!(page.headers.contains_key("retry-after"), "{path}");
                return count;
            }
            assert_eq!(page.status, 200, "{path}");
        }
        50
    }

    #[tokio::test]
    async fn each_route_has_its_limit() {
        let mut browser = process(&MemoryStore::new().into());
        for (path, count) in [("/search", 5), ("/export", 2), ("/healthz", 50), ("/pictures/a", 40)] {
            assert_eq!(passing(&mut browser, path).await, count, "{path}");
        }
        assert_eq!(passing(&mut browser, "/").await, 10, "the others cost the default nothing");
        let mut neighbour = browser.from("127.0.0.2");
        assert_eq!(neighbour.get("/").await.status, 200, "each client has a count");
    }

    #[tokio::test]
    async fn guesses_of_one_password_are_slowed_down() {
        let counters = MemoryStore::new().into();
        let log_in = async |address: &str, email: &str, password: &str| {
            let mut browser = process(&counters).from(address);
            browser.post("/login", &[("email", email), ("password", password)]).await.status.as_u16()
        };
        for spelling in ["ada@example.org", "Ada@example.org", " ada@example.org"] {
            assert_eq!(log_in("127.0.0.1", spelling, "a guess").await, 403);
        }
        // The right password has to wait as well, from anywhere.
        assert_eq!(log_in("127.0.0.2", "ada@example.org", "secret").await, 429);
        assert_eq!(log_in("127.0.0.1", "bob@example.org", "secret").await, 200);
    }

    #[tokio::test]
    async fn two_processes_share_their_counters() {
        let server = Server::redis();
        let store = async || FallbackStore::new(Store::open(&server.uri).await.unwrap());
        let (mut one, mut other) = (process(&store().await), process(&store().await));
        assert_eq!(passing(&mut one, "/export").await, 2);
        assert_eq!(other.get("/export").await.status, 429);
    }

    #[tokio::test]
    async fn a_malformed_quota_is_an_error() {
        let error = RateLimit::new("search", "5 per fortnight", MemoryStore::new()).unwrap_err();
        assert!(error.to_string().contains("fortnight"), "{error}");
    }
}
