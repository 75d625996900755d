//! TLS: certificates, and the handshake.

mod certificate;
mod error;
mod handshake;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ResolvesServerCert, ServerSessionMemoryCache};
use rustls::sign::CertifiedKey;
use tokio::task::JoinSet;
use tokio::time::sleep;

use self::certificate::{Certificate, Files, Fingerprint};
pub use self::error::TlsError;
pub(super) use self::handshake::{TlsIo, accept};
use super::Serve;

/// The protocols that are offered in ALPN, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// The number of TLS sessions that clients may resume without a full handshake: about 2 MB. They
/// are stored here and not in tickets, whose key would decrypt recorded TLS 1.2 traffic.
const SESSIONS: usize = 4096;

impl Serve {
    /// Speaks TLS on the listener. Every request then has [`Scheme::Https`].
    ///
    /// The handshake must be complete within [`header_timeout`](Self::header_timeout). A client that
    /// speaks plain HTTP gets a 400 that says so.
    ///
    /// [`Scheme::Https`]: crate::request::Scheme::Https
    #[doc(alias = "https")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.opening.tls = Some(tls);
        self
    }
}

/// The certificates of a server that speaks TLS: [`Serve::tls`].
///
/// ```no_run
/// use axum::Router;
/// use palisade::Palisade;
/// use palisade::serve::{Serve, Shutdown, Tls, shutdown_signal};
/// use tokio::net::TcpListener;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = Tls::from_pem_files("/etc/site/fullchain.pem", "/etc/site/privkey.pem")?;
/// let app = Palisade::for_hosts(["example.org"])?.protect(Router::new());
/// let stop = Shutdown::when(shutdown_signal()?);
/// let both = stop.clone();
/// let https = Serve::new().tls(tls).serve(TcpListener::bind("0.0.0.0:443").await?, app.clone());
/// let http = palisade::serve(TcpListener::bind("0.0.0.0:80").await?, app); // redirects to https
/// tokio::try_join!(
///     https.until(async move { stop.started().await }).into_future(),
///     http.until(async move { both.started().await }).into_future(),
/// )?;
/// # Ok(())
/// # }
/// ```
///
/// TLS 1.2 and 1.3 by rustls with ring; the client chooses HTTP/2 or HTTP/1.1 by ALPN. The files are
/// looked at every minute ([`reload_interval`](Self::reload_interval)), and read again when they
/// have changed. `Debug` shows the paths, and nothing of the key.
#[doc(alias = "RustlsConfig")]
#[doc(alias = "certificate")]
#[derive(Clone)]
#[must_use]
pub struct Tls {
    files: Arc<[Files]>,
    certificates: Arc<Certificates>,
    config: Arc<ServerConfig>,
    reload_interval: Option<Duration>,
}

/// The certificates in use.
struct Certificates {
    current: RwLock<Arc<[Certificate]>>,
    /// The states of the files when they were read last.
    fingerprints: Mutex<Vec<[Fingerprint; 2]>>,
}

