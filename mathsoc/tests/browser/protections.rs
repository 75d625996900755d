//! Stories of attacks: injected markup, hostile HTML, and pages of other origins.

use std::fs;
use std::path::Path;
use std::process::Command;

use mathsoc::text::rich_text;
use palisade::Sanitizer;
use serde_json::{Map, Value, json};

use super::stage::{Report, Stage, assert_success};
use super::{MEMBERS, PUBLIC, Settings};

const FOREIGN: Settings = &[("RATELIMIT_ENABLED", "false")];
const REPORTS: Settings = &[("CSP_REPORT_ONLY_EXTRA", "connect-src 'none'"), ("RATELIMIT_ENABLED", "false")];
const REPORTS_OVER_TLS: Settings = &[
    ("APP_ENV", "production"),
    ("SERVER_NAME", "localhost"),
    ("SECRET_KEY", "6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk"),
    ("TRUSTED_PROXIES", "hops=1"),
    ("CSP_REPORT_ONLY_EXTRA", "connect-src 'none'"),
    ("RATELIMIT_ENABLED", "false"),
];

#[test]
fn an_injected_script_does_not_run() {
    Stage::new(PUBLIC).play("pages/injected_script.mjs");
}

#[test]
fn trusted_types_reject_hostile_markup() {
    Stage::new(MEMBERS).play("answering/trusted_types.mjs");
}

#[test]
fn the_trusted_types_policy_passes_its_unit_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
    let esbuild = folder.join("node_modules/esbuild");
    assert!(esbuild.exists(), "{} is missing: run scripts/assets", esbuild.display());
    let output = Command::new("node").arg("--test").current_dir(&folder).output().expect("node runs");
    let passed = |line: &str| line.strip_prefix("# pass ")?.parse::<usize>().ok();
    assert!(assert_success(&output).lines().find_map(passed).unwrap() > 0, "no unit test was found");
}

#[test]
fn other_origins_cannot_change_an_account() {
    let report = Stage::new(FOREIGN).play("foreign/forms.mjs");
    let tokens = ["no token", "a foreign token", "the member's token"];
    assert_attacked(&report, &["/profile/edit", "/logout"], &tokens);
}

#[test]
fn other_origins_cannot_log_a_visitor_in() {
    let report = Stage::new(FOREIGN).play("foreign/login.mjs");
    assert_attacked(&report, &["/login"], &["a foreign token"]);
}

const ORIGINS: [&str; 2] = ["the same site", "another site"];

/// Asserts that both origins sent every token to every path, by every method.
fn assert_attacked(report: &Report, paths: &[&str], tokens: &[&str]) {
    const METHODS: &[&str] = &[
        "form",
        "form in a frame",
        "form with files",
        "form as text",
        "fetch",
        "fetch with files",
        "fetch as text",
        "beacon",
    ];
    let mut expected = Vec::new();
    for origin in ORIGINS {
        for token in tokens {
            for path in paths {
                let label = |method| format!("{method} to {path} from {origin} with {token}");
                expected.extend(METHODS.iter().map(label));
            }
        }
    }
    assert_eq!(report.list("attempts"), expected);
}

#[test]
fn other_origins_cannot_read_or_open_sockets() {
    let report = Stage::new(FOREIGN).play("foreign/reading.mjs");
    let paths = ["/logout", "/profile/edit", "/"];
    let label = |origin| paths.map(|path| format!("WebSocket to {path} from {origin}"));
    assert_eq!(report.list("attempts"), ORIGINS.map(label).concat());
}

#[test]
fn csp_reports_become_groups() {
    let pages = ["reports-none", "reports", "reports-open"];
    Stage::new(REPORTS).play("reports/groups.mjs").checked(&pages);
}

#[test]
fn an_admin_deletes_csp_reports() {
    let pages = ["reports-forgotten", "reports-all-forgotten"];
    Stage::new(REPORTS).play("reports/forget.mjs").checked(&pages);
}

/// Over HTTPS Chromium reports to `Reporting-Endpoints` and ignores `report-uri`.
#[test]
fn csp_reports_over_https_become_groups() {
    let pages = ["reports-none", "reports", "reports-open"];
    Stage::behind_nginx(REPORTS_OVER_TLS).play("reports/groups.mjs").checked(&pages);
}

#[test]
fn an_admin_deletes_csp_reports_over_https() {
    let pages = ["reports-forgotten", "reports-all-forgotten"];
    Stage::behind_nginx(REPORTS_OVER_TLS).play("reports/forget.mjs").checked(&pages);
}

/// Renders the vectors unchanged and as each preset of the sanitizer cleans them.
fn render(vectors: &[&str]) -> Report {
    let presets =
        [("rich", Sanitizer::rich()), ("plain", Sanitizer::plain()), ("none", Sanitizer::text_only())];
    let cleaned = |html: &str| {
        let clean = |(name, preset): &(&str, Sanitizer)| {
            // A rejected text is not shown.
            let cleaned =
                preset.clean(html).map(palisade::sanitize::SafeHtml::into_string).unwrap_or_default();
            ((*name).to_owned(), Value::String(cleaned))
        };
        let mut all: Map<String, Value> = presets.iter().map(clean).collect();
        all.insert("article".to_owned(), rich_text::shown(html).as_str().into());
        json!({ "html": html, "cleaned": all })
    };
    let stage = Stage::without_site();
    let file = stage.file("vectors.json");
    let vectors: Vec<_> = vectors.iter().map(|html| cleaned(html)).collect();
    fs::write(&file, Value::from(vectors).to_string()).unwrap();
    let report = stage.with("vectors", file.display().to_string()).play("sanitizer/hostile_html.mjs");
    let mut presets = report.list("looks");
    presets.sort();
    assert_eq!(presets, ["article", "none", "plain", "rich"]);
    report
}

#[test]
fn cleaned_html_runs_and_requests_nothing() {
    let vectors = include_str!("../../../palisade/tests/data/hostile.html.txt");
    let vectors: Vec<_> = vectors.lines().filter(|line| !line.is_empty()).collect();
    let report = render(&vectors);
    // The same check sees the actions of the vectors before the sanitizer.
    let [calls, requests, actions] = ["calls", "requests", "actions"].map(|name| report.number(name));
    assert!(
        calls >= 40 && requests >= 8 && actions >= 55,
        "of {} vectors {calls} call a function, {requests} send a request, {actions} do anything",
        vectors.len()
    );
}

#[test]
#[ignore = "reads the folder that PALISADE_CORPORA names"]
fn cleaned_html_of_corpora_runs_nothing() {
    let folder = std::env::var("PALISADE_CORPORA").expect("`make check-corpora DIR=…` names the folder");
    let corpus = fs::read_to_string(Path::new(&folder).join("xss.json")).unwrap();
    let corpus: Value = serde_json::from_str(&corpus).unwrap();
    let vectors = corpus["vectors"].as_array().unwrap();
    let vectors: Vec<_> = vectors.iter().map(|vector| vector["html"].as_str().unwrap()).collect();
    let calls = render(&vectors).number("calls");
    assert!(vectors.len() > 1_000 && calls > 300, "{calls} of {} vectors call a function", vectors.len());
}
