//! Every page in a real browser: nothing violates the policy, nothing is said on the console, axe-core finds nothing,
//! a script that was smuggled in does not run, accounts work from end to end, challenges are answered, and pages of
//! other origins can do nothing. `MATHSOC_SCREENSHOTS=folder` keeps pictures.

#![allow(clippy::unwrap_used, reason = "what a test relies on may end it")]

#[path = "browser/class.rs"]
mod class;
#[path = "support/folder.rs"]
mod folder;
#[allow(dead_code, reason = "shared with the tests of what is deployed")]
#[path = "deploy/front.rs"]
mod front;
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the library")]
#[path = "../../palisade/tests/stores/servers.rs"]
mod servers;
#[allow(dead_code, reason = "shared with the tests of the program")]
#[path = "support/site.rs"]
mod site;

use std::path::Path;
use std::process::Command;

use folder::Folder;
use front::Front;
use site::Site;

#[test]
fn every_page_is_right_in_a_real_browser_with_script_and_without() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[("RATELIMIT_DEFAULT", "100000/hour")]);
    let pages = visit("pages.mjs", &[&url(&site)]);
    assert!(pages.len() >= 30, "only {} pages were found by their links: {pages:?}", pages.len());
}

#[test]
fn an_account_lives_in_a_real_browser_from_its_first_letter_to_its_end() {
    let (folder, limited) = (Folder::new(), Folder::new());
    let mut site = Site::start(&folder, &[("REGISTRATION", "open"), ("RATELIMIT_ENABLED", "false")]);
    let set_up = site.next_line_with("/setup/");
    let outbox = folder.join("data/outbox");
    let limited = Site::start(&limited, &[]);
    let pages =
        visit("accounts.mjs", &[&url(&site), set_up.trim(), outbox.to_str().unwrap(), &url(&limited)]);
    assert!(pages.len() >= 35, "only {} pages were looked at: {pages:?}", pages.len());
}

#[test]
fn pages_of_other_origins_can_do_nothing_in_the_name_of_who_is_logged_in() {
    let folder = Folder::new();
    let mut site = Site::start(&folder, &[("RATELIMIT_ENABLED", "false")]);
    let set_up = site.next_line_with("/setup/");
    let tried = visit("foreign.mjs", &[&url(&site), set_up.trim()]);
    assert!(tried.len() >= 100, "only {} attempts were made: {tried:?}", tried.len());
}

#[test]
fn an_admin_does_everything_with_script_and_without() {
    let folder = Folder::new();
    let settings = [("RATELIMIT_ENABLED", "false"), ("ADMIN_TOTP_REQUIRED", "false")];
    let mut site = Site::start(&folder, &settings);
    let set_up = site.next_line_with("/setup/");
    let pages = visit("admin.mjs", &[&url(&site), set_up.trim()]);
    assert!(pages.len() >= 10, "only {} pages were looked at: {pages:?}", pages.len());
}

#[test]
fn a_leaderboard_moves_in_another_window_when_a_pupil_answers() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[("RATELIMIT_ENABLED", "false")]);
    let challenges = tokio::runtime::Runtime::new().unwrap().block_on(class::gather(&folder.join("data")));
    let pages = visit("boards.mjs", &[&url(&site), class::PASSWORD, &challenges]);
    assert!(pages.len() >= 9, "only {} pages were looked at: {pages:?}", pages.len());
}

#[test]
fn pupils_answer_challenges_in_a_real_browser_with_script_and_without() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[("REGISTRATION", "open"), ("RATELIMIT_ENABLED", "false")]);
    let outbox = folder.join("data/outbox");
    let pages = visit("answering.mjs", &[&url(&site), outbox.to_str().unwrap()]);
    assert!(pages.len() >= 5, "only {} pages were looked at: {pages:?}", pages.len());
}

#[test]
fn admins_look_after_people_in_a_real_browser() {
    let folder = Folder::new();
    let settings = [("RATELIMIT_ENABLED", "false"), ("ADMIN_TOTP_REQUIRED", "false")];
    let mut site = Site::start(&folder, &settings);
    let set_up = site.next_line_with("/setup/");
    let outbox = folder.join("data/outbox");
    let pages = visit("people.mjs", &[&url(&site), set_up.trim(), outbox.to_str().unwrap()]);
    assert!(pages.len() >= 12, "only {} pages were looked at: {pages:?}", pages.len());
}

#[test]
fn an_admin_writes_articles_with_the_editor_and_without_and_a_visitor_reads_them() {
    let folder = Folder::new();
    let settings = [("RATELIMIT_ENABLED", "false"), ("ADMIN_TOTP_REQUIRED", "false")];
    let mut site = Site::start(&folder, &settings);
    let set_up = site.next_line_with("/setup/");
    let pages = visit("editor.mjs", &[&url(&site), set_up.trim()]);
    assert!(pages.len() >= 7, "only {} pages were looked at: {pages:?}", pages.len());
}

#[test]
fn what_the_policy_stops_becomes_a_group_that_an_admin_reads_and_forgets() {
    let folder = Folder::new();
    let trial = [("CSP_REPORT_ONLY_EXTRA", "connect-src 'none'"), ("RATELIMIT_ENABLED", "false")];
    let mut site = Site::start(&folder, &trial);
    let set_up = site.next_line_with("/setup/");
    let pages = visit("reports.mjs", &[&url(&site), set_up.trim()]);
    assert!(pages.len() >= 5, "only {} pages were looked at: {pages:?}", pages.len());
}

/// Over https browsers report in another way: to what `Reporting-Endpoints` names, and to nothing else.
#[test]
fn what_the_policy_stops_is_reported_over_https_too() {
    let folder = Folder::new();
    let mut site = Site::start(
        &folder,
        &[
            ("APP_ENV", "production"),
            ("SERVER_NAME", "localhost"),
            ("SECRET_KEY", "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq"),
            ("TRUSTED_PROXIES", "hops=1"),
            ("CSP_REPORT_ONLY_EXTRA", "connect-src 'none'"),
            ("RATELIMIT_ENABLED", "false"),
        ],
    );
    let set_up = site.next_line_with("/setup/");
    let front = Front::on_this_machine(&folder, &[&site.address]);
    let pages = visit("reports.mjs", &[&format!("https://localhost:{}", front.https), set_up.trim()]);
    assert!(pages.len() >= 5, "only {} pages were looked at: {pages:?}", pages.len());
}

fn url(site: &Site) -> String {
    format!("http://{}", site.address)
}

/// Runs one of the scripts beside this file: the pages that it saw. What it finds there ends the test.
fn visit(script: &str, arguments: &[&str]) -> Vec<String> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    for needed in [Path::new("/usr/bin/chromium"), &tools.join("node_modules/playwright-core")] {
        assert!(needed.exists(), "{} is missing: run scripts/install-test-needs", needed.display());
    }
    let visit = Command::new("node")
        .arg(tools.join(script))
        .args(arguments)
        .args(std::env::var_os("MATHSOC_SCREENSHOTS"))
        .output()
        .expect("node runs");
    let said = String::from_utf8_lossy(&visit.stdout);
    assert!(visit.status.success(), "{said}{}", String::from_utf8_lossy(&visit.stderr));
    let report: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let list = |name: &str| -> Vec<String> {
        report[name].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let findings = list("findings");
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    list("pages")
}
