//! `check --deploy`: each finding appears for its cause only, and errors stop the site.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use mathsoc::config::Config;
use mathsoc::db::users::{self, NewUser};
use mathsoc::db::{Db, Url};
use mathsoc::domain::person::Role;
use mathsoc::operate::checklist::{self, Admin, Backups, DatabaseFacts, Facts, PrivatePath, Severity};
use palisade::Passwords;
use palisade::password::Password;
use test_support::Folder;

use crate::support::program::{Site, mathsoc};
use crate::support::site::KEY;

/// Settings without any finding.
const READY: &[(&str, &str)] = &[
    ("APP_ENV", "production"),
    ("SECRET_KEY", KEY),
    ("SERVER_NAME", "maths.example.org"),
    ("TRUSTED_PROXIES", "hops=1"),
    ("DATABASE_URL", "postgres://maths:s3cr3t@db.example.org/maths?sslmode=verify-full"),
    ("RATELIMIT_STORAGE_URI", "redis://10.0.0.3"),
    ("SMTP_URL", "smtps://maths:s3cr3t@mail.example.org"),
    ("LOG_TO_STDOUT", "true"),
];

fn with(changes: &[(&str, &str)]) -> Config {
    let vars: BTreeMap<_, _> = READY.iter().chain(changes).copied().collect();
    Config::from_vars(&|name: &str| vars.get(name).map(|value| value.to_string())).unwrap()
}

fn ids(findings: Vec<checklist::Finding>) -> Vec<(&'static str, Severity)> {
    assert!(findings.iter().all(|it| it.what.len() > 20 && it.fix.len() > 10), "{findings:?}");
    findings.iter().map(|it| (it.id, it.severity)).collect()
}

#[test]
fn each_setting_has_exactly_its_own_finding() {
    use Severity::{Error, Info, Warning};
    assert_eq!(ids(checklist::of_settings(&with(&[]))), [], "settings without findings");
    let (dev, https) = (("APP_ENV", "development"), ("FORCE_HTTPS", "true"));
    let in_dev = [dev, https, ("SESSION_COOKIE_SECURE", "true"), ("REGISTRATION", "closed")];
    for (changes, finding) in [
        (&[][..], ("D01", Error)),
        (&[("SECRET_KEY", "")], ("D02", Error)),
        (&[("SECRET_KEY", "change-me")], ("D02", Error)),
        (&[("SERVER_NAME", "")], ("D03", Error)),
        (&[("WTF_CSRF_ENABLED", "false")], ("D06", Error)),
    ] {
        let mut expected = vec![("D01", Error), finding];
        expected.dedup();
        assert_eq!(ids(checklist::of_settings(&with(&[&in_dev, changes].concat()))), expected, "{changes:?}");
    }
    let none = ("TRUSTED_PROXIES", "none");
    let open = ("HOST", "0.0.0.0");
    let sqlite = ("DATABASE_URL", "sqlite://data/x.db");
    for (changes, finding) in [
        (&[("FORCE_HTTPS", "false")][..], Some(("D04", Warning))),
        (&[("SESSION_COOKIE_SECURE", "auto")], Some(("D05", Warning))),
        (&[none], Some(("D07", Error))),
        (&[none, open], Some(("D07", Error))),
        (&[open], Some(("D08", Warning))),
        (&[open, ("TRUSTED_PROXIES", "hops=1@any")], Some(("D08", Warning))),
        (&[open, ("TRUSTED_PROXIES", "hops=1@10.0.0.5")], None),
        (&[open, ("TRUSTED_PROXIES", "10.0.0.5")], None),
        (&[("RATELIMIT_ENABLED", "false")], Some(("D09", Warning))),
        (&[("RATELIMIT_STORAGE_URI", "memory://")], Some(("D10", Warning))),
        (&[("RATELIMIT_STORAGE_URI", "memory://"), sqlite], Some(("D10", Info))),
        (&[sqlite], None),
        (&[("SESSION_STORE_URI", "memory://")], Some(("D11", Warning))),
        (&[("SESSION_STORE_URI", "redis://10.0.0.3")], None),
        (&[("REGISTRATION", "open")], Some(("D12", Warning))),
        (&[("SMTP_URL", "")], Some(("D13", Warning))),
        (&[("METRICS_ADDR", "0.0.0.0:9100")], Some(("D14", Warning))),
        (&[("METRICS_ADDR", "192.0.2.1:9100")], Some(("D14", Warning))),
        (&[("METRICS_ADDR", "10.0.0.1:9100")], Some(("D14", Info))),
        (&[("METRICS_ADDR", "127.0.0.1:9100")], None),
        (&[("CSP_EXTRA", "img-src https://images.example.org")], None),
        (&[("LOG_LEVEL", "debug")], Some(("D16", Warning))),
        (&[("RUST_LOG", "warn,sqlx=trace")], Some(("D16", Warning))),
        (&[("RUST_LOG", "off")], Some(("D16", Warning))),
        (&[("LOG_LEVEL", "warning")], None),
        (&[("LOG_TO_STDOUT", "false")], Some(("D16", Info))),
        (&[("DATABASE_URL", "postgres://me@db.example.org/x")], Some(("D17", Warning))),
        (&[("DATABASE_URL", "postgres://me@db.example.org/x?sslmode=require")], Some(("D17", Warning))),
        (&[("DATABASE_URL", "postgres://me@localhost/x")], None),
        (&[("DATABASE_URL", "postgres:///x?host=/run/postgresql")], None),
    ] {
        let expected: Vec<_> = finding.into_iter().collect();
        assert_eq!(ids(checklist::of_settings(&with(changes))), expected, "{changes:?}");
    }
    let in_clear = [("FORCE_HTTPS", "false"), none, ("SESSION_COOKIE_SECURE", "false")];
    let found = ids(checklist::of_settings(&with(&in_clear)));
    assert_eq!(found, [("D04", Warning), ("D05", Error), ("D07", Warning)]);
    for opened in [("CSP_EXTRA", "script-src 'unsafe-inline' https:"), ("CSP_ALLOW_UNSAFE_EVAL", "true")] {
        let found = ids(checklist::of_settings(&with(&[opened])));
        assert!(!found.is_empty() && found.iter().all(|it| it.0 == "D15"), "{opened:?}: {found:?}");
    }
}

