//! What attackers try with sessions, forms and links, through the whole site.

use http::StatusCode;
use mathsoc::person::Role;

use crate::world::{ANOTHER, Browser, PASSWORD, Site};

const EMAIL: &str = "ada@school.example";

async fn site() -> Site {
    let site = Site::new(&[]).await;
    site.user(EMAIL, Role::Pupil).await;
    site
}

#[tokio::test]
async fn a_session_that_was_planted_before_the_login_is_worth_nothing_after() {
    let site = site().await;
    let mut thief = site.browser();
    thief.get("/login").await;
    let mut victim = thief.clone();
    victim.log_in(EMAIL, PASSWORD).await;
    assert!(victim.is_in().await && !thief.is_in().await);
}

#[tokio::test]
async fn a_copied_session_is_over_with_the_logout() {
    let site = site().await;
    let mut victim = site.member(EMAIL).await;
    let mut thief = victim.clone();
    assert!(thief.is_in().await);
    let out = victim.fill("/profile", "/logout", &[]).await;
    assert_eq!(out.location(), "/");
    assert!(!victim.is_in().await && !thief.is_in().await);
    assert_eq!(victim.get("/logout").await.status, StatusCode::SEE_OTHER, "a link logs nobody out (B5)");
}

#[tokio::test]
async fn a_remember_cookie_that_two_browsers_use_ends_both() {
    let site = site().await;
    let mut victim = site.browser();
    let remember = [("email", EMAIL), ("password", PASSWORD), ("remember", "yes")];
    victim.fill("/login", "/login", &remember).await;
    let mut elsewhere = site.member(EMAIL).await;
    let mut thief = site.browser();
    thief.jar.insert("remember".into(), victim.jar["remember"].clone());
    assert!(thief.is_in().await);
    // Twice more by the thief, so that the victim's token is long replaced.
    for _ in 0..2 {
        thief.jar.remove("session");
        assert!(thief.is_in().await);
    }
    victim.jar.remove("session");
    assert!(!victim.is_in().await, "the token was replaced by somebody else");
    assert!(!thief.is_in().await && !elsewhere.is_in().await, "everything of the account is over");
}

#[tokio::test]
async fn a_reset_link_passes_once_and_not_after_the_password_has_changed() {
    let site = site().await;
    let mut browser = site.browser();
    browser.fill("/password_reset", "/password_reset", &[("email", EMAIL)]).await;
    let first = site.link().await;
    browser.fill("/password_reset", "/password_reset", &[("email", EMAIL)]).await;
    let second = site.link().await;
    let (mut one, mut two) = (site.browser(), site.browser());
    let tokens = (one.get(&second).await.token(), two.get(&second).await.token());
    let sent = one.post(&second, &[("csrf_token", &tokens.0), ("password", ANOTHER)]).await;
    assert_eq!(sent.location(), "/login");
    let replayed = two.post(&second, &[("csrf_token", &tokens.1), ("password", PASSWORD)]).await;
    assert!(replayed.body.contains("This link"), "{}", replayed.body);
    assert!(browser.get(&first).await.body.contains("Your account has changed"), "the other link too");
    assert_eq!(browser.log_in(EMAIL, ANOTHER).await.location(), "/");
}

#[tokio::test]
async fn cookies_that_are_not_ours_are_nobody_and_no_error() {
    let site = site().await;
    let member = site.member(EMAIL).await;
    let good = member.jar["session"].clone();
    let flipped = format!("{}{}", &good[..20], good[20..].chars().rev().collect::<String>());
    for bad in
        [flipped, good[..good.len() - 1].to_owned(), format!("{good}="), "x".repeat(8_000), String::new()]
    {
        let mut thief = member.clone();
        thief.jar.insert("session".into(), bad.clone());
        assert!(!thief.is_in().await, "{bad:.40}");
    }
    assert!(member.clone().is_in().await);
}

