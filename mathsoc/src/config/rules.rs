//! Rules that involve more than one setting: contradictions, and the requirements of production.

use std::net::SocketAddr;

use super::reader::Reader;
use super::secret_key::SecretKey;
use super::sessions::{CookieSecure, SESSION_COOKIE_HTTPONLY, SESSION_COOKIE_SECURE};
use super::settings::{
    Config, HOST, METRICS_ADDR, SECRET_KEY, SECRET_KEY_FALLBACKS, SERVER_NAME, SITE_URL, WTF_CSRF_ENABLED,
};
use super::uploads::{UPLOAD_FOLDER, UPLOAD_STORE_URI};
use super::value::Environment;

impl Config {
    /// Reports every broken rule to the reader.
    pub(super) fn check(&self, reader: &mut Reader<'_>) {
        self.check_addresses(reader);
        self.check_hosts(reader);
        self.check_keys(reader);
        self.check_forms_and_cookies(reader);
        if self.uploads.store_uri.is_some() && reader.has(UPLOAD_FOLDER) {
            let folder = self.uploads.folder.display();
            let reason = format!("contradicts UPLOAD_FOLDER, which says \"{folder}\"");
            reader.wrong(UPLOAD_STORE_URI, &self.uploads.place, &reason);
        }
    }

    fn check_addresses(&self, reader: &mut Reader<'_>) {
        let site = SocketAddr::new(self.host, self.port);
        if let Some(metrics) = self.metrics_addr.filter(|metrics| overlap(*metrics, site)) {
            let reason = "is the address where the site itself listens, and metrics are not public";
            reader.wrong(METRICS_ADDR, &metrics.to_string(), reason);
        }
        if self.environment == Environment::Testing && !self.host.is_loopback() {
            let reason = "would serve the site to other machines without CSRF protection and rate limiting \
                          (APP_ENV is testing)";
            reader.wrong(HOST, &self.host.to_string(), reason);
        }
    }

    fn check_hosts(&self, reader: &mut Reader<'_>) {
        if self.is_production() && !reader.has(SERVER_NAME) {
            reader.missing(SERVER_NAME, "In production the site answers for its own hosts only.");
        }
        let names = self.server_name.as_ref();
        if !reader.has(SITE_URL) {
            if names.is_some_and(|names| names.first_host().is_none()) {
                reader.missing(SITE_URL, "SERVER_NAME has no single host for the links in e-mails.");
            }
        } else if names.is_some_and(|names| !self.site_url.is_one_of(names)) {
            reader.wrong(SITE_URL, &self.site_url.link(""), "is not one of the hosts of SERVER_NAME");
        }
        if self.force_https && self.site_url.is_http() {
            let reason = "contradicts FORCE_HTTPS: the links in e-mails would use plain HTTP";
            reader.wrong(SITE_URL, &self.site_url.link(""), reason);
        }
    }

    fn check_keys(&self, reader: &mut Reader<'_>) {
        match self.secret_key.as_ref().map(SecretKey::weakness) {
            None if self.is_production() => {
                reader.missing(SECRET_KEY, "Production needs a key that stays the same after a restart.");
            }
            Some(Some(weakness)) if self.is_production() => {
                reader.wrong(SECRET_KEY, "", &weakness.to_string());
            }
            _ => {}
        }
        if let Some(objection) = self.former_keys.objection(self.secret_key.as_ref()) {
            reader.wrong(SECRET_KEY_FALLBACKS, "", &objection);
        }
    }

    fn check_forms_and_cookies(&self, reader: &mut Reader<'_>) {
        if self.is_production() && !self.csrf_enabled {
            let reason = "would let any site send forms in the name of a logged-in user";
            reader.wrong(WTF_CSRF_ENABLED, "false", reason);
        }
        if self.sessions.cookie_secure == CookieSecure::Never && self.force_https {
            let reason =
                "contradicts FORCE_HTTPS: browsers would send the cookie over plain HTTP before the redirect";
            reader.wrong(SESSION_COOKIE_SECURE, "false", reason);
        }
        if !self.sessions.cookie_http_only {
            let reason = "would show the cookie to any script that is injected into a page";
            reader.wrong(SESSION_COOKIE_HTTPONLY, "false", reason);
        }
    }
}

/// Returns `true` if two listeners would compete for the same address.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let (a, b) = (one.ip(), other.ip());
    one.port() == other.port() && one.port() != 0 && (a == b || a.is_unspecified() || b.is_unspecified())
}
