//! The connection of the Redis stores: opened on first use, and replaced when it fails or gets no
//! replies.

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

/// The timeout for opening a connection, and for each reply.
const REPLY_TIMEOUT: Duration = Duration::from_secs(1);

/// The servers, by the way in which they are found.
enum RedisServers {
    Single(Client),
    Sentinel(tokio::sync::Mutex<SentinelClient>),
    Cluster(ClusterClient),
}

/// An open connection, shared by concurrent commands.
#[derive(Clone)]
enum OpenConnection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// The connection of a store, which opens and replaces itself.
pub(crate) struct RedisConnection {
    servers: RedisServers,
    /// The open connection, with the number of the attempt that opened it.
    open: Mutex<Option<(u64, OpenConnection)>>,
    /// Locked while a connection is opened, so that concurrent requests open only one.
    opening: tokio::sync::Mutex<()>,
    attempts: AtomicU64,
    /// The time of the last reply, in milliseconds since `started`.
    last_reply: AtomicU64,
    started: Instant,
}

impl RedisConnection {
    pub(crate) fn new(uri: &str) -> Result<Self, StoreError> {
        Ok(Self {
            servers: parse_uri(uri)?,
            open: Mutex::default(),
            opening: Default::default(),
            attempts: AtomicU64::new(0),
            last_reply: AtomicU64::new(0),
            started: Instant::now(),
        })
    }

    /// Runs a script.
    pub(crate) async fn call<T: FromRedisValue>(
        self: &Arc<Self>,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.run(async |connection| match connection {
            OpenConnection::Single(single) => script.invoke_async(single).await,
            OpenConnection::Cluster(cluster) => script.invoke_async(cluster).await,
        })
        .await
    }

    #[cfg(feature = "rate-limit")]
    pub(crate) async fn ping(self: &Arc<Self>) -> Result<(), StoreError> {
        let ping = redis::cmd("PING");
        self.run(async |connection| match connection {
            OpenConnection::Single(single) => ping.query_async(single).await,
            OpenConnection::Cluster(cluster) => ping.query_async(cluster).await,
        })
        .await
    }

    /// Runs a command on the open connection, and discards that connection if it is lost.
    async fn run<T>(
        self: &Arc<Self>,
        command: impl AsyncFnOnce(&mut OpenConnection) -> RedisResult<T>,
    ) -> Result<T, StoreError> {
        let (number, mut connection) = self.connection().await?;
        let mut pending =
            PendingCommand { connection: self, number, sent: self.elapsed_millis(), finished: false };
        let reply = command(&mut connection).await;
        pending.finished = true;
        match reply {
            Ok(reply) => {
                self.last_reply.store(self.elapsed_millis(), Ordering::Relaxed);
                Ok(reply)
            }
            Err(error) => {
                // A cluster's connection reconnects to a lost server by itself, and still reaches
                // the others.
                let is_cluster = matches!(connection, OpenConnection::Cluster(_));
                if is_lost(&error) && (!is_cluster || self.is_silent()) {
                    self.discard(number);
                }
                Err(down(&error))
            }
        }
    }

    async fn connection(self: &Arc<Self>) -> Result<(u64, OpenConnection), StoreError> {
        if let Some(open) = self.opened() {
            return Ok(open);
        }
        // In its own task: the caller may be dropped before the connection is open.
        let this = Arc::clone(self);
        let opened = tokio::spawn(async move { this.connect().await }).await;
        opened.unwrap_or_else(|_| Err(unavailable("the program is stopping")))
    }

    async fn connect(&self) -> Result<(u64, OpenConnection), StoreError> {
        let before = self.attempts.load(Ordering::SeqCst);
        let _opening = self.opening.lock().await;
        if let Some(open) = self.opened() {
            return Ok(open);
        }
        if self.attempts.load(Ordering::SeqCst) != before {
            return Err(unavailable("another request has just failed to open a connection"));
        }
        let number = before + 1;
        let opened = tokio::time::timeout(REPLY_TIMEOUT, self.servers.connect()).await;
        self.attempts.store(number, Ordering::SeqCst);
        let connection = opened
            .map_err(|_| unavailable("no connection could be opened within a second"))?
            .map_err(|error| down(&error))?;
        self.last_reply.store(self.elapsed_millis(), Ordering::Relaxed);
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, connection.clone()));
        Ok((number, connection))
    }

    fn opened(&self) -> Option<(u64, OpenConnection)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Discards this connection, unless it has been replaced already.
    fn discard(&self, number: u64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_some_and(|(opened, _)| *opened == number) {
            *open = None;
        }
    }

    /// Returns `true` if no command has got a reply within the timeout.
    fn is_silent(&self) -> bool {
        let silence = self.elapsed_millis().saturating_sub(self.last_reply.load(Ordering::Relaxed));
        silence > REPLY_TIMEOUT.as_millis() as u64
    }

    fn elapsed_millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A command without a reply yet. If its caller is dropped while the server is silent, the
/// connection is discarded: a network that loses every packet reports no error.
struct PendingCommand<'a> {
    connection: &'a RedisConnection,
    number: u64,
    sent: u64,
    finished: bool,
}

impl Drop for PendingCommand<'_> {
    fn drop(&mut self) {
        let last_reply = self.connection.last_reply.load(Ordering::Relaxed);
        if !self.finished && self.connection.is_silent() && last_reply < self.sent {
            self.connection.discard(self.number);
        }
    }
}

