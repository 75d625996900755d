//! The files of `deploy/`: the program behind nginx, as `docs/deploying.md` describes it.
//! Only ports, paths, passwords and the certificate differ.

mod observatory;
mod rolling;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use mathsoc::config::Config;
use mathsoc::operate::checklist::{self, Severity};
use test_support::Folder;
use test_support::browser::csrf_token;

use crate::support::front::{Front, cookies, file, status};
use crate::support::program::{Site, mathsoc};

const KEY: &str = "6mQ9GWbptx5Y21sNSiLi6jxxHsjRIfkGd6m/J4klg+BV5Ye25di0AKLbQH3hDKgk";

/// Writes `.env` from a file of `deploy/`, with a key, this test's folders, and these values.
fn settle(folder: &Folder, name: &str, other: &[(&str, &str)]) {
    let here = |place: &str| folder.join(place).display().to_string();
    let text = file(name)
        .replace("/var/lib/mathsoc", &here("data"))
        .replace("/var/backups/mathsoc", &here("backups"));
    let other = [other, &[("SECRET_KEY", KEY), ("METRICS_ADDR", "")]].concat();
    let lines =
        text.lines().map(|line| match other.iter().find(|(name, _)| line.starts_with(&format!("{name}="))) {
            Some((name, value)) => format!("{name}='{value}'\n"),
            None => format!("{line}\n"),
        });
    fs::write(folder.join(".env"), lines.collect::<String>()).unwrap();
    fs::create_dir_all(folder.join("backups")).unwrap();
}

#[test]
fn deployment_settings_load_without_findings() {
    for name in ["env.single", "env.several"] {
        let text = file(name);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.map(|line| line.split_once('=').unwrap());
        let mut vars: BTreeMap<_, _> =
            pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect();
        assert_eq!(
            vars.insert("SECRET_KEY".to_owned(), KEY.to_owned()).as_deref(),
            Some(""),
            "the file contains no key"
        );
        let config = Config::from_vars(&|name: &str| vars.get(name).cloned()).unwrap();
        let names: Vec<_> = config.effective().iter().map(|it| it.setting.name).collect();
        assert!(vars.keys().all(|name| names.contains(&name.as_str())), "{vars:?}");
        let findings = checklist::of_settings(&config);
        assert!(findings.iter().all(|it| it.severity == Severity::Info), "{name}: {findings:?}");
    }
}

#[test]
fn limits_count_the_real_client_address() {
    let folder = Folder::new();
    settle(&folder, "env.single", &[]);
    let site = Site::start(&folder, &[("RATELIMIT_PAGES", "3/hour")]);
    let front = Front::before(&folder, &[&site.address]);
    let ask = |from: &str, more: &str| status(&front.get(from, "/about", more));
    assert_eq!([0; 4].map(|_| ask("127.0.0.2", "")), [200, 200, 200, 429]);
    for claim in [
        "X-Forwarded-For: 198.51.100.7\r\n",
        "X-Forwarded-For: 198.51.100.7, 198.51.100.8\r\n",
        "Forwarded: for=198.51.100.7\r\n",
        "X-Real-IP: 198.51.100.7\r\n",
    ] {
        assert_eq!(ask("127.0.0.2", claim), 429, "{claim}");
    }
    assert_eq!(
        [0; 4].map(|_| ask("127.0.0.3", "")),
        [200, 200, 200, 429],
        "another address has its own limit"
    );
}

