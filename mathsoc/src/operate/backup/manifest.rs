//! What a backup says of itself.

use serde::{Deserialize, Serialize};

/// The name of its entry, which is the last one.
pub(super) const NAME: &str = "manifest.json";
/// What the first line of it says.
const FORMAT: &str = "mathsoc backup";
/// Raised when an older program could no longer read it.
const VERSION: u32 = 1;

/// What a backup says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    format: String,
    version: u32,
    /// The version of the program that made it.
    pub program: String,
    /// Unix seconds.
    pub made_at: i64,
    /// The newest migration of the database that it was made of.
    pub migration: i64,
    /// The tables, each behind those that it refers to.
    pub tables: Vec<SavedTable>,
    /// All other entries, in the order in which they stand.
    pub entries: Vec<Entry>,
    /// Files that the database knows and that were not in their place: lost, or removed while the backup was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// A table in a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedTable {
    /// Its name.
    pub name: String,
    /// Its columns, without those that follow from others.
    pub columns: Vec<String>,
    /// How many rows it has.
    pub rows: u64,
    /// The highest id that was ever given, where ids are counted.
    pub last_id: Option<i64>,
}

/// An entry of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it is in the archive.
    pub path: String,
    /// How long it is.
    pub bytes: u64,
    /// Its hash, in hexadecimal digits.
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

    /// Whether it is one that this program can read.
    pub(super) fn is_known(&self) -> bool {
        self.format == FORMAT && self.version == VERSION
    }

    /// How many of the entries are uploaded files.
    pub fn files(&self) -> usize {
        self.entries.iter().filter(|entry| entry.path.starts_with(super::FILES)).count()
    }

    /// How many rows there are in all.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}
