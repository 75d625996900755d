//! The connection of the Redis store: opened when it is wanted, given up when it fails or falls silent.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, FromRedisValue, IntoConnectionInfo, RedisError,
    RedisResult, ScriptInvocation, TlsCertificates, TlsMode,
};

use crate::core::store_reply::StoreError;

/// How long a connection may take to open, and an answer to come.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the servers are.
enum Source {
    One(Client),
    Sentinel(tokio::sync::Mutex<SentinelClient>),
    Cluster(ClusterClient),
}

#[derive(Clone)]
enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// The one connection of a store.
pub(crate) struct Link {
    source: Source,
    open: Mutex<Option<(u64, Connection)>>,
    /// Whoever opens a connection holds this, so that one is opened and not one for each request.
    opening: tokio::sync::Mutex<()>,
    attempts: AtomicU64,
    /// When the server last spoke, in milliseconds since `since`.
    heard: AtomicU64,
    since: Instant,
}

impl Link {
    pub(crate) fn new(uri: &str) -> Result<Self, StoreError> {
        let since = Instant::now();
        let (attempts, heard) = (AtomicU64::new(0), AtomicU64::new(0));
        Ok(Self {
            source: source(uri)?,
            open: Mutex::default(),
            opening: Default::default(),
            attempts,
            heard,
            since,
        })
    }

    /// Runs the script.
    pub(crate) async fn call<T: FromRedisValue>(
        self: &Arc<Self>,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.with(async |connection| match connection {
            Connection::One(one) => call.invoke_async(one).await,
            Connection::Cluster(cluster) => call.invoke_async(cluster).await,
        })
        .await
    }

    pub(crate) async fn ping(self: &Arc<Self>) -> Result<(), StoreError> {
        let ping = redis::cmd("PING");
        self.with(async |connection| match connection {
            Connection::One(one) => ping.query_async(one).await,
            Connection::Cluster(cluster) => ping.query_async(cluster).await,
        })
        .await
    }

    async fn with<T>(
        self: &Arc<Self>,
        ask: impl AsyncFnOnce(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, StoreError> {
        let (number, mut connection) = self.connection().await?;
        let mut unanswered = Unanswered { link: self, number, asked: self.clock(), answered: false };
        let answer = ask(&mut connection).await;
        unanswered.answered = true;
        match answer {
            Ok(answer) => {
                self.heard.store(self.clock(), Ordering::Relaxed);
                Ok(answer)
            }
            Err(error) => {
                // A cluster's connection is many: it mends itself where one server is lost, and serves the others meanwhile.
                let many = matches!(connection, Connection::Cluster(_));
                if is_lost(&error) && (!many || self.is_silent()) {
                    self.give_up(number);
                }
                Err(down(&error))
            }
        }
    }

    async fn connection(self: &Arc<Self>) -> Result<(u64, Connection), StoreError> {
        if let Some(open) = self.opened() {
            return Ok(open);
        }
        // On a task of its own: whoever waits may lose patience sooner than a connection opens.
        let link = Arc::clone(self);
        let opened = tokio::spawn(async move { link.connect().await }).await;
        opened.unwrap_or_else(|_| Err(unanswered("the program is stopping")))
    }

    async fn connect(&self) -> Result<(u64, Connection), StoreError> {
        let before = self.attempts.load(Ordering::SeqCst);
        let _turn = self.opening.lock().await;
        if let Some(open) = self.opened() {
            return Ok(open);
        }
        if self.attempts.load(Ordering::SeqCst) != before {
            return Err(unanswered("a connection could not be opened just now"));
        }
        let number = before + 1;
        let opened = tokio::time::timeout(PATIENCE, self.source.connect()).await;
        self.attempts.store(number, Ordering::SeqCst);
        let connection = opened
            .map_err(|_| unanswered("no connection could be opened within a second"))?
            .map_err(|error| down(&error))?;
        self.heard.store(self.clock(), Ordering::Relaxed);
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, connection.clone()));
        Ok((number, connection))
    }

    fn opened(&self) -> Option<(u64, Connection)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets go of this connection, unless there is another already.
    fn give_up(&self, number: u64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_some_and(|(opened, _)| *opened == number) {
            *open = None;
        }
    }

    /// Whether the server has not spoken to anybody for a while.
    fn is_silent(&self) -> bool {
        self.clock().saturating_sub(self.heard.load(Ordering::Relaxed)) > PATIENCE.as_millis() as u64
    }

    fn clock(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A question that nobody waits for any longer. When the server has not spoken to anybody for a while either, the
/// connection is taken for dead: a network that swallows everything reports no error.
struct Unanswered<'a> {
    link: &'a Link,
    number: u64,
    asked: u64,
    answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        let heard = self.link.heard.load(Ordering::Relaxed);
        if !self.answered && self.link.is_silent() && heard < self.asked {
            self.link.give_up(self.number);
        }
    }
}

impl Source {
    async fn connect(&self) -> RedisResult<Connection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        match self {
            Self::One(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(Connection::One)
            }
            Self::Sentinel(client) => {
                client.lock().await.get_async_connection_with_config(&config).await.map(Connection::One)
            }
            Self::Cluster(client) => client.get_async_connection().await.map(Connection::Cluster),
        }
    }
}

