use palisade::clock::{Clock, ManualClock};
use palisade::test::Browser;

use super::*;

async fn browser() -> (Browser, ManualClock) {
    let (clock, time) = Clock::manual();
    let sessions = Sessions::in_store(MemorySessions::new(), &Keyring::random()).clock(clock);
    (Browser::new(app(Palisade::development(), sessions, site().await.unwrap())), time)
}

async fn sign_in(browser: &mut Browser, name: &str) -> String {
    browser.submit("/login", &[("name", name), ("password", "seven purple otters")]).await.path
}

#[tokio::test]
async fn visitors_are_sent_to_the_login_page() {
    let (mut browser, _) = browser().await;
    assert_eq!(browser.get("/").await.text, "Hello, visitor");
    for path in ["/admin", "/admin/log", "/members"] {
        assert_eq!(browser.get(path).await.path, format!("/login?next={path}"));
    }
    assert_eq!(sign_in(&mut browser, "bob").await, "/members");
    assert_eq!(browser.get("/").await.text, "Hello, bob");
}

#[tokio::test]
async fn only_an_administrator_sees_the_group() {
    for (name, status) in [("ada", 200), ("bob", 403)] {
        let (mut browser, _) = browser().await;
        browser.get("/login").await;
        assert_eq!(sign_in(&mut browser, name).await, "/");
        for path in ["/admin", "/admin/log"] {
            assert_eq!(browser.get(path).await.status, status, "{name} {path}");
        }
    }
}

#[tokio::test]
async fn a_dangerous_action_needs_a_fresh_password() {
    let (mut browser, time) = browser().await;
    browser.get("/admin").await;
    sign_in(&mut browser, "ada").await;
    assert_eq!(browser.submit("/admin/delete", &[]).await.text, "Deleted");
    time.advance(Duration::from_secs(6 * 60));
    browser.get("/admin").await;
    assert_eq!(browser.submit("/admin/delete", &[]).await.path, "/login");
    sign_in(&mut browser, "ada").await;
    browser.get("/admin").await;
    assert_eq!(browser.submit("/admin/delete", &[]).await.text, "Deleted");
}
