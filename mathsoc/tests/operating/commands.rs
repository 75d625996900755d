//! The commands as an operator types them.

use std::fs;
use std::process::Output;

use test_support::Folder;

use super::old_site::{self};
use crate::support::program::{Site, mathsoc};

pub(crate) fn run(folder: &Folder, settings: &[(&str, &str)], arguments: &[&str]) -> (i32, String) {
    let output: Output = mathsoc(folder, settings).args(arguments).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

#[test]
fn a_live_backup_is_private_to_its_owner() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[]);
    let (code, said) = run(&folder, &[], &["backup", "monday.tar.gz"]);
    assert!(
        code == 0 && said.contains("files are in monday.tar.gz") && said.contains("secret key"),
        "{said}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.join("monday.tar.gz")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(site.get("/challenges/1").starts_with("HTTP/1.1 200 "), "it goes on");
    site.stop();
    let (code, said) = run(&folder, &[], &["backup", "monday.tar.gz"]);
    assert!(code == 1 && said.contains("exists: give the backup another name"), "{said}");

    let (code, said) = run(&folder, &[], &["restore", "monday.tar.gz"]);
    assert!(code == 1 && said.contains("not empty") && said.contains("--replace"), "{said}");
    let (code, said) = run(&folder, &[], &["restore", "monday.tar.gz", "--dry-run"]);
    assert!(
        code == 0 && said.contains("rows of challenges") && said.contains("nothing was changed"),
        "{said}"
    );
    let elsewhere = [("DATA_DIR", "elsewhere")];
    let (code, said) = run(&folder, &elsewhere, &["restore", "monday.tar.gz"]);
    assert!(code == 0 && said.contains("sqlite://elsewhere/mathsoc.db"), "{said}");
    let (code, said) = run(&folder, &elsewhere, &["check"]);
    assert_eq!((code, said.as_str()), (0, "Nothing found.\n"));
    let site = Site::start(&folder, &[("DATA_DIR", "elsewhere"), ("APP_ENV", "testing")]);
    assert!(site.get("/challenges/1").starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn one_command_imports_flask_after_a_dry_run() {
    let folder = Folder::new();
    old_site::fill(&format!("sqlite://{}", folder.join("old.db").display())).await;
    let import =
        |more: &[&str]| run(&folder, &[], &[&["import", "--from", "sqlite://old.db"], more].concat());
    let (code, said) = import(&["--dry-run"]);
    assert!(code == 1 && said.contains("run `mathsoc migrate` first"), "{said}");
    assert!(!folder.join("data").exists(), "a dry run makes nothing");
    assert_eq!(run(&folder, &[], &["migrate"]).0, 0);
    let (code, said) = import(&["--dry-run"]);
    assert!(code == 0 && said.ends_with("This was a dry run: nothing was changed.\n"), "{said}");
    let (code, done) = import(&[]);
    assert!(code == 0 && said.starts_with(&done), "{done}\n{said}");
    assert!(done.contains("\nusers                        10        6        0        4\n"), "{done}");
    assert!(done.contains("  users 5: its password was admin123"), "{done}");
    assert!(!done.contains("\r"), "there is no bar where there is no terminal");
    for secret in ["pbkdf2", "scrypt", "herons"] {
        assert!(!done.contains(secret), "{done}");
    }
    let (code, said) = run(&folder, &[], &["check"]);
    assert!(code == 1 && said.starts_with("   1. M08  box "), "{said}");
    let (code, said) = import(&["--utc-offset", "London"]);
    assert!(code == 2 && said.contains("such as +01:00"), "{said}");
    let (code, said) = run(&folder, &[], &["import", "--from", "sqlite://none.db"]);
    assert!(code == 1 && said.contains("nothing was taken over from sqlite://none.db"), "{said}");
}

#[test]
fn check_reports_by_its_exit_code() {
    let folder = Folder::new();
    let (code, said) = run(&folder, &[], &["check"]);
    assert!(code == 2 && said.contains("there is no database"), "{said}");
    assert!(!folder.join("data").exists());
    assert_eq!(run(&folder, &[("PORT", "x")], &["check"]).0, 2);
    run(&folder, &[], &["migrate", "--demo"]);
    assert_eq!(run(&folder, &[], &["check"]), (0, "Nothing found.\n".to_owned()));
    assert_eq!(run(&folder, &[], &["check", "--repair"]).0, 0);
    let (code, said) = run(&folder, &[], &["backup", "none/x.tar.gz"]);
    assert!(code == 1 && said.contains("none/x.tar.gz"), "{said}");
}