#[tokio::test]
async fn forms_that_other_sites_send_change_nothing() {
    let site = site().await;
    let mut victim = site.member(EMAIL).await;
    let token = victim.get("/profile/edit").await.token();
    let stolen = site.browser().get("/login").await.token();
    let form = |token: &str| format!("csrf_token={token}&full_name=Mallory&year=");
    let mut refused = Vec::new();
    for (name, value, body) in [
        ("x-nothing", "1", "full_name=Mallory&year=".to_owned()),
        ("x-nothing", "1", form(&stolen)),
        ("x-nothing", "1", form("none")),
        ("origin", "https://evil.example", form(&token)),
        ("origin", "null", form(&token)),
        ("sec-fetch-site", "cross-site", form(&token)),
        ("sec-fetch-site", "same-site", form(&token)),
    ] {
        let mut request = victim.request("POST", "/profile/edit", body);
        request.headers_mut().insert(name, value.parse().unwrap());
        refused.push(victim.send(request).await.status.as_u16());
    }
    assert_eq!(refused, [403; 7]);
    let mut multipart = victim.request(
        "POST",
        "/profile/edit",
        "--b\r\nContent-Disposition: form-data; name=\"full_name\"\r\n\r\nMallory\r\n--b--\r\n".into(),
    );
    multipart.headers_mut().insert("content-type", "multipart/form-data; boundary=b".parse().unwrap());
    assert_eq!(victim.send(multipart).await.status, 403);
    assert!(!victim.get("/profile").await.body.contains("Mallory"));
    let mut request = victim.request("POST", "/profile/edit", form(&token));
    request.headers_mut().insert("sec-fetch-site", "same-origin".parse().unwrap());
    assert_eq!(victim.send(request).await.location(), "/profile", "a page of ours may");
    assert!(victim.get("/profile").await.body.contains("Mallory"));
}

#[tokio::test]
async fn a_token_from_before_the_login_is_refused_after_it() {
    let site = site().await;
    let mut victim = site.browser();
    // Login CSRF: the attacker's own session and token, planted in the victim's browser, do not outlive a login.
    let before = victim.get("/login").await.token();
    victim.log_in(EMAIL, PASSWORD).await;
    let answer = victim
        .post("/profile/edit", &[("csrf_token", &before), ("full_name", "Mallory"), ("year", "")])
        .await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("Page not") || answer.body.contains("<h1>"), "with a page: {}", answer.body);
}

#[tokio::test]
async fn a_new_key_logs_nobody_out_while_the_old_one_is_named() {
    let (old, new) = (
        "4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq",
        "hV2c9Yw0sTn5bLrQ7mXzE1gK8dJpA4uFi6oNvRk3yHqWtGxB",
    );
    let site = Site::new(&[("SECRET_KEY", old)]).await;
    site.user(EMAIL, Role::Pupil).await;
    let member = site.member(EMAIL).await;
    let rotated = site.again(&[("SECRET_KEY", new), ("SECRET_KEY_FALLBACKS", old)]).await;
    let mut kept = Browser { router: rotated, ..member.clone() };
    assert!(kept.is_in().await);
    let alone = site.again(&[("SECRET_KEY", new)]).await;
    assert!(
        !Browser { router: alone.clone(), ..member.clone() }.is_in().await,
        "the old cookie is worth nothing"
    );
    assert!(Browser { router: alone, ..kept }.is_in().await, "what was sealed again goes on");
}

#[tokio::test]
async fn the_way_back_after_the_login_never_leaves_the_site() {
    let site = site().await;
    for (next, to) in [
        ("/challenges?page=2", "/challenges?page=2"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https:evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ] {
        let mut browser = site.browser();
        let form = [("email", EMAIL), ("password", PASSWORD), ("next", next)];
        assert_eq!(browser.fill("/login", "/login", &form).await.location(), to, "{next}");
    }
    let mut browser = site.browser();
    let page = browser.get("/login?next=//evil.example").await;
    assert!(!page.body.contains("evil"), "{}", page.body);
}
