//! The errors of certificates and keys.

use std::io;
use std::path::PathBuf;

/// The reason why a certificate or its key cannot be used. The text names the file.
///
/// ```
/// use palisade::serve::{Tls, TlsError};
///
/// let error = Tls::from_pem_files("/missing/fullchain.pem", "/missing/privkey.pem").unwrap_err();
/// assert!(matches!(error, TlsError::Read { .. }));
/// assert!(error.to_string().contains("/missing/fullchain.pem"));
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error(
        "cannot read {}: {cause}{}", path.display(),
        if cause.kind() == io::ErrorKind::PermissionDenied {
            ". Let the user of this process read it, for example by its group: `chgrp`, and `chmod 640`; the folders \
             above it need the permission to enter"
        } else { "" }
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        cause: io::Error,
    },
    /// The file of the certificate contains none.
    #[error(
        "{} contains no certificate{}: write the PEM file of the chain, whose blocks begin with \
         `-----BEGIN CERTIFICATE-----`, the site's own certificate first", path.display(),
        if *is_key { ", but a private key. The first path is the certificate's, the second the key's" } else { "" }
    )]
    NoCertificate {
        /// The file.
        path: PathBuf,
        /// `true` if it contains a private key.
        is_key: bool,
    },
    /// A certificate cannot be parsed.
    #[error("{} is not a valid certificate: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// The parser's reason.
        reason: String,
    },
    /// The file of the key contains none.
    #[error(
        "{} contains no private key: write the PEM file whose block begins with `-----BEGIN PRIVATE KEY-----`",
        path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key is encrypted with a passphrase.
    #[error(
        "the private key in {} is encrypted with a passphrase: `openssl pkey -in KEY -out PLAIN` decrypts it; then only \
         this process may read the file", path.display()
    )]
    EncryptedKey {
        /// The file.
        path: PathBuf,
    },
    /// The key cannot be used.
    #[error(
        "the private key in {} cannot be used: {reason}. Supported are ECDSA (P-256, P-384), Ed25519 and RSA from \
         2048 bits", path.display()
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// The library's reason.
        reason: String,
    },
    /// The key belongs to another certificate.
    #[error(
        "the private key in {} does not belong to the first certificate in {}: the two files are of different \
         certificates, or the chain does not begin with the site's own one", key.display(), chain.display()
    )]
    Mismatch {
        /// The file of the certificate.
        chain: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
}

crate::core::error_text::debug_is_text!(TlsError);
