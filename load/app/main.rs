//! The application under test: every layer of `Palisade`, and a page of each sort.
//!
//! It prints its address on standard output. Its settings are environment variables:
//!
//! | variable | sets | default |
//! |---|---|---|
//! | `FOLDER` | the folder of the database and of the uploads | the present one |
//! | `COUNTERS` | the store of the rate limits, as a URL | `memory://`, with a clock that `/api/clock` moves |
//! | `CALLERS` | the capacity of `memory://` | the library's |
//! | `SESSION_BYTES` | the size of the session store | the library's |
//! | `HEADER_TIMEOUT_MS`, `BODY_TIMEOUT_MS` | the time for heads and bodies | the library's |
//! | `SHARES` | bounds what one address may hold, though it is of this machine | off, as in the library |
//! | `CONNECTIONS` | the number of connections at once | the library's |
//! | `RECODE` | decodes and encodes images again | off |

mod pages;
mod programs;

use std::env;
use std::error::Error;
use std::time::Duration;

use axum::Router;
use palisade::body_limit::BodyLimit;
use palisade::clock::{Clock, ManualClock};
use palisade::concurrency::ConcurrencyLimit;
use palisade::password::PasswordHash;
use palisade::rate_limit::store::{MemoryStore, Store};
use palisade::rate_limit::{FallbackStore, OutagePolicy};
use palisade::serve::{Serve, shutdown_signal};
use palisade::session::store::MemorySessions;
use palisade::upload::ImagePolicy;
use palisade::{Keyring, Palisade, Passwords, RateLimit, Sessions, Uploads};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};

/// The password of the only account.
pub(crate) const PASSWORD: &str = "seven purple otters";

/// What the pages share.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) database: SqlitePool,
    pub(crate) uploads: Uploads,
    pub(crate) passwords: Passwords,
    pub(crate) hash: PasswordHash,
    pub(crate) counters: FallbackStore,
    pub(crate) clock: ManualClock,
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}

fn has_shares() -> bool {
    env::var_os("SHARES").is_some()
}

fn milliseconds(name: &str) -> Option<Duration> {
    number(name).map(Duration::from_millis)
}

async fn counters(clock: Clock) -> Result<FallbackStore, Box<dyn Error>> {
    Ok(match env::var("COUNTERS") {
        Ok(uri) => FallbackStore::new(Store::open(&uri).await?),
        Err(_) => {
            let store = MemoryStore::with_clock(clock);
            FallbackStore::new(match number("CALLERS") {
                Some(callers) => store.capacity(callers),
                None => store,
            })
        }
    })
}

async fn open(clock: ManualClock, counters: FallbackStore) -> Result<App, Box<dyn Error>> {
    let folder = env::var("FOLDER").unwrap_or_else(|_| ".".into());
    let options = SqliteConnectOptions::new()
        .filename(format!("{folder}/notes.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let database = SqlitePool::connect_with(options).await?;
    let table = "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";
    sqlx::query(table).execute(&database).await?;
    let uploads = Uploads::open(&format!("{folder}/uploads"))?;
    let uploads = match env::var_os("RECODE") {
        Some(_) => uploads.image_policy(ImagePolicy::Recode),
        None => uploads,
    };
    let passwords = Passwords::new();
    let hash = passwords.hash(PASSWORD.into()).await?.hash;
    Ok(App { database, uploads, passwords, hash, counters, clock })
}

fn routes(app: App) -> Result<Router, Box<dyn Error>> {
    let sessions = MemorySessions::new();
    let sessions = match number("SESSION_BYTES") {
        Some(bytes) => sessions.max_bytes(bytes),
        None => sessions,
    };
    // Pages are served while their store is down; what must be counted is not.
    let pages = RateLimit::new("pages", "10000000/hour", app.counters.clone())?;
    let guarded = RateLimit::new("guarded", "5/hour", app.counters.clone())?.on_outage(OutagePolicy::Reject);
    let body_timeout = milliseconds("BODY_TIMEOUT_MS").unwrap_or(Duration::from_secs(30));
    let concurrency = ConcurrencyLimit::new();
    let palisade = Palisade::development()
        .concurrency_limit(if has_shares() { concurrency.count_loopback() } else { concurrency })
        .body_limit(BodyLimit::bytes(1 << 20).timeout(body_timeout))
        .sessions(Sessions::in_store(sessions, &Keyring::random()))
        .rate_limit(pages.on_outage(OutagePolicy::CountLocally));
    let programs = palisade.for_api().protect(programs::routes(guarded));
    Ok(programs.merge(palisade.protect(pages::routes())).with_state(app))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // By default, an error of the log is written to standard error, which panics if that is gone, too.
    tracing_subscriber::fmt().with_writer(std::io::stderr).log_internal_errors(false).init();
    let (clock, manual) = Clock::manual();
    let app = routes(open(manual, counters(clock).await?).await?)?;
    let mut settings = Serve::new();
    if let Some(time) = milliseconds("HEADER_TIMEOUT_MS") {
        settings = settings.header_timeout(time);
    }
    if let Some(connections) = number("CONNECTIONS") {
        settings = settings.max_connections(connections);
    }
    if has_shares() {
        settings = settings.count_loopback();
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    say(listener.local_addr()?);
    Ok(settings.serve(listener, app).until(shutdown_signal()?).await?)
}

#[expect(clippy::print_stdout, reason = "the scenario reads the address there")]
fn say(address: std::net::SocketAddr) {
    println!("http://{address}");
}
