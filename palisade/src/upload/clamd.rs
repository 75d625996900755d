//! The client of ClamAV's daemon.
//!
//! The file is sent over one connection by `INSTREAM`, chunk by chunk, so the daemon needs no
//! permission to read it. Any unclear reply counts as a failure, including the daemon's own size
//! limit (`StreamMaxLength`).
//!
//! References: clamd(8), clamd.conf(5).

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::time::timeout;

const CHUNK: usize = 64 * 1024;
/// The maximum size of a reply.
const MAX_REPLY: u64 = 4 * 1024;

/// The client of ClamAV's daemon: its address, and a timeout.
///
/// Files are sent over the connection (`INSTREAM`), so the daemon needs no permission to read
/// them. Any unclear reply counts as a failure, including the daemon's own size limit: set
/// `StreamMaxLength` in clamd.conf to [`Uploads::max_file_bytes`](super::Uploads::max_file_bytes)
/// or more.
///
/// ```
/// use std::time::Duration;
/// use palisade::upload::{Clamd, ClamdError};
///
/// let clamd = Clamd::at("127.0.0.1:3310")?.timeout(Duration::from_secs(10));
/// assert_eq!(clamd.to_string(), "127.0.0.1:3310");
/// assert_eq!(Clamd::at("unix:/run/clamav/clamd.ctl")?.to_string(), "/run/clamav/clamd.ctl");
/// assert_eq!(Clamd::at("localhost"), Err(ClamdError));
/// # Ok::<(), ClamdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias("ClamAV", "antivirus", "virus scanner"))]
#[must_use]
pub struct Clamd {
    address: Arc<ClamdAddress>,
    timeout: Duration,
}

#[derive(Debug, PartialEq, Eq)]
enum ClamdAddress {
    Tcp(String),
    Socket(PathBuf),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ScanResult {
    Clean,
    /// The name of the signature that matched.
    Infected(String),
}

impl Clamd {
    /// Sets the daemon's address: a host and a port such as `127.0.0.1:3310`, or the path of a
    /// socket such as `/run/clamav/clamd.ctl`, with or without `unix:`. It does not connect yet.
    ///
    /// # Errors
    /// If the text is neither.
    pub fn at(address: &str) -> Result<Self, ClamdError> {
        let port = |address: &str| {
            address
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        let address = match address.strip_prefix("unix:").unwrap_or(address) {
            path if path.starts_with('/') && cfg!(unix) => ClamdAddress::Socket(path.into()),
            address if port(address) => ClamdAddress::Tcp(address.to_owned()),
            _ => return Err(ClamdError),
        };
        Ok(Self { address: Arc::new(address), timeout: Duration::from_secs(30) })
    }

    /// Sets the timeout of one scan. The default is 30 seconds.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Pings the daemon, for health checks.
    ///
    /// # Errors
    /// If the daemon does not answer in time.
    pub async fn ping(&self) -> io::Result<()> {
        let reply = self.in_time(async {
            let mut connection = self.connect().await?;
            connection.write_all(b"zPING\0").await?;
            read_reply(connection).await
        });
        match &*reply.await? {
            "PONG" => Ok(()),
            other => Err(io::Error::other(format!("unexpected reply from clamd: {other:?}"))),
        }
    }

    /// Scans a file from its current position.
    pub(super) async fn scan(&self, file: &mut File) -> io::Result<ScanResult> {
        let reply = self.in_time(async {
            let mut connection = self.connect().await?;
            connection.write_all(b"zINSTREAM\0").await?;
            // The daemon may reply and close before the end: its reply counts, not the broken
            // pipe.
            let sent = send(file, &mut connection).await;
            match read_reply(connection).await {
                Ok(reply) if !reply.is_empty() => Ok(reply),
                reply => sent.and(reply),
            }
        });
        parse_reply(&reply.await?)
    }

    async fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match &*self.address {
            ClamdAddress::Tcp(address) => Ok(Box::new(TcpStream::connect(address).await?)),
            #[cfg(unix)]
            ClamdAddress::Socket(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            #[cfg(not(unix))]
            ClamdAddress::Socket(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn in_time<T>(&self, exchange: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        timeout(self.timeout, exchange).await.map_err(|_| io::Error::from(ErrorKind::TimedOut))?
    }
}

/// Writes the address as [`Clamd::at`] parses it, without `unix:`.
impl fmt::Display for Clamd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.address {
            ClamdAddress::Tcp(address) => f.write_str(address),
            ClamdAddress::Socket(path) => path.display().fmt(f),
        }
    }
}

/// A text is not the address of a daemon.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a host and a port, such as 127.0.0.1:3310, or the path of a socket, such as /run/clamav/clamd.ctl"
)]
pub struct ClamdError;

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<C: AsyncRead + AsyncWrite + Send + Unpin> Connection for C {}

async fn send(file: &mut File, to: &mut Box<dyn Connection>) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = file.read(&mut chunk).await?;
        let announced = u32::try_from(length).expect("a chunk is 64 KiB");
        to.write_all(&announced.to_be_bytes()).await?;
        to.write_all(&chunk[..length]).await?;
        if length == 0 {
            return to.flush().await;
        }
    }
}

async fn read_reply(connection: Box<dyn Connection>) -> io::Result<String> {
    let mut reply = Vec::new();
    connection.take(MAX_REPLY).read_to_end(&mut reply).await?;
    let reply = String::from_utf8_lossy(&reply);
    Ok(reply.trim_end_matches(['\0', '\n']).to_owned())
}

fn parse_reply(reply: &str) -> io::Result<ScanResult> {
    match reply.strip_prefix("stream: ") {
        Some("OK") => Ok(ScanResult::Clean),
        Some(found) if found.ends_with(" FOUND") => {
            Ok(ScanResult::Infected(found.trim_end_matches(" FOUND").to_owned()))
        }
        _ => Err(io::Error::other(format!("unexpected reply from clamd: {reply:?}"))),
    }
}

crate::core::error_text::debug_is_text!(ClamdError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unclear_reply_is_an_error() {
        assert_eq!(parse_reply("stream: OK").unwrap(), ScanResult::Clean);
        assert_eq!(parse_reply("stream: Eicar FOUND").unwrap(), ScanResult::Infected("Eicar".to_owned()));
        for unclear in
            ["", "OK", "stream: OK FOUND ERROR", "INSTREAM size limit exceeded. ERROR", "UNKNOWN COMMAND"]
        {
            assert!(parse_reply(unclear).is_err(), "{unclear}");
        }
    }

    #[test]
    fn an_address_is_a_port_or_socket() {
        for (text, shown) in [
            ("127.0.0.1:3310", "127.0.0.1:3310"),
            ("[::1]:3310", "[::1]:3310"),
            ("scanner.example:3310", "scanner.example:3310"),
            ("unix:/run/clamd.ctl", "/run/clamd.ctl"),
            ("/run/clamd.ctl", "/run/clamd.ctl"),
        ] {
            assert_eq!(Clamd::at(text).unwrap().to_string(), shown);
        }
        for wrong in ["", "clamd", ":3310", "127.0.0.1", "127.0.0.1:70000", "clamd.ctl"] {
            assert_eq!(Clamd::at(wrong), Err(ClamdError), "{wrong}");
        }
    }
}
