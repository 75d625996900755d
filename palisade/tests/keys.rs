//! The keyring's sources of keys, and the keys that documentation prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use palisade::Keyring;
use palisade::keyring::{KeyringError, WeakKey, random_key};
use test_support::Folder;

/// The keys of earlier versions of our documentation, and the key that Flask's prints.
const PUBLISHED: [&str; 3] = [
    "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq",
    "hV2c9Yw0sTn5bLrQ7mXzE1gK8dJpA4uFi6oNvRk3yHqWtGxB",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
];

#[test]
fn rejects_keys_that_documentation_has_printed() {
    for key in PUBLISHED {
        let error = Keyring::new(key).unwrap_err();
        assert_eq!(error.weakness(), Some(WeakKey::Published), "{key}");
        assert!(error.to_string().contains("palisade secret new"), "{error}");
        assert!(Keyring::random().previous([format!("{key}\n")]).is_err(), "{key}");
    }
}

#[test]
fn documentation_prints_no_usable_key() {
    let line = format!("//! let key = \"{}\";", PUBLISHED[0]);
    assert!(is_documentation(&line) && words(&line).eq([PUBLISHED[0]]), "the scan finds keys");
    let mut found = Vec::new();
    let mut files = 0;
    for path in documents(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()) {
        files += 1;
        let text = fs::read_to_string(&path).unwrap();
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        let whole = !is_rust || path.components().any(|part| part.as_os_str() == "examples");
        for line in text.lines().filter(|line| whole || is_documentation(line)) {
            let keys = words(line).filter(|word| Keyring::new(word).is_ok());
            found.extend(keys.map(|key| format!("{}: {key}", path.display())));
        }
    }
    assert!(files > 100, "only {files} documents were read");
    assert!(found.is_empty(), "write `Keyring::random()` or `from_env`:\n{}", found.join("\n"));
}

fn is_documentation(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//!") || line.starts_with("///")
}

/// Returns the words that look like keys: base64 or hexadecimal, with letters and digits. Paths and
/// names have no digits or are no text in quotes, and hashes have their algorithm in front.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_key = |c: char| c.is_ascii_alphanumeric() || "+/=_".contains(c);
    line.split(move |c: char| !is_key(c) && c != '-' && c != '$' && c != '.' && c != ':').filter(
        move |word| {
            let has = |class: fn(&char) -> bool| word.chars().filter(class).count() >= 4;
            word.chars().all(is_key) && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
        },
    )
}

/// Returns the Markdown files, Rust sources and settings files of the tree.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !["target", "node_modules", "tests"].contains(&&*name) {
                found.extend(documents(&path));
            }
        } else if [".md", ".rs", ".example", "env.single", "env.several"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            found.push(path);
        }
    }
    found
}

#[test]
fn reads_the_key_from_the_environment() {
    const VARIABLE: &str = "PALISADE_TEST_KEY";
    if std::env::var_os(VARIABLE).is_some() {
        let (keyring, key) = (Keyring::from_env(VARIABLE).unwrap(), std::env::var(VARIABLE).unwrap());
        let signature = Keyring::new(key.trim()).unwrap().derive("a").sign(&[b"text"]);
        assert!(keyring.derive("a").verify(&[b"text"], &signature));
        return;
    }
    assert_eq!(Keyring::from_env(VARIABLE).unwrap_err(), KeyringError::NotSet(VARIABLE.to_owned()));
    let error = Keyring::from_env("PATH").unwrap_err().to_string();
    assert!(error.starts_with("PATH "), "{error}");
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "keys::reads_the_key_from_the_environment"]);
    let output = again.env(VARIABLE, format!("{}\n", random_key())).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn reads_the_key_from_a_file() {
    let folder = Folder::new();
    let (path, key) = (folder.join("key"), random_key());
    fs::write(&path, format!("{key}\n")).unwrap();
    let signature = Keyring::new(&key).unwrap().derive("a").sign(&[b"text"]);
    assert!(Keyring::from_file(&path).unwrap().derive("a").verify(&[b"text"], &signature));

    fs::write(&path, "half a k").unwrap();
    let error = Keyring::from_file(&path).unwrap_err();
    assert!(error.weakness().is_some() && error.to_string().contains(&*path.to_string_lossy()), "{error}");
    fs::remove_file(&path).unwrap();
    let error = Keyring::from_file(&path).unwrap_err().to_string();
    assert!(error.contains(&*path.to_string_lossy()) && error.contains("No such file"), "{error}");
}
