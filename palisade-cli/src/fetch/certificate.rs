//! The expiry of a certificate.

use x509_cert::Certificate;
use x509_cert::der::Decode;

/// Returns the expiry of a DER certificate, in seconds since 1970.
pub(super) fn not_after(der: &[u8]) -> Option<i64> {
    let certificate = Certificate::from_der(der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    i64::try_from(end.as_secs()).ok()
}
