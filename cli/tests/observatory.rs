//! The MDN HTTP Observatory's own package asks the same sites as `palisade audit`: each test they both have ends the same.

use std::path::Path;
use std::process::Command;

use axum::Router;
use axum::response::Redirect;

use super::sites::{faulty_site, strict};
use super::world::{Folder, certificates, palisade, serve, serve_tls};

/// What came of each test: its name, its outcome and its points.
type Outcomes = Vec<(String, String, i64)>;

/// What the package says; `None` if it is missing and may be.
fn theirs(folder: &Folder, secure: u16, clear: u16) -> Option<Outcomes> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/observatory");
    if !tools.join("node_modules/@mdn/mdn-http-observatory").exists() {
        let how = "@mdn/mdn-http-observatory is missing: run scripts/install-test-needs";
        test_support::allow_skip("observatory", how);
        return None;
    }
    let scan = Command::new("node")
        .arg(tools.join("scan.mjs"))
        .args([secure.to_string(), clear.to_string()])
        .env("NODE_EXTRA_CA_CERTS", folder.path("ca.pem"))
        .output()
        .expect("there is a package of npm's but no node");
    assert!(scan.status.success(), "{}", String::from_utf8_lossy(&scan.stderr));
    let lines = String::from_utf8(scan.stdout).unwrap();
    let outcome = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        (words[0].to_owned(), words[1].to_owned(), words[2].parse().unwrap())
    };
    let outcomes: Outcomes = lines.lines().map(outcome).collect();
    // The last line is the score, which mathsoc/tests/deploy/observatory.rs compares.
    Some(outcomes.into_iter().filter(|(name, ..)| name != "score").collect())
}

fn ours(folder: &Folder, secure: u16, clear: u16) -> Outcomes {
    let (url, clear, ca) = (format!("https://localhost:{secure}/"), clear.to_string(), folder.path("ca.pem"));
    let said = palisade(&["audit", &url, "--ca", &ca, "--http-port", &clear, "--format", "json"]);
    let report = said.json();
    let text = |outcome: &serde_json::Value, name: &str| outcome[name].as_str().unwrap().to_owned();
    let outcomes = report["sites"][0]["observatory"]["outcomes"].as_array().unwrap();
    outcomes
        .iter()
        .map(|one| (text(one, "test"), text(one, "result"), one["points"].as_i64().unwrap()))
        .collect()
}

#[test]
fn a_strict_site_and_a_faulty_one_have_the_outcomes_that_the_observatory_says() {
    let folder = Folder::new();
    certificates(&folder, 365);
    for (name, site) in [("strict", strict()), ("faulty", faulty_site())] {
        let secure = serve_tls(site, &folder);
        let to = format!("https://localhost:{secure}/");
        let clear = serve(Router::new().fallback(move || async move { Redirect::permanent(&to) }));
        let Some(theirs) = theirs(&folder, secure, clear) else { return };
        let ours = ours(&folder, secure, clear);
        assert!(theirs.len() >= 10, "{theirs:?}");
        for outcome in &theirs {
            // They mean to take 50 points from who lets any origin read with credentials, but look for the origin that they
            // sent where their client does not keep it. We do what they document, and what their tests say.
            if outcome.1 == "cross-origin-resource-sharing-implemented-with-restricted-access" {
                continue;
            }
            assert!(ours.contains(outcome), "{name}: they say {outcome:?}, we say {ours:?}");
        }
    }
}
