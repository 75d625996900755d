//! Folders and files that nobody but their owner can read.
//!
//! On unix a new folder gets mode 0700 and a new file 0600, from the moment it exists. What exists already keeps
//! its mode: an operator who opened it to a group had a reason. Elsewhere the system's defaults apply.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes the folder and those above it, where they are missing.
///
/// # Errors
/// When the system refuses, or something that is no folder is in the way.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(()); // the parent of `mathsoc.db`: the folder that we stand in
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a file that was not there before, open for writing.
///
/// # Errors
/// `AlreadyExists` when it was there, or whatever the system says.
pub(crate) fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
