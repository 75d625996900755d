//! The store: each call is one atomic step.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use palisade::session::store::{SaveOutcome, SessionId, SessionRecord, SessionStore, StoreError, StoreReply};

use crate::folder::Folder;

/// Sessions as files in a folder, for one process.
#[derive(Clone, Debug)]
pub(crate) struct FolderSessions(Arc<Mutex<Folder>>);

impl FolderSessions {
    pub(crate) fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(Folder::open(path.into())?))))
    }

    /// Runs `work` on a thread that may block. The lock makes it one atomic step.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Folder) -> io::Result<T> + Send + 'static,
    ) -> StoreReply<'static, T> {
        let folder = Arc::clone(&self.0);
        let work = move || work(&mut folder.lock().unwrap_or_else(PoisonError::into_inner));
        StoreReply::Pending(Box::pin(async move {
            let done = tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(panic.into()));
            // The visitor gets a 503. A store on a network also needs a timeout of seconds here.
            done.map_err(|error| StoreError::Down { store: "folder", reason: error.to_string() })
        }))
    }
}

impl SessionStore for FolderSessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        self.run(move |folder| folder.read(id))
    }

    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        self.run(move |folder| {
            if folder.read(id)?.map(|stored| stored.version) != expected {
                return Ok(SaveOutcome::Conflict); // another request was faster
            }
            folder.write(id, record, ttl).map(|()| SaveOutcome::Saved)
        })
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        self.run(move |folder| folder.delete(id))
    }

    fn of_user<'a>(&'a self, user: &'a str) -> StoreReply<'a, Vec<(SessionId, SessionRecord)>> {
        let user = user.to_owned();
        self.run(move |folder| {
            let all = folder.all()?.into_iter();
            Ok(all.filter(|(_, record)| record.user.as_deref() == Some(&*user)).collect())
        })
    }

    fn name(&self) -> &'static str {
        "folder"
    }
}
