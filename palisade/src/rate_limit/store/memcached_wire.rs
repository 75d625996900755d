//! memcached's text protocol, as much of it as counting needs, over a few connections that are kept.

use std::hash::Hasher;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use siphasher::sip::SipHasher13;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::core::store_reply::StoreError;

/// How long a connection may take to open, and an answer to come.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many connections to a server are open at once.
const CONNECTIONS: usize = 64;
/// The longest value and the longest line that are read; ours are a few hundred bytes.
const LONGEST: usize = 1 << 20;

/// The servers of a store, in the order they were written.
pub(super) struct Servers(Box<[Server]>);

impl Servers {
    pub(super) fn new(uri: &str) -> Result<Self, StoreError> {
        let places = uri
            .strip_prefix("memcached://")
            .ok_or_else(|| StoreError::uri("it does not begin with memcached://"))?;
        if places.starts_with('/') {
            return Ok(Self(Box::new([Server::new(places.to_owned())])));
        }
        places.split(',').map(|place| Ok(Server::new(host(place)?))).collect::<Result<_, _>>().map(Self)
    }

    /// Whose key this is: of all servers the one whose hash with it is largest, so that adding one moves few keys. And the
    /// hash.
    pub(super) fn of(&self, key: &str) -> (&Server, u64) {
        let hash = |server: &Server| {
            let mut hasher = SipHasher13::new();
            hasher.write(server.place.as_bytes());
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
        best
    }

    /// Whether all of them answer.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        for server in &self.0 {
            server.ping().await?;
        }
        Ok(())
    }
}

/// `host:port`, of which the port may be missing.
fn host(place: &str) -> Result<String, StoreError> {
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        _ => (place, "11211"),
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let named = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    match port.parse::<u16>() {
        Ok(port) if !host.is_empty() && (bracketed || named) => Ok(format!("{host}:{port}")),
        _ => Err(StoreError::uri("memcached:// wants host, host:port, or several with commas between")),
    }
}

/// One server and its connections that nobody uses just now.
pub(super) struct Server {
    place: String,
    idle: Mutex<Vec<BufferedStream>>,
    permits: std::sync::Arc<Semaphore>,
}

impl Server {
    fn new(place: String) -> Self {
        Self { place, idle: Mutex::default(), permits: std::sync::Arc::new(Semaphore::new(CONNECTIONS)) }
    }

    /// The value and its mark, and the connection for the next word. A connection that was kept may have died since, so
    /// its failure is no answer: reading twice does no harm.
    pub(super) async fn gets(&self, key: &str) -> Result<(Connection, Found), StoreError> {
        let permit = self.permit().await?;
        let kept = self.idle().pop();
        if let Some(mut stream) = kept
            && let Ok(found) = gets(&mut stream, key).await
        {
            return Ok((Connection { stream, _permit: permit }, found));
        }
        let mut stream = self.open().await?;
        let found = gets(&mut stream, key).await?;
        Ok((Connection { stream, _permit: permit }, found))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // Nobody's key, for a connection that lives.
        let (connection, _) = self.gets("palisade:ping").await?;
        self.give_back(connection);
        Ok(())
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), StoreError> {
        // Read first, for a connection that lives.
        let (mut connection, found) = self.gets(key).await?;
        if found.is_some() {
            connection.ask(format!("delete {key}\r\n").as_bytes()).await?;
        }
        self.give_back(connection);
        Ok(())
    }

    /// Keeps the connection for the next one who asks. One that is not given back is closed.
    pub(super) fn give_back(&self, connection: Connection) {
        // The permit goes last: whoever waits for it shall find the connection.
        let Connection { stream, _permit } = connection;
        self.idle().push(stream);
    }

