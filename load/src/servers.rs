//! The programs under test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use test_support::program::Program;

/// Starts `load-app` in this folder, with these settings. Its log is lost.
#[must_use]
pub fn app(folder: &Path, settings: &[(&str, &str)]) -> Program {
    let mut command = command("load-app", folder, settings);
    command.stderr(Stdio::null());
    Program::start(command)
}

/// Starts the site in this folder, with these settings and without limits on the number of pages.
/// Its log is lost.
#[must_use]
pub fn site(folder: &Path, settings: &[(&str, &str)]) -> Program {
    let mut command = site_command(folder);
    command.envs(settings.iter().copied()).stderr(Stdio::null());
    Program::start(command)
}

/// Returns the command that starts the site in this folder. In testing, it has no rate limits.
#[must_use]
pub fn site_command(folder: &Path) -> Command {
    command("mathsoc", folder, &[("APP_ENV", "testing"), ("PORT", "0"), ("WTF_CSRF_ENABLED", "yes")])
}

/// Returns the command of a program that was built beside this one, in this folder and with only
/// these environment variables.
///
/// # Panics
/// If it was not built.
#[must_use]
pub fn command(program: &str, folder: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path(program));
    command.env_clear().current_dir(folder).envs(settings.iter().copied()).stdin(Stdio::null());
    command
}

fn path(program: &str) -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    let folder = own.parent().expect("a folder");
    // A test is in `deps`, beneath the programs.
    let folder = if folder.ends_with("deps") { folder.parent().expect("a folder") } else { folder };
    let path = folder.join(program);
    assert!(path.exists(), "{} is missing: run `cargo build -p load -p mathsoc`", path.display());
    path
}
