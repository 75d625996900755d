//! The settings of accounts, sessions and e-mail.

use std::time::Duration;

use mathsoc::config::{Config, CookieSecure, Registration, SessionStoreUri};
use palisade::cookies::SameSite;

use super::{STRONG, config, rejected};

const FORMER: &str = "pfNrkSHa1esmj27EWXXazS7ITQXdGxawprSzsYZATOkix+MowzLUlojbtEryyLB9";
const PRODUCTION: [(&str, &str); 3] =
    [("APP_ENV", "production"), ("SERVER_NAME", "maths.example.org"), ("SECRET_KEY", STRONG)];

fn production(more: &[(&str, &str)]) -> Result<Config, mathsoc::config::ConfigError> {
    config(&[&PRODUCTION, more].concat())
}

#[test]
fn production_is_strict_by_default() {
    let config = production(&[]).unwrap();
    assert_eq!(config.sessions.store, SessionStoreUri::Database);
    assert_eq!(config.sessions.cookie_secure, CookieSecure::Always);
    assert_eq!(config.sessions.cookie_same_site, SameSite::Lax);
    assert_eq!(config.sessions.lifetime, Duration::from_secs(3600));
    assert!(config.csrf_enabled);
    assert_eq!(config.registration, Registration::SchoolDomains);
    assert!(
        !config.admin_totp_required && config.mail.smtp.is_none() && config.former_keys.keys().is_empty()
    );
    assert_eq!(config.site_url.link("/reset/x"), "https://maths.example.org/reset/x");
    assert_eq!(config.mail.from.mailbox().to_string(), "Maths Society <no-reply@maths.example.org>");
}

#[test]
fn development_and_testing_have_looser_defaults() {
    let development = config(&[]).unwrap();
    assert_eq!(development.sessions.cookie_secure, CookieSecure::ByScheme);
    assert!(development.csrf_enabled);
    assert_eq!(development.registration, Registration::Open, "a developer may register");
    assert_eq!(development.site_url.link("/"), "http://127.0.0.1:8000/");
    assert!(!config(&[("APP_ENV", "testing")]).unwrap().csrf_enabled);
    assert!(config(&[("APP_ENV", "testing"), ("WTF_CSRF_ENABLED", "1")]).unwrap().csrf_enabled);
}

#[test]
fn accepts_valid_values() {
    type Check = fn(&Config) -> bool;
    let table: &[(&str, &str, Check)] = &[
        ("SESSION_STORE_URI", "cookie", |c| c.sessions.store == SessionStoreUri::Cookie),
        (
            "SESSION_STORE_URI",
            "redis://:pw@h/0",
            |c| matches!(&c.sessions.store, SessionStoreUri::Store(it) if it.as_str() == "redis://:pw@h/0?namespace=mathsoc"),
        ),
        ("SESSION_STORE_URI", "memory://", |c| matches!(c.sessions.store, SessionStoreUri::Store(_))),
        ("SESSION_COOKIE_SECURE", "Auto", |c| c.sessions.cookie_secure == CookieSecure::ByScheme),
        ("SESSION_COOKIE_SECURE", "yes", |c| c.sessions.cookie_secure == CookieSecure::Always),
        ("SESSION_COOKIE_SAMESITE", "strict", |c| c.sessions.cookie_same_site == SameSite::Strict),
        ("PERMANENT_SESSION_LIFETIME", "60", |c| c.sessions.lifetime.as_secs() == 60),
        ("PERMANENT_SESSION_LIFETIME", "31536000", |c| c.sessions.lifetime.as_secs() == 31_536_000),
        ("REGISTRATION", "Open", |c| c.registration == Registration::Open),
        ("REGISTRATION", "closed", |c| c.registration == Registration::Closed),
        ("ADMIN_TOTP_REQUIRED", "1", |c| c.admin_totp_required),
        ("SECRET_KEY_FALLBACKS", FORMER, |c| c.former_keys.keys().len() == 1),
        ("SITE_URL", "https://maths.example.org/", |c| {
            c.site_url.link("/x") == "https://maths.example.org/x"
        }),
        ("SITE_URL", "https://maths.example.org:8443", |c| {
            c.site_url.link("/x") == "https://maths.example.org:8443/x"
        }),
        ("MAIL_FROM", "Maths <m@x.example>", |c| c.mail.from.mailbox().to_string() == "Maths <m@x.example>"),
        ("SMTP_URL", "smtps://me:pw@mail.example", |c| smtp(c) == "smtps://me:pw@mail.example"),
        ("SMTP_URL", "smtp://me:pw@mail.example:587", |c| {
            smtp(c) == "smtp://me:pw@mail.example:587?tls=required"
        }),
        ("SMTP_URL", "smtp://mail?tls=none", |c| smtp(c) == "smtp://mail"),
        ("SMTP_URL", "smtp://127.0.0.1:2525", |c| smtp(c) == "smtp://127.0.0.1:2525"),
        ("SMTP_URL", "smtp://me:pw@localhost", |c| smtp(c) == "smtp://me:pw@localhost"),
        ("SMTP_URL", "smtp://[::1]:25", |c| smtp(c) == "smtp://[::1]:25"),
        ("SMTP_URL", "smtp://localhost?tls=required", |c| smtp(c) == "smtp://localhost?tls=required"),
    ];
    for (name, value, check) in table {
        assert!(production(&[(name, value)]).is_ok_and(|config| check(&config)), "{name}={value}");
    }
}