    /// The right to one of the connections, whether it is open already or not.
    async fn permit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let permit = std::sync::Arc::clone(&self.permits).acquire_owned();
        tokio::time::timeout(PATIENCE, permit)
            .await
            .map_err(|_| down("no connection was free within a second"))?
            .map_err(|_| down("the store is closed"))
    }

    async fn open(&self) -> Result<BufferedStream, StoreError> {
        let opened = tokio::time::timeout(PATIENCE, self.stream()).await;
        let stream = opened.map_err(|_| down("no connection could be opened within a second"))?;
        stream.map(BufReader::new).map_err(|error| down(&error.to_string()))
    }

    async fn stream(&self) -> std::io::Result<Box<dyn Stream>> {
        #[cfg(unix)]
        if self.place.starts_with('/') {
            return Ok(Box::new(UnixStream::connect(&self.place).await?));
        }
        let stream = TcpStream::connect(&self.place).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<BufferedStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A value and the mark by which memcached knows it.
pub(super) type Found = Option<(String, u64)>;

/// A connection that waits to be used.
type BufferedStream = BufReader<Box<dyn Stream>>;

/// A connection that is in use.
pub(super) struct Connection {
    stream: BufferedStream,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    pub(super) async fn gets(&mut self, key: &str) -> Result<Found, StoreError> {
        gets(&mut self.stream, key).await
    }

    /// Writes the value if it is still the one with this mark, or still absent; says whether it was.
    pub(super) async fn store(
        &mut self,
        key: &str,
        value: &str,
        lifetime: u64,
        unique: Option<u64>,
    ) -> Result<bool, StoreError> {
        let length = value.len();
        let request = match unique {
            Some(unique) => format!("cas {key} 0 {lifetime} {length} {unique}\r\n{value}\r\n"),
            None => format!("add {key} 0 {lifetime} {length}\r\n{value}\r\n"),
        };
        match self.ask(request.as_bytes()).await?.as_str() {
            "STORED" => Ok(true),
            "EXISTS" | "NOT_FOUND" | "NOT_STORED" => Ok(false),
            other => Err(down(other)),
        }
    }

    async fn ask(&mut self, request: &[u8]) -> Result<String, StoreError> {
        ask(&mut self.stream, request).await
    }
}

async fn gets(stream: &mut BufferedStream, key: &str) -> Result<Found, StoreError> {
    let line = ask(stream, format!("gets {key}\r\n").as_bytes()).await?;
    if line == "END" {
        return Ok(None);
    }
    let mut words = line.split(' ').skip(3).map(str::parse);
    let (Some(Ok(length)), Some(Ok(unique))) = (words.next(), words.next()) else {
        return Err(down(&line));
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(down("a value is far too long to be one of ours"));
    }
    let mut value = vec![0; length + b"\r\nEND\r\n".len()];
    patiently(stream.read_exact(&mut value)).await?;
    value.truncate(length);
    let text = String::from_utf8(value).map_err(|_| down("a value is not one of ours"))?;
    Ok(Some((text, unique)))
}

/// The first line of the answer.
async fn ask(stream: &mut BufferedStream, request: &[u8]) -> Result<String, StoreError> {
    patiently(stream.get_mut().write_all(request)).await?;
    let line = patiently(line(stream)).await?;
    // Only the first word is memcached's: what follows may be a key, and a caller may be called `ERROR`.
    match line.split(' ').next() {
        None | Some("") => Err(down("the connection was closed")),
        Some("ERROR" | "CLIENT_ERROR" | "SERVER_ERROR") => Err(down(&line)),
        Some(_) => Ok(line),
    }
}

async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<String> {
    let mut line = String::new();
    stream.take(LONGEST as u64).read_line(&mut line).await?;
    line.truncate(line.trim_end().len());
    Ok(line)
}

async fn patiently<T>(answer: impl Future<Output = std::io::Result<T>>) -> Result<T, StoreError> {
    tokio::time::timeout(PATIENCE, answer)
        .await
        .map_err(|_| down("no answer came within a second"))?
        .map_err(|error| down(&error.to_string()))
}

pub(super) fn down(reason: &str) -> StoreError {
    StoreError::Down { store: "memcached", reason: reason.to_owned() }
}
