//! The two transports of a letter: an SMTP server, or files in a folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use palisade::clock::Clock;

use crate::config::{SiteUrl, SmtpUrl};
use crate::private_files;

/// The transport of letters.
#[derive(Clone, Debug)]
pub(super) enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Outbox(PathBuf),
}

/// The longest time for one letter.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);

impl Transport {
    pub(super) fn smtp(url: &SmtpUrl, site: &SiteUrl) -> Result<Self, lettre::transport::smtp::Error> {
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())?;
        // Some servers reject a client that introduces itself by an IP address; lettre's default
        // is 127.0.0.1.
        if site.host().contains(|c: char| c.is_ascii_alphabetic()) && !site.host().contains(':') {
            server = server.hello_name(ClientId::Domain(site.host().to_owned()));
        }
        Ok(Self::Smtp(server.timeout(Some(SEND_TIMEOUT / 2)).build()))
    }

    pub(super) async fn deliver(&self, letter: &Message) -> Result<(), DeliveryError> {
        match self {
            Self::Smtp(server) => {
                match tokio::time::timeout(
                    SEND_TIMEOUT,
                    server.send_raw(letter.envelope(), &letter.formatted()),
                )
                .await
                {
                    Ok(sent) => sent.map(drop).map_err(|error| DeliveryError::of_server(&error)),
                    Err(_) => Err(DeliveryError {
                        is_permanent: false,
                        reason: "the server took too long".to_owned(),
                    }),
                }
            }
            Self::Outbox(folder) => {
                let (folder, bytes) = (folder.clone(), letter.formatted());
                let written = tokio::task::spawn_blocking(move || write(&folder, &bytes)).await;
                written.map_err(io::Error::other).flatten().map_err(|error| DeliveryError {
                    is_permanent: false,
                    reason: format!("the file cannot be written: {error}"),
                })
            }
        }
    }
}

/// Writes the file under the extension `.part` and renames it, so that a collector of `.eml` files
/// never sees an incomplete letter.
fn write(folder: &Path, letter: &[u8]) -> io::Result<()> {
    private_files::folder(folder)?;
    let name = format!("{:016}-{}", Clock::system().now(), random_name().map_err(io::Error::other)?);
    let (part, whole) = (folder.join(format!("{name}.part")), folder.join(format!("{name}.eml")));
    let mut file = private_files::new_file(&part)?;
    file.write_all(letter)?;
    file.sync_all()?;
    fs::rename(part, whole)
}

/// A reason why a letter was not sent. The server's own text is left out, because it often
/// contains the address.
#[derive(Debug)]
pub(super) struct DeliveryError {
    /// `true` if a retry would fail too.
    pub(super) is_permanent: bool,
    /// The reason, without an address.
    pub(super) reason: String,
}

impl DeliveryError {
    fn of_server(error: &lettre::transport::smtp::Error) -> Self {
        let reason = match error.status() {
            Some(code) => format!("the server answered {code}"),
            None if error.is_timeout() => "the server took too long".to_owned(),
            None if error.is_tls() => {
                "the server's certificate, or its encryption, is not accepted".to_owned()
            }
            None if error.is_client() => "the server does not offer what SMTP_URL asks for".to_owned(),
            None if error.is_response() => "the server's answer is not SMTP".to_owned(),
            None => "the server cannot be reached".to_owned(),
        };
        Self { is_permanent: error.is_permanent(), reason }
    }
}

/// Returns 128 random bits in hexadecimal.
pub(super) fn random_name() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}