/// Reads the address; no message repeats it, since it may hold a password.
fn source(uri: &str) -> Result<Source, StoreError> {
    let (scheme, rest) = uri.split_once("://").ok_or_else(|| StoreError::uri("it has no `://`"))?;
    let scheme = scheme.replace("valkeys", "rediss").replace("valkey", "redis");
    let one = |text: String| text.into_connection_info().map_err(|error| StoreError::uri(error.category()));
    let (base, kind) = scheme.split_once('+').unwrap_or((&scheme, ""));
    let tls = match base {
        "redis" => false,
        "rediss" => true,
        _ => return Err(StoreError::uri(format!("`{base}` is no scheme of Redis"))),
    };
    let (login, places) = match rest.rsplit_once('@') {
        Some((login, places)) => (format!("{login}@"), places),
        None => (String::new(), rest),
    };
    if rest.contains('#') {
        return Err(StoreError::uri(
            "nothing follows a `#`; in a password write %23, for a CA of your own ?ca=",
        ));
    }
    let (places, query) = places.split_once('?').unwrap_or((places, ""));
    let (hosts, path) = places.split_once('/').unwrap_or((places, ""));
    let trusted = trusted(query, tls)?;
    if tls && rustls::crypto::CryptoProvider::get_default().is_none() {
        // rustls cannot choose by itself in a program that has two of them. Whoever was first stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let opened = match (kind, trusted) {
        ("", Some(trusted)) => {
            Client::build_with_tls(one(format!("{base}://{rest}"))?, trusted).map(Source::One)
        }
        ("", None) => Client::open(one(format!("{base}://{rest}"))?).map(Source::One),
        ("unix", _) if !tls => Client::open(one(format!("redis+unix://{rest}"))?).map(Source::One),
        ("cluster", trusted) => {
            let nodes: Result<Vec<_>, _> =
                hosts.split(',').map(|host| one(format!("{base}://{login}{host}"))).collect();
            let builder = ClusterClient::builder(nodes?);
            let builder = if let Some(trusted) = trusted { builder.certs(trusted) } else { builder };
            builder
                .connection_timeout(PATIENCE)
                .response_timeout(PATIENCE)
                .retries(2)
                .build()
                .map(Source::Cluster)
        }
        ("sentinel", trusted) => {
            let (name, database) = path.split_once('/').unwrap_or((path, "0"));
            if name.is_empty() {
                return Err(StoreError::uri("the name of the master is missing after the sentinels"));
            }
            let settings = one(format!("{base}://{login}localhost/{database}"))?;
            let sentinels: Result<Vec<ConnectionAddr>, _> = hosts
                .split(',')
                .map(|host| {
                    let port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
                    let place = if port { host.to_owned() } else { format!("{host}:26379") };
                    Ok(one(format!("redis://{place}"))?.addr().clone())
                })
                .collect();
            let tls = tls.then_some(trusted);
            sentinel(sentinels?, name, &settings, tls).map(|client| Source::Sentinel(client.into()))
        }
        ("unix", _) => {
            return Err(StoreError::uri("a socket on this machine has no TLS; write redis+unix://"));
        }
        _ => return Err(StoreError::uri(format!("`{kind}` is none of unix, sentinel, cluster"))),
    };
    opened.map_err(|error| StoreError::uri(error.category()))
}

/// Whom `ca=` of the query says to believe; nobody else then.
fn trusted(query: &str, tls: bool) -> Result<Option<TlsCertificates>, StoreError> {
    let read = redis::parse_redis_url(&format!("redis://localhost/?{query}"));
    let path = read.and_then(|url| Some(url.query_pairs().find(|(name, _)| name == "ca")?.1.into_owned()));
    let Some(path) = path else { return Ok(None) };
    if !tls {
        return Err(StoreError::uri("?ca= is for TLS; write rediss:// before it"));
    }
    let pem = std::fs::read(&path)
        .map_err(|error| StoreError::uri(format!("the file of ?ca= cannot be read: {error}")))?;
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(StoreError::uri("the file of ?ca= has no certificate in it; it wants PEM"));
    }
    Ok(Some(TlsCertificates { client_tls: None, root_cert: Some(pem) }))
}

fn sentinel(
    sentinels: Vec<ConnectionAddr>,
    name: &str,
    settings: &redis::ConnectionInfo,
    tls: Option<Option<TlsCertificates>>,
) -> RedisResult<SentinelClient> {
    let settings = settings.redis_settings();
    let mut builder = SentinelClientBuilder::new(sentinels, name, SentinelServerType::Master)?
        .set_client_to_redis_db(settings.db());
    if let Some(user) = settings.username() {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = settings.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if let Some(trusted) = tls {
        builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
        if let Some(trusted) = trusted {
            builder = builder.set_client_to_redis_certificates(trusted);
        }
    }
    builder.build()
}

/// Whether another connection may do better: this one is gone, silent, or leads to a server that only reads.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_unrecoverable_error()
        || matches!(error.code(), Some("READONLY" | "LOADING" | "MASTERDOWN"))
}

pub(crate) fn down(error: &RedisError) -> StoreError {
    StoreError::Down { store: "redis", reason: error.to_string() }
}

fn unanswered(reason: &str) -> StoreError {
    StoreError::Down { store: "redis", reason: reason.to_owned() }
}