fn smtp(config: &Config) -> &str {
    config.mail.smtp.as_ref().unwrap().as_str()
}

#[test]
fn rejects_invalid_values_with_advice() {
    for (name, value, reason, advice) in [
        ("SESSION_STORE_URI", "disk", "not the address of a store", "Write database, cookie, memory://"),
        ("SESSION_STORE_URI", "memcached://h", "would log people out", "Write database"),
        ("SESSION_COOKIE_SECURE", "maybe", "neither true, false nor auto", "Write true, false, or auto"),
        ("SESSION_COOKIE_SAMESITE", "None", "forms of any other site", "Write Lax"),
        ("SESSION_COOKIE_SAMESITE", "loose", "neither Lax nor Strict", "Write Lax"),
        ("PERMANENT_SESSION_LIFETIME", "59", "out of range", "Write a number of seconds from 60"),
        ("PERMANENT_SESSION_LIFETIME", "31 days", "not a whole number", "Write a number of seconds from 60"),
        ("WTF_CSRF_ENABLED", "perhaps", "neither true nor false", "Write true or false"),
        ("REGISTRATION", "schools", "neither open", "Write open, school-domains or closed"),
        ("SITE_URL", "maths.example.org", "not a URL", "Write https://"),
        ("SITE_URL", "ftp://maths.example.org", "neither https:// nor http://", "Write https://"),
        ("SITE_URL", "https://maths.example.org/maths", "more than a scheme and a host", "Write https://"),
        ("SITE_URL", "https://me@maths.example.org", "user name", "Write https://"),
        ("SMTP_URL", "mail.example", "not a URL", "Write smtps://"),
        ("SMTP_URL", "https://mail.example", "neither smtps:// nor smtp://", "Write smtps://"),
        ("SMTP_URL", "smtp://mail.example?tls=maybe", "unknown parameter", "Write smtps://"),
        ("SMTP_URL", "smtp://me@mail.example", "no password", "Write smtps://"),
        ("SMTP_URL", "smtp://mail.example/here", "has a path", "Write smtps://"),
        ("MAIL_FROM", "the society", "not an e-mail address", "Write an e-mail address"),
    ] {
        let error = rejected(&[(name, value)]);
        assert!(error.contains(&format!("{name}={value:?}: ")), "{error}");
        assert!(error.contains(reason) && error.contains(advice), "{name}={value}: {error}");
        assert_eq!(error.lines().count(), 2, "one problem, one line: {error}");
    }
}

#[test]
fn rejects_settings_that_contradict_each_other() {
    for (more, reason) in [
        (&[("WTF_CSRF_ENABLED", "false")][..], "any site send forms"),
        (&[("SESSION_COOKIE_HTTPONLY", "no")], "show the cookie to any script"),
        (&[("SESSION_COOKIE_SECURE", "false")], "contradicts FORCE_HTTPS"),
        (&[("SITE_URL", "http://maths.example.org")], "contradicts FORCE_HTTPS"),
        (&[("SITE_URL", "https://maths.example.com")], "not one of the hosts of SERVER_NAME"),
        (&[("SITE_URL", "https://evilmaths.example.org")], "not one of the hosts of SERVER_NAME"),
        (&[("SERVER_NAME", ".example.org")], "SITE_URL is not set"),
        (&[("SECRET_KEY_FALLBACKS", STRONG)], "is SECRET_KEY itself"),
    ] {
        let all: Vec<_> =
            PRODUCTION.iter().filter(|(name, _)| *name != more[0].0).chain(more).copied().collect();
        let error = config(&all).unwrap_err().to_string();
        assert!(error.contains(reason) && error.lines().count() == 2, "{more:?}: {error}");
    }
    assert!(production(&[("SESSION_COOKIE_SECURE", "false"), ("FORCE_HTTPS", "false")]).is_ok());
    let under = [("SERVER_NAME", ".example.org"), ("SITE_URL", "https://maths.example.org")];
    assert!(config(&[under[0], under[1], PRODUCTION[0], PRODUCTION[2]]).is_ok());
}

/// Flask treated each letter of a text as a key, and accepted weak keys.
#[test]
fn rejects_a_weak_former_key_without_showing_it() {
    let keys = format!("{FORMER}, change-me");
    let error = production(&[("SECRET_KEY_FALLBACKS", &keys)]).unwrap_err().to_string();
    assert!(error.contains("number 2") && error.contains("a placeholder"), "{error}");
    assert!(!error.contains(FORMER) && !error.contains("change-me"), "{error}");
}

#[test]
fn no_output_contains_a_password_or_a_key() {
    let vars = [
        ("SMTP_URL", "smtps://me:s3cr3t@mail.example"),
        ("SECRET_KEY_FALLBACKS", FORMER),
        ("SESSION_STORE_URI", "redis://:s3cr3t@h/0"),
    ];
    let vars = mathsoc::config::Vars::new(vars, []);
    let config = Config::load(&vars).unwrap();
    let table = config.table(&vars);
    assert!(table.contains("smtps://me:***@mail.example"), "{table}");
    for text in [table, format!("{config:?}")] {
        assert!(!text.contains("s3cr3t") && !text.contains(FORMER), "{text}");
    }
    let error = rejected(&[("SMTP_URL", "smtp://me:s3cr3t@mail.example?tls=none")]);
    assert!(error.contains("password unencrypted") && !error.contains("s3cr3t"), "{error}");
}
