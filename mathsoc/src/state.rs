//! The shared state of all handlers.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use palisade::health::{Health, Readiness};
use palisade::keyring::KeyringError;
use palisade::login_limit::KnownDevices;
use palisade::rate_limit::FallbackStore;
use palisade::rate_limit::store::{RateLimitStore, Store, StoreError};
use palisade::reporting::Collector;
use palisade::upload::UploadsError;
use palisade::{Keyring, Passwords, Sessions, Uploads};

use crate::config::{Config, Environment, KeyFileError, SecretKey};
use crate::db::{Db, DbError};
use crate::limits::Limits;
use crate::links::Links;
use crate::live::Live;
use crate::mail::{MailError, Mailer};
use crate::observe::storage::StorageCheck;
use crate::observe::traffic::Traffic;
use crate::operate::demo::{self, Demo};
use crate::web::last_seen::LastSeen;
use crate::web::sessions;

/// The shared state of all handlers. It is one [`Arc`], because axum clones it several times for
/// each request.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
#[derive(Clone, Debug)]
pub struct Parts {
    pub db: Db,
    pub config: Arc<Config>,
    /// Derives the keys for signing and sealing from `SECRET_KEY` or the key file, and from
    /// `SECRET_KEY_FALLBACKS`.
    pub keyring: Keyring,
    /// The session layer.
    pub sessions: Sessions,
    /// Hashes and verifies passwords.
    pub passwords: Passwords,
    /// Issues and checks the links in letters.
    pub links: Links,
    pub mailer: Mailer,
    /// Receives, stores and serves files.
    pub uploads: Uploads,
    /// The store of the rate limits, with the fallback to memory.
    pub counters: FallbackStore,
    /// The rate limits.
    pub limits: Limits,
    /// The browsers in which somebody has logged in before.
    pub devices: KnownDevices,
    /// The watchers of leaderboards.
    pub live: Live,
    /// Reports from browsers, until they are in the database.
    pub reports: Collector,
    /// Counts the responses.
    pub traffic: Traffic,
    /// Writes when members were last seen.
    pub last_seen: LastSeen,
    /// Checks that the database takes writes; the program runs it at intervals.
    pub storage: StorageCheck,
    /// The readiness check of `/readyz`.
    pub ready: Readiness,
}

impl App {
    /// Opens everything that the site needs: secret key, database with migrations, stores, mailer.
    /// In development, also loads the demo content into an empty database.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        let secret_key = match &config.secret_key {
            Some(key) => key.clone(),
            None => SecretKey::kept_in(&config.data_dir)?,
        };
        let keyring = secret_key.keyring(&config.former_keys)?;
        let mailer = Mailer::new(&config)?;
        let db = Db::connect(&config.database_url).await?;
        db.migrate().await?;
        if config.environment == Environment::Development && demo::load(&db).await? == Demo::Loaded {
            tracing::info!("the database was empty: demo content loaded");
        }
        let counters = Store::open(config.ratelimit.storage_uri.as_str()).await?;
        let counters = FallbackStore::new(counters);
        let limits = Limits::new(&config.ratelimit, counters.clone())?;
        let ready = ready(&config, &db, &counters);
        let (links, devices) = (Links::new(&keyring, db.clone()), KnownDevices::new(&keyring));
        let uploads = config.uploads.open()?;
        let sessions = sessions::layer(&config.sessions, &keyring, &db).map_err(OpenError::Sessions)?;
        let live = Live::new(db.clone());
        let (last_seen, storage) = (LastSeen::new(db.clone()), StorageCheck::new(db.clone()));
        let (passwords, traffic, config) = (Passwords::new(), Traffic::default(), Arc::new(config));
        Ok(Self(Arc::new(Parts {
            db,
            config,
            keyring,
            sessions,
            passwords,
            links,
            mailer,
            uploads,
            counters,
            limits,
            devices,
            live,
            reports: Collector::new(),
            traffic,
            last_seen,
            storage,
            ready,
        })))
    }

    /// Replaces parts of the state, for tests.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl FromRef<App> for Db {
    fn from_ref(app: &App) -> Self {
        app.db.clone()
    }
}

impl FromRef<App> for LastSeen {
    fn from_ref(app: &App) -> Self {
        app.last_seen.clone()
    }
}

impl FromRef<App> for Arc<Config> {
    fn from_ref(app: &App) -> Self {
        Arc::clone(&app.config)
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The checks of `/readyz`. The rate-limit store is checked only if `READY_NEEDS_STORE` is on,
/// since the limits fall back to memory while it is down.
fn ready(config: &Config, db: &Db, counters: &FallbackStore) -> Readiness {
    let db = db.clone();
    let health = Health::new().check("database", move || {
        let db = db.clone();
        async move { db.ping().await }
    });
    if !config.ready_needs_store {
        return health.readiness();
    }
    let counters = counters.clone();
    let counters = move || {
        let counters = counters.clone();
        async move { counters.ping().await }
    };
    health.check("counters", counters).readiness()
}

/// A reason why the site cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The key file cannot be read or created.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// A key in `SECRET_KEY_FALLBACKS` is rejected.
    #[error("SECRET_KEY_FALLBACKS: {0}")]
    FormerKey(#[from] KeyringError),
    /// The mail settings are rejected.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The database cannot be opened or migrated.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The store of the rate limits is rejected.
    #[error("RATELIMIT_STORAGE_URI: {0}")]
    RateLimitStore(#[from] StoreError),
    /// The place for uploads is rejected.
    #[error("UPLOAD_FOLDER or UPLOAD_STORE_URI: {0}")]
    Uploads(#[from] UploadsError),
    /// The session store is rejected.
    #[error("SESSION_STORE_URI: {0}")]
    Sessions(StoreError),
}
