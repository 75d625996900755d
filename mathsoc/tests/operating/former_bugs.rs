//! Two bugs of the Flask site: a known admin password, and a documented command that served in
//! development mode. A third test checks `docs/original-bugs.md`.

use std::fs;
use std::path::Path;

use mathsoc::db::{Db, Url};
use test_support::Folder;

use super::tables::{count, table};
use crate::support::program::{Site, mathsoc};
use crate::support::site::{KEY, TestSite};

/// The Flask site's `init_db.py` created an admin with `admin123` unless an obsolete setting said
/// "production". Tests of the import check that such an account loses its password.
#[tokio::test]
async fn no_environment_creates_an_account_at_start() {
    const PROXY: (&str, &str) = ("TRUSTED_PROXIES", "hops=1");
    for settings in [
        &[][..],
        &[("APP_ENV", "development")],
        &[("APP_ENV", "testing")],
        &[("APP_ENV", "production"), ("SERVER_NAME", "localhost"), ("SECRET_KEY", KEY), PROXY],
        &[("FLASK_ENV", "production"), ("SERVER_NAME", "localhost"), ("SECRET_KEY", KEY), PROXY],
    ] {
        let folder = Folder::new();
        assert_eq!(Site::start(&folder, settings).stop().code(), Some(0), "{settings:?}");
        let demo = mathsoc(&folder, settings).args(["migrate", "--demo"]).output().unwrap();
        assert!(demo.status.success(), "{settings:?}");
        let db = Db::connect(&Url::file(&folder.join("data/mathsoc.db"))).await.unwrap();
        assert_eq!(table(&db, "users", &["email", "role"]).await, [""; 0], "{settings:?}");
        assert_eq!(count(&db, "sessions").await, 0);
        db.close().await;
    }
}

/// The Flask site's documentation said `gunicorn run:app`, which served in development mode. This
/// test starts the site by every documented command that serves a release, and checks its mode.
#[tokio::test]
async fn every_documented_command_serves_in_production_mode() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = vec![root.join("README.md")];
    texts.extend(
        fs::read_dir(root.join("docs")).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_file()),
    );
    let texts: String = texts.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let lines: Vec<_> = texts.lines().filter(|line| line.contains("cargo run --release")).collect();
    assert!(!lines.is_empty(), "docs/operating.md has the command");
    for line in lines {
        let mut settings: Vec<_> = line.split(' ').filter_map(|word| word.split_once('=')).collect();
        for (name, value) in &mut settings {
            match *name {
                "SECRET_KEY" => *value = KEY, // the documents leave it out
                "SERVER_NAME" => *value = crate::support::browser::HOST,
                _ => {}
            }
        }
        let site = TestSite::new(&settings).await;
        assert!(site.app.config.is_production(), "{line}");
        let mut browser = site.browser().over_https();
        browser.comes_from([127, 0, 0, 1].into()); // the proxy
        let by = |scheme| [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", scheme)];

        let clear = browser.send("GET", "/login", &by("http"), Vec::new()).await;
        assert_eq!(clear.status / 100, 3, "{line}");
        assert!(clear.location().starts_with("https://"), "{line}");
        let page = browser.send("GET", "/login", &by("https"), Vec::new()).await;
        assert_eq!(page.status, 200, "{line}: {}", page.body);
        let header = |name: &str| page.headers[name].to_str().unwrap();
        assert!(header("strict-transport-security").contains("max-age="), "{line}");
        assert!(!header("content-security-policy").contains("unsafe-eval"), "{line}");
        let cookies: Vec<_> =
            page.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
        assert!(
            !cookies.is_empty() && cookies.iter().all(|cookie| cookie.contains("; Secure")),
            "{cookies:?}"
        );
        assert_eq!(count(&site.app.db, "challenges").await, 0, "no demo content");
    }
}

#[test]
fn every_former_bug_names_existing_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = fs::read_to_string(root.join("docs/original-bugs.md")).unwrap();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ") && line.contains('`')).collect();
    assert!(!rows.is_empty(), "the page has a table");
    for row in rows {
        let tests: Vec<_> = row.split('`').filter_map(|part| part.split_once("::")).collect();
        assert!(!tests.is_empty(), "no test in {row}");
        for (file, test) in tests {
            let source = fs::read_to_string(root.join(file)).unwrap_or_default();
            assert!(source.contains(&format!("fn {test}(")), "{file} has no {test}");
        }
    }
}
