//! The servers of a Redis address, and how a connection to them is opened.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisResult, TlsCertificates, TlsMode,
};

use crate::core::store_reply::StoreError;

/// The timeout for opening a connection, and for each reply.
pub(crate) const REPLY_TIMEOUT: Duration = Duration::from_secs(1);

/// The servers, by the way in which they are found.
pub(crate) enum RedisServers {
    Single(Client),
    Sentinel(tokio::sync::Mutex<SentinelClient>),
    Cluster(ClusterClient),
}

/// An open connection, shared by concurrent commands.
#[derive(Clone)]
pub(crate) enum OpenConnection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl RedisServers {
    /// Parses the address.
    pub(crate) fn parse(uri: &str) -> Result<Self, StoreError> {
        parse(uri)
    }

    pub(crate) async fn connect(&self) -> RedisResult<OpenConnection> {
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
fn parse(uri: &str) -> Result<RedisServers, StoreError> {
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
