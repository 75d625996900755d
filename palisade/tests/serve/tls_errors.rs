//! Errors of certificates and keys: which file, and what to do.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use palisade::serve::{Tls, TlsError};
use test_support::Folder;
use test_support::log::Log;

use super::certificates::{Own, localhost, pem};

#[test]
fn each_error_names_its_file() {
    let folder = Folder::new();
    let own = Own::new(&["localhost"]);
    let (chain, key) = own.write(&folder, "site");
    let (_, other_key) = Own::new(&["localhost"]).write(&folder, "other");
    let missing = folder.path("missing.pem");
    let empty = folder.file("empty.pem", "");
    let truncated = folder.file("truncated.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    let garbage = folder.file("garbage.pem", &pem("CERTIFICATE", b"no certificate"));
    let odd_key = folder.file("odd.key", &pem("PRIVATE KEY", b"no key"));
    let encrypted = folder.path("encrypted.key");
    let made = Command::new("openssl")
        .args(["pkcs8", "-topk8", "-in", &key, "-passout", "pass:secret", "-out", &encrypted])
        .status();
    assert!(made.expect("openssl is not installed: run scripts/install-test-needs").success());

    for (chain, key, named, advice) in [
        (&missing, &key, &missing, "No such file"),
        (&chain, &missing, &missing, "No such file"),
        (&empty, &key, &empty, "contains no certificate: write"),
        (&key, &chain, &key, "but a private key. The first path is the certificate's"),
        (&truncated, &key, &truncated, "is not a valid certificate"),
        (&garbage, &key, &garbage, "is not a valid certificate"),
        (&chain, &chain, &chain, "contains no private key"),
        (&chain, &encrypted, &encrypted, "is encrypted with a passphrase"),
        (&chain, &odd_key, &odd_key, "cannot be used"),
        (&chain, &other_key, &other_key, "does not belong to the first certificate"),
    ] {
        let error = Tls::from_pem_files(chain, key).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(named.as_str()) && text.contains(advice), "{text}");
        assert_eq!(format!("{error:?}"), text);
    }
    assert!(Tls::from_pem_files(chain, key).is_ok());
}

#[test]
fn a_readable_key_is_logged_and_no_key_is_shown() {
    let folder = Folder::new();
    let (own, tls) = localhost(&folder);
    let shown = format!("{tls:?}");
    assert!(shown.contains("localhost.key"), "{shown}");
    assert!(!shown.contains(&format!("{:?}", own.key)) && shown.len() < 400, "{shown}");

    let key = folder.path("localhost.key");
    for (mode, warned) in [(0o640, false), (0o644, true)] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        let log = Log::default();
        let _guard = log.listen();
        tls.reload().unwrap();
        assert_eq!(log.text().contains("every user of this machine may read the private key"), warned);
    }
}

#[test]
fn a_forbidden_file_says_who_must_read_it() {
    let folder = Folder::new();
    let path = folder.path("privkey.pem").into();
    let cause = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let text = TlsError::Read { path, cause }.to_string();
    assert!(text.contains("privkey.pem") && text.contains("chmod 640"), "{text}");
}
