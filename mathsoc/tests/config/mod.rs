//! The configuration: accepted and rejected values, error messages, hidden secrets.

mod accounts;
mod uploads;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use mathsoc::config::{Config, ConfigError, Environment, SETTINGS, SecretKey, Source, Vars, example_file};
use test_support::Folder;

/// 48 bytes of /dev/urandom in base64, used by no site.
const STRONG: &str = "7rPq2mVw9sKxT4bYd0nJ/GcZ5uLhA8eRfQ1tXoCiN3kMWyEvHB+6SjUgDzOplFaI";

fn config(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let vars: BTreeMap<_, _> = vars.iter().copied().collect();
    Config::from_vars(&|name: &str| vars.get(name).map(|value| value.to_string()))
}

fn rejected(vars: &[(&str, &str)]) -> String {
    config(vars).expect_err("these settings should be rejected").to_string()
}

#[test]
fn development_needs_no_setting() {
    let config = config(&[]).unwrap();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!((config.host.to_string().as_str(), config.port), ("127.0.0.1", 8000));
    assert_eq!(config.database_url.to_string(), "sqlite://data/mathsoc.db");
    assert_eq!(config.data_dir, Path::new("data"));
    assert!(config.server_name.is_none() && config.csp_extra.is_none() && config.secret_key.is_none());
    assert!(!config.force_https && !config.csp_allow_unsafe_eval && !config.log_to_stdout);
    assert_eq!(config.log_filter.as_str(), "warn,mathsoc=info,palisade=info");
}

#[test]
fn production_redirects_to_https() {
    let config = config(&[
        ("APP_ENV", "production"),
        ("SECRET_KEY", STRONG),
        ("SERVER_NAME", "maths.example.org, www.example.org:8443"),
        ("TRUSTED_PROXIES", "hops=1"),
    ])
    .unwrap();
    assert!(config.is_production() && config.force_https);
    assert_eq!(config.server_name.unwrap().names(), ["maths.example.org", "www.example.org:8443"]);
}

#[test]
fn accepts_valid_values() {
    type Check = fn(&Config) -> bool;
    let table: &[(&str, &str, Check)] = &[
        ("APP_ENV", "Production", |c| c.is_production()),
        ("FLASK_ENV", "prod", |c| c.is_production()),
        ("APP_ENVIRONMENT", "PROD", |c| c.is_production()),
        ("ENV", "production", |c| c.is_production()),
        ("APP_ENV", "test", |c| c.environment == Environment::Testing),
        ("APP_ENV", " dev ", |c| c.environment == Environment::Development),
        ("HOST", "0.0.0.0", |c| c.host.is_unspecified()),
        ("HOST", "[::1]", |c| c.host.is_ipv6()),
        ("HOST", "localhost", |c| c.host.is_loopback()),
        ("PORT", "0", |c| c.port == 0),
        ("PORT", "65535", |c| c.port == 65535),
        ("PORT", "", |c| c.port == 8000),
        ("METRICS_ADDR", "127.0.0.1:9100", |c| c.metrics_addr == "127.0.0.1:9100".parse().ok()),
        ("METRICS_ADDR", "[::1]:8000", |c| c.metrics_addr == "[::1]:8000".parse().ok()),
        ("METRICS_ADDR", "localhost:0", |c| c.metrics_addr.is_some_and(|it| it.ip().is_loopback())),
        ("METRICS_ADDR", "", |c| c.metrics_addr.is_none()),
        ("DATA_DIR", "/srv/maths", |c| c.database_url.to_string() == "sqlite:///srv/maths/mathsoc.db"),
        ("DATABASE_URL", "postgres://db/x", |c| c.database_url.to_string() == "postgres://db/x"),
        ("FORCE_HTTPS", "Yes", |c| c.force_https),
        ("FORCE_HTTPS", "off", |c| !c.force_https),
        ("CSP_ALLOW_UNSAFE_EVAL", "1", |c| c.csp_allow_unsafe_eval),
        ("CSP_ALLOW_UNSAFE_EVAL", "FALSE", |c| !c.csp_allow_unsafe_eval),
        ("LOG_TO_STDOUT", "on", |c| c.log_to_stdout),
        ("LOG_TO_STDOUT", "0", |c| !c.log_to_stdout),
        ("CSP_EXTRA", "img-src data:", |c| {
            c.csp_extra.as_ref().is_some_and(|it| it.policy().to_string() == "img-src data:")
        }),
        ("CSP_REPORT_ONLY_EXTRA", "img-src 'none'", |c| {
            c.csp_report_only_extra.as_ref().is_some_and(|it| it.policy().to_string() == "img-src 'none'")
        }),
        ("LOG_LEVEL", "WARNING", |c| c.log_filter.as_str() == "warn"),
        ("LOG_LEVEL", "debug", |c| c.log_filter.as_str() == "warn,mathsoc=debug,palisade=debug"),
        ("RATELIMIT_MEMBERS", "9/hour", |c| c.ratelimit.members.to_string() == "9 per hour"),
        ("RATELIMIT_MEMBERS", "", |c| c.ratelimit.members.to_string() == "5000 per day; 1000 per hour"),
        ("READY_NEEDS_STORE", "yes", |c| c.ready_needs_store),
        ("READY_NEEDS_STORE", "", |c| !c.ready_needs_store),
        ("RUST_LOG", "info,sqlx=debug", |c| c.log_filter.as_str() == "info,sqlx=debug"),
        ("SECRET_KEY", "short", |c| c.secret_key.is_some()),
    ];
    for (name, value, check) in table {
        // The requirements of production are met, so that only this setting matters.
        let mut vars = BTreeMap::from([("SECRET_KEY", STRONG), ("SERVER_NAME", "example.org")]);
        vars.insert(name, value);
        let vars: Vec<_> = vars.into_iter().collect();
        assert!(config(&vars).is_ok_and(|config| check(&config)), "{name}={value}");
    }
}

