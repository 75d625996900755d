//! Cookies, caches, and what other origins may read.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, SET_COOKIE,
};

use super::add_header;
use crate::cookie::{Cookie, SameSite};
use crate::rule::{Evidence, Rule, at_answer, at_page, at_site, each, fix, saw, saw_if};
use crate::seen::{Answer, Seen};
use palisade::csp::Severity::{High, Info, Low, Medium};

const GUIDE: &str =
    "https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/Cookies";
const CORS: &str =
    "https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/CORS";
const BEST: &str = "Set-Cookie: __Host-name=…; Path=/; Secure; HttpOnly; SameSite=Lax";
const HERE: &str = "Palisade::new() // Cookies are in it";
const NGINX: &str = "proxy_cookie_flags ~ secure httponly samesite=lax;";
const ORIGIN: &str = "Access-Control-Allow-Origin: https://partner.example";

pub(super) const RULES: &[Rule] = &[
    at_answer(
        "cookie-session-insecure",
        High,
        "A session's cookie is sent in the clear too, where it can be taken.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page| of_cookies(page, |cookie| cookie.is_session() && !cookie.secure),
    ),
    at_answer(
        "cookie-insecure",
        Medium,
        "The cookie is sent in the clear too.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page| of_cookies(page, |cookie| !cookie.is_session() && !cookie.secure),
    ),
    at_answer(
        "cookie-session-readable",
        Medium,
        "Scripts can read a session's cookie, and send it away.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page| of_cookies(page, |cookie| cookie.is_session() && !cookie.http_only),
    ),
    at_answer(
        "cookie-same-site-missing",
        Low,
        "Other sites' pages send the cookie along, as far as a browser's default lets them.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page| of_cookies(page, |cookie| cookie.same_site == SameSite::Missing),
    ),
    at_answer(
        "cookie-same-site-none",
        Low,
        "Other sites' pages send the cookie along: SameSite=None.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page| of_cookies(page, |cookie| cookie.same_site == SameSite::None && cookie.secure),
    ),
    at_answer(
        "cookie-same-site-invalid",
        Medium,
        "Browsers do not know this SameSite, or refuse it: None wants Secure.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page| {
            let refused = |cookie: &Cookie| cookie.same_site == SameSite::None && !cookie.secure;
            of_cookies(page, |cookie| cookie.same_site == SameSite::Invalid || refused(cookie))
        },
    ),
    at_answer(
        "cookie-prefix-broken",
        Medium,
        "Browsers refuse the cookie: __Secure- wants Secure, __Host- wants Secure, Path=/ and no Domain.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page| of_cookies(page, breaks_prefix),
    ),
    at_answer(
        "cookie-domain-wide",
        Info,
        "Every subdomain gets the cookie, and can set it.",
        fix(BEST, "Sessions::new(&keyring) // its cookie has no Domain", ""),
        GUIDE,
        |page| of_cookies(page, |cookie| cookie.domain.is_some() && !breaks_prefix(cookie)),
    ),
    at_answer(
        "cache-personal",
        Medium,
        "The answer sets a cookie and may be kept by a cache that others share, cookie included.",
        fix(
            "Cache-Control: private, no-cache",
            "SecurityHeaders::strict() // personal_pages is in it",
            add_header!("Cache-Control", "private, no-cache"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cache-Control",
        |page| {
            let control = page.header(&CACHE_CONTROL).unwrap_or_default().to_ascii_lowercase();
            let kept = !["no-store", "private", "no-cache"].iter().any(|word| control.contains(word));
            let control = if control.is_empty() { "no Cache-Control" } else { &control };
            saw_if(kept && page.header(&SET_COOKIE).is_some(), control)
        },
    ),
    at_site(
        "cors-credentials",
        High,
        "Any site may read what this one answers to its signed-in visitors.",
        fix(
            ORIGIN,
            "name the origins that may, one by one",
            "add_header Access-Control-Allow-Origin https://partner.example always;",
        ),
        CORS,
        |seen| {
            let open = |(origin, credentials): &(String, bool)| *credentials && origin == Seen::STRANGER;
            to_strangers(seen).into_iter().filter(open).take(1).flat_map(|(origin, _)| saw(origin)).collect()
        },
    ),
    at_page(
        "cors-null",
        Medium,
        "The origin `null` may read this answer, and any page can take that origin.",
        fix(
            ORIGIN,
            "name the origins that may, one by one",
            "add_header Access-Control-Allow-Origin https://partner.example always;",
        ),
        CORS,
        |page, _| {
            let origin = page.header(&ACCESS_CONTROL_ALLOW_ORIGIN).unwrap_or_default();
            saw_if(origin.trim() == "null", origin)
        },
    ),
    at_site(
        "cors-reflected",
        Low,
        "The answer names whichever origin asks as one that may read it.",
        fix(
            ORIGIN,
            "name the origins that may, one by one",
            "add_header Access-Control-Allow-Origin https://partner.example always;",
        ),
        CORS,
        |seen| {
            let open = |(origin, credentials): &(String, bool)| !*credentials && origin == Seen::STRANGER;
            to_strangers(seen).into_iter().filter(open).take(1).flat_map(|(origin, _)| saw(origin)).collect()
        },
    ),
    at_page(
        "cors-any",
        Info,
        "Any site may read this page, though without the visitor's cookies.",
        fix(
            ORIGIN,
            "name the origins that may, one by one",
            "add_header Access-Control-Allow-Origin https://partner.example always;",
        ),
        CORS,
        |page, _| {
            let origin = page.header(&ACCESS_CONTROL_ALLOW_ORIGIN).unwrap_or_default();
            saw_if(origin.trim() == "*" && page.page().is_some(), origin)
        },
    ),
];

fn of_cookies(page: &Answer, wrong: impl Fn(&Cookie) -> bool) -> Vec<Evidence> {
    let cookies = page.cookies().into_iter().filter(|cookie| !cookie.ends);
    each(cookies.filter(|cookie| wrong(cookie)).map(|cookie| cookie.name))
}

fn breaks_prefix(cookie: &Cookie) -> bool {
    let name = cookie.name.to_ascii_lowercase();
    let host = name.starts_with("__host-");
    let bound = cookie.domain.is_none() && cookie.path.as_deref() == Some("/");
    (host || name.starts_with("__secure-")) && !cookie.secure || host && !bound
}

/// What a stranger is told: the origin that may read, and whether with the visitor's cookies.
fn to_strangers(seen: &Seen) -> Vec<(String, bool)> {
    let told = |answer: &Answer| {
        let origin = answer.header(&ACCESS_CONTROL_ALLOW_ORIGIN)?;
        let credentials = answer.header(&ACCESS_CONTROL_ALLOW_CREDENTIALS).unwrap_or_default();
        Some((origin.trim().to_owned(), credentials.trim().eq_ignore_ascii_case("true")))
    };
    seen.preflight.iter().chain(&seen.foreign).filter_map(told).collect()
}
