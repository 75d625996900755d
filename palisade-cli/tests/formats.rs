//! The ways in which a report is written, exit codes, and what is known from before.

use super::world::{Folder, palisade, palisade_with};

/// An answer in which a stranger tries to write into the report.
const HOSTILE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: x/1<script>alert(1)</script>\"'&\r\n\
Set-Cookie: session<img src=x onerror=y>=1\r\n\r\n<p onclick=a><script src=\"https://b.example/\x1b[31m</style><b>\"></script>";

fn file(folder: &Folder) -> String {
    folder.file("answer.txt", HOSTILE)
}

#[test]
fn the_page_has_no_script_and_nothing_of_a_stranger_as_markup() {
    let folder = Folder::new();
    let said = palisade(&["audit", &file(&folder), "--format", "html"]);
    assert_eq!(said.code, 1);
    let page = said.out;
    assert!(page.starts_with("<!doctype html>") && page.contains("<svg") && page.ends_with("</html>\n"));
    for bad in ["<script", "<img", "<b>", "<link", "\x1b", "url("] {
        assert!(!page.contains(bad), "{bad}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("x/1&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
}

#[test]
fn text_has_nothing_that_a_terminal_would_obey() {
    let folder = Folder::new();
    let said = palisade(&["audit", &file(&folder)]);
    assert!(said.out.contains("sri-missing") && !said.out.contains('\x1b'), "{}", said.out);
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let folder = Folder::new();
    let said = palisade(&["audit", &file(&folder), "nowhere.txt", "--format", "sarif"]);
    assert_eq!(said.code, 2);
    let sarif = said.json();
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
fn json_says_everything() {
    let folder = Folder::new();
    let said = palisade(&["audit", &file(&folder), "--format", "json", "--url", "https://a.example/x"]);
    let report = said.json();
    assert_eq!(
        (&report["version"], &report["sites"][0]["way"][0]["url"]),
        (&1.into(), &"https://a.example/x".into())
    );
    let findings = report["sites"][0]["findings"].as_array().unwrap();
    for finding in findings {
        for member in ["id", "severity", "url", "subject", "saw", "what", "link"] {
            assert!(finding[member].is_string(), "{member}");
        }
        assert!(
            finding["fix"]["line"].as_str().is_some_and(|line| !line.is_empty()) && finding["known"] == false
        );
    }
    assert_eq!(report["sites"][0]["observatory"]["outcomes"].as_array().unwrap().len(), 12);
}

#[test]
fn the_exit_code_is_that_of_the_worst_new_finding() {
    let answer = "X-Content-Type-Options: nosniff\nContent-Type: image/png\nReferrer-Policy: no-referrer\n\
        Strict-Transport-Security: max-age=31536000";
    let code = |text: &str, more: &[&str]| palisade_with(&[&["audit", "-"], more].concat(), text).code;
    assert_eq!(code(answer, &[]), 0, "what is only worth knowing fails nothing");
    assert_eq!(code(answer, &["--fail-on", "info"]), 1);
    let low = format!("{answer}\nServer: x/1");
    assert_eq!(
        (code(&low, &[]), code(&low, &["--fail-on", "medium"]), code(&low, &["--fail-on", "never"])),
        (1, 0, 0)
    );
    assert_eq!(code("no header", &[]), 2);
    let wrong = palisade(&["audit", "-", "--fail-on", "worst"]);
    assert!(wrong.code == 2 && wrong.err.contains("write info, low, medium or high"), "{}", wrong.err);
}

#[test]
fn what_a_baseline_knows_fails_nothing_and_what_is_new_does() {
    let folder = Folder::new();
    let before = palisade(&["audit", &file(&folder), "--format", "json"]);
    let baseline = folder.file("baseline.json", &before.out);
    let again = palisade(&["audit", &file(&folder), "--baseline", &baseline]);
    assert!(again.code == 0 && again.out.contains("known"), "{}", again.out);
    let worse = folder.file("worse.txt", &HOSTILE.replace("\r\nServer", "\r\nSet-Cookie: login=1\r\nServer"));
    let said = palisade(&["audit", &worse, "--baseline", &baseline, "--format", "json"]);
    let report = said.json();
    let new: Vec<&str> = report["sites"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["known"] == false)
        .map(|finding| finding["subject"].as_str().unwrap())
        .collect();
    assert_eq!((said.code, new), (1, vec!["login"; 3]));
    let wrong = palisade(&["audit", &file(&folder), "--baseline", &file(&folder)]);
    assert!(wrong.code == 2 && wrong.err.contains("--format json"), "{}", wrong.err);
}

#[test]
fn the_text_for_people_stays_as_it_is() {
    let answer = "HTTP/1.1 200 OK\nContent-Type: text/html; charset=utf-8\nX-Content-Type-Options: nosniff\n\
        Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; report-to csp\n\
        Referrer-Policy: no-referrer\nStrict-Transport-Security: max-age=31536000; includeSubDomains\n\
        Permissions-Policy: camera=()\nCross-Origin-Opener-Policy: same-origin\nCross-Origin-Resource-Policy: same-origin\n\
        Server: nginx/1.25.3\n\n<h1>Hello</h1>";
    let said = palisade_with(&["audit", "-"], answer);
    let expected = "\
https://example.org/
  A+  140 points, as the MDN HTTP Observatory counts
     content-security-policy +10, cross-origin-opener-policy +10, referrer-policy +5, x-frame-options +5, cross-origin-resource-policy +10

  low     banner-version
          The answer says which version of which server runs, and so which holes to try.
  saw     nginx/1.25.3  https://example.org/
  write   Server:
  code    SecurityHeaders removes Server and X-Powered-By
  nginx   server_tokens off;
  read    https://owasp.org/www-project-secure-headers/

  1 low
";
    assert_eq!(said.out, expected);
    assert_eq!(said.code, 1);
}
