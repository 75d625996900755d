//! Which certificates are believed; what is not believed is noted, and looked at all the same.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Which certificates are believed.
pub(crate) struct Trust {
    provider: Arc<CryptoProvider>,
    verifier: Arc<WebPkiServerVerifier>,
}

impl Trust {
    /// Those that browsers believe, and the ones in this file.
    pub(crate) fn new(ca: Option<&Path>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = ca {
            let wrong = |why: String| TrustError(path.display().to_string(), why);
            let text = fs::read(path).map_err(|error| wrong(error.to_string()))?;
            let mut certificates = 0;
            for certificate in CertificateDer::pem_slice_iter(&text) {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
                certificates += 1;
            }
            if certificates == 0 {
                return Err(wrong("there is no certificate in it".to_owned()));
            }
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| TrustError("the certificates".to_owned(), error.to_string()))?;
        Ok(Self { provider, verifier })
    }

    /// What one connection needs, and where it notes what is not believed.
    pub(super) fn config(&self) -> (ClientConfig, Arc<Noting>) {
        let noting = Arc::new(Noting { verifier: Arc::clone(&self.verifier), distrust: Mutex::new(None) });
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("ring has suites for TLS 1.2 and 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&noting) as _)
            .with_no_client_auth();
        (config, noting)
    }
}

/// Why a file is none of certificates.
#[derive(Debug, thiserror::Error)]
#[error("{0}: {1}; --ca takes a PEM file, with -----BEGIN CERTIFICATE----- in it")]
pub(crate) struct TrustError(String, String);

/// Lets every certificate pass, and notes why it should not have.
#[derive(Debug)]
pub(super) struct Noting {
    verifier: Arc<WebPkiServerVerifier>,
    distrust: Mutex<Option<String>>,
}

impl Noting {
    pub(super) fn said(&self) -> Option<String> {
        self.distrust.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Err(error) = self.verifier.verify_server_cert(leaf, between, name, stapled, now) {
            *self.distrust.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