impl RedisServers {
    async fn connect(&self) -> RedisResult<OpenConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(REPLY_TIMEOUT))
            .set_response_timeout(Some(REPLY_TIMEOUT));
        match self {
            Self::Single(client) => {
                client.get_multiplexed_async_connection_with_config(&config).await.map(OpenConnection::Single)
            }
            Self::Sentinel(client) => client
                .lock()
                .await
                .get_async_connection_with_config(&config)
                .await
                .map(OpenConnection::Single),
            Self::Cluster(client) => client.get_async_connection().await.map(OpenConnection::Cluster),
        }
    }
}

/// Parses the address. No error repeats it, since it may contain a password.
fn parse_uri(uri: &str) -> Result<RedisServers, StoreError> {
    let (scheme, rest) = uri.split_once("://").ok_or_else(|| StoreError::uri("it has no `://`"))?;
    let scheme = scheme.replace("valkeys", "rediss").replace("valkey", "redis");
    let parse_one =
        |text: String| text.into_connection_info().map_err(|error| StoreError::uri(error.category()));
    let (base, transport) = scheme.split_once('+').unwrap_or((&scheme, ""));
    let tls = match base {
        "redis" => false,
        "rediss" => true,
        _ => {
            return Err(StoreError::uri(format!("`{base}` is not a scheme of Redis: write redis or rediss")));
        }
    };
    let (login, addresses) = match rest.rsplit_once('@') {
        Some((login, addresses)) => (format!("{login}@"), addresses),
        None => (String::new(), rest),
    };
    if rest.contains('#') {
        return Err(StoreError::uri(
            "it contains a `#`: write %23 in a password, and ?ca= for the file of a private CA",
        ));
    }
    let (addresses, query) = addresses.split_once('?').unwrap_or((addresses, ""));
    let (hosts, path) = addresses.split_once('/').unwrap_or((addresses, ""));
    let ca = private_ca(query, tls)?;
    if tls && rustls::crypto::CryptoProvider::get_default().is_none() {
        // rustls cannot choose in a program with two providers. One that the program has set
        // stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let opened = match (transport, ca) {
        ("", Some(ca)) => {
            Client::build_with_tls(parse_one(format!("{base}://{rest}"))?, ca).map(RedisServers::Single)
        }
        ("", None) => Client::open(parse_one(format!("{base}://{rest}"))?).map(RedisServers::Single),
        ("unix", _) if !tls => {
            Client::open(parse_one(format!("redis+unix://{rest}"))?).map(RedisServers::Single)
        }
        ("cluster", ca) => {
            let nodes: Result<Vec<_>, _> =
                hosts.split(',').map(|host| parse_one(format!("{base}://{login}{host}"))).collect();
            let builder = ClusterClient::builder(nodes?);
            let builder = if let Some(ca) = ca { builder.certs(ca) } else { builder };
            builder
                .connection_timeout(REPLY_TIMEOUT)
                .response_timeout(REPLY_TIMEOUT)
                .retries(2)
                .build()
                .map(RedisServers::Cluster)
        }
        ("sentinel", ca) => {
            let (name, database) = path.split_once('/').unwrap_or((path, "0"));
            if name.is_empty() {
                return Err(StoreError::uri(
                    "the name of the primary is missing: write it after the sentinels",
                ));
            }
            let settings = parse_one(format!("{base}://{login}localhost/{database}"))?;
            let sentinels: Result<Vec<ConnectionAddr>, _> = hosts
                .split(',')
                .map(|host| {
                    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
                    let address = if has_port { host.to_owned() } else { format!("{host}:26379") };
                    Ok(parse_one(format!("redis://{address}"))?.addr().clone())
                })
                .collect();
            let tls = tls.then_some(ca);
            sentinel(sentinels?, name, &settings, tls).map(|client| RedisServers::Sentinel(client.into()))
        }
        ("unix", _) => {
            return Err(StoreError::uri("a unix socket has no TLS: write redis+unix://"));
        }
        _ => {
            return Err(StoreError::uri(format!(
                "`{transport}` is not a way to connect: write unix, sentinel or cluster"
            )));
        }
    };
    opened.map_err(|error| StoreError::uri(error.category()))
}

/// Reads the CA file that `?ca=` names. The servers' certificates must then come from that CA.
fn private_ca(query: &str, tls: bool) -> Result<Option<TlsCertificates>, StoreError> {
    let parsed = redis::parse_redis_url(&format!("redis://localhost/?{query}"));
    let path = parsed.and_then(|url| Some(url.query_pairs().find(|(name, _)| name == "ca")?.1.into_owned()));
    let Some(path) = path else { return Ok(None) };
    if !tls {
        return Err(StoreError::uri("?ca= needs TLS: write rediss:// instead of redis://"));
    }
    let pem = std::fs::read(&path)
        .map_err(|error| StoreError::uri(format!("the file of ?ca= cannot be read: {error}")))?;
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(StoreError::uri("the file of ?ca= contains no certificate: write it in PEM"));
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
    if let Some(ca) = tls {
        builder = builder.set_client_to_redis_tls_mode(TlsMode::Secure);
        if let Some(ca) = ca {
            builder = builder.set_client_to_redis_certificates(ca);
        }
    }
    builder.build()
}

/// Returns `true` if a new connection may help: this one is closed or silent, or leads to a
/// server that accepts no writes.
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

fn unavailable(reason: &str) -> StoreError {
    StoreError::Down { store: "redis", reason: reason.to_owned() }
}
