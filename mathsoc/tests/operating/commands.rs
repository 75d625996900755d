//! The commands, run as an operator runs them.

use std::fs;
use std::process::Output;

use test_support::Folder;

use super::old_site::{self};
use crate::support::program::{Site, mathsoc};

pub(crate) fn run(folder: &Folder, settings: &[(&str, &str)], arguments: &[&str]) -> (i32, String) {
    let output: Output = mathsoc(folder, settings).args(arguments).output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), text)
}

#[test]
fn a_live_backup_is_private_to_its_owner() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[]);
    let (code, text) = run(&folder, &[], &["backup", "monday.tar.gz"]);
    assert!(
        code == 0 && text.contains("files are in monday.tar.gz") && text.contains("secret key"),
        "{text}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join("monday.tar.gz")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(site.get("/challenges/1").starts_with("HTTP/1.1 200 "), "the site keeps running");
    site.stop();
    let (code, text) = run(&folder, &[], &["backup", "monday.tar.gz"]);
    assert!(code == 1 && text.contains("exists: give the backup another name"), "{text}");

    let (code, text) = run(&folder, &[], &["restore", "monday.tar.gz"]);
    assert!(code == 1 && text.contains("not empty") && text.contains("--replace"), "{text}");
    let (code, text) = run(&folder, &[], &["restore", "monday.tar.gz", "--dry-run"]);
    assert!(
        code == 0 && text.contains("rows of challenges") && text.contains("nothing was changed"),
        "{text}"
    );
    let elsewhere = [("DATA_DIR", "elsewhere")];
    let (code, text) = run(&folder, &elsewhere, &["restore", "monday.tar.gz"]);
    assert!(code == 0 && text.contains("sqlite://elsewhere/mathsoc.db"), "{text}");
    let (code, text) = run(&folder, &elsewhere, &["check"]);
    assert_eq!((code, text.as_str()), (0, "Nothing found.\n"));
    let site = Site::start(&folder, &[("DATA_DIR", "elsewhere"), ("APP_ENV", "testing")]);
    assert!(site.get("/challenges/1").starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn one_command_imports_flask_after_a_dry_run() {
    let folder = Folder::new();
    old_site::fill(&format!("sqlite://{}", folder.join("old.db").display())).await;
    let import =
        |more: &[&str]| run(&folder, &[], &[&["import", "--from", "sqlite://old.db"], more].concat());
    let (code, text) = import(&["--dry-run"]);
    assert!(code == 1 && text.contains("run `mathsoc migrate` first"), "{text}");
    assert!(!folder.join("data").exists(), "a dry run creates nothing");
    assert_eq!(run(&folder, &[], &["migrate"]).0, 0);
    let (code, text) = import(&["--dry-run"]);
    assert!(code == 0 && text.ends_with("This was a dry run: nothing was changed.\n"), "{text}");
    let (code, done) = import(&[]);
    assert!(code == 0 && text.starts_with(&done), "{done}\n{text}");
    assert!(done.contains("\nusers                        10        6        0        4\n"), "{done}");
    assert!(done.contains("  users 5: its password was admin123"), "{done}");
    assert!(!done.contains("\r"), "no progress bar without a terminal");
    for secret in ["pbkdf2", "scrypt", "herons"] {
        assert!(!done.contains(secret), "{done}");
    }
    let (code, text) = run(&folder, &[], &["check"]);
    assert!(code == 1 && text.starts_with("   1. M08  box "), "{text}");
    let (code, text) = import(&["--utc-offset", "London"]);
    assert!(code == 2 && text.contains("such as +01:00"), "{text}");
    let (code, text) = run(&folder, &[], &["import", "--from", "sqlite://none.db"]);
    assert!(code == 1 && text.contains("nothing was imported from sqlite://none.db"), "{text}");
}

#[test]
fn check_reports_by_its_exit_code() {
    let folder = Folder::new();
    let (code, text) = run(&folder, &[], &["check"]);
    assert!(code == 2 && text.contains("there is no database"), "{text}");
    assert!(!folder.join("data").exists());
    assert_eq!(run(&folder, &[("PORT", "x")], &["check"]).0, 2);
    run(&folder, &[], &["migrate", "--demo"]);
    assert_eq!(run(&folder, &[], &["check"]), (0, "Nothing found.\n".to_owned()));
    assert_eq!(run(&folder, &[], &["check", "--repair"]).0, 0);
    let (code, text) = run(&folder, &[], &["backup", "none/x.tar.gz"]);
    assert!(code == 1 && text.contains("none/x.tar.gz"), "{text}");
}
