//! Report formats, exit codes and baselines.

use super::harness::{Folder, palisade, palisade_with};

/// A response that tries to inject into the report.
const HOSTILE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: x/1<script>alert(1)</script>\"'&\r\n\
Set-Cookie: session<img src=x onerror=y>=1\r\n\r\n<p onclick=a><script src=\"https://b.example/\x1b[31m</style><b>\"></script>";

fn file(folder: &Folder) -> String {
    folder.file("response.txt", HOSTILE)
}

#[test]
fn html_has_no_script_and_no_injected_markup() {
    let folder = Folder::new();
    let run = palisade(&["audit", &file(&folder), "--format", "html"]);
    assert_eq!(run.code, 1);
    let page = run.out;
    assert!(page.starts_with("<!doctype html>") && page.contains("<svg") && page.ends_with("</html>\n"));
    for bad in ["<script", "<img", "<b>", "<link", "\x1b", "url("] {
        assert!(!page.contains(bad), "{bad}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("x/1&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;"));
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
}

#[test]
fn text_has_no_terminal_escape_sequences() {
    let folder = Folder::new();
    let run = palisade(&["audit", &file(&folder)]);
    assert!(run.out.contains("sri-missing") && !run.out.contains('\x1b'), "{}", run.out);
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let folder = Folder::new();
    let run = palisade(&["audit", &file(&folder), "nowhere.txt", "--format", "sarif"]);
    assert_eq!(run.code, 2);
    let sarif = run.json();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(sarif["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let run = &sarif["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "palisade audit");
    let rules = driver["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 10 && rules.len() <= results.len());
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].is_string());
    }
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn json_has_every_member() {
    let folder = Folder::new();
    let run = palisade(&["audit", &file(&folder), "--format", "json", "--url", "https://a.example/x"]);
    let report = run.json();
    assert_eq!(
        (&report["version"], &report["sites"][0]["way"][0]["url"]),
        (&1.into(), &"https://a.example/x".into())
    );
    let findings = report["sites"][0]["findings"].as_array().unwrap();
    for finding in findings {
        for member in ["id", "severity", "url", "subject", "evidence", "what", "link"] {
            assert!(finding[member].is_string(), "{member}");
        }
        assert!(
            finding["fix"]["line"].as_str().is_some_and(|line| !line.is_empty()) && finding["known"] == false
        );
    }
    assert_eq!(report["sites"][0]["observatory"]["outcomes"].as_array().unwrap().len(), 12);
}

#[test]
fn the_exit_code_follows_the_worst_new_finding() {
    let response = "X-Content-Type-Options: nosniff\nContent-Type: image/png\nReferrer-Policy: no-referrer\n\
        Strict-Transport-Security: max-age=31536000";
    let code = |text: &str, more: &[&str]| palisade_with(&[&["audit", "-"], more].concat(), text).code;
    assert_eq!(code(response, &[]), 0, "severity info does not fail the audit");
    assert_eq!(code(response, &["--fail-on", "info"]), 1);
    let low = format!("{response}\nServer: x/1");
    assert_eq!(
        (code(&low, &[]), code(&low, &["--fail-on", "medium"]), code(&low, &["--fail-on", "never"])),
        (1, 0, 0)
    );
    assert_eq!(code("no header", &[]), 2);
    let wrong = palisade(&["audit", "-", "--fail-on", "worst"]);
    assert!(wrong.code == 2 && wrong.err.contains("write info, low, medium or high"), "{}", wrong.err);
}

#[test]
fn findings_of_the_baseline_do_not_fail_the_audit() {
    let folder = Folder::new();
    let before = palisade(&["audit", &file(&folder), "--format", "json"]);
    let baseline = folder.file("baseline.json", &before.out);
    let again = palisade(&["audit", &file(&folder), "--baseline", &baseline]);
    assert!(again.code == 0 && again.out.contains("known"), "{}", again.out);
    let worse = folder.file("worse.txt", &HOSTILE.replace("\r\nServer", "\r\nSet-Cookie: login=1\r\nServer"));
    let run = palisade(&["audit", &worse, "--baseline", &baseline, "--format", "json"]);
    let report = run.json();
    let new: Vec<&str> = report["sites"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["known"] == false)
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect();
    assert_eq!((run.code, new), (1, vec!["login"; 3]));
    let wrong = palisade(&["audit", &file(&folder), "--baseline", &file(&folder)]);
    assert!(wrong.code == 2 && wrong.err.contains("--format json"), "{}", wrong.err);
}

#[test]
fn the_text_format_is_stable() {
    let response = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8\nX-Content-Type-Options: nosniff\n\
        Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; report-to csp\n\
        Referrer-Policy: no-referrer\nStrict-Transport-Security: max-age=31536000; includeSubDomains\n\
        Permissions-Policy: camera=()\nCross-Origin-Opener-Policy: same-origin\nCross-Origin-Resource-Policy: same-origin\n\
        Server: nginx/1.25.3\n\n<h1>Hello</h1>";
    let run = palisade_with(&["audit", "-"], response);
    let expected = "\
https://example.org/
  A+  140 points by the MDN HTTP Observatory's algorithm
      content-security-policy +10, cross-origin-opener-policy +10, referrer-policy +5, x-frame-options +5, cross-origin-resource-policy +10

  low       banner-version
            The Server header reveals the version of the server, and so its known vulnerabilities.
  evidence  nginx/1.25.3  https://example.org/
  write     Server:
  code      SecurityHeaders removes Server and X-Powered-By
  nginx     server_tokens off;
  read      https://owasp.org/www-project-secure-headers/

  1 low
";
    assert_eq!(run.out, expected);
    assert_eq!(run.code, 1);
}
