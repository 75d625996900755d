//! What people may upload, where it is kept, and who scans it.

use std::path::{Path, PathBuf};

use palisade::{Clamd, Unscanned, Uploads, UploadsError};

use super::reader::Reader;
use super::settings::uploads as settings;
use super::value::Value;

/// What people may upload, where it is kept, and who scans it.
#[derive(Clone, Debug)]
pub struct UploadSettings {
    /// Where files are kept: the path of a folder, or a URL.
    pub place: String,
    /// How many bytes a request with files may have.
    pub most_bytes: u64,
    /// The scanner, if there is one.
    pub clamd: Option<Clamd>,
    /// What becomes of files while it gives no answer.
    pub clamd_down: Unscanned,
}

impl UploadSettings {
    pub(super) fn read<V: Fn(&str) -> Option<String>>(reader: &mut Reader<'_, V>, data_dir: &Path) -> Self {
        let folder: PathBuf = reader.read(&settings::UPLOAD_FOLDER, data_dir.join("uploads"));
        let uri: Option<PlaceUri> = reader.read_optional(&settings::UPLOAD_STORE_URI);
        if let Some(PlaceUri(uri)) = &uri
            && reader.has(&settings::UPLOAD_FOLDER)
        {
            let reason = "contradicts UPLOAD_FOLDER: files are kept in one place";
            reader.wrong(&settings::UPLOAD_STORE_URI, "UPLOAD_STORE_URI", uri, reason);
        }
        let place = uri.map_or_else(|| folder.display().to_string(), |PlaceUri(uri)| uri);
        let most_bytes = reader.read(&settings::MAX_CONTENT_LENGTH, Bytes(16 << 20)).0;
        let clamd = reader.read_optional(&settings::CLAMD_ADDR);
        let clamd_down = reader.read(&settings::CLAMD_DOWN, Unscanned::Refuse);
        Self { place, most_bytes, clamd, clamd_down }
    }

    /// Files of any kind that there is room for, scanned if there is a scanner.
    ///
    /// # Errors
    /// When they cannot be kept there.
    pub fn open(&self) -> Result<Uploads, UploadsError> {
        let uploads = Uploads::open(&self.place)?.unscanned(self.clamd_down);
        let uploads = uploads.file_bytes(self.most_bytes).request_bytes(self.most_bytes);
        Ok(match &self.clamd {
            Some(clamd) => uploads.scan(clamd.clone()),
            None => uploads,
        })
    }

    /// The same, for whoever changes nothing.
    ///
    /// # Errors
    /// When the place cannot be read.
    pub fn open_to_read(&self) -> Result<Uploads, UploadsError> {
        Uploads::open_to_read(&self.place)
    }

    /// Whether files are in the memory of the process that serves the site, where no other one finds them.
    pub fn are_in_memory(&self) -> bool {
        self.place.starts_with("memory:")
    }
}

/// A URL of a place for files.
struct PlaceUri(String);

impl Value for PlaceUri {
    fn read(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("s3" | "file" | "memory", _)) => Ok(Self(text.to_owned())),
            _ => Err("starts with neither s3:// nor file://".to_owned()),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

/// From 64 KiB to 1 GiB.
struct Bytes(u64);

impl Value for Bytes {
    fn read(text: &str) -> Result<Self, String> {
        let bytes = text.parse().map_err(|_| "not a number of bytes".to_owned())?;
        if (65_536..=1_073_741_824).contains(&bytes) {
            Ok(Self(bytes))
        } else {
            Err("out of range".to_owned())
        }
    }

    fn show(&self) -> String {
        self.0.to_string()
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

impl Value for Unscanned {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "refuse" => Ok(Self::Refuse),
            "quarantine" => Ok(Self::Quarantine),
            _ => Err("neither refuse nor quarantine".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Quarantine => "quarantine".to_owned(),
            _ => "refuse".to_owned(),
        }
    }
}
