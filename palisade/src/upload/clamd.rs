//! Asking ClamAV's daemon whether a file is malware.
//!
//! The file is sent over one connection by `INSTREAM`, chunk by chunk, so the daemon needs no right to read it. Whatever is no
//! clear answer in time counts as no answer: the daemon's own limit for a stream (`StreamMaxLength`), too.
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
/// Longer than any answer.
const ANSWER: u64 = 4 * 1024;

/// Where ClamAV's daemon listens, and how long to wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clamd {
    place: Arc<Place>,
    within: Duration,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Tcp(String),
    Socket(PathBuf),
}

/// What the daemon says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Clean,
    /// The name of what it knows the file as.
    Infected(String),
}

impl Clamd {
    /// `127.0.0.1:3310`, a host and a port, or the path of a socket such as `/run/clamav/clamd.ctl`. Nothing is asked yet.
    ///
    /// # Errors
    /// When it is neither.
    pub fn at(address: &str) -> Result<Self, ClamdError> {
        let port = |address: &str| {
            address
                .rsplit_once(':')
                .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        let place = match address.strip_prefix("unix:").unwrap_or(address) {
            path if path.starts_with('/') && cfg!(unix) => Place::Socket(path.into()),
            address if port(address) => Place::Tcp(address.to_owned()),
            _ => return Err(ClamdError),
        };
        Ok(Self { place: Arc::new(place), within: Duration::from_secs(30) })
    }

    /// How long one scan may take, instead of 30 seconds.
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Asks whether the daemon is there: for health checks.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub async fn ping(&self) -> io::Result<()> {
        let answer = self.in_time(async {
            let mut connection = self.connect().await?;
            connection.write_all(b"zPING\0").await?;
            read_answer(connection).await
        });
        match &*answer.await? {
            "PONG" => Ok(()),
            other => Err(io::Error::other(format!("the scanner said {other:?}"))),
        }
    }

    /// What the daemon says of this file.
    pub(super) async fn scan(&self, file: &mut File) -> io::Result<Verdict> {
        let answer = self.in_time(async {
            let mut connection = self.connect().await?;
            connection.write_all(b"zINSTREAM\0").await?;
            // A daemon that has seen enough answers and closes: the answer counts, not the broken pipe.
            let sent = send(file, &mut connection).await;
            match read_answer(connection).await {
                Ok(answer) if !answer.is_empty() => Ok(answer),
                answer => sent.and(answer),
            }
        });
        verdict(&answer.await?)
    }

    async fn connect(&self) -> io::Result<Box<dyn Connection>> {
        match &*self.place {
            Place::Tcp(address) => Ok(Box::new(TcpStream::connect(address).await?)),
            #[cfg(unix)]
            Place::Socket(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            #[cfg(not(unix))]
            Place::Socket(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    async fn in_time<T>(&self, asked: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        timeout(self.within, asked).await.map_err(|_| io::Error::from(ErrorKind::TimedOut))?
    }
}

/// The address, as [`Clamd::at`] reads it.
impl fmt::Display for Clamd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.place {
            Place::Tcp(address) => f.write_str(address),
            Place::Socket(path) => path.display().fmt(f),
        }
    }
}

/// An address at which no daemon can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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

async fn read_answer(connection: Box<dyn Connection>) -> io::Result<String> {
    let mut answer = Vec::new();
    connection.take(ANSWER).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.trim_end_matches(['\0', '\n']).to_owned())
}

fn verdict(answer: &str) -> io::Result<Verdict> {
    match answer.strip_prefix("stream: ") {
        Some("OK") => Ok(Verdict::Clean),
        Some(found) if found.ends_with(" FOUND") => {
            Ok(Verdict::Infected(found.trim_end_matches(" FOUND").to_owned()))
        }
        _ => Err(io::Error::other(format!("the scanner said {answer:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_answer_is_a_verdict() {
        assert_eq!(verdict("stream: OK").unwrap(), Verdict::Clean);
        assert_eq!(verdict("stream: Eicar FOUND").unwrap(), Verdict::Infected("Eicar".to_owned()));
        for unclear in
            ["", "OK", "stream: OK FOUND ERROR", "INSTREAM size limit exceeded. ERROR", "UNKNOWN COMMAND"]
        {
            assert!(verdict(unclear).is_err(), "{unclear}");
        }
    }

    #[test]
    fn an_address_is_a_port_or_a_socket() {
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
