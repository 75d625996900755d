//! Rules about the settings alone.

use std::net::IpAddr;

use palisade::csp;
use palisade::rate_limit::quota::Quotas;

use super::Finding;
use super::Severity::{Error, Info, Warning};
use crate::config::{Config, CookieSecure, Registration, SecretKey, SessionStoreUri};
use crate::db::LinkSecurity;
use crate::web::policy;

/// Returns the findings that need only the settings, in the order of their ids.
pub fn of_settings(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(environment(config));
    findings.extend(secret_key(config));
    findings.extend(config.server_name.is_none().then(|| {
        let what = "SERVER_NAME is not set: the site accepts any Host header, and uses it in its links.";
        Finding::new("D03", Error, what, "Write SERVER_NAME=maths.example.org, with the name of your site.")
    }));
    findings.extend((!config.force_https).then(|| {
        let what = "FORCE_HTTPS is off: passwords and session cookies are sent over plain HTTP.";
        Finding::new(
            "D04",
            Warning,
            what,
            "Write FORCE_HTTPS=true, and let a proxy in front terminate HTTPS.",
        )
    }));
    findings.extend(cookie(config));
    findings.extend((!config.csrf_enabled).then(|| {
        let what = "WTF_CSRF_ENABLED is off: any other site can submit forms as the logged-in user (CSRF).";
        Finding::new("D06", Error, what, "Leave WTF_CSRF_ENABLED out.")
    }));
    findings.extend(proxies(config));
    findings.extend(limits(config));
    findings.extend(class(config));
    findings.extend(matches!(&config.sessions.store, SessionStoreUri::Store(uri) if uri.is_memory()).then(|| {
        let what = "SESSION_STORE_URI keeps sessions in memory: a restart logs everyone out, and processes do not share sessions.";
        Finding::new("D11", Warning, what, "Write SESSION_STORE_URI=database.")
    }));
    findings.extend((config.registration == Registration::Open).then(|| {
        let what = "REGISTRATION is open: anyone on the internet can create an account.";
        Finding::new("D12", Warning, what, "Write REGISTRATION=school-domains, or closed.")
    }));
    findings.extend(config.mail.smtp.is_none().then(|| {
        let what = "SMTP_URL is not set: letters are written to DATA_DIR/outbox, and none are sent.";
        Finding::new("D13", Warning, what, "Write SMTP_URL=smtps://user:password@mail.example.org.")
    }));
    findings.extend(metrics(config));
    findings.extend(policy_opened(config));
    findings.extend(log(config));
    findings.extend(way_to_database(config));
    findings
}

fn environment(config: &Config) -> Option<Finding> {
    (!config.is_production()).then(|| {
        let what =
            "APP_ENV is not production: the site starts with weak settings, and may load demo content.";
        Finding::new("D01", Error, what, "Write APP_ENV=production.")
    })
}

fn secret_key(config: &Config) -> Option<Finding> {
    let what = match config.secret_key.as_ref().map(SecretKey::weakness) {
        None => {
            "SECRET_KEY is not set: anyone who reads DATA_DIR can forge sessions, and processes do not share the key."
                .to_owned()
        }
        Some(Some(weakness)) => format!("SECRET_KEY {weakness}: anyone who guesses it can forge sessions."),
        Some(None) => return None,
    };
    Some(Finding::new(
        "D02",
        Error,
        what,
        "Write the output of `head -c 48 /dev/urandom | base64` into SECRET_KEY.",
    ))
}

fn cookie(config: &Config) -> Option<Finding> {
    let (severity, what) = match config.sessions.cookie_secure {
        CookieSecure::Always => return None,
        CookieSecure::ByScheme => (
            Warning,
            "SESSION_COOKIE_SECURE is auto: a session that starts over HTTP is sent over plain HTTP.",
        ),
        CookieSecure::Never => {
            (Error, "SESSION_COOKIE_SECURE is false: anyone on the network path can steal the session.")
        }
    };
    Some(Finding::new("D05", severity, what, "Write SESSION_COOKIE_SECURE=true."))
}

fn proxies(config: &Config) -> Option<Finding> {
    let (host, proxies) = (config.host, &config.trusted_proxies);
    if proxies.is_none() && config.force_https {
        let what = "TRUSTED_PROXIES is none and FORCE_HTTPS is on: this program does not terminate HTTPS, so every request \
                     is redirected to HTTPS in a loop.";
        let fix = "Write TRUSTED_PROXIES=hops=1 behind one proxy, or the proxy's address.";
        Some(Finding::new("D07", Error, what, fix))
    } else if proxies.is_none() && host.is_loopback() {
        let what = format!(
            "TRUSTED_PROXIES is none and HOST is {host}: all visitors have the proxy's address, and share one rate limit."
        );
        Some(Finding::new("D07", Warning, what, "Write TRUSTED_PROXIES=hops=1."))
    } else if proxies.is_any_neighbour() && !host.is_loopback() {
        let what = format!(
            "TRUSTED_PROXIES counts hops and HOST is {host}: a client in a private network that bypasses the proxy can \
                 spoof its address."
        );
        let fix = "Write the proxy's address, as in TRUSTED_PROXIES=10.0.0.5, or HOST=127.0.0.1 for a proxy on this machine.";
        Some(Finding::new("D08", Warning, what, fix))
    } else {
        None
    }
}

