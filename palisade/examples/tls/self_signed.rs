//! A self-signed certificate, for development.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::HOSTS;

/// Writes a new certificate and its key as PEM, and returns their paths.
pub(super) fn write(folder: &Path) -> Result<(PathBuf, PathBuf), Box<dyn Error + Send + Sync>> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(HOSTS.map(str::to_owned))?;
    let (chain, key) = (folder.join("fullchain.pem"), folder.join("privkey.pem"));
    fs::write(&chain, pem("CERTIFICATE", cert.der()))?;
    fs::write(&key, pem("PRIVATE KEY", &signing_key.serialize_der()))?;
    Ok((chain, key))
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}
