//! The manifest of a backup.

use serde::{Deserialize, Serialize};

/// The name of its entry, the last of the archive.
pub(super) const NAME: &str = "manifest.json";
const FORMAT: &str = "mathsoc backup";
/// Raised with every change that older programs cannot read.
const VERSION: u32 = 1;

/// The manifest of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    format: String,
    version: u32,
    /// The version of the program that made the backup.
    pub program: String,
    /// Unix seconds.
    pub made_at: i64,
    /// The newest migration of the saved database.
    pub migration: i64,
    /// The tables; each after the tables that it references.
    pub tables: Vec<SavedTable>,
    /// All other entries, in the order of the archive.
    pub entries: Vec<Entry>,
    /// The ids of files in the database that were not in storage: lost, or deleted during the
    /// backup.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// A table in a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedTable {
    pub name: String,
    /// The saved columns; generated columns are left out.
    pub columns: Vec<String>,
    pub rows: u64,
    /// The highest id ever assigned, if the table has a counter of ids.
    pub last_id: Option<i64>,
}

/// An entry of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The path in the archive.
    pub path: String,
    pub bytes: u64,
    /// The SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    pub(super) fn new(made_at: i64, migration: i64) -> Self {
        let (format, program) = (FORMAT.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Self {
            format,
            version: VERSION,
            program,
            made_at,
            migration,
            tables: Vec::new(),
            entries: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Returns `true` if this program can read the backup.
    pub(super) fn is_known(&self) -> bool {
        self.format == FORMAT && self.version == VERSION
    }

    /// Returns the number of uploaded files.
    pub fn files(&self) -> usize {
        self.entries.iter().filter(|entry| entry.path.starts_with(super::FILES)).count()
    }

    /// Returns the number of rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}
