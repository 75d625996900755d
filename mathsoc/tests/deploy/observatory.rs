//! The site behind nginx: the MDN HTTP Observatory and `palisade audit` give the same score.
//!
//! It is the highest score for a host that is not in the browsers' preload list.

use std::path::{Path, PathBuf};
use std::process::Command;

use test_support::Folder;

use super::settle;
use crate::support::assets_are_built;
use crate::support::front::Front;
use crate::support::program::Site;

/// The name, outcome and points of each test, and finally the score.
type Outcomes = Vec<(String, String, i64)>;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the results of the Observatory's package; `None` if it is missing and may be skipped.
fn theirs(front: &Front) -> Option<Outcomes> {
    let tools = workspace().join("palisade-cli/tests/observatory");
    if !tools.join("node_modules/@mdn/mdn-http-observatory").exists() {
        let how = "@mdn/mdn-http-observatory is missing: run scripts/install-test-needs";
        test_support::allow_skip("observatory", how);
        return None;
    }
    let scan = Command::new("node")
        .arg(tools.join("scan.mjs"))
        .args([front.https.to_string(), front.http.to_string()])
        .env("NODE_EXTRA_CA_CERTS", &front.certificate)
        .output()
        .expect("node should be installed if the npm package is");
    assert!(scan.status.success(), "{}", String::from_utf8_lossy(&scan.stderr));
    let lines = String::from_utf8(scan.stdout).unwrap();
    let outcome = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        (words[0].to_owned(), words[1].to_owned(), words[2].parse().unwrap())
    };
    Some(lines.lines().map(outcome).collect())
}

/// Returns the path of the `palisade` command, and builds it first if it is missing.
fn palisade() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("palisade");
    if !program.exists() {
        let build = ["build", "--quiet", "-p", "palisade-cli"];
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        assert!(Command::new(cargo).current_dir(workspace()).args(build).status().unwrap().success());
    }
    program
}

fn ours(front: &Front) -> (serde_json::Value, Outcomes) {
    let url = format!("https://localhost:{}/", front.https);
    let audit = Command::new(palisade())
        .args(["audit", &url, "--ca", &front.certificate, "--http-port", &front.http.to_string()])
        .args(["--format", "json", "--fail-on", "never"])
        .output()
        .unwrap();
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
    let mut report: serde_json::Value = serde_json::from_slice(&audit.stdout).unwrap();
    let site = report["sites"][0].take();
    let text = |one: &serde_json::Value, name: &str| one[name].as_str().unwrap().to_owned();
    let score = &site["observatory"];
    let outcomes = score["outcomes"].as_array().unwrap().iter();
    let outcomes =
        outcomes.map(|one| (text(one, "test"), text(one, "result"), one["points"].as_i64().unwrap()));
    let all = ("score".to_owned(), text(score, "grade"), score["points"].as_i64().unwrap());
    let outcomes = outcomes.chain([all]).collect();
    (site, outcomes)
}

#[test]
fn the_observatory_and_the_audit_agree_behind_nginx() {
    if !assets_are_built() {
        return;
    }
    let folder = Folder::new();
    settle(&folder, "env.single", &[("SERVER_NAME", "localhost")]);
    let site = Site::start(&folder, &[]);
    let front = Front::on_this_machine(&folder, &[&site.address]);
    let (seen, ours) = ours(&front);
    for finding in seen["findings"].as_array().unwrap() {
        // The test certificate is valid for two days, which is no finding about the site.
        let passes = finding["severity"] == "info" || finding["id"].as_str().unwrap().starts_with("tls-");
        assert!(passes, "{finding}");
    }
    let Some(theirs) = theirs(&front) else { return };
    let ((_, their_grade, their_points), theirs) = theirs.split_last().unwrap();
    let ((_, our_grade, our_points), ours) = ours.split_last().unwrap();
    assert!(theirs.len() >= 10, "{theirs:?}");
    for outcome in theirs {
        assert!(ours.contains(outcome), "the audit lacks {outcome:?}: {ours:?}");
    }
    // The npm package has algorithm 4, which does not test COOP. Newer versions give it 10 points.
    let newer = ours.iter().filter(|(name, ..)| theirs.iter().all(|(theirs, ..)| theirs != name));
    let newer: i64 = newer.map(|(.., points)| points).sum();
    assert_eq!((&**their_grade, their_points + newer), ("A+", 140), "{theirs:?}");
    assert_eq!((&**our_grade, *our_points), ("A+", 140), "{ours:?}");
}