#[test]
fn nginx_redirects_to_https_and_rejects_unknown_hosts() {
    let folder = Folder::new();
    settle(&folder, "env.single", &[]);
    let site = Site::start(&folder, &[]);
    let front = Front::before(&folder, &[&site.address]);
    let plain = front.get_over_http("maths.example.org", "/about?a=1&b=%20");
    assert_eq!(status(&plain), 302, "{plain}");
    let to = "location: https://maths.example.org/about?a=1&b=%20\r\n";
    assert!(plain.to_ascii_lowercase().contains(to) && !plain.contains("Set-Cookie"), "{plain}");
    let page = front.get("127.0.0.1", "/about", "X-Forwarded-Proto: http\r\n");
    assert_eq!(status(&page), 200, "nginx replaces a visitor's own headers");
    let head = page.to_ascii_lowercase();
    assert!(head.contains("strict-transport-security: max-age=31536000"), "{head}");
    assert!(
        head.contains("content-security-policy: default-src 'none'") && head.contains("server: nginx\r\n"),
        "{head}"
    );
    let other = front.get_over_http("evil.example", "/about");
    assert_eq!(status(&other), 421, "{other}");
    let claimed = front.get("127.0.0.1", "/about", "X-Forwarded-Host: evil.example\r\n");
    assert!(status(&claimed) == 200 && !claimed.contains("evil"), "{claimed}");
}

#[test]
fn login_works_behind_nginx_and_rejects_forged_forms() {
    let folder = Folder::new();
    settle(&folder, "env.single", &[]);
    let mut create = mathsoc(&folder, &[]);
    create.args(["admin", "create", "--email", "ada@example.org", "--name", "Ada"]);
    let mut create = create.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(create.stdin.take().unwrap(), "nine purple herons juggle").unwrap();
    assert!(create.wait().unwrap().success());
    let site = Site::start(&folder, &[]);
    let front = Front::before(&folder, &[&site.address]);

    let form = front.get("127.0.0.1", "/login", "");
    let token = csrf_token(&form).expect("a form");
    let jar = cookies(&form);
    assert!(form.to_ascii_lowercase().contains("; secure"), "{form}");
    let fields =
        format!("csrf_token={}&email=ada%40example.org&password=nine+purple+herons+juggle", escaped(token));
    let own = "Origin: https://maths.example.org\r\nSec-Fetch-Site: same-origin\r\n";
    let elsewhere = "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n";
    let send =
        |headers: &str, fields: &str| front.post("127.0.0.1", "/login", &format!("{headers}{jar}"), fields);
    assert_eq!(status(&send(elsewhere, &fields)), 403);
    assert_eq!(
        status(&send(own, "email=ada%40example.org&password=nine+purple+herons+juggle")),
        403,
        "no token"
    );
    let entered = send(own, &fields);
    assert!(status(&entered) == 303 && !cookies(&entered).is_empty(), "{entered}");
    let profile = front.get("127.0.0.1", "/profile", &cookies(&entered));
    assert!(!profile.contains("/login"), "{profile}");
}

fn escaped(token: &str) -> String {
    token.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn systemd_units_start_and_back_up() {
    let folder = Folder::new();
    settle(&folder, "env.single", &[]);
    for unit in ["mathsoc.service", "mathsoc@.service"] {
        let unit = file(unit);
        let line =
            unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/mathsoc ")).unwrap();
        let help = mathsoc(&folder, &[]).args(line.split(' ')).arg("--help").output().unwrap();
        assert!(help.status.success(), "{line}");
    }
    assert!(mathsoc(&folder, &[]).arg("migrate").output().unwrap().status.success());
    let unit = file("mathsoc-backup.service");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/bin/sh -ec '")).unwrap();
    let script = line.strip_suffix('\'').unwrap().replace("$$", "$").replace("%%", "%");
    let script =
        script.replace("/usr/local/bin/mathsoc", mathsoc(&folder, &[]).get_program().to_str().unwrap());
    let script = script.replace("/var/backups/mathsoc", folder.join("backups").to_str().unwrap());
    let old = folder.join("backups/maths-2026-01-01-0310.tar.gz");
    fs::write(&old, "").unwrap();
    assert!(Command::new("touch").args(["-d", "31 days ago"]).arg(&old).status().unwrap().success());
    let done = Command::new("/bin/sh").args(["-ec", &script]).current_dir(&*folder).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let left: Vec<_> = fs::read_dir(folder.join("backups")).unwrap().map(|it| it.unwrap().path()).collect();
    assert!(left.len() == 1 && !left.contains(&old), "{left:?}");
    let output = mathsoc(&folder, &[]).args(["check", "--deploy"]).output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("D21") && !report.contains("D19"), "there is a backup of today: {report}");
}
