//! Tests touch no database that a test did not create itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mathsoc::db::{Db, Url};
use test_support::Folder;

use super::tables::run;

/// Runs tests that create databases, serve, and start the program, in an environment that names a
/// foreign database.
#[tokio::test]
async fn a_database_named_in_the_environment_is_untouched() {
    let folder = Folder::new();
    let theirs = folder.join("theirs.db");
    let db = Db::connect(&Url::file(&theirs)).await.unwrap();
    run(&db, "PRAGMA journal_mode = DELETE; CREATE TABLE precious (id INTEGER)").await;
    db.close().await;
    let before = fs::read(&theirs).unwrap();
    let settings = format!("DATABASE_URL=sqlite://{}\n", theirs.display());
    fs::write(folder.join(".env"), &settings).unwrap();

    let tests = [
        "operating::check::repair_rebuilds_derived_rows_only",
        "operating::commands::a_live_backup_is_private_to_its_owner",
        "operating::import::existing_accounts_keep_password_and_role",
    ];
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.current_dir(&*folder).arg("--exact").args(tests);
    again.env("DATABASE_URL", format!("sqlite://{}", theirs.display()));
    again
        .env("DATA_DIR", &*folder)
        .env("PGDATABASE", "precious")
        .env("PGPORT", "1")
        .env("PGHOST", "127.0.0.1");
    // A test runner may ask for a list of tests by this variable.
    let output = again.env_remove("NEXTEST_EXECUTION_MODE").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("3 passed"), "{text}");
    assert_eq!(fs::read(&theirs).unwrap(), before);
    let mut left: Vec<_> = fs::read_dir(&*folder).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".env", "theirs.db"], "nothing else was created");
}

/// The test above tries some tests; this one reads the text of all. No test reads the environment,
/// and only one place starts the program, with an empty environment.
#[test]
fn tests_never_read_the_environment() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    // Assembled from pieces, so that this file does not match.
    let join = |pieces: [&str; 2]| pieces.concat();
    let variables = [["env::", "var("], ["env::", "var_os("], ["env::", "vars("], ["dot", "envy"]].map(join);
    let (settings, program) = (join(["Vars::", "of_process"]), join(["CARGO_BIN_EXE_", "mathsoc"]));
    for path in sources(&tests) {
        let text = fs::read_to_string(&path).unwrap();
        // Allowed: the folders of screenshots and corpora, and cargo itself.
        let allowed = [
            ["env::", "var(\"MATHSOC_SCREENSHOTS\")"],
            ["env::", "var(\"PALISADE_CORPORA\")"],
            ["env::", "var_os(\"CARGO\")"],
        ];
        let other = allowed.map(join).iter().fold(text.clone(), |text, it| text.replace(it, ""));
        for word in &variables {
            assert!(!other.contains(word), "{} has {word}", path.display());
        }
        let opens =
            ["App::open", "Db::connect", "Pool", "PgConnection"].iter().any(|word| text.contains(word));
        assert!(!opens || !text.contains(&settings), "{} opens what the environment names", path.display());
        if text.contains(&program) {
            assert!(path.ends_with("support/program.rs"), "{} starts the program", path.display());
            assert!(text.contains("env_clear()") && text.matches(&program).count() == 1);
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    found
}