impl Tls {
    /// Reads a certificate and its key. The first file has the chain, as ACME clients write it
    /// (`fullchain.pem`): the site's own certificate, then the intermediate ones. The second has the
    /// key, not encrypted (`privkey.pem`).
    ///
    /// A certificate that has expired, or that expires soon, is logged at level `warn`, and so is a
    /// key that every user of the machine may read.
    ///
    /// # Errors
    /// If a file cannot be read, contains no certificate or key, or the two do not belong together.
    pub fn from_pem_files(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, TlsError> {
        Self::load(vec![Files { chain: chain.into(), key: key.into() }])
    }

    /// Adds a certificate for other hosts. A client gets the first certificate that is for the host
    /// that it asks for (SNI); if there is none, or it asks for none, the first of all.
    ///
    /// ```no_run
    /// use palisade::serve::{Tls, TlsError};
    ///
    /// # fn both() -> Result<Tls, TlsError> {
    /// let tls = Tls::from_pem_files("example.org/fullchain.pem", "example.org/privkey.pem")?
    ///     .and_pem_files("example.com/fullchain.pem", "example.com/privkey.pem")?;
    /// # Ok(tls)
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Tls::from_pem_files`].
    pub fn and_pem_files(self, chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, TlsError> {
        let mut files = self.files.to_vec();
        files.push(Files { chain: chain.into(), key: key.into() });
        Ok(Self { reload_interval: self.reload_interval, ..Self::load(files)? })
    }

    /// Sets the time between two looks at the files; `None` for [`reload`](Self::reload) alone.
    /// By default a minute.
    pub fn reload_interval(self, interval: impl Into<Option<Duration>>) -> Self {
        Self { reload_interval: interval.into(), ..self }
    }

    /// Reads the files again, for example on SIGHUP. New connections get the new certificates; open
    /// ones go on. All clones of this value share the certificates.
    ///
    /// ```no_run
    /// use palisade::serve::Tls;
    /// use tokio::signal::unix::{SignalKind, signal};
    ///
    /// # fn listen(tls: &Tls) -> std::io::Result<()> {
    /// let mut hangup = signal(SignalKind::hangup())?;
    /// let tls = tls.clone();
    /// tokio::spawn(async move {
    ///     while hangup.recv().await.is_some() {
    ///         if let Err(error) = tls.reload() {
    ///             tracing::error!(%error, "the certificates were not reloaded");
    ///         }
    ///     }
    /// });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Tls::from_pem_files`]; all certificates then stay as they are.
    pub fn reload(&self) -> Result<(), TlsError> {
        let mut known = self.certificates.fingerprints();
        // Before the files are read: a change during that is noticed the next time.
        *known = self.files.iter().map(Files::fingerprints).collect();
        let loaded = load_all(&self.files)?;
        *self.certificates.current.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    fn load(files: Vec<Files>) -> Result<Self, TlsError> {
        let fingerprints = Mutex::new(files.iter().map(Files::fingerprints).collect());
        let certificates = Arc::new(Certificates { current: RwLock::new(load_all(&files)?), fingerprints });
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has cipher suites for TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(certificates.clone());
        config.alpn_protocols = PROTOCOLS.map(Vec::from).to_vec();
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        let reload_interval = Some(Duration::from_secs(60));
        Ok(Self { files: files.into(), certificates, config: Arc::new(config), reload_interval })
    }

    /// Reads the files again if they have changed, and logs concerns about the certificates. A pair
    /// of which only one file is written yet is read again when the other one changes.
    fn check_files(&self) {
        let now: Vec<_> = self.files.iter().map(Files::fingerprints).collect();
        let has_changed = *self.certificates.fingerprints() != now;
        if has_changed {
            match self.reload() {
                Ok(()) => tracing::info!(files = ?self.files, "TLS certificates reloaded"),
                Err(error) => {
                    tracing::error!(%error, "the TLS certificates have changed, and cannot be used: the earlier ones stay");
                }
            }
        }
        self.certificates.current().iter().for_each(Certificate::check_validity);
    }

    /// Looks at the files from time to time, until the result is dropped.
    pub(super) fn watch(&self) -> JoinSet<()> {
        let mut watch = JoinSet::new();
        if let Some(interval) = self.reload_interval {
            let tls = self.clone();
            watch.spawn(async move {
                loop {
                    sleep(interval).await;
                    let tls = tls.clone();
                    // A panic is in the log already, by its hook.
                    let _ = tokio::task::spawn_blocking(move || tls.check_files()).await;
                }
            });
        }
        watch
    }
}

fn load_all(files: &[Files]) -> Result<Arc<[Certificate]>, TlsError> {
    let loaded: Arc<[Certificate]> = files.iter().map(Files::load).collect::<Result<_, _>>()?;
    loaded.iter().for_each(Certificate::check_validity);
    Ok(loaded)
}

impl Certificates {
    fn current(&self) -> Arc<[Certificate]> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn fingerprints(&self) -> MutexGuard<'_, Vec<[Fingerprint; 2]>> {
        self.fingerprints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current();
        let by_name = || {
            let name = ServerName::try_from(client_hello.server_name()?).ok()?;
            current.iter().find(|certificate| certificate.is_for(&name))
        };
        let chosen = if current.len() > 1 { by_name() } else { None };
        chosen.or_else(|| current.first()).map(|certificate| Arc::clone(&certificate.certified_key))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, reload_interval, .. } = self;
        f.debug_struct("Tls")
            .field("files", files)
            .field("reload_interval", reload_interval)
            .finish_non_exhaustive()
    }
}
