//! The uploaded files: into a backup, and out of one.
//!
//! Only plain files are saved; links are not followed. A file that is deleted while the backup is made may be missing in it:
//! `mathsoc check` finds that.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::archive::Writer;
use super::{BackupError, FILES};
use crate::private;

/// The folder of the uploaded files.
pub(super) fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("uploads")
}

/// Adds all files under the folder; nothing if there is no folder.
pub(super) fn save(writer: &mut Writer, folder: &Path) -> Result<(), BackupError> {
    for path in all(folder).map_err(|source| BackupError::File { path: folder.to_owned(), source })? {
        let failed = |source| BackupError::File { path: path.clone(), source };
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // deleted just now
            file => file.map_err(failed)?,
        };
        let bytes = file.metadata().map_err(failed)?.len();
        let relative = path.strip_prefix(folder).ok().and_then(Path::to_str);
        let named = || failed(io::Error::new(io::ErrorKind::InvalidInput, "its name is no text"));
        let name = format!("{FILES}{}", relative.ok_or_else(named)?.replace('\\', "/"));
        writer.add(&name, file, bytes).map_err(failed)?;
    }
    Ok(())
}

/// The plain files under a folder, in order.
fn all(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let listed = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            listed => listed?,
        };
        for entry in listed {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Files that are about to take the place of others.
pub(super) struct Staged {
    folder: PathBuf,
    staged: PathBuf,
    former: PathBuf,
}

impl Staged {
    /// An empty folder beside the one for uploads.
    pub(super) fn new(data_dir: &Path) -> io::Result<Self> {
        let (staged, former) = (data_dir.join("uploads.restoring"), data_dir.join("uploads.former"));
        let folder = folder(data_dir);
        private::folder(data_dir)?;
        if former.exists() {
            let wrong = "is there: a restore broke off. Put it back as uploads, or remove it";
            return Err(io::Error::other(format!("{} {wrong}", former.display())));
        }
        remove(&staged)?; // left by one that broke off before anything was changed
        private::folder(&staged)?;
        Ok(Self { folder, staged, former })
    }

    /// Writes a file whose path in the archive begins with [`FILES`].
    pub(super) fn write(&self, name: &str, content: &mut dyn Read) -> Result<(), BackupError> {
        let relative = Path::new(name);
        let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || name.contains(['\\', '\0']) || name.is_empty() {
            return Err(BackupError::Foreign);
        }
        let path = self.staged.join(relative);
        let written = path.parent().map_or(Ok(()), private::folder).and_then(|()| {
            let mut file = private::new_file(&path)?;
            io::copy(content, &mut file)?;
            file.sync_all()
        });
        written.map_err(|source| BackupError::File { path, source })
    }

    /// Puts the files in the place of those that are there, which stay beside until [`keep`](Self::keep).
    pub(super) fn swap(&self) -> io::Result<()> {
        if self.folder.exists() {
            fs::rename(&self.folder, &self.former)?;
        }
        fs::rename(&self.staged, &self.folder).inspect_err(|_| {
            let _ = fs::rename(&self.former, &self.folder);
        })
    }

    /// Puts back what was there before.
    pub(super) fn undo(&self) -> io::Result<()> {
        remove(&self.folder)?;
        if self.former.exists() { fs::rename(&self.former, &self.folder) } else { Ok(()) }
    }

    /// Removes what was there before.
    pub(super) fn keep(&self) -> io::Result<()> {
        remove(&self.former)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        let _ = remove(&self.staged);
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
