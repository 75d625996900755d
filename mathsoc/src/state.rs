//! What every handler may ask for.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use palisade::health::{Health, Readiness};
use palisade::keyring::KeyringError;
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
use crate::observe::traffic::Traffic;
use crate::operate::demo::{self, Demo};
use crate::web::sessions;

/// What every handler may ask for. A clone is one more pointer to it: axum makes several for each request.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
#[derive(Clone, Debug)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// How this installation is set up.
    pub config: Arc<Config>,
    /// What to sign and seal with: the key that is set or kept, and those before it.
    pub keyring: Keyring,
    /// The layer that keeps sessions.
    pub sessions: Sessions,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Makes and takes links for letters.
    pub links: Links,
    /// Sends letters.
    pub mailer: Mailer,
    /// Takes in, keeps and serves files.
    pub uploads: Uploads,
    /// Where requests are counted.
    pub counters: FallbackStore,
    /// How often one may ask.
    pub limits: Limits,
    /// Who watches leaderboards.
    pub live: Live,
    /// What browsers report, until it is in the database.
    pub reports: Collector,
    /// What was answered so far.
    pub traffic: Traffic,
    /// Whether all that the site needs gives an answer.
    pub ready: Readiness,
}

impl App {
    /// Makes ready all that the site needs: the secret key, the database with its tables, in development demo content.
    ///
    /// # Errors
    /// When the kept key is of no use, or the database gives no answer.
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
        let links = Links::new(&keyring, db.clone());
        let uploads = config.uploads.open()?;
        let sessions = sessions::layer(&config.sessions, &keyring, &db).map_err(OpenError::Sessions)?;
        let live = Live::new(db.clone());
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
            live,
            reports: Collector::new(),
            traffic,
            ready,
        })))
    }

    /// The same with other parts, for tests.
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

/// What `/readyz` asks. While the store of the limits is down they count in memory, so it is asked only if the settings say so.
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

/// Why the site cannot be made ready.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The kept key is of no use.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// A former key is of no use.
    #[error("SECRET_KEY_FALLBACKS: {0}")]
    FormerKey(#[from] KeyringError),
    /// No letter could be sent as the settings say.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The database gives no answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Requests cannot be counted as the settings say.
    #[error("RATELIMIT_STORAGE_URI: {0}")]
    RateLimitStore(#[from] StoreError),
    /// Files cannot be kept where the settings say.
    #[error("UPLOAD_FOLDER or UPLOAD_STORE_URI: {0}")]
    Uploads(#[from] UploadsError),
    /// Sessions cannot be kept as the settings say.
    #[error("SESSION_STORE_URI: {0}")]
    Sessions(StoreError),
}
