//! Every command except `palisade audit`.

use super::harness::{Folder, palisade, palisade_with};

#[test]
fn a_policy_is_linted_from_an_argument_and_from_stdin() {
    let bad = palisade(&["csp", "lint", "script-src 'unsafe-inline'"]);
    assert!(bad.code == 1 && bad.out.starts_with("high    csp-unsafe-inline  script-src"), "{}", bad.out);
    let good = "Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; report-to csp\n";
    let good = palisade_with(&["csp", "lint"], good);
    assert_eq!((good.code, &*good.out), (0, "No findings.\n"));
    let wrong = palisade(&["csp", "lint", "default-src self"]);
    assert!(wrong.code == 2 && wrong.err.contains("at character 13"), "{}", wrong.err);
}

#[test]
fn a_policy_is_explained_in_words() {
    let run = palisade(&[
        "csp",
        "explain",
        "default-src 'self'; script-src 'nonce-abc' 'strict-dynamic'; img-src *.example.org data:",
    ]);
    for words in
        ["The scripts that may run.", "elements with the nonce", "every subdomain", "forms: they can submit"]
    {
        assert!(run.out.contains(words), "{words}: {}", run.out);
    }
    assert!(!run.out.contains("images: from any host"), "{}", run.out);
}

#[test]
fn two_policies_are_compared() {
    let run = palisade(&["csp", "diff", "default-src 'self'", "default-src 'self' 'unsafe-inline'"]);
    assert!(run.code == 1 && run.out.starts_with("~ default-src +'unsafe-inline'\n"), "{}", run.out);
    let same = palisade(&["csp", "diff", "img-src *", "img-src *"]);
    assert_eq!((same.code, &*same.out), (0, ""));
}

#[test]
fn a_har_file_becomes_a_policy_without_findings() {
    let folder = Folder::new();
    let entry = |url: &str, mime: &str| {
        format!(r#"{{"request":{{"url":"{url}"}},"response":{{"content":{{"mimeType":"{mime}"}}}}}}"#)
    };
    let entries =
        [entry("https://a.example/", "text/html"), entry("https://img.example/a.png", "image/png")].join(",");
    let file = folder.file("a.har", &format!(r#"{{"log":{{"entries":[{entries}]}}}}"#));
    let run = palisade(&["csp", "from-har", &file]);
    assert!(run.out.contains("img-src 'self' https://img.example"), "{}", run.out);
    assert_eq!(palisade(&["csp", "lint", run.out.trim()]).code, 0);
    let wrong = palisade_with(&["csp", "from-har", "-"], "{}");
    assert!(wrong.code == 2 && wrong.err.contains("network panel"), "{}", wrong.err);
}

#[test]
fn secrets_are_long_and_unique() {
    let (one, two) = (palisade(&["secret", "new"]).out, palisade(&["secret", "new"]).out);
    assert_ne!(one, two);
    assert_eq!(one.trim().len(), 64);
    assert!(palisade(&["secret", "new", "--bytes", "8"]).code == 2);
}

#[test]
fn a_hash_verifies_its_password_only() {
    let hash = palisade_with(&["password", "hash"], "correct horse\n").out;
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    let verify = |password: &str, hash: &str| palisade_with(&["password", "verify", hash], password).code;
    assert_eq!((verify("correct horse", hash.trim()), verify("wrong horse\n", hash.trim())), (0, 1));
    let werkzeug = "pbkdf2:sha256:1000$salt$ff5c3f1d6d0eaa5a8b6e6b2a1a0c1f0b7d6d0eaa5a8b6e6b2a1a0c1f0b7d6d0e";
    assert_eq!(verify("anything", werkzeug), 1);
    assert_eq!(verify("anything", "plain text"), 2);
}

#[test]
fn presets_are_headers_to_paste() {
    let strict = palisade(&["headers", "strict"]).out;
    assert!(
        strict
            .contains("Content-Security-Policy: default-src 'self'; script-src 'nonce-…' 'strict-dynamic';"),
        "{strict}"
    );
    assert!(strict.contains("Strict-Transport-Security: max-age=31536000; includeSubDomains"));
    let nginx = palisade(&["headers", "strict", "--nginx"]).out;
    assert!(
        nginx.lines().all(|line| line.starts_with("add_header ") && line.ends_with("\" always;")),
        "{nginx}"
    );
    let api = format!("Content-Type: application/json\n{}", palisade(&["headers", "api"]).out);
    let pasted = palisade_with(&["audit", "-"], &api);
    assert_eq!(pasted.code, 0, "{}", pasted.out);
}

#[test]
fn completions_and_manual_pages_list_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let run = palisade(&["completions", shell]);
        assert!(run.out.contains("from-har") && run.code == 0, "{shell}");
    }
    let manual = palisade(&["man"]).out;
    for command in ["palisade\\-audit", "palisade\\-csp\\-from\\-har", "\\-\\-fail\\-on"] {
        assert!(manual.contains(command), "{command}");
    }
}