#[test]
fn rejects_invalid_values_with_advice() {
    for (name, value, reason, advice) in [
        ("APP_ENV", "staging", "not a known environment", "Write development, testing or production"),
        ("HOST", "http://0.0.0.0", "not an IP address", "0.0.0.0 or :: for all networks"),
        ("PORT", "80a", "not a port", "Write a number from 0 to 65535"),
        ("PORT", "65536", "not a port", "Write a number from 0 to 65535"),
        ("PORT", "-1", "not a port", "Write a number from 0 to 65535"),
        ("METRICS_ADDR", "9100", "not an IP address with a port", "such as 127.0.0.1:9100"),
        ("METRICS_ADDR", "metrics.example:9100", "not an IP address with a port", "such as 127.0.0.1:9100"),
        (
            "METRICS_ADDR",
            "127.0.0.1:8000",
            "the address where the site itself listens",
            "such as 127.0.0.1:9100",
        ),
        (
            "METRICS_ADDR",
            "0.0.0.0:8000",
            "the address where the site itself listens",
            "such as 127.0.0.1:9100",
        ),
        (
            "DATABASE_URL",
            "mysql://db/x",
            "neither sqlite:// nor postgres://",
            "Write sqlite://folder/file.db",
        ),
        ("DATABASE_URL", "sqlite::memory:", "in memory", "Write sqlite://folder/file.db"),
        ("SERVER_NAME", "https://example.org", "is not a host", "no https:// and no path"),
        ("SERVER_NAME", "example.org/maths", "is not a host", "no https:// and no path"),
        ("SERVER_NAME", ",", "the list of hosts is empty", "Write example.org"),
        ("TRUSTED_PROXIES", "yes", "neither an address nor a network", "Write none, hops=1"),
        ("FORCE_HTTPS", "maybe", "neither true nor false", "Write true or false"),
        ("CSP_ALLOW_UNSAFE_EVAL", "2", "neither true nor false", "Write true or false"),
        ("LOG_TO_STDOUT", "json", "neither true nor false", "Write true or false"),
        ("CSP_EXTRA", "img-src é", "one line of ASCII", "Write a policy in one line"),
        ("CSP_EXTRA", "img-src 'none' data:", "cannot be combined", "Write a policy in one line"),
        ("CSP_EXTRA", "image-src data:", "write `img-src`", "Write a policy in one line"),
        ("CSP_REPORT_ONLY_EXTRA", "image-src data:", "write `img-src`", "Write a policy in one line"),
        ("LOG_LEVEL", "loud", "not a log level", "Write error, warning, info"),
        ("RUST_LOG", "mathsoc=loud", "level filter", "Write directives"),
    ] {
        let error = rejected(&[(name, value)]);
        assert!(error.contains(&format!("{name}={value:?}: ")), "{error}");
        assert!(error.contains(reason) && error.contains(advice), "{name}={value}: {error}");
        assert_eq!(error.lines().count(), 2, "one problem, one line: {error}");
    }
}

