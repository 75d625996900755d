//! The `mathsoc` program as a process: start, shutdown, commands, exit codes.

mod admin;
mod log_faults;

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use test_support::Folder;
use test_support::postgres::Postgres;

use crate::support::program::{self, Site, mathsoc};

#[test]
fn starts_answers_and_stops_on_sigterm() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[]);
    assert!(
        site.start_line.starts_with("Maths Society Platform at http://127.0.0.1:"),
        "{}",
        site.start_line
    );
    assert!(site.get("/").starts_with("HTTP/1.1 200 "));
    assert_eq!(site.stop().code(), Some(0));
}

#[test]
fn the_first_development_start_loads_the_demo_once() {
    let folder = Folder::new();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let site = Site::start(&folder, &[]);
        assert!(site.get("/challenges/1").starts_with("HTTP/1.1 200 "));
        seen.push(site.get("/challenges").matches("href=\"/challenges/").count());
        site.stop();
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn testing_starts_without_demo_content() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[("APP_ENV", "testing")]);
    assert!(site.get("/challenges").starts_with("HTTP/1.1 200 "));
    assert!(site.get("/challenges/1").starts_with("HTTP/1.1 404 "));
}

#[test]
#[cfg(unix)]
fn private_files_are_readable_by_their_owner_only() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[]);
    let data = folder.join("data");
    assert_eq!(mode(&data), 0o700);
    for file in ["mathsoc.db", "mathsoc.db-wal", "mathsoc.db-shm", "secret_key"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    drop(site);
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}

/// The open request waits for a database lock that the test holds, on a table that only the page
/// reads, so nothing depends on time.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_request_is_answered_before_shutdown() {
    let server = Postgres::start();
    let url = server.database().await;
    let folder = Folder::new();
    let site = Site::start(&folder, &[("DATABASE_URL", &url)]);

    // Within a transaction PostgreSQL caches `pg_stat_activity`, so another connection looks at it.
    let (mut holder, mut looking) = (server.connect("test_0").await, server.connect("test_0").await);
    sqlx::query("BEGIN").execute(&mut holder).await.unwrap();
    sqlx::query("LOCK TABLE answer_boxes IN ACCESS EXCLUSIVE MODE").execute(&mut holder).await.unwrap();
    let address = site.address.clone();
    let open = tokio::task::spawn_blocking(move || program::get(&address, "/challenges/1"));
    until(async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut looking).await.unwrap() == 1
    })
    .await;

    site.ask_to_stop();
    until(async || TcpStream::connect(&site.address).is_err()).await;
    assert!(!open.is_finished(), "new connections are refused, the open request still waits");

    sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
    assert!(open.await.unwrap().starts_with("HTTP/1.1 200 "));
    assert_eq!(site.wait().code(), Some(0));
}

