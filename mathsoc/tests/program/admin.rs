//! The commands that create admins and schools, and the setup link of the first start.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use mathsoc::db::{Db, Url, users};
use palisade::Passwords;
use test_support::Folder;

use crate::support::program::mathsoc;

const GOOD: &str = "nine purple herons juggle";

/// Runs `mathsoc admin …` with this text on standard input.
fn admin(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = mathsoc(folder, &[]);
    command.arg("admin").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    // A program that rejects its arguments does not read standard input.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

const ADA: [&str; 5] = ["create", "--email", "Ada@school.example", "--name", "Ada Lovelace"];

#[tokio::test]
async fn admin_commands_create_list_and_reset() {
    let folder = Folder::new();
    assert!(text_of(&admin(&folder, &["list"], "")).contains("There is no admin yet"));
    let made = admin(&folder, &ADA, &format!("{GOOD}\n"));
    assert_eq!(made.status.code(), Some(0), "{}", text_of(&made));
    assert!(text_of(&made).contains("Ada Lovelace is an admin now"), "{}", text_of(&made));
    let listed = text_of(&admin(&folder, &["list"], ""));
    assert!(listed.contains("Ada@school.example  no second factor  Ada Lovelace\n"), "{listed}");

    let db = Db::connect(&Url::file(&folder.join("data/mathsoc.db"))).await.unwrap();
    let ada = users::by_email(&db, &"ada@school.example".parse().unwrap()).await.unwrap().unwrap();
    assert!(ada.is_admin() && ada.email_verified_at.is_some() && ada.epoch == 1);
    assert!(opens(&db, GOOD).await);

    let other = "six green otters waltz along";
    let reset = admin(&folder, &["reset-password", "--email", "ADA@school.example"], other);
    assert_eq!(reset.status.code(), Some(0), "{}", text_of(&reset));
    assert!(opens(&db, other).await && !opens(&db, GOOD).await);
    assert_eq!(users::by_id(&db, ada.id).await.unwrap().unwrap().epoch, 2, "the reset ends all sessions");
    for text in [text_of(&made), text_of(&reset)] {
        assert!(!text.contains(GOOD) && !text.contains(other), "{text}");
    }
}

async fn opens(db: &Db, password: &str) -> bool {
    let stored = users::login_by_email(db, &"ada@school.example".parse().unwrap()).await.unwrap();
    Passwords::new().verify(password.into(), stored).await.unwrap().is_some()
}

/// The Flask site created the user `admin` with the password `admin123`.
#[test]
fn there_are_no_default_or_weak_passwords() {
    let folder = Folder::new();
    for (input, reason) in [
        ("", "no password on standard input"),
        ("\n", "no password on standard input"),
        ("admin123\n", "assword"),
        ("short\n", "at least 8"),
        ("Ada Lovelace\n", "your name"),
    ] {
        let output = admin(&folder, &ADA, input);
        assert_eq!(output.status.code(), Some(1), "{input:?}");
        assert!(text_of(&output).contains(reason), "{input:?}: {}", text_of(&output));
    }
    assert!(text_of(&admin(&folder, &["list"], "")).contains("There is no admin yet"));
}

#[test]
fn impossible_admin_commands_change_nothing() {
    let folder = Folder::new();
    assert_eq!(admin(&folder, &ADA, GOOD).status.code(), Some(0));
    let again = admin(&folder, &["create", "--email", "ada@SCHOOL.example", "--name", "Eve"], GOOD);
    assert!(
        again.status.code() == Some(1) && text_of(&again).contains("there is an account"),
        "{}",
        text_of(&again)
    );
    let missing = admin(&folder, &["reset-password", "--email", "eve@school.example"], GOOD);
    assert!(
        missing.status.code() == Some(1) && text_of(&missing).contains("no account"),
        "{}",
        text_of(&missing)
    );
    for wrong in [
        &["create", "--email", "ada", "--name", "Ada"][..],
        &["create", "--email", "a@b.example", "--name", " "],
    ] {
        assert_eq!(admin(&folder, wrong, GOOD).status.code(), Some(2), "{wrong:?}");
    }
    let argument = admin(&folder, &[&ADA[..], &["--password", GOOD]].concat(), "");
    assert_eq!(argument.status.code(), Some(2), "a password is never an argument");
}

#[test]
fn schools_are_added_and_listed() {
    let folder = Folder::new();
    let school = |arguments: &[&str]| mathsoc(&folder, &[]).arg("school").args(arguments).output().unwrap();
    let ours = ["add", "--name", "Marlow Bridge School", "--domain", "@MarlowBridge.example"];
    assert!(
        text_of(&school(&ours))
            .contains("Addresses @marlowbridge.example belong to pupils of Marlow Bridge School")
    );
    let again = school(&ours);
    assert!(again.status.code() == Some(1) && text_of(&again).contains("already"), "{}", text_of(&again));
    assert_eq!(school(&["add", "--name", "Theirs", "--domain", "example"]).status.code(), Some(2));
    assert_eq!(text_of(&school(&["list"])), "Marlow Bridge School  @marlowbridge.example\n");
}

#[test]
fn the_first_start_prints_a_setup_link() {
    let folder = Folder::new();
    let start = || {
        let out = folder.join("out");
        let mut command = mathsoc(&folder, &[("PORT", "0"), ("APP_ENV", "testing")]);
        let mut process =
            command.stdout(fs::File::create(&out).unwrap()).stderr(Stdio::null()).spawn().unwrap();
        let address =
            |text: &str| text.lines().find_map(|line| line.split("http://").nth(1).map(str::to_owned));
        let address = loop {
            let text = fs::read_to_string(&out).unwrap();
            if let Some(address) = address(&text).filter(|_| text.ends_with('\n')) {
                break address;
            }
            assert!(process.try_wait().unwrap().is_none(), "it ended: {text}");
            std::thread::yield_now();
        };
        // The site responds after it has printed everything.
        crate::support::program::get(&address, "/healthz");
        process.kill().unwrap();
        process.wait().unwrap();
        fs::read_to_string(&out).unwrap()
    };
    let first = start();
    let link = first.lines().find(|line| line.contains("/setup/")).expect(&first);
    assert!(link.trim().starts_with("http://127.0.0.1:") && link.trim().len() > 120, "{first}");
    assert_ne!(first, start(), "each start has a link of its own");
    assert_eq!(admin(&folder, &ADA, GOOD).status.code(), Some(0));
    assert!(!start().contains("/setup/"));
}