#[test]
fn each_fact_has_exactly_its_own_finding() {
    use Severity::{Error, Info, Warning};
    const NOW: i64 = 1_795_000_000;
    let admin = Admin {
        email: "ada@example.org".parse().unwrap(),
        can_log_in: true,
        has_known_password: false,
        has_second_factor: true,
    };
    let database = DatabaseFacts { clock: Some(NOW + 5), is_up_to_date: true, admins: vec![admin.clone()] };
    let well = Facts {
        now: NOW,
        kept: vec![
            PrivatePath { path: "data".into(), mode: 0o700 },
            PrivatePath { path: ".env".into(), mode: 0o640 },
            PrivatePath { path: "outbox".into(), mode: 0o711 },
        ],
        backups: Backups::Newest(PathBuf::from("x.tar.gz"), NOW - 47 * 3600),
        database: Some(database.clone()),
    };
    let with_mode = |mode| Facts { kept: vec![PrivatePath { path: "data".into(), mode }], ..well.clone() };
    let backups = |backups| Facts { backups, ..well.clone() };
    let database = |database: DatabaseFacts| Facts { database: Some(database), ..well.clone() };
    let known = || well.database.clone().unwrap();
    let admins = |admins: &[Admin]| database(DatabaseFacts { admins: admins.to_vec(), ..known() });
    for (facts, expected) in [
        (well.clone(), &[][..]),
        (with_mode(0o755), &[("D18", Error)]),
        (with_mode(0o702), &[("D18", Error)]),
        (with_mode(0o770), &[("D18", Warning)]),
        (backups(Backups::Nowhere), &[("D19", Info)]),
        (backups(Backups::None("b".into())), &[("D19", Warning)]),
        (backups(Backups::Unreadable("b".into(), "no such folder".into())), &[("D19", Warning)]),
        (backups(Backups::Newest("b/x.tar.gz".into(), NOW - 49 * 3600)), &[("D19", Warning)]),
        (Facts { database: None, ..well.clone() }, &[("D20", Info)]),
        (database(DatabaseFacts { is_up_to_date: false, ..known() }), &[("D20", Warning)]),
        (admins(&[]), &[("D21", Warning)]),
        (admins(&[Admin { can_log_in: false, ..admin.clone() }]), &[("D21", Warning)]),
        (admins(&[Admin { has_known_password: true, ..admin.clone() }]), &[("D22", Error)]),
        (admins(&[Admin { has_second_factor: false, ..admin.clone() }]), &[("D23", Warning)]),
        (Facts { now: 86_400, ..well.clone() }, &[("D24", Error)]),
        (database(DatabaseFacts { clock: Some(NOW + 6), ..known() }), &[("D24", Warning)]),
        (database(DatabaseFacts { clock: Some(NOW - 6), ..known() }), &[("D24", Warning)]),
        (database(DatabaseFacts { clock: None, ..known() }), &[]),
        (admins(&[Admin { email: "Admin@example.org".parse().unwrap(), ..admin.clone() }]), &[("D25", Info)]),
    ] {
        assert_eq!(ids(checklist::of_facts(&with(&[]), &facts)), expected, "{facts:?}");
    }
    let without = admins(&[Admin { has_second_factor: false, ..admin }]);
    let required = with(&[("ADMIN_TOTP_REQUIRED", "true")]);
    assert_eq!(ids(checklist::of_facts(&required, &without)), [], "admins must set up a second factor");
}

