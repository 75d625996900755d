//! A session store of one's own: a JSON file for each session, checked by the library's suite for stores.
//!
//! ```sh
//! SECRET_KEY=$(openssl rand -base64 32) cargo run -p palisade --features session --example store
//! # open http://localhost:3000/; with the same key, the visits go on after a restart
//! ```

use std::env;
use std::error::Error as StdError;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::get;
use palisade::session::store::{SaveOutcome, SessionId, SessionRecord, SessionStore, StoreError, StoreReply};
use palisade::{Keyring, Palisade, Session, Sessions};
use serde::{Deserialize, Serialize};

/// Sessions as files in a folder, for one process.
#[derive(Clone, Debug)]
struct FolderSessions(Arc<Mutex<Folder>>);

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    saves: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    expires_at: u64,
    version: u64,
    user: Option<String>,
    bytes: Vec<u8>,
}

/// Milliseconds since 1970.
fn now() -> u64 {
    millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Folder {
    fn file(&self, id: SessionId) -> PathBuf {
        self.path.join(format!("{:032x}", u128::from_be_bytes(*id.bytes())))
    }

    fn read(&self, file: &Path) -> io::Result<Option<SessionRecord>> {
        let bytes = match fs::read(file) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let Stored { expires_at, version, user, bytes } = serde_json::from_slice(&bytes)?;
        if expires_at <= now() {
            return fs::remove_file(file).map(|()| None);
        }
        Ok(Some(SessionRecord { version, user, bytes }))
    }

    /// Returns all sessions, and removes those that have expired.
    fn all(&self) -> io::Result<Vec<(SessionId, SessionRecord)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let file = entry?.path();
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Ok(id) = u128::from_str_radix(name, 16) else { continue };
            let id = SessionId::from_bytes(id.to_be_bytes());
            found.extend(self.read(&file)?.map(|record| (id, record)));
        }
        Ok(found)
    }
}

impl FolderSessions {
    fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        fs::create_dir_all(&path)?;
        Ok(Self(Arc::new(Mutex::new(Folder { path, saves: 0 }))))
    }

    /// Runs `work` on a thread that may block. The lock makes it one atomic step.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Folder) -> io::Result<T> + Send + 'static,
    ) -> StoreReply<'static, T> {
        let folder = Arc::clone(&self.0);
        let work = move || work(&mut folder.lock().unwrap_or_else(PoisonError::into_inner));
        StoreReply::Pending(Box::pin(async move {
            let done =
                tokio::task::spawn_blocking(work).await.map_err(io::Error::other).and_then(|done| done);
            // The visitor gets a 503. A store on a network also needs a timeout of seconds here.
            done.map_err(|error| StoreError::Down { store: "folder", reason: error.to_string() })
        }))
    }
}

impl SessionStore for FolderSessions {
    fn load(&self, id: SessionId) -> StoreReply<'_, Option<SessionRecord>> {
        self.run(move |folder| folder.read(&folder.file(id)))
    }

    fn save(
        &self,
        id: SessionId,
        expected: Option<u64>,
        record: SessionRecord,
        ttl: Duration,
    ) -> StoreReply<'_, SaveOutcome> {
        self.run(move |folder| {
            folder.saves += 1;
            if folder.saves.is_multiple_of(1000) {
                folder.all()?; // most expired sessions are never loaded again
            }
            let file = folder.file(id);
            if folder.read(&file)?.map(|stored| stored.version) != expected {
                return Ok(SaveOutcome::Conflict);
            }
            let SessionRecord { version, user, bytes } = record;
            let stored = Stored { expires_at: now().saturating_add(millis(ttl)), version, user, bytes };
            let temporary = file.with_extension("new");
            fs::write(&temporary, serde_json::to_vec(&stored)?)?;
            fs::rename(temporary, file).map(|()| SaveOutcome::Saved) // a crash leaves the old or the new file
        })
    }

    fn delete(&self, id: SessionId) -> StoreReply<'_, ()> {
        self.run(move |folder| match fs::remove_file(folder.file(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
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

fn app(store: impl SessionStore, keyring: &Keyring) -> Router {
    let routes = Router::new().route("/", get(count));
    Palisade::development().sessions(Sessions::in_store(store, keyring)).protect(routes)
}

async fn count(session: Session) -> palisade::Result<String> {
    let visits = session.get::<u32>("visits").await?.unwrap_or(0) + 1;
    session.set("visits", visits).await?;
    Ok(format!("visit {visits}"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let folder = env::temp_dir().join("palisade-sessions");
    let app = app(FolderSessions::open(&folder)?, &Keyring::from_env("SECRET_KEY")?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://{}, sessions in {}", listener.local_addr()?, folder.display());
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}

#[cfg(test)]
mod tests {
    use palisade::test::{Browser, session_store};
    use test_support::Folder;

    use super::*;

    #[tokio::test]
    async fn the_store_keeps_the_contract() {
        let folder = Folder::new();
        session_store::check(FolderSessions::open(&*folder).unwrap()).await;
    }

    #[tokio::test]
    async fn sessions_survive_a_restart() {
        let (folder, keyring) = (Folder::new(), Keyring::random());
        let start = || app(FolderSessions::open(&*folder).unwrap(), &keyring);
        let mut ada = Browser::new(start());
        assert_eq!(ada.get("/").await.text, "visit 1");
        let mut ada = ada.service(start());
        assert_eq!(ada.get("/").await.text, "visit 2");
        let other_key = app(FolderSessions::open(&*folder).unwrap(), &Keyring::random());
        assert_eq!(ada.service(other_key).get("/").await.text, "visit 1");
    }

    #[tokio::test]
    async fn expired_sessions_leave_no_files() {
        let folder = Folder::new();
        let store = FolderSessions::open(&*folder).unwrap();
        for _ in 0..1000 {
            let record = SessionRecord { version: 1, user: None, bytes: Vec::new() };
            store.save(SessionId::random(), None, record, Duration::ZERO).await.unwrap();
        }
        assert_eq!(fs::read_dir(&*folder).unwrap().count(), 1, "the last one");
    }

    #[tokio::test]
    async fn a_broken_store_is_a_503() {
        let folder = Folder::new();
        let mut ada = Browser::new(app(FolderSessions::open(&*folder).unwrap(), &Keyring::random()));
        drop(folder); // deletes it
        assert_eq!(ada.get("/").await.status, 503);
    }
}
