//! Every page in a real browser: nothing violates the policy, nothing is said on the console, axe-core finds nothing,
//! and a script that was smuggled in does not run. `MATHSOC_SCREENSHOTS=folder` keeps pictures.

#![allow(clippy::unwrap_used, reason = "what a test relies on may end it")]

#[path = "support/folder.rs"]
mod folder;
#[allow(dead_code, reason = "shared with the tests of the program")]
#[path = "support/site.rs"]
mod site;

use std::path::Path;
use std::process::Command;

use folder::Folder;
use site::Site;

#[test]
fn every_page_is_right_in_a_real_browser_with_script_and_without() {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    for needed in [Path::new("/usr/bin/chromium"), &tools.join("node_modules/playwright-core")] {
        assert!(needed.exists(), "{} is missing: run scripts/install-test-needs", needed.display());
    }
    let folder = Folder::new();
    let site = Site::start(&folder, &[("RATELIMIT_DEFAULT", "100000/hour")]);
    let visit = Command::new("node")
        .arg(tools.join("pages.mjs"))
        .arg(format!("http://{}", site.address))
        .args(std::env::var_os("MATHSOC_SCREENSHOTS"))
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&visit.stdout);
    assert!(visit.status.success(), "{said}{}", String::from_utf8_lossy(&visit.stderr));
    let report: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let pages = report["pages"].as_array().unwrap();
    assert!(pages.len() >= 30, "only {} pages were found by their links: {pages:?}", pages.len());
    let findings: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}
