//! Temporary folders.

use std::fs;
use std::ops::Deref;
use std::path::Path;

use tempfile::TempDir;

/// A new, empty folder, deleted with its contents on drop.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// Creates a folder under the system's temporary folder.
    #[expect(clippy::new_without_default, reason = "it has a side effect")]
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("test-").tempdir().unwrap())
    }

    /// Returns the path of this name in it as text.
    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        self.0.path()
    }
}
