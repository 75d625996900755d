//! The test of cookies: those of every redirect together, and the worst of them counts.

use http::header::SET_COOKIE;

use super::{Seen, transport, worse};
use crate::cookie::{Cookie, SameSite};
use crate::seen::Answer;

const COVERED: &str = "cookies-without-secure-flag-but-protected-by-hsts";
const INSECURE: &str = "cookies-without-secure-flag";
const SESSION_COVERED: &str = "cookies-session-without-secure-flag-but-protected-by-hsts";
const BAD_SAME_SITE: &str = "cookies-samesite-flag-invalid";
const CSRF: &str = "cookies-anticsrf-without-samesite-flag";
const SESSION_READABLE: &str = "cookies-session-without-httponly-flag";
const SESSION_INSECURE: &str = "cookies-session-without-secure-flag";
/// From bad to worst.
const ORDER: [&str; 7] =
    [COVERED, INSECURE, SESSION_COVERED, BAD_SAME_SITE, CSRF, SESSION_READABLE, SESSION_INSECURE];

/// It says which server answers, and nothing of the visitor; its makers cannot set the flags.
const UNCOUNTED: &str = "heroku-session-affinity";

pub(super) fn test(seen: &Seen) -> &'static str {
    let cookies = jar(seen);
    if cookies.is_empty() {
        return "cookies-not-found";
    }
    let hsts = transport::hsts_passes(seen);
    let mut result = None;
    if seen.page.values(&SET_COOKIE).any(|line| has_invalid_same_site(&line)) {
        result = worse(BAD_SAME_SITE, result, &ORDER);
    }
    for cookie in &cookies {
        let session = cookie.is_session();
        let faults = [
            (!cookie.secure && cookie.same_site == SameSite::None, BAD_SAME_SITE),
            (!cookie.secure, if hsts { COVERED } else { INSECURE }),
            (cookie.is_csrf() && !cookie.same_site.counts(), CSRF),
            (session && !cookie.secure, if hsts { SESSION_COVERED } else { SESSION_INSECURE }),
            (session && !cookie.http_only, SESSION_READABLE),
        ];
        for (_, fault) in faults.iter().filter(|(wrong, _)| *wrong) {
            result = worse(fault, result, &ORDER);
        }
    }
    let everywhere = cookies.iter().all(|cookie| cookie.same_site.counts());
    let without_fault = if everywhere {
        "cookies-secure-with-httponly-sessions-and-samesite"
    } else {
        "cookies-secure-with-httponly-sessions"
    };
    result.unwrap_or(without_fault)
}

/// What a browser would hold afterwards, cookies that were taken away included.
fn jar(seen: &Seen) -> Vec<Cookie> {
    let mut jar: Vec<((String, String, String), Cookie)> = Vec::new();
    for answer in seen.way() {
        for cookie in answer.cookies().into_iter().filter(|cookie| cookie.name != UNCOUNTED) {
            let Some(domain) = domain(answer, &cookie) else { continue };
            let path = cookie.path.clone().filter(|path| path.starts_with('/'));
            let key = (domain, path.unwrap_or_else(|| default_path(answer)), cookie.name.clone());
            if is_refused(&cookie, &key.1) || cookie.secure && !answer.is_trustworthy() {
                continue;
            }
            jar.retain(|(known, _)| *known != key);
            jar.push((key, cookie));
        }
    }
    jar.into_iter().map(|(_, cookie)| cookie).collect()
}

/// For which domain it counts; nothing where it is not the host's to set.
fn domain(answer: &Answer, cookie: &Cookie) -> Option<String> {
    let host = answer.url.host_str().unwrap_or_default().to_owned();
    match &cookie.domain {
        None => Some(host),
        Some(domain) if host == *domain || host.ends_with(&format!(".{domain}")) => Some(domain.clone()),
        Some(_) => None,
    }
}

fn default_path(answer: &Answer) -> String {
    let path = answer.url.path();
    let end = path.rfind('/').unwrap_or(0);
    if end == 0 { "/".to_owned() } else { path[..end].to_owned() }
}

/// By its prefix, which promises more than it keeps.
fn is_refused(cookie: &Cookie, path: &str) -> bool {
    let host = cookie.name.starts_with("__Host-");
    let bound = cookie.domain.is_none() && cookie.path.is_some() && path == "/";
    (host || cookie.name.starts_with("__Secure-")) && !cookie.secure || host && !bound
}

/// As the Observatory looks: at the line, whatever stands before the first `;` included.
fn has_invalid_same_site(line: &str) -> bool {
    line.split(';').any(|part| {
        let mut pieces = part.trim().split('=');
        let name = pieces.next().unwrap_or_default().trim().to_lowercase();
        let value = pieces.next().unwrap_or_default().trim().to_lowercase();
        name == "samesite" && !matches!(&*value, "lax" | "strict" | "none")
    })
}