fn limits(config: &Config) -> Option<Finding> {
    let limits = &config.ratelimit;
    if !limits.enabled {
        let what = "RATELIMIT_ENABLED is off: passwords can be guessed as fast as the machine allows.";
        return Some(Finding::new("D09", Warning, what, "Leave RATELIMIT_ENABLED out."));
    }
    if !limits.storage_uri.is_memory() {
        return None;
    }
    let fix = "Write RATELIMIT_STORAGE_URI=redis://host:6379/0 before you start a second process.";
    Some(if config.database_url.sqlite_file().is_some() {
        let what = "RATELIMIT_STORAGE_URI is memory://: a restart resets the counts.";
        Finding::new("D10", Info, what, fix)
    } else {
        let what = "RATELIMIT_STORAGE_URI is memory://: if several processes share this PostgreSQL, each allows the full quotas.";
        Finding::new("D10", Warning, what, fix)
    })
}

/// What a class of thirty needs within any time from one address: each opens eight pages, and
/// mistypes the password twice; each registers and asks for a password once.
fn class(config: &Config) -> Option<Finding> {
    let limits = &config.ratelimit;
    if !limits.enabled || !limits.school_networks.is_empty() {
        return None;
    }
    let needs = [
        ("RATELIMIT_PAGES", &limits.pages, 30 * 8),
        ("RATELIMIT_LOGIN", &limits.login, 30 * 2),
        ("RATELIMIT_REGISTER", &limits.register, 30),
        ("RATELIMIT_PASSWORD_RESET", &limits.password_reset, 30),
        ("RATELIMIT_SEARCH", &limits.search, 30),
    ];
    let small = |quotas: &Quotas, need: u32| quotas.iter().any(|quota| quota.amount() < need);
    let found: Vec<String> = needs
        .iter()
        .filter(|(_, quotas, need)| small(quotas, *need))
        .map(|(name, quotas, need)| format!("{name} is {quotas} and needs {need}"))
        .collect();
    (!found.is_empty()).then(|| {
        let what = format!(
            "A class of 30 behind one address, as schools have it, cannot get in: {}.",
            found.join("; ")
        );
        let fix = "Leave these settings out, or write the school's address into RATELIMIT_SCHOOL_NETWORKS.";
        Finding::new("D26", Warning, what, fix)
    })
}

fn metrics(config: &Config) -> Option<Finding> {
    let address = config.metrics_addr.filter(|address| !address.ip().is_loopback())?;
    let own_network = match address.ip() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    let severity = if own_network { Info } else { Warning };
    let what = format!("METRICS_ADDR is {address}: anyone who reaches it can read how busy the site is.");
    Some(Finding::new(
        "D14",
        severity,
        what,
        "Write METRICS_ADDR=127.0.0.1:9100, or restrict access with a firewall.",
    ))
}

/// Returns the lint findings that `CSP_EXTRA` and `CSP_ALLOW_UNSAFE_EVAL` add.
fn policy_opened(config: &Config) -> Vec<Finding> {
    if config.csp_extra.is_none() && !config.csp_allow_unsafe_eval {
        return Vec::new();
    }
    let mut own = config.clone();
    (own.csp_extra, own.csp_allow_unsafe_eval) = (None, false);
    let before = policy::csp(&own).lint();
    let opened = policy::csp(config).lint().into_iter().filter(|it| !before.contains(it));
    let findings = opened.map(|it| {
        let severity = if it.severity >= csp::Severity::Medium { Warning } else { Info };
        let what =
            format!("CSP_EXTRA or CSP_ALLOW_UNSAFE_EVAL weakens the policy ({}): {}", it.id, it.message);
        Finding::new("D15", severity, what, it.fix)
    });
    findings.collect()
}

fn log(config: &Config) -> Option<Finding> {
    let filter = config.log_filter.as_str().to_ascii_lowercase();
    let level =
        |word: &str| filter.split(',').any(|it| it.rsplit('=').next().is_some_and(|it| it.trim() == word));
    if level("debug") || level("trace") {
        let what =
            "LOG_LEVEL or RUST_LOG logs at debug or trace: the log is large, and may contain personal data.";
        return Some(Finding::new("D16", Warning, what, "Leave LOG_LEVEL and RUST_LOG out."));
    }
    if matches!(filter.trim(), "off" | "error") {
        let what = "LOG_LEVEL or RUST_LOG hides warnings: rejected requests and first failures go unnoticed.";
        return Some(Finding::new("D16", Warning, what, "Leave LOG_LEVEL and RUST_LOG out."));
    }
    (!config.log_to_stdout).then(|| {
        let what =
            "The log is text on standard error: fine for journald, but not for a collector that parses fields.";
        Finding::new("D16", Info, what, "Write LOG_TO_STDOUT=true for JSON lines.")
    })
}

fn way_to_database(config: &Config) -> Option<Finding> {
    let (host, what) = match config.database_url.link_security() {
        LinkSecurity::Local | LinkSecurity::Verified => return None,
        LinkSecurity::Unverified(host) => {
            (host, "is encrypted, but the server's certificate is not verified")
        }
        LinkSecurity::Unencrypted(host) => (host, "may be unencrypted"),
    };
    let fix = "Add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem to DATABASE_URL.";
    Some(Finding::new("D17", Warning, format!("DATABASE_URL: the connection to {host} {what}."), fix))
}
