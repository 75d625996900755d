//! The settings of uploaded files.

use mathsoc::config::Config;
use palisade::upload::ScanFailurePolicy;

use super::{config, rejected};

#[test]
fn files_are_stored_beside_the_database_by_default() {
    let place = |vars: &[(&str, &str)]| config(vars).unwrap().uploads.place;
    assert_eq!(place(&[]), "data/uploads");
    assert_eq!(place(&[("DATA_DIR", "/srv/maths")]), "/srv/maths/uploads");
    assert_eq!(place(&[("UPLOAD_FOLDER", "/srv/files")]), "/srv/files");
    assert_eq!(place(&[("UPLOAD_STORE_URI", "s3://maths/files")]), "s3://maths/files");
}

#[test]
fn accepts_valid_values() {
    type Check = fn(&Config) -> bool;
    let table: &[(&str, &str, Check)] = &[
        ("MAX_CONTENT_LENGTH", "65536", |c| c.uploads.most_bytes == 65_536),
        ("MAX_CONTENT_LENGTH", "", |c| c.uploads.most_bytes == 16 << 20),
        ("CLAMD_ADDR", "127.0.0.1:3310", |c| c.uploads.clamd.is_some()),
        ("CLAMD_ADDR", "/run/clamav/clamd.ctl", |c| c.uploads.clamd.is_some()),
        ("CLAMD_ADDR", "", |c| {
            c.uploads.clamd.is_none() && c.uploads.clamd_down == ScanFailurePolicy::Reject
        }),
        ("CLAMD_DOWN", "Quarantine", |c| c.uploads.clamd_down == ScanFailurePolicy::Quarantine),
    ];
    for (name, value, check) in table {
        assert!(config(&[(name, value)]).is_ok_and(|config| check(&config)), "{name}={value}");
    }
}

#[test]
fn rejects_invalid_values_with_advice() {
    for (name, value, reason, advice) in [
        ("UPLOAD_STORE_URI", "ftp://files", "neither s3:// nor file://", "Write s3://bucket/folder"),
        ("MAX_CONTENT_LENGTH", "16M", "not a whole number", "Write a number of bytes"),
        ("MAX_CONTENT_LENGTH", "0", "out of range", "from 65536"),
        ("CLAMD_ADDR", "clamd", "neither a host with a port", "such as 127.0.0.1:3310"),
        ("CLAMD_DOWN", "ignore", "neither refuse nor quarantine", "Write refuse"),
    ] {
        let error = rejected(&[(name, value)]);
        assert!(error.contains(reason) && error.contains(advice), "{name}={value}: {error}");
    }
    let both = rejected(&[("UPLOAD_FOLDER", "/srv/files"), ("UPLOAD_STORE_URI", "s3://maths/files")]);
    assert!(both.contains("contradicts UPLOAD_FOLDER"), "{both}");
}
