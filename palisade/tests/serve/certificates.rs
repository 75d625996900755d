//! Certificates for tests, and clients that trust them.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use palisade::serve::Tls;
use rcgen::{CertificateParams, KeyPair};
use test_support::Folder;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// A self-signed certificate and its key.
pub(crate) struct Own {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: Vec<u8>,
}

impl Own {
    pub(crate) fn new(hosts: &[&str]) -> Self {
        Self::until(hosts, 4000)
    }

    /// Makes a certificate that was valid from 1980 until the beginning of this year.
    pub(crate) fn until(hosts: &[&str], year: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let hosts: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(1980, 1, 1), rcgen::date_time_ymd(year, 1, 1));
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, key: key.serialize_der() }
    }

    /// Writes `NAME.pem` and `NAME.key`.
    pub(crate) fn write(&self, folder: &Folder, name: &str) -> (String, String) {
        let chain = folder.file(&format!("{name}.pem"), &pem("CERTIFICATE", &self.certificate));
        let key = folder.file(&format!("{name}.key"), &pem("PRIVATE KEY", &self.key));
        (chain, key)
    }

    /// Connects as a client that trusts this certificate alone and offers these protocols.
    pub(crate) async fn connect(
        &self,
        stream: TcpStream,
        host: &'static str,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let provider = Arc::new(crypto::ring::default_provider());
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        TlsConnector::from(Arc::new(client)).connect(ServerName::try_from(host).unwrap(), stream).await
    }
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// Writes a new certificate for `localhost`, and returns it with the setting.
pub(crate) fn localhost(folder: &Folder) -> (Own, Tls) {
    let own = Own::new(&["localhost"]);
    let (chain, key) = own.write(folder, "localhost");
    (own, Tls::from_pem_files(chain, key).unwrap())
}
