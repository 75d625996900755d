//! The settings of uploaded files.

use std::path::{Path, PathBuf};

use palisade::Uploads;
use palisade::upload::{Clamd, ScanFailurePolicy, UploadsError};

use super::declare::settings;
use super::table::DefaultValue::{Always, Computed, Unset};
use super::table::Visible;
use super::value::{Choice, Value};
use crate::db::hide_password;

settings! {
    /// The settings of uploaded files.
    pub struct UploadSettings, read(reader, data_dir: &Path) {
        /// The folder for files that admins upload. Do not let a web server serve it:
        /// the site checks who may see each file.
        pub(super) folder: PathBuf = UPLOAD_FOLDER {
            default: Computed("the folder uploads in DATA_DIR"),
            example: Some("data/uploads"),
        } or data_dir.join("uploads"),
        /// The store of uploaded files in place of UPLOAD_FOLDER, if several machines serve the site.
        /// S3 also needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
        pub(super) store_uri: Option<FileStoreUri> = UPLOAD_STORE_URI {
            write: "s3://bucket/folder, with ?region=eu-west-2 and &endpoint=https://… where they are needed, \
                    or file:///srv/uploads",
            default: Unset("the folder of UPLOAD_FOLDER"),
            example: Some("s3://maths-files/uploads?region=eu-west-2"),
            visible: Visible::NoPassword,
        },
        /// The largest request with uploaded files, in bytes.
        pub most_bytes: u64 = MAX_CONTENT_LENGTH {
            write: "a number of bytes",
            range: Some((65_536, 1_073_741_824)),
            default: Always("16777216"),
            because: "16 MiB",
        },
        /// The address of ClamAV's daemon, which scans every file for malware before it is stored.
        /// The daemon's StreamMaxLength must be at least MAX_CONTENT_LENGTH.
        pub clamd: Option<Clamd> = CLAMD_ADDR {
            write: "a host and a port, such as 127.0.0.1:3310, \
                    or the path of a socket, such as /run/clamav/clamd.ctl",
            default: Unset("files are not scanned"),
            example: Some("/run/clamav/clamd.ctl"),
        },
        /// The handling of uploads while ClamAV's daemon does not respond.
        pub clamd_down: ScanFailurePolicy = CLAMD_DOWN {
            write: "refuse (reject the upload) or quarantine (store the file, \
                    and show it after the daemon has scanned it)",
            default: Always("refuse"),
            because: "no file is stored without a scan",
        },
    }
    computed {
        /// The path of the folder, or the URL of the store.
        pub place: String = match &store_uri {
            Some(FileStoreUri(uri)) => uri.clone(),
            None => folder.display().to_string(),
        },
    }
}

impl UploadSettings {
    /// Opens the store of uploaded files, with the size limit and the malware scanner.
    ///
    /// # Errors
    /// If the store cannot be opened.
    pub fn open(&self) -> Result<Uploads, UploadsError> {
        let uploads = Uploads::open(&self.place)?.scan_failure(self.clamd_down);
        let uploads = uploads.max_file_bytes(self.most_bytes).max_request_bytes(self.most_bytes);
        Ok(match &self.clamd {
            Some(clamd) => uploads.scanner(clamd.clone()),
            None => uploads,
        })
    }

    /// Opens the store of uploaded files, to read only.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn open_read_only(&self) -> Result<Uploads, UploadsError> {
        Uploads::open_read_only(&self.place)
    }

    /// Returns `true` if files are stored in the memory of one process, which no other can read.
    pub fn are_in_memory(&self) -> bool {
        self.place.starts_with("memory:")
    }
}

/// The URL of a file store.
#[derive(Clone, Debug)]
pub(super) struct FileStoreUri(String);

impl Value for FileStoreUri {
    fn read(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("s3" | "file" | "memory", _)) => Ok(Self(text.to_owned())),
            _ => Err("starts with neither s3:// nor file://".to_owned()),
        }
    }

    fn show(&self) -> String {
        hide_password(&self.0)
    }
}

impl Value for Clamd {
    fn read(text: &str) -> Result<Self, String> {
        Self::at(text).map_err(|_| "neither a host with a port nor the path of a socket".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Choice for ScanFailurePolicy {
    const WORDS: &[(&str, Self)] = &[("refuse", Self::Reject), ("quarantine", Self::Quarantine)];
    const REASON: &str = "neither refuse nor quarantine";
}
