//! The cookie test: the worst cookie of the page and its redirects counts.

use http::header::SET_COOKIE;

use super::{Observation, ObservedResponse, transport, worse};
use crate::cookie::{Cookie, SameSite};

const PROTECTED_BY_HSTS: &str = "cookies-without-secure-flag-but-protected-by-hsts";
const INSECURE: &str = "cookies-without-secure-flag";
const SESSION_PROTECTED_BY_HSTS: &str = "cookies-session-without-secure-flag-but-protected-by-hsts";
const BAD_SAME_SITE: &str = "cookies-samesite-flag-invalid";
const CSRF: &str = "cookies-anticsrf-without-samesite-flag";
const SESSION_READABLE: &str = "cookies-session-without-httponly-flag";
const SESSION_INSECURE: &str = "cookies-session-without-secure-flag";
/// From bad to worst.
const ORDER: [&str; 7] = [
    PROTECTED_BY_HSTS,
    INSECURE,
    SESSION_PROTECTED_BY_HSTS,
    BAD_SAME_SITE,
    CSRF,
    SESSION_READABLE,
    SESSION_INSECURE,
];

/// A load balancer's cookie that the Observatory ignores: its site cannot change the attributes.
const IGNORED: &str = "heroku-session-affinity";

pub(super) fn test(observation: &Observation) -> &'static str {
    let cookies = jar(observation);
    if cookies.is_empty() {
        return "cookies-not-found";
    }
    let hsts = transport::hsts_passes(observation);
    let mut result = None;
    if observation.page.values(&SET_COOKIE).any(|line| has_invalid_same_site(&line)) {
        result = worse(BAD_SAME_SITE, result, &ORDER);
    }
    for cookie in &cookies {
        let session = cookie.is_session();
        let faults = [
            (!cookie.secure && cookie.same_site == SameSite::None, BAD_SAME_SITE),
            (!cookie.secure, if hsts { PROTECTED_BY_HSTS } else { INSECURE }),
            (cookie.is_csrf() && !cookie.same_site.is_valid(), CSRF),
            (session && !cookie.secure, if hsts { SESSION_PROTECTED_BY_HSTS } else { SESSION_INSECURE }),
            (session && !cookie.http_only, SESSION_READABLE),
        ];
        for (_, fault) in faults.iter().filter(|(wrong, _)| *wrong) {
            result = worse(fault, result, &ORDER);
        }
    }
    let all_same_site = cookies.iter().all(|cookie| cookie.same_site.is_valid());
    let good = if all_same_site {
        "cookies-secure-with-httponly-sessions-and-samesite"
    } else {
        "cookies-secure-with-httponly-sessions"
    };
    result.unwrap_or(good)
}

/// Returns the cookies that a browser accepts, deleted ones included.
fn jar(observation: &Observation) -> Vec<Cookie> {
    let mut jar: Vec<((String, String, String), Cookie)> = Vec::new();
    for response in observation.redirect_chain() {
        for cookie in response.cookies().into_iter().filter(|cookie| cookie.name != IGNORED) {
            let Some(domain) = domain(response, &cookie) else { continue };
            let path = cookie.path.clone().filter(|path| path.starts_with('/'));
            let key = (domain, path.unwrap_or_else(|| default_path(response)), cookie.name.clone());
            if breaks_prefix(&cookie, &key.1) || cookie.secure && !response.is_trustworthy() {
                continue;
            }
            jar.retain(|(known, _)| *known != key);
            jar.push((key, cookie));
        }
    }
    jar.into_iter().map(|(_, cookie)| cookie).collect()
}

/// Returns the domain of the cookie; `None` if the host may not set a cookie for it.
fn domain(response: &ObservedResponse, cookie: &Cookie) -> Option<String> {
    let host = response.url.host_str().unwrap_or_default().to_owned();
    match &cookie.domain {
        None => Some(host),
        Some(domain) if host == *domain || host.ends_with(&format!(".{domain}")) => Some(domain.clone()),
        Some(_) => None,
    }
}

fn default_path(response: &ObservedResponse) -> String {
    let path = response.url.path();
    let end = path.rfind('/').unwrap_or(0);
    if end == 0 { "/".to_owned() } else { path[..end].to_owned() }
}

/// Returns `true` if the attributes do not match the prefix of the name.
fn breaks_prefix(cookie: &Cookie, path: &str) -> bool {
    let host = cookie.name.starts_with("__Host-");
    let bound = cookie.domain.is_none() && cookie.path.is_some() && path == "/";
    (host || cookie.name.starts_with("__Secure-")) && !cookie.secure || host && !bound
}

/// Searches the whole line, name and value included, as the Observatory does.
fn has_invalid_same_site(line: &str) -> bool {
    line.split(';').any(|part| {
        let mut pieces = part.trim().split('=');
        let name = pieces.next().unwrap_or_default().trim().to_lowercase();
        let value = pieces.next().unwrap_or_default().trim().to_lowercase();
        name == "samesite" && !matches!(&*value, "lax" | "strict" | "none")
    })
}
