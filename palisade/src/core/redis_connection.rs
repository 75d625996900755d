//! The connection of the Redis stores: opened on first use, and replaced when it fails or gets no
//! replies. Several stores may share it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use redis::{FromRedisValue, RedisError, RedisResult, ScriptInvocation};

use crate::core::circuit_breaker::CircuitBreaker;
use crate::core::namespace::Namespace;
use crate::core::redis_servers::{OpenConnection, REPLY_TIMEOUT, RedisServers};
use crate::core::server_call::CallGuard;
use crate::core::server_queue::{MAX_WAITING, ServerQueue};
use crate::core::store_reply::StoreError;

/// A connection to Redis or Valkey that several stores share. Clones refer to one connection.
///
/// ```
/// use palisade::rate_limit::store::{RedisConnection, RedisStore, StoreError};
/// use palisade::session::store::RedisSessions;
///
/// let redis = RedisConnection::new("redis://localhost:6379/0?namespace=forum")?; // or `.namespace("forum")?`
/// let (counters, sessions) = (RedisStore::on(&redis)?, RedisSessions::on(&redis)?);
///
/// let unnamed = RedisConnection::new("redis://localhost:6379/0")?;
/// assert!(matches!(RedisStore::on(&unnamed), Err(StoreError::Namespace(_))));
/// # Ok::<(), StoreError>(())
/// ```
///
/// The connection opens at the first use. One that fails or falls silent is dropped, and the next
/// request opens another. The stores on a connection share its circuit breaker: a server that gives
/// no answers to one of them is not asked by the others.
///
/// At most 128 questions are underway at once, and at most 4,096 requests wait in this program to
/// send theirs, for a second at most. One more is [`StoreError::QueueFull`], which is no outage: the
/// circuit breaker stays closed. The [module page](crate::rate_limit::store::redis#addresses) lists the
/// addresses.
#[derive(Clone)]
pub struct RedisConnection {
    link: Arc<RedisLink>,
    namespace: Option<Namespace>,
}

impl RedisConnection {
    /// Makes a connection for this address. It opens at the first use.
    ///
    /// # Errors
    ///
    /// [`StoreError::Uri`] or [`StoreError::Namespace`] if the address or its namespace is invalid.
    pub fn new(uri: &str) -> Result<Self, StoreError> {
        let (uri, namespace) = Namespace::take_from(uri)?;
        Ok(Self { link: Arc::new(RedisLink::new(&uri)?), namespace })
    }

    /// Sets the namespace of the stores on this connection: a part of every key. Each site on a
    /// server has one of its own. `?namespace=…` in the address says the same.
    ///
    /// # Errors
    ///
    /// [`StoreError::Namespace`] unless the name is 1 to 40 letters, digits, `-`, `_` or `.`.
    pub fn namespace(self, name: &str) -> Result<Self, StoreError> {
        Ok(Self { namespace: Some(Namespace::new(name)?), ..self })
    }

    /// Returns the connection and the namespace, for a store.
    pub(crate) fn parts(&self) -> Result<(Arc<RedisLink>, Namespace), StoreError> {
        Ok((Arc::clone(&self.link), Namespace::required(self.namespace.clone())?))
    }
}

impl fmt::Debug for RedisConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConnection").finish_non_exhaustive()
    }
}

/// The largest number of questions underway. The server answers 100,000 in a second, so the last of
/// them waits 2 ms there, far from the timeout.
const MAX_UNDERWAY: usize = 128;

/// The connection itself, which opens and replaces itself.
pub(crate) struct RedisLink {
    servers: RedisServers,
    queue: ServerQueue,
    pub(crate) breaker: CircuitBreaker,
    /// The open connection, with the number of the attempt that opened it.
    open: Mutex<Option<(u64, OpenConnection)>>,
    /// Locked while a connection is opened, so that concurrent requests open only one.
    opening: tokio::sync::Mutex<()>,
    attempts: AtomicU64,
    /// The time of the last reply, in milliseconds since `started`.
    last_reply: AtomicU64,
    started: Instant,
}

impl RedisLink {
    fn new(uri: &str) -> Result<Self, StoreError> {
        Ok(Self {
            servers: RedisServers::parse(uri)?,
            queue: ServerQueue::new("redis", MAX_UNDERWAY, MAX_WAITING),
            breaker: CircuitBreaker::new(),
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
        guard: &CallGuard,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.guarded(guard, self.invoke(script)).await
    }

    /// Runs a script with the questions of several callers, each of which is [guarded](Self::guarded).
    pub(crate) async fn invoke<T: FromRedisValue>(
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
    pub(crate) async fn ping(self: &Arc<Self>, guard: &CallGuard) -> Result<(), StoreError> {
        let ping = redis::cmd("PING");
        self.ask(guard, async |connection| match connection {
            OpenConnection::Single(single) => ping.query_async(single).await,
            OpenConnection::Cluster(cluster) => ping.query_async(cluster).await,
        })
        .await
    }

    /// Waits until few enough questions are underway, and then asks this one.
    pub(crate) async fn ask<T>(
        self: &Arc<Self>,
        guard: &CallGuard,
        question: impl AsyncFnOnce(&mut OpenConnection) -> RedisResult<T>,
    ) -> Result<T, StoreError> {
        self.guarded(guard, self.run(question)).await
    }

    /// Waits until few enough questions are underway, and then for the reply to this one.
    pub(crate) async fn guarded<T>(
        &self,
        guard: &CallGuard,
        reply: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        guard.check(&self.breaker)?;
        let _permit = self.queue.enter().await?;
        guard.run(&self.breaker, guard.ask(self.watched(reply))).await
    }

    /// Returns `true` if the keys are spread over several servers.
    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self.servers, RedisServers::Cluster(_))
    }

    /// Waits for a reply. Discards the connection if the caller goes while the server is silent.
    async fn watched<T>(&self, reply: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let mut pending = PendingCommand { connection: self, sent: self.elapsed_millis(), finished: false };
        let reply = reply.await;
        pending.finished = true;
        reply
    }

    /// Runs a command on the open connection, and discards that connection if it is lost.
    async fn run<T>(
        self: &Arc<Self>,
        command: impl AsyncFnOnce(&mut OpenConnection) -> RedisResult<T>,
    ) -> Result<T, StoreError> {
        let (number, mut connection) = self.connection().await?;
        match command(&mut connection).await {
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
    connection: &'a RedisLink,
    sent: u64,
    finished: bool,
}

impl Drop for PendingCommand<'_> {
    fn drop(&mut self) {
        let last_reply = self.connection.last_reply.load(Ordering::Relaxed);
        if !self.finished && self.connection.is_silent() && last_reply < self.sent {
            // A connection that was opened since then would count as a reply.
            self.connection.discard(self.connection.attempts.load(Ordering::SeqCst));
        }
    }
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

pub(crate) fn unavailable(reason: &str) -> StoreError {
    StoreError::Down { store: "redis", reason: reason.to_owned() }
}
