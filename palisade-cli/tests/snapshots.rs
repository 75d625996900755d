//! Snapshots in `tests/snapshots/` of the whole report in every format, for two sites.
//!
//! `PALISADE_SNAPSHOTS=renew cargo test -p palisade-cli snapshots` writes them again after an
//! intended change. Read the diff before you commit it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::harness::{Folder, palisade, palisade_with};

/// A page with many faults; its report does not depend on the time.
const SHOP: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: Apache/2.4.57 (Debian)\r\n\
X-Powered-By: PHP/8.2\r\nContent-Security-Policy: default-src * 'unsafe-inline'; script-src 'self' https: data:\r\n\
Set-Cookie: session=31337; Path=/\r\nSet-Cookie: __Host-id=7; Secure; HttpOnly; SameSite=Lax\r\n\
Access-Control-Allow-Origin: *\r\nCache-Control: public, max-age=600\r\nStrict-Transport-Security: max-age=60\r\n\r\n\
<!doctype html><title>Shop & more</title><script src=\"https://cdn.example/a.js\"></script>\
<img src=\"http://pictures.example/a.png\" onerror=\"fix()\"><form action=\"http://shop.example/pay\"></form>";

/// A page with one fault.
const STRICT: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n\
Content-Security-Policy: default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; report-to csp\r\n\
Referrer-Policy: no-referrer\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n\
Permissions-Policy: camera=()\r\nCross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n\
Server: nginx/1.25.3\r\n\r\n<h1>Hello</h1>";

const FORMATS: [(&str, &str); 4] = [("text", "txt"), ("json", "json"), ("sarif", "sarif"), ("html", "html")];

/// Compares the output with the snapshot, or writes the snapshot.
fn assert_snapshot(name: &str, output: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    // A new version of the program must not change the snapshot.
    let output = output.replace(
        &format!("\"semanticVersion\": \"{}\"", env!("CARGO_PKG_VERSION")),
        "\"semanticVersion\": \"VERSION\"",
    );
    if std::env::var_os("PALISADE_SNAPSHOTS").is_some_and(|value| value == "renew") {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &output).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let differs = output.lines().zip(expected.lines()).position(|(output, expected)| output != expected);
    let line = differs.unwrap_or_else(|| output.lines().count().min(expected.lines().count()));
    assert!(
        output == expected,
        "tests/snapshots/{name}, line {}: expected\n  {}\nbut the output is\n  {}\nPALISADE_SNAPSHOTS=renew accepts the output.",
        line + 1,
        expected.lines().nth(line).unwrap_or("(the end)"),
        output.lines().nth(line).unwrap_or("(the end)"),
    );
}

#[test]
fn reports_equal_their_snapshots() {
    for (name, response, code) in [("shop", SHOP, 1), ("strict", STRICT, 1)] {
        for (format, ending) in FORMATS {
            let url = format!("https://{name}.example/");
            let run = palisade_with(&["audit", "-", "--url", &url, "--format", format], response);
            assert_eq!((run.code, &*run.err), (code, ""), "{name} {format}");
            assert_snapshot(&format!("{name}.{ending}"), &run.out);
        }
    }
}

#[test]
fn unchecked_targets_are_in_every_format() {
    let folder = Folder::new();
    let file = folder.file("strict.txt", STRICT);
    for (format, ending) in FORMATS {
        let run = palisade(&["audit", &file, "no-such-file.txt", "--format", format]);
        assert_eq!(run.code, 2, "{format}");
        let out = run.out.replace(&file, "strict.txt");
        assert_snapshot(&format!("unchecked.{ending}"), &out);
    }
}

/// Asserts that an object has the members that the schema of SARIF 2.1.0 requires.
fn required(value: &Value, of: &str, names: &[&str]) {
    for name in names {
        assert!(value.get(name).is_some(), "{of} needs {name}: {value}");
    }
}

#[test]
fn sarif_snapshots_have_the_required_members() {
    for name in ["shop", "strict", "unchecked"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/{name}.sarif"));
        let log: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        required(&log, "the log", &["version", "runs"]);
        assert_eq!(log["version"], "2.1.0");
        for run in log["runs"].as_array().unwrap() {
            required(run, "a run", &["tool"]);
            required(&run["tool"], "a tool", &["driver"]);
            required(&run["tool"]["driver"], "a toolComponent", &["name"]);
            let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
            for rule in rules {
                required(rule, "a reportingDescriptor", &["id"]);
                let help = rule["helpUri"].as_str().unwrap();
                assert!(help.starts_with("https://"), "helpUri is a URI: {help}");
                for text in ["shortDescription", "help"] {
                    required(&rule[text], "a multiformatMessageString", &["text"]);
                }
            }
            for invocation in run["invocations"].as_array().unwrap() {
                required(invocation, "an invocation", &["executionSuccessful"]);
                for note in invocation["toolExecutionNotifications"].as_array().unwrap() {
                    required(note, "a notification", &["message"]);
                    required(&note["message"], "a message", &["text"]);
                }
            }
            for result in run["results"].as_array().unwrap() {
                required(result, "a result", &["message"]);
                required(&result["message"], "a message", &["text"]);
                let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
                assert_eq!(rules[rule]["id"], result["ruleId"]);
                assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
                let states = ["new", "unchanged", "updated", "absent"];
                assert!(states.contains(&result["baselineState"].as_str().unwrap()));
                for print in result["partialFingerprints"].as_object().unwrap().values() {
                    assert!(print.is_string());
                }
                for location in result["locations"].as_array().unwrap() {
                    let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
                    assert!(!uri.contains([' ', '\\', '"']), "a URI reference: {uri}");
                }
            }
        }
    }
}
