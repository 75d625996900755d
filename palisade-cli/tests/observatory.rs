//! The outcomes of `palisade audit` equal those of the MDN HTTP Observatory's own package.

use std::path::Path;
use std::process::Command;

use axum::Router;
use axum::response::Redirect;

use super::harness::{Folder, certificates, palisade, serve, serve_tls};
use super::sites::{faulty_site, strict};

/// Name, result and points of each test.
type Outcomes = Vec<(String, String, i64)>;

/// Returns the outcomes of the package; `None` if it is missing and `ALLOW_SKIP` allows that.
fn theirs(folder: &Folder, https: u16, http: u16) -> Option<Outcomes> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/observatory");
    if !tools.join("node_modules/@mdn/mdn-http-observatory").exists() {
        let remedy = "@mdn/mdn-http-observatory is missing: run scripts/install-test-needs";
        test_support::allow_skip("observatory", remedy);
        return None;
    }
    let scan = Command::new("node")
        .arg(tools.join("scan.mjs"))
        .args([https.to_string(), http.to_string()])
        .env("NODE_EXTRA_CA_CERTS", folder.path("ca.pem"))
        .output()
        .expect("node is missing");
    assert!(scan.status.success(), "{}", String::from_utf8_lossy(&scan.stderr));
    let lines = String::from_utf8(scan.stdout).unwrap();
    let outcome = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        (words[0].to_owned(), words[1].to_owned(), words[2].parse().unwrap())
    };
    let outcomes: Outcomes = lines.lines().map(outcome).collect();
    // mathsoc/tests/deploy/observatory.rs compares the line `score`.
    Some(outcomes.into_iter().filter(|(name, ..)| name != "score").collect())
}

fn ours(folder: &Folder, https: u16, http: u16) -> Outcomes {
    let (url, http, ca) = (format!("https://localhost:{https}/"), http.to_string(), folder.path("ca.pem"));
    let run = palisade(&["audit", &url, "--ca", &ca, "--http-port", &http, "--format", "json"]);
    let report = run.json();
    let text = |outcome: &serde_json::Value, name: &str| outcome[name].as_str().unwrap().to_owned();
    let outcomes = report["sites"][0]["observatory"]["outcomes"].as_array().unwrap();
    outcomes
        .iter()
        .map(|one| (text(one, "test"), text(one, "result"), one["points"].as_i64().unwrap()))
        .collect()
}

#[test]
fn outcomes_equal_those_of_the_observatory() {
    let folder = Folder::new();
    certificates(&folder, 365);
    for (name, site) in [("strict", strict()), ("faulty", faulty_site())] {
        let https = serve_tls(site, &folder);
        let to = format!("https://localhost:{https}/");
        let http = serve(Router::new().fallback(move || async move { Redirect::permanent(&to) }));
        let Some(theirs) = theirs(&folder, https, http) else { return };
        let ours = ours(&folder, https, http);
        assert!(theirs.len() >= 10, "{theirs:?}");
        for outcome in &theirs {
            // The package should subtract 50 points here, but its client drops the Origin that the
            // test compares. We follow its documentation and its own tests.
            if outcome.1 == "cross-origin-resource-sharing-implemented-with-restricted-access" {
                continue;
            }
            assert!(ours.contains(outcome), "{name}: theirs {outcome:?}, ours {ours:?}");
        }
    }
}
