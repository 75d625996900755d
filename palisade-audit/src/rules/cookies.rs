//! Rules for cookies, caching and CORS.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, SET_COOKIE,
};
use palisade::csp::Severity::{High, Info, Low, Medium};

use super::add_header;
use crate::cookie::{Cookie, SameSite};
use crate::observation::{Observation, ObservedResponse};
use crate::rule::{
    Detection, Rule, detected, detected_each, detected_if, fix, page_rule, response_rule, site_rule,
};

const GUIDE: &str =
    "https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/Cookies";
const CORS: &str =
    "https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/CORS";
const BEST: &str = "Set-Cookie: __Host-name=…; Path=/; Secure; HttpOnly; SameSite=Lax";
const HERE: &str = "Palisade::for_hosts(hosts)? // includes Cookies";
const NGINX: &str = "proxy_cookie_flags ~ secure httponly samesite=lax;";
const ORIGIN: &str = "Access-Control-Allow-Origin: https://partner.example";

pub(super) const RULES: &[Rule] = &[
    response_rule(
        "cookie-session-insecure",
        High,
        "The session cookie has no Secure attribute: it is also sent over plain HTTP, where it can be stolen.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page, observation| cookies(page, observation, |cookie| cookie.is_session() && !cookie.secure),
    ),
    response_rule(
        "cookie-insecure",
        Medium,
        "The cookie has no Secure attribute: it is also sent over plain HTTP.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page, observation| cookies(page, observation, |cookie| !cookie.is_session() && !cookie.secure),
    ),
    response_rule(
        "cookie-session-readable",
        Medium,
        "The session cookie has no HttpOnly attribute: scripts can read it and send it away.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page, observation| cookies(page, observation, |cookie| cookie.is_session() && !cookie.http_only),
    ),
    response_rule(
        "cookie-same-site-missing",
        Low,
        "The cookie has no SameSite attribute: each browser's default decides which cross-site requests carry it.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page, observation| cookies(page, observation, |cookie| cookie.same_site == SameSite::Missing),
    ),
    response_rule(
        "cookie-same-site-none",
        Low,
        "The cookie has SameSite=None: requests from other sites carry it.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page, observation| {
            cookies(page, observation, |cookie| cookie.same_site == SameSite::None && cookie.secure)
        },
    ),
    response_rule(
        "cookie-same-site-invalid",
        Medium,
        "The SameSite value is not valid, or it is None without Secure: browsers ignore it or reject the cookie.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page, observation| {
            let rejected = |cookie: &Cookie| cookie.same_site == SameSite::None && !cookie.secure;
            cookies(page, observation, |cookie| cookie.same_site == SameSite::Invalid || rejected(cookie))
        },
    ),
    response_rule(
        "cookie-prefix-broken",
        Medium,
        "Browsers reject the cookie: __Secure- requires Secure; __Host- requires Secure, Path=/ and no Domain.",
        fix(BEST, HERE, NGINX),
        GUIDE,
        |page, observation| cookies(page, observation, breaks_prefix),
    ),
    response_rule(
        "cookie-domain-wide",
        Info,
        "The cookie has a Domain attribute: every subdomain receives it, and can set it.",
        fix(BEST, "Sessions::in_store(store, &keyring) // sets no Domain", ""),
        GUIDE,
        |page, observation| {
            cookies(page, observation, |cookie| cookie.domain.is_some() && !breaks_prefix(cookie))
        },
    ),
    response_rule(
        "cache-personal",
        Medium,
        "The response sets a cookie, and a shared cache may store it together with the cookie.",
        fix(
            "Cache-Control: private, no-cache",
            "SecurityHeaders::strict() // includes personal_pages",
            add_header!("Cache-Control", "private, no-cache"),
        ),
        "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Cache-Control",
        |page, _| {
            let control = page.header(&CACHE_CONTROL).unwrap_or_default().to_ascii_lowercase();
            let cacheable = !["no-store", "private", "no-cache"].iter().any(|word| control.contains(word));
            let control = if control.is_empty() { "no Cache-Control" } else { &control };
            detected_if(cacheable && page.header(&SET_COOKIE).is_some(), control)
        },
    ),
    site_rule(
        "cors-credentials",
        High,
        "Any site can read the responses that signed-in visitors get.",
        fix(
            ORIGIN,
            "allow named origins only",
            "add_header Access-Control-Allow-Origin https://partner.example always;",
        ),
        CORS,
        |observation| {
            let open = |(origin, credentials): &(String, bool)| {
                *credentials && origin == Observation::FOREIGN_ORIGIN
            };
            cross_origin(observation)
                .into_iter()
                .filter(open)
                .take(1)
                .flat_map(|(origin, _)| detected(origin))
                .collect()
        },
    ),
    page_rule(
        "cors-null",
        Medium,
        "The origin `null` can read this response, and any page can use that origin.",
        fix(
            ORIGIN,
            "allow named origins only",
            "add_header Access-Control-Allow-Origin https://partner.example always;",
        ),
        CORS,
        |page| {
            let origin = page.header(&ACCESS_CONTROL_ALLOW_ORIGIN).unwrap_or_default();
            detected_if(origin.trim() == "null", origin)
        },
    ),
    site_rule(
        "cors-reflected",
        Low,
        "The response allows every origin that asks: it reflects the Origin header.",
        fix(
            ORIGIN,
            "allow named origins only",
            "add_header Access-Control-Allow-Origin https://partner.example always;",
        ),
        CORS,
        |observation| {
            let open = |(origin, credentials): &(String, bool)| {
                !*credentials && origin == Observation::FOREIGN_ORIGIN
            };
            cross_origin(observation)
                .into_iter()
                .filter(open)
                .take(1)
                .flat_map(|(origin, _)| detected(origin))
                .collect()
        },
    ),
    page_rule(
        "cors-any",
        Info,
        "Any site can read this page, but without the visitor's cookies.",
        fix(
            ORIGIN,
            "allow named origins only",
            "add_header Access-Control-Allow-Origin https://partner.example always;",
        ),
        CORS,
        |page| {
            let origin = page.header(&ACCESS_CONTROL_ALLOW_ORIGIN).unwrap_or_default();
            detected_if(origin.trim() == "*" && page.page().is_some(), origin)
        },
    ),
];

/// Detects the wrong cookies of a response, except those that it deletes.
fn cookies(
    response: &ObservedResponse,
    observation: &Observation,
    wrong: impl Fn(&Cookie) -> bool,
) -> Vec<Detection> {
    let cookies = response.cookies().into_iter().filter(|cookie| !cookie.is_deletion(observation.now));
    detected_each(cookies.filter(|cookie| wrong(cookie)).map(|cookie| cookie.name))
}

fn breaks_prefix(cookie: &Cookie) -> bool {
    let name = cookie.name.to_ascii_lowercase();
    let host = name.starts_with("__host-");
    let bound = cookie.domain.is_none() && cookie.path.as_deref() == Some("/");
    (host || name.starts_with("__secure-")) && !cookie.secure || host && !bound
}

/// Returns the origins that may read, and `true` for those that may read with credentials.
fn cross_origin(observation: &Observation) -> Vec<(String, bool)> {
    let allowed = |response: &ObservedResponse| {
        let origin = response.header(&ACCESS_CONTROL_ALLOW_ORIGIN)?;
        let credentials = response.header(&ACCESS_CONTROL_ALLOW_CREDENTIALS).unwrap_or_default();
        Some((origin.trim().to_owned(), credentials.trim().eq_ignore_ascii_case("true")))
    };
    observation.preflight.iter().chain(&observation.cross_origin).filter_map(allowed).collect()
}
