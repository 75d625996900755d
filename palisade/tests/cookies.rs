//! Cookie attributes: `Secure`, `HttpOnly` and `SameSite` on every cookie.

use axum::Router;
use axum::response::AppendHeaders;
use axum::routing::get;
use http::header::SET_COOKIE;
use palisade::cookies::{Cookies, SameSite};
use palisade::front_door::Guards;
use palisade::proxy::Proxies;

use crate::support::{HERE, ask, get_from, https_get};

async fn set(cookies: Cookies, tls: bool, line: &'static str) -> Vec<String> {
    let palisade = Guards::new().hosts(["example.org"]).unwrap().trusted_proxies(Proxies::hops(1));
    let palisade = palisade.https(palisade::https::Https::new().dangerous_allow_http()).cookies(cookies);
    let page = move || async move {
        AppendHeaders([(SET_COOKIE, line), (SET_COOKIE, "second=2; Secure; HttpOnly; SameSite=None")])
    };
    let app = Router::new().route("/", get(page)).layer(palisade);
    let answer = ask(&app, if tls { https_get("/") } else { get_from(HERE, "/") }).await;
    answer.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_cookie_is_secure_over_tls() {
    assert_eq!(
        set(Cookies::new(), true, "a=1; Path=/").await[0],
        "a=1; Path=/; Secure; HttpOnly; SameSite=Lax"
    );
    assert_eq!(set(Cookies::new(), false, "a=1; Path=/").await[0], "a=1; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(
        set(Cookies::new().dangerous_disable_secure(), true, "a=1").await[0],
        "a=1; HttpOnly; SameSite=Lax"
    );
}

#[tokio::test]
async fn a_cookie_is_readable_only_by_name() {
    let cookies = || Cookies::new().readable_by_scripts(["theme"]);
    assert_eq!(set(cookies(), true, "theme=dark").await[0], "theme=dark; Secure; SameSite=Lax");
    assert_eq!(set(cookies(), true, "themes=dark").await[0], "themes=dark; Secure; HttpOnly; SameSite=Lax");
}

#[tokio::test]
async fn same_site_is_added_and_never_overwritten() {
    let strict = Cookies::new().same_site(SameSite::Strict);
    let lines = set(strict, true, "a=HttpOnly; secure; httponly").await;
    assert_eq!(
        lines,
        ["a=HttpOnly; secure; httponly; SameSite=Strict", "second=2; Secure; HttpOnly; SameSite=None"]
    );
    assert_eq!(
        set(Cookies::new().dangerous_disable_same_site(), true, "a=1").await[0],
        "a=1; Secure; HttpOnly"
    );
}
