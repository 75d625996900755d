//! Collects the facts that the rules need: files, backups, the database, the clock.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, io};

use palisade::Passwords;
use palisade::password::Password;

use crate::config::Config;
use crate::db::{Db, Result, users};
use crate::domain::email::EmailAddress;

/// The facts about the installation besides its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The clock of this machine, in unix seconds.
    pub now: i64,
    /// The private files and folders that exist.
    pub kept: Vec<PrivatePath>,
    pub backups: Backups,
    /// The database, if it exists.
    pub database: Option<DatabaseFacts>,
}

/// A private file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivatePath {
    pub path: PathBuf,
    /// The permission bits.
    pub mode: u32,
}

/// The state of the backups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Backups {
    /// `BACKUP_DIR` is not set.
    #[default]
    Nowhere,
    /// The folder cannot be read.
    Unreadable(PathBuf, String),
    /// The folder has no backups.
    None(PathBuf),
    /// The newest backup, and its time in unix seconds.
    Newest(PathBuf, i64),
}

/// The facts from the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// The clock of the database server in unix seconds; SQLite has none.
    pub clock: Option<i64>,
    /// `true` if the newest migration is applied.
    pub is_up_to_date: bool,
    /// The admins; empty unless the newest migration is applied.
    pub admins: Vec<Admin>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    pub email: EmailAddress,
    /// `true` if the account has a usable password.
    pub can_log_in: bool,
    /// `true` if the password is one of the [`KNOWN_PASSWORDS`].
    pub has_known_password: bool,
    pub has_second_factor: bool,
}

impl Facts {
    /// Collects the facts; reads the database if it exists.
    pub async fn look_up(config: &Config, env_file: &Path) -> Result<Self> {
        let mut facts = Self::of_files(config, env_file);
        if config.database_url.missing_file().is_none() {
            let db = Db::connect_to_read(&config.database_url).await?;
            let read = DatabaseFacts::read(&db).await;
            db.close().await;
            facts.database = Some(read?);
        }
        Ok(facts)
    }

    fn of_files(config: &Config, env_file: &Path) -> Self {
        let backups = config.backup_dir.as_deref().map_or(Backups::Nowhere, Backups::in_folder);
        let mut paths = vec![env_file.to_owned(), config.data_dir.clone()];
        paths.extend(["secret_key", "outbox"].map(|name| config.data_dir.join(name)));
        if let Some(file) = config.database_url.sqlite_file() {
            paths.extend(["", "-wal", "-shm"].map(|end| {
                let mut path = file.as_os_str().to_owned();
                path.push(end);
                PathBuf::from(path)
            }));
        }
        paths.extend(config.backup_dir.clone());
        if let Backups::Newest(path, _) = &backups {
            paths.push(path.clone());
        }
        let kept =
            paths.into_iter().filter_map(|path| mode(&path).map(|mode| PrivatePath { path, mode })).collect();
        Self { now: unix_seconds(SystemTime::now()), kept, backups, database: None }
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).ok().map(|it| it.permissions().mode() & 0o777)
}

/// Other systems have no permission bits.
#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

fn unix_seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Backups {
    fn in_folder(folder: &Path) -> Self {
        let newest = || -> io::Result<_> {
            let mut newest = None;
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_name().as_encoded_bytes().ends_with(b".tar.gz") {
                    let made = unix_seconds(entry.metadata()?.modified()?);
                    newest = newest.max(Some((made, entry.path())));
                }
            }
            Ok(newest)
        };
        match newest() {
            Ok(Some((made, path))) => Self::Newest(path, made),
            Ok(None) => Self::None(folder.to_owned()),
            Err(error) => Self::Unreadable(folder.to_owned(), error.to_string()),
        }
    }
}

impl DatabaseFacts {
    async fn read(db: &Db) -> Result<Self> {
        let (clock, is_up_to_date) =
            (db.clock().await?, db.migration().await? == Some(Db::newest_migration()));
        let mut admins = Vec::new();
        if is_up_to_date {
            let passwords = Passwords::new();
            for user in users::admins(db).await? {
                let Some(login) = users::login_by_id(db, user.id).await? else { continue };
                let can_log_in = login.hash.is_usable();
                let mut has_known_password = false;
                if can_log_in {
                    for known in KNOWN_PASSWORDS {
                        // No other request competes for the hashing permits here.
                        let tried = passwords.verify(Password::from(*known), Some(login.clone())).await;
                        has_known_password |= matches!(tried, Ok(Some(_)));
                    }
                }
                let (email, has_second_factor) = (user.email, user.has_second_factor);
                admins.push(Admin { email, can_log_in, has_known_password, has_second_factor });
            }
        }
        Ok(Self { clock, is_up_to_date, admins })
    }
}

/// Passwords that attackers try first: the original site's default, and common choices.
const KNOWN_PASSWORDS: &[&str] =
    &["admin123", "admin", "password", "password123", "changeme", "mathsoc", "letmein", "12345678"];
