//! Rate limits: a default, a stricter one, a looser one, none; per account with growing delays;
//! counters in Redis that all processes share.
//!
//! ```sh
//! cargo run -p palisade --features rate-limit,redis --example limits
//! for i in $(seq 6); do curl -s -o /dev/null -w '%{http_code}\n' http://localhost:3000/search; done
//! # two processes with one count:
//! COUNTERS='redis://127.0.0.1:6379/0?namespace=demo' cargo run … --example limits -- 3001
//! ```

#[cfg(test)]
mod tests;

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
    tracing_subscriber::fmt().log_internal_errors(false).init();
    let counters = env::var("COUNTERS").unwrap_or_else(|_| "memory://".into());
    let app = app(Palisade::development(), &FallbackStore::new(Store::open(&counters).await?))?;
    let port = env::args().nth(1).unwrap_or_else(|| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    eprintln!("Listening on http://localhost:{port}/");
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
