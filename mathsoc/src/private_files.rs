//! Creates folders and files that only their owner can read.
//!
//! On Unix a new folder has mode 0700 and a new file 0600, from the moment it exists. An existing
//! path keeps its mode: an operator may have opened it to a group. On other systems the defaults
//! apply.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates the folder and its parents if they are missing.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(()); // The parent of a bare `mathsoc.db` is the working directory.
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Creates a file and opens it for writing.
///
/// # Errors
/// `AlreadyExists` if the file exists, otherwise the error of the system.
pub(crate) fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
