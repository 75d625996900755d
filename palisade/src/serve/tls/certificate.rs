//! A certificate and its key, from two files.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode;
use zeroize::Zeroizing;

use super::TlsError;
use crate::core::clock::Clock;

/// The files of a certificate, as PEM.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
}

/// A certificate that can be presented to clients.
pub(super) struct Certificate {
    pub(super) certified_key: Arc<CertifiedKey>,
    path: PathBuf,
    validity: Option<Validity>,
    /// The concern about the validity that was logged last.
    logged: Mutex<Option<&'static str>>,
}

/// The time in which a certificate is valid, since the Unix epoch.
#[derive(Clone, Copy, Debug)]
struct Validity {
    begin: Duration,
    end: Duration,
}

const NOT_YET: &str =
    "the certificate is not valid yet: browsers reject it. Is the clock of this machine right?";
const EXPIRED: &str =
    "the certificate has expired: browsers reject it. Renew it; the file is read again by itself";
const EXPIRES: &str =
    "the certificate expires soon: nine tenths of its time are over. Does the renewal work?";

impl Validity {
    fn concern(self, now: Duration) -> Option<&'static str> {
        let tenth = self.end.saturating_sub(self.begin) / 10;
        match now {
            _ if now < self.begin => Some(NOT_YET),
            _ if now > self.end => Some(EXPIRED),
            _ if now + tenth > self.end => Some(EXPIRES),
            _ => None,
        }
    }
}

/// The state of a file by which a change is noticed.
pub(super) type Fingerprint = Option<(Option<SystemTime>, u64, [i64; 3])>;

impl Files {
    /// Returns the states of both files.
    pub(super) fn fingerprints(&self) -> [Fingerprint; 2] {
        [&self.chain, &self.key].map(|path| fs::metadata(path).ok().map(|file| fingerprint(&file)))
    }

    /// Reads both files.
    pub(super) fn load(&self) -> Result<Certificate, TlsError> {
        let chain = self.read_chain()?;
        let provider = rustls::crypto::ring::default_provider();
        let parsed = x509_cert::Certificate::from_der(&chain[0]);
        let validity = parsed.ok().map(|parsed| {
            let validity = parsed.tbs_certificate().validity();
            Validity {
                begin: validity.not_before.to_unix_duration(),
                end: validity.not_after.to_unix_duration(),
            }
        });
        let certified_key =
            CertifiedKey::from_der(chain, self.read_key()?, &provider).map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => {
                    TlsError::Mismatch { chain: self.chain.clone(), key: self.key.clone() }
                }
                rustls::Error::InvalidCertificate(reason) => {
                    TlsError::Certificate { path: self.chain.clone(), reason: format!("{reason:?}") }
                }
                error => TlsError::Key { path: self.key.clone(), reason: error.to_string() },
            })?;
        warn_of_permissions(&self.key);
        let path = self.chain.clone();
        Ok(Certificate { certified_key: Arc::new(certified_key), path, validity, logged: Mutex::default() })
    }

    fn read_chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let path = &self.chain;
        let text = read(path)?;
        let invalid =
            |error: pem::Error| TlsError::Certificate { path: path.clone(), reason: error.to_string() };
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(invalid)?;
        if chain.is_empty() {
            let is_key = PrivateKeyDer::from_pem_slice(&text).is_ok();
            return Err(TlsError::NoCertificate { path: path.clone(), is_key });
        }
        Ok(chain)
    }

    fn read_key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let path = &self.key;
        let text = read(path)?;
        PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
            pem::Error::NoItemsFound => {
                let text = String::from_utf8_lossy(&text);
                match text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
                {
                    true => TlsError::EncryptedKey { path: path.clone() },
                    false => TlsError::NoKey { path: path.clone() },
                }
            }
            error => TlsError::Key { path: path.clone(), reason: error.to_string() },
        })
    }
}

impl Certificate {
    /// Returns `true` if the certificate is for this host.
    pub(super) fn is_for(&self, name: &ServerName<'_>) -> bool {
        let parsed = self.certified_key.end_entity_cert().and_then(ParsedCertificate::try_from);
        parsed.is_ok_and(|parsed| rustls::client::verify_server_name(&parsed, name).is_ok())
    }

    /// Logs a concern about the validity, once.
    pub(super) fn check_validity(&self) {
        let now = Duration::from_micros(Clock::system().now());
        let concern = self.validity.and_then(|validity| validity.concern(now));
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if *logged != concern {
            *logged = concern;
            if let Some(text) = concern {
                tracing::warn!(file = %self.path.display(), "{text}");
            }
        }
    }
}

/// Reads a file; the bytes are erased from memory later, because they may be a key.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Zeroizing::new(bytes)),
        Err(cause) => Err(TlsError::Read { path: path.to_owned(), cause }),
    }
}

#[cfg(unix)]
fn fingerprint(file: &Metadata) -> (Option<SystemTime>, u64, [i64; 3]) {
    use std::os::unix::fs::MetadataExt;

    // The time of the last change of the inode too: `chmod` makes a file readable.
    (file.modified().ok(), file.len(), [file.ctime(), file.ctime_nsec(), file.ino().cast_signed()])
}

#[cfg(not(unix))]
fn fingerprint(file: &Metadata) -> (Option<SystemTime>, u64, [i64; 3]) {
    (file.modified().ok(), file.len(), [0; 3])
}

/// Logs a warning for a key that every user of the machine may read.
#[cfg(unix)]
fn warn_of_permissions(key: &Path) {
    use std::os::unix::fs::PermissionsExt;

    if fs::metadata(key).is_ok_and(|file| file.permissions().mode() & 0o004 != 0) {
        tracing::warn!(file = %key.display(), "every user of this machine may read the private key: `chmod 640` it");
    }
}

#[cfg(not(unix))]
fn warn_of_permissions(_: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_concern_begins_in_the_last_tenth() {
        let seconds = Duration::from_secs;
        let validity = Validity { begin: seconds(1000), end: seconds(2000) };
        for (now, concern) in [
            (999, Some(NOT_YET)),
            (1000, None),
            (1900, None),
            (1901, Some(EXPIRES)),
            (2000, Some(EXPIRES)),
            (2001, Some(EXPIRED)),
        ] {
            assert_eq!(validity.concern(seconds(now)), concern, "{now}");
        }
        let reversed = Validity { begin: seconds(2000), end: seconds(1000) };
        assert_eq!(reversed.concern(seconds(1500)), Some(NOT_YET));
    }
}
