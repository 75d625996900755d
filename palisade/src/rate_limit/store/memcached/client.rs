//! A client of memcached's text protocol with a pool of connections. It has the commands that
//! counters need.

use std::hash::Hasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siphasher::sip::SipHasher13;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::sync::SemaphorePermit;

use crate::core::circuit_breaker::CircuitBreaker;
use crate::core::server_call::CallGuard;
use crate::core::server_queue::{MAX_WAITING, ServerQueue};
use crate::core::store_reply::StoreError;

/// The name of the store.
pub(super) const NAME: &str = "memcached";
/// The timeout for connecting, and for each answer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The largest number of open connections to a server.
const MAX_CONNECTIONS: usize = 64;
/// The longest value and the longest line that are read. A counter takes a few hundred bytes.
const MAX_LENGTH: usize = 1 << 20;

/// The servers of a store, in the order of the address.
pub(super) struct Servers(Box<[Server]>);

impl Servers {
    pub(super) fn new(uri: &str) -> Result<Self, StoreError> {
        let addresses = uri
            .strip_prefix("memcached://")
            .ok_or_else(|| StoreError::uri("it does not start with memcached://"))?;
        if addresses.starts_with('/') {
            return Ok(Self(Box::new([Server::new(addresses.to_owned())])));
        }
        addresses
            .split(',')
            .map(|address| Ok(Server::new(host_and_port(address)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns the server of a key. Rendezvous hashing: the server with the largest
    /// hash of server and key, so that a new server moves few keys.
    pub(super) fn server_for(&self, key: &str) -> &Server {
        let hash = |server: &Server| {
            let mut hasher = SipHasher13::new();
            hasher.write(server.address.as_bytes());
            hasher.write_u8(0);
            hasher.write(key.as_bytes());
            hasher.finish()
        };
        let mut best = (&self.0[0], hash(&self.0[0]));
        for server in &self.0[1..] {
            let hash = hash(server);
            if hash > best.1 {
                best = (server, hash);
            }
        }
        best.0
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Server> {
        self.0.iter()
    }

    /// Sets the largest number of requests that wait for each server.
    pub(super) fn set_max_waiting(&mut self, max_waiting: usize) {
        for server in &mut self.0 {
            server.queue = ServerQueue::new(NAME, MAX_CONNECTIONS, max_waiting);
        }
    }
}

/// Returns `host:port`, with the default port if there is none.
fn host_and_port(address: &str) -> Result<String, StoreError> {
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        _ => (address, "11211"),
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    match port.parse::<u16>() {
        Ok(port) if !host.is_empty() && (bracketed || named) => Ok(format!("{host}:{port}")),
        _ => {
            Err(StoreError::uri("memcached:// takes host, host:port, or a list of them separated by commas"))
        }
    }
}

/// One server and its idle connections.
pub(super) struct Server {
    address: String,
    idle: Mutex<Vec<BufferedStream>>,
    /// The right to use a connection, open or not.
    pub(super) queue: ServerQueue,
    pub(super) breaker: CircuitBreaker,
}

impl Server {
    fn new(address: String) -> Self {
        let queue = ServerQueue::new(NAME, MAX_CONNECTIONS, MAX_WAITING);
        Self { address, idle: Mutex::default(), queue, breaker: CircuitBreaker::new() }
    }

    /// Returns the value with its CAS token, and the connection for the next command. An idle
    /// connection may be closed; then a new one reads again, which does no harm.
    pub(super) async fn gets<'a>(
        &self,
        permit: SemaphorePermit<'a>,
        key: &str,
    ) -> Result<(Connection<'a>, Found), StoreError> {
        let idle = self.idle().pop();
        if let Some(mut stream) = idle
            && let Ok(found) = gets(&mut stream, key).await
        {
            return Ok((Connection { stream, _permit: permit }, found));
        }
        let mut stream = self.open().await?;
        let found = gets(&mut stream, key).await?;
        Ok((Connection { stream, _permit: permit }, found))
    }

    pub(super) async fn ping(&self, guard: &CallGuard) -> Result<(), StoreError> {
        let permit = self.queue.enter().await?;
        // No caller has this key. Reading it finds a working connection.
        let question = guard.ask(self.gets(permit, "palisade:ping"));
        let (connection, _) = guard.run(&self.breaker, question).await?;
        self.release(connection);
        Ok(())
    }

    pub(super) async fn delete(&self, guard: &CallGuard, key: &str) -> Result<(), StoreError> {
        guard.check(&self.breaker)?;
        let permit = self.queue.enter().await?;
        let deleted = async {
            // Reading first finds a working connection.
            let (mut connection, found) = guard.ask(self.gets(permit, key)).await?;
            if found.is_some() {
                guard.ask(connection.command(format!("delete {key}\r\n").as_bytes())).await?;
            }
            self.release(connection);
            Ok(())
        };
        guard.run(&self.breaker, deleted).await
    }

    /// Returns the connection to the pool. One that is dropped instead is closed.
    pub(super) fn release(&self, connection: Connection<'_>) {
        // The permit is dropped last, so that the next request finds the connection.
        let Connection { stream, _permit } = connection;
        self.idle().push(stream);
    }

    async fn open(&self) -> Result<BufferedStream, StoreError> {
        let opened = tokio::time::timeout(TIMEOUT, self.stream()).await;
        let stream = opened.map_err(|_| down("no connection could be opened within a second"))?;
        stream.map(BufReader::new).map_err(|error| down(&error.to_string()))
    }

    async fn stream(&self) -> std::io::Result<Box<dyn Stream>> {
        #[cfg(unix)]
        if self.address.starts_with('/') {
            return Ok(Box::new(UnixStream::connect(&self.address).await?));
        }
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<BufferedStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A value with its CAS token; `None` if the key has no value.
pub(super) type Found = Option<(String, u64)>;

/// A connection with its read buffer.
type BufferedStream = BufReader<Box<dyn Stream>>;

/// A connection in use, with its permit.
pub(super) struct Connection<'a> {
    stream: BufferedStream,
    _permit: SemaphorePermit<'a>,
}

impl Connection<'_> {
    pub(super) async fn gets(&mut self, key: &str) -> Result<Found, StoreError> {
        gets(&mut self.stream, key).await
    }

    /// Writes the value if it is still the one with this CAS token, or still absent. Returns
    /// `false` if it has changed.
    pub(super) async fn store(
        &mut self,
        key: &str,
        value: &str,
        expiry: u64,
        cas_token: Option<u64>,
    ) -> Result<bool, StoreError> {
        let length = value.len();
        let request = match cas_token {
            Some(token) => format!("cas {key} 0 {expiry} {length} {token}\r\n{value}\r\n"),
            None => format!("add {key} 0 {expiry} {length}\r\n{value}\r\n"),
        };
        match self.command(request.as_bytes()).await?.as_str() {
            "STORED" => Ok(true),
            "EXISTS" | "NOT_FOUND" | "NOT_STORED" => Ok(false),
            other => Err(down(other)),
        }
    }

    async fn command(&mut self, request: &[u8]) -> Result<String, StoreError> {
        command(&mut self.stream, request).await
    }
}

async fn gets(stream: &mut BufferedStream, key: &str) -> Result<Found, StoreError> {
    let line = command(stream, format!("gets {key}\r\n").as_bytes()).await?;
    if line == "END" {
        return Ok(None);
    }
    let mut words = line.split(' ').skip(3).map(str::parse);
    let (Some(Ok(length)), Some(Ok(token))) = (words.next(), words.next()) else {
        return Err(down(&line));
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MAX_LENGTH {
        return Err(down(
            "a value is longer than 1 MiB; another program writes keys that start with palisade:",
        ));
    }
    let mut value = vec![0; length + b"\r\nEND\r\n".len()];
    with_timeout(stream.read_exact(&mut value)).await?;
    value.truncate(length);
    let text = String::from_utf8(value)
        .map_err(|_| down("a value is not text; another program writes keys that start with palisade:"))?;
    Ok(Some((text, token)))
}

/// Sends a command and returns the first line of the answer.
async fn command(stream: &mut BufferedStream, request: &[u8]) -> Result<String, StoreError> {
    with_timeout(stream.get_mut().write_all(request)).await?;
    let line = with_timeout(line(stream)).await?;
    // Only the first word is memcached's. A key may follow, and a caller may be called `ERROR`.
    match line.split(' ').next() {
        None | Some("") => Err(down("the connection was closed")),
        Some("ERROR" | "CLIENT_ERROR" | "SERVER_ERROR") => Err(down(&line)),
        Some(_) => Ok(line),
    }
}

async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<String> {
    let mut line = String::new();
    stream.take(MAX_LENGTH as u64).read_line(&mut line).await?;
    line.truncate(line.trim_end().len());
    Ok(line)
}

async fn with_timeout<T>(answer: impl Future<Output = std::io::Result<T>>) -> Result<T, StoreError> {
    tokio::time::timeout(TIMEOUT, answer)
        .await
        .map_err(|_| down("no answer came within a second"))?
        .map_err(|error| down(&error.to_string()))
}

pub(super) fn down(reason: &str) -> StoreError {
    StoreError::Down { store: NAME, reason: reason.to_owned() }
}
