//! The folder of the files.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use palisade::session::store::{SessionId, SessionRecord};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    saves: u64,
}

/// The content of a file.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// `None` for never: the time is later than the system's clock can say.
    expires_at: Option<SystemTime>,
    version: u64,
    user: Option<String>,
    bytes: Vec<u8>,
}

impl Folder {
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        Ok(Self { path, saves: 0 })
    }

    fn file(&self, id: SessionId) -> PathBuf {
        self.path.join(format!("{:032x}", u128::from_be_bytes(*id.bytes())))
    }

    /// Returns a session. Removes its file if it has expired.
    pub(crate) fn read(&self, id: SessionId) -> io::Result<Option<SessionRecord>> {
        let file = self.file(id);
        let bytes = match fs::read(&file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let Stored { expires_at, version, user, bytes } = serde_json::from_slice(&bytes)?;
        if expires_at.is_some_and(|time| time <= SystemTime::now()) {
            return fs::remove_file(file).map(|()| None);
        }
        Ok(Some(SessionRecord { version, user, bytes }))
    }

    pub(crate) fn write(&mut self, id: SessionId, record: SessionRecord, ttl: Duration) -> io::Result<()> {
        self.saves += 1;
        if self.saves.is_multiple_of(1000) {
            self.all()?; // most expired sessions are never loaded again
        }
        let SessionRecord { version, user, bytes } = record;
        let stored = Stored { expires_at: SystemTime::now().checked_add(ttl), version, user, bytes };
        let file = self.file(id);
        let temporary = file.with_extension("new");
        fs::write(&temporary, serde_json::to_vec(&stored)?)?;
        fs::rename(temporary, file) // a crash leaves the old or the new file
    }

    pub(crate) fn delete(&self, id: SessionId) -> io::Result<()> {
        match fs::remove_file(self.file(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns all sessions. Removes the files of those that have expired.
    pub(crate) fn all(&self) -> io::Result<Vec<(SessionId, SessionRecord)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let Ok(id) = u128::from_str_radix(&name.to_string_lossy(), 16) else { continue };
            let id = SessionId::from_bytes(id.to_be_bytes());
            found.extend(self.read(id)?.map(|record| (id, record)));
        }
        Ok(found)
    }
}