fn check(folder: &Folder, settings: &[(&str, &str)]) -> (i32, String, String) {
    let output = mathsoc(folder, settings).args(["check", "--deploy"]).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
#[cfg(unix)]
async fn the_command_looks_at_files_backups_and_admins() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let sqlite = [("DATABASE_URL", ""), ("RATELIMIT_STORAGE_URI", ""), ("BACKUP_DIR", "backups")];
    let ready = [READY, &sqlite].concat();
    let (code, stdout, _) = check(&folder, &ready);
    assert!(
        code == 1 && stdout.contains("BACKUP_DIR: backups cannot be read") && stdout.contains("D20  info"),
        "{stdout}"
    );
    assert!(!folder.join("data").exists(), "the check creates nothing");

    let db = Db::connect(&Url::file(&folder.join("data/mathsoc.db"))).await.unwrap();
    db.migrate().await.unwrap();
    let hash = Passwords::new().hash(Password::from("admin123")).await.unwrap().hash;
    let new = NewUser {
        email: "admin@example.org".parse().unwrap(),
        full_name: "Admin".parse().unwrap(),
        role: Role::Admin,
        school_id: None,
        year: None,
        email_is_verified: true,
    };
    let admin = users::create(&db, &new, Some(&hash)).await.unwrap();
    fs::create_dir(folder.join("backups")).unwrap();
    fs::write(folder.join(".env"), "").unwrap();
    let allow =
        |path: &str, mode| fs::set_permissions(folder.join(path), fs::Permissions::from_mode(mode)).unwrap();
    allow("backups", 0o700);
    allow(".env", 0o644);
    let (code, stdout, _) = check(&folder, &ready);
    for part in
        ["D18  error    .env has mode 644", "D19  warning", "D22  error    The admin admin@", "D23", "D25"]
    {
        assert!(code == 1 && stdout.contains(part), "{part}: {stdout}");
    }

    allow(".env", 0o600);
    let strong = Passwords::new().hash(Password::from("a wide and quiet meadow")).await.unwrap().hash;
    users::set_password(&db, admin.id, admin.epoch, &strong).await.unwrap().unwrap();
    db.close().await;
    let made = mathsoc(&folder, &ready).args(["backup", "backups/x.tar.gz"]).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let (code, stdout, _) = check(&folder, &[&ready[..], &[("ADMIN_TOTP_REQUIRED", "yes")]].concat());
    assert!(code == 0 && !stdout.contains("warning") && stdout.contains("D25  info"), "{stdout}");
}

#[test]
fn an_unreachable_database_is_reported_last() {
    let folder = Folder::new();
    let unreachable = [("DATABASE_URL", "postgres://me@127.0.0.1:1/x"), ("SMTP_URL", "")];
    let (code, stdout, failed) = check(&folder, &[READY, &unreachable].concat());
    assert!(
        code == 2 && stdout.contains("D13") && failed.contains("cannot read the database"),
        "{stdout}{failed}"
    );
}

#[test]
fn configuration_errors_stop_production_only() {
    let folder = Folder::new();
    let wrong =
        [READY, &[("DATABASE_URL", ""), ("RATELIMIT_STORAGE_URI", ""), ("TRUSTED_PROXIES", "none")]].concat();
    let output = mathsoc(&folder, &wrong).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && stderr.contains("D07  error") && stderr.contains("hops=1"),
        "{stderr}"
    );
    assert!(!folder.join("data").exists(), "nothing was created");
    let tested = [&wrong[..], &[("APP_ENV", "testing"), ("LOG_TO_STDOUT", "")]].concat();
    assert_eq!(Site::start(&folder, &tested).stop().code(), Some(0));
}