async fn until(mut true_now: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !true_now().await {
        assert!(start.elapsed() < Duration::from_secs(20), "waited too long");
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_wrong_configuration_exits_with_code_2() {
    let folder = Folder::new();
    for command in ["serve", "migrate", "config"] {
        let output =
            mathsoc(&folder, &[("PORT", "80a"), ("APP_ENV", "production")]).arg(command).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            stderr.contains(r#"PORT="80a": not a port"#) && stderr.contains("SECRET_KEY is not set"),
            "{stderr}"
        );
        assert!(output.stdout.is_empty());
    }
    assert!(!folder.join("data").exists(), "nothing was created");
}

#[test]
fn an_unusable_database_exits_with_code_1() {
    let folder = Folder::new();
    fs::write(folder.join("file"), "").unwrap();
    let output = mathsoc(&folder, &[("DATA_DIR", "file")]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("file"), "{stderr}");
}

#[test]
fn a_port_in_use_exits_with_code_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = Folder::new();
    let output = mathsoc(&folder, &[("PORT", &port)]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(&port) && stderr.contains("set HOST and PORT"), "{stderr}");
}

#[test]
fn migrate_loads_the_demo_only_with_its_flag() {
    let folder = Folder::new();
    let migrate = |arguments: &[&str]| {
        let output = mathsoc(&folder, &[("APP_ENV", "testing")]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(migrate(&["migrate"]), "The tables of sqlite://data/mathsoc.db are up to date.\n");
    assert!(migrate(&["migrate", "--demo"]).ends_with("The demo content is loaded.\n"));
    assert!(migrate(&["migrate", "--demo"]).ends_with("the demo content was left out.\n"));
}

#[test]
fn config_prints_settings_and_hides_secrets() {
    let folder = Folder::new();
    fs::write(folder.join(".env"), "PORT=7000\nSECRET_KEY=abcxyz\n").unwrap();
    let output = mathsoc(&folder, &[("HOST", "::1")]).arg("config").output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    let line = |name| table.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace();
    assert!(line("PORT").eq(["PORT", "7000", ".env"]), "{table}");
    assert!(line("HOST").eq(["HOST", "::1", "environment"]), "{table}");
    assert!(line("SECRET_KEY").eq(["SECRET_KEY", "(hidden)", ".env"]), "{table}");
    assert!(!table.contains("abcxyz"));
}

#[test]
fn the_metrics_server_stops_with_the_site() {
    let folder = Folder::new();
    let mut site = Site::start(&folder, &[("METRICS_ADDR", "127.0.0.1:0")]);
    let metrics = program::address_in(&site.next_line_with("Metrics at http://127.0.0.1:"));
    assert!(site.get("/about").starts_with("HTTP/1.1 200 "));
    assert!(site.get("/metrics").starts_with("HTTP/1.1 404 "), "metrics are not on the public address");
    let read = program::get(&metrics, "/metrics");
    assert!(
        read.starts_with("HTTP/1.1 200 ") && read.contains("http_requests_total{status=\"4xx\"} 1"),
        "{read}"
    );
    assert!(
        program::get(&metrics, "/about").starts_with("HTTP/1.1 404 "),
        "the metrics address serves nothing else"
    );
    assert_eq!(site.stop().code(), Some(0));
    assert!(TcpStream::connect(metrics).is_err());
}

#[test]
fn public_metrics_log_a_warning() {
    let folder = Folder::new();
    let mut site = Site::start(&folder, &[("METRICS_ADDR", "0.0.0.0:0"), ("LOG_TO_STDOUT", "yes")]);
    let line: serde_json::Value = serde_json::from_str(&site.next_line_with("METRICS_ADDR")).unwrap();
    assert_eq!(line["level"], "WARN", "{line}");
}

#[test]
fn limits_print_as_table_or_json_without_passwords() {
    let folder = Folder::new();
    let print = |arguments: &[&str]| {
        let settings = [("RATELIMIT_STORAGE_URI", "redis://:hush@cache/1")];
        let output = mathsoc(&folder, &settings).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let (table, json) = (print(&["limits"]), print(&["limits", "--json"]));
    assert!(!table.contains("hush") && !json.contains("hush"), "{table}{json}");
    let routes: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(routes.len(), mathsoc::routes::map().rows().len());
    assert!(table.lines().count() >= routes.len(), "{table}");
    let route = |path: &str| routes.iter().find(|route| route["path"] == path).unwrap();
    let about = route("/about");
    assert_eq!((&about["methods"], &about["group"]), (&"GET".into(), &"public".into()));
    assert_eq!(
        about["limits"][0],
        serde_json::json!({
            "name": "pages", "quotas": "3000 per minute", "per": ["address"], "strategy": "fixed-window",
            "store": "redis://***@cache/1?namespace=mathsoc", "failures": false, "closed_while_down": false,
        })
    );
    assert!(about.get("exempt").is_none());
    assert!(route("/healthz")["exempt"].as_str().unwrap().contains("monitoring"));
}

#[test]
fn clearing_the_memory_store_without_a_site_exits_with_code_1() {
    let folder = Folder::new();
    assert!(mathsoc(&folder, &[]).arg("migrate").output().unwrap().status.success());
    let clear = |key: &str| mathsoc(&folder, &[]).args(["limits", "clear", key]).output().unwrap();
    let (memory, network) = (clear("192.0.2.7"), clear("192.0.2.0/24"));
    let stderr = String::from_utf8(memory.stderr).unwrap();
    assert_eq!(memory.status.code(), Some(1));
    assert!(
        stderr.contains("the site itself resets the counts") && stderr.contains("Is it running"),
        "{stderr}"
    );
    let stderr = String::from_utf8(network.stderr).unwrap();
    assert_eq!(network.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("write one address, or a network of /32"), "{stderr}");
}

#[test]
fn the_log_is_json_on_stdout_when_configured() {
    let folder = Folder::new();
    let site = Site::start(&folder, &[("LOG_TO_STDOUT", "1")]);
    let line: serde_json::Value = serde_json::from_str(&site.start_line).expect("a line of JSON");
    assert!(line["message"].as_str().is_some_and(|message| message.contains(&site.address)), "{line}");
}