#[test]
fn metrics_need_an_address_of_their_own() {
    let taken =
        |host, port, metrics| config(&[("HOST", host), ("PORT", port), ("METRICS_ADDR", metrics)]).is_err();
    assert!(taken("0.0.0.0", "9100", "127.0.0.1:9100"), "the wildcard address includes this one");
    assert!(taken("::1", "9100", "[::1]:9100"));
    assert!(!taken("192.0.2.1", "9100", "127.0.0.1:9100"));
    assert!(!taken("127.0.0.1", "0", "127.0.0.1:0"), "each listener gets a free port");
}

#[test]
fn reports_all_problems_at_once() {
    let error =
        config(&[("APP_ENV", "production"), ("PORT", "eighty"), ("FORCE_HTTPS", "perhaps")]).unwrap_err();
    let about = |name: &str| error.problems().iter().any(|problem| problem.to_string().starts_with(name));
    assert_eq!(error.problems().len(), 4, "{error}");
    assert!(
        ["PORT=", "FORCE_HTTPS=", "SERVER_NAME is not set", "SECRET_KEY is not set"].into_iter().all(about)
    );
    assert!(error.to_string().starts_with("The configuration has 4 problems:\n"), "{error}");
}

#[test]
fn rejects_aliases_that_contradict_each_other() {
    let error = rejected(&[("APP_ENV", "development"), ("FLASK_ENV", "production")]);
    assert!(
        error.contains(r#"FLASK_ENV="production": contradicts APP_ENV, which says "development""#),
        "{error}"
    );
    assert!(config(&[("APP_ENV", "test"), ("FLASK_ENV", "Testing")]).is_ok(), "the two names agree");
}

#[test]
fn testing_listens_on_this_machine_only() {
    let error = rejected(&[("APP_ENV", "testing"), ("HOST", "0.0.0.0")]);
    assert!(error.contains(r#"HOST="0.0.0.0": would serve the site to other machines"#), "{error}");
    assert!(config(&[("APP_ENV", "testing"), ("HOST", "127.0.0.1")]).is_ok());
    assert!(config(&[("APP_ENV", "development"), ("HOST", "0.0.0.0")]).is_ok());
}

#[test]
fn production_rejects_a_weak_key_without_showing_it() {
    let strong = [("APP_ENV", "production"), ("SERVER_NAME", "example.org"), ("SECRET_KEY", STRONG)];
    assert!(config(&strong).is_ok());
    for (weak, reason) in [
        ("change-me", "a placeholder"),
        ("testkey0testkey1testkey2testkey3testkey4testkey5", "a placeholder"),
        ("abababababababababababababababababababababababababababababababab", "2 different characters"),
        ("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP", "a sequence"),
        ("9f86d081884c7d659a2feaa0c55ad015", "about 128 bits"),
    ] {
        let error = rejected(&[strong[0], strong[1], ("SECRET_KEY", weak)]);
        assert!(error.contains("SECRET_KEY (its value is not shown): ") && error.contains(reason), "{error}");
        assert!(error.contains("/dev/urandom") && !error.contains(weak), "{error}");
    }
}

#[test]
#[cfg(unix)]
fn the_advised_command_generates_a_strong_key() {
    let error = rejected(&[("APP_ENV", "production"), ("SERVER_NAME", "example.org")]);
    let (_, command) = error.trim_end_matches('.').split_once("the output of: ").expect("a shell command");
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    let key = String::from_utf8(output.stdout).unwrap();
    assert_eq!(SecretKey::from(key.trim()).weakness(), None);
}

#[test]
fn the_key_file_is_private_and_stable() {
    let folder = Folder::new();
    let data = folder.join("new/data");
    let key = SecretKey::kept_in(&data).unwrap();
    assert_eq!(SecretKey::kept_in(&data).unwrap().bytes(), key.bytes());
    assert_eq!(key.weakness(), None);
    #[cfg(unix)]
    {
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("secret_key")), 0o600);
    }

    fs::write(data.join("secret_key"), "half a k").unwrap();
    let error = SecretKey::kept_in(&data).unwrap_err().to_string();
    assert!(error.contains("delete the file to get a new key"), "{error}");
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}

#[test]
fn the_environment_takes_precedence_over_the_file() {
    let vars = Vars::new(
        [("PORT", "9000"), ("ENV", "testing"), ("HOST", "")],
        [("PORT", "7000"), ("APP_ENV", "production"), ("HOST", "::1"), ("FORCE_HTTP", "1")],
    );
    let config = Config::load(&vars).unwrap();
    assert_eq!(config.port, 9000);
    assert_eq!(
        config.environment,
        Environment::Testing,
        "one name in the environment hides the others in the file"
    );
    assert_eq!(config.host.to_string(), "::1", "an empty value counts as unset");
    assert_eq!((vars.source("PORT"), vars.source("HOST")), (Source::Environment, Source::File));
    assert_eq!(vars.strangers().collect::<Vec<_>>(), ["FORCE_HTTP"], "a misspelled setting is reported");
}

#[test]
fn reports_a_malformed_line_without_its_value() {
    let folder = Folder::new();
    let file = folder.join(".env");
    fs::write(&file, "RUST_LOG=info\nSECRET_KEY=half 'of it\n").unwrap();
    let error = Config::load(&Vars::of_process(&file)).unwrap_err().to_string();
    assert!(error.contains(r#"the line of "SECRET_KEY" cannot be parsed"#), "{error}");
    assert!(!error.contains("of it"), "{error}");
    assert!(Config::load(&Vars::of_process(&folder.join("none"))).is_ok(), "the file is optional");
}

#[test]
fn the_table_shows_sources_and_hides_secrets() {
    let vars = Vars::new(
        [("SECRET_KEY", STRONG), ("DATABASE_URL", "postgres://me:s3cr3t@db/x"), ("FLASK_ENV", "test")],
        [("PORT", "7000")],
    );
    let config = Config::load(&vars).unwrap();
    let table = config.table(&vars);
    let lines: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    let names: Vec<_> = lines.iter().map(|line| line[0]).collect();
    assert_eq!(names, SETTINGS.iter().map(|setting| setting.name).collect::<Vec<_>>());
    for line in [
        vec!["APP_ENV", "testing", "environment", "(FLASK_ENV)"],
        vec!["PORT", "7000", ".env"],
        vec!["DATA_DIR", "data", "default"],
        vec!["DATABASE_URL", "postgres://me:***@db/x", "environment"],
        vec!["SECRET_KEY", "(hidden)", "environment"],
    ] {
        assert!(lines.contains(&line), "{line:?} is not in\n{table}");
    }
    for text in [table, format!("{config:?}")] {
        assert!(!text.contains("s3cr3t") && !text.contains(STRONG), "{text}");
    }
}

#[test]
fn the_example_file_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example");
    let file = fs::read_to_string(path).unwrap_or_default();
    assert!(file == example_file(), "regenerate it: cargo run -- config --example > .env.example");
}

#[test]
fn every_example_is_a_valid_value() {
    for setting in SETTINGS.iter().filter(|setting| !setting.example().is_empty()) {
        let value = setting.example();
        assert!(config(&[(setting.name, value)]).is_ok(), "{}={value}", setting.name);
    }
}

#[test]
fn every_environment_has_valid_defaults() {
    for environment in ["development", "testing", "production"] {
        let vars = [("APP_ENV", environment), ("SECRET_KEY", STRONG), ("SERVER_NAME", "example.org")];
        let config = config(&vars).unwrap();
        let defaults = config.effective().iter().filter(|it| it.found_as.is_none()).count();
        assert_eq!(defaults, SETTINGS.len() - vars.len());
    }
}

#[test]
fn the_example_file_describes_every_setting_once() {
    let file = example_file();
    for setting in SETTINGS.iter() {
        let line = format!("\n#{}=", setting.name);
        assert_eq!(file.matches(&line).count(), 1, "{}", setting.name);
        assert!(!setting.meaning.is_empty() && !setting.write.is_empty(), "{}", setting.name);
    }
    let long: Vec<_> =
        file.lines().filter(|line| line.starts_with("# ") && line.chars().count() > 100).collect();
    assert!(long.is_empty(), "{long:#?}");
}
