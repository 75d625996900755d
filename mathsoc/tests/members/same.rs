//! Responses do not reveal whether an address has an account.

use mathsoc::db::admin_log::Actor;
use mathsoc::db::schools::{self, NewSchool};
use mathsoc::db::users::{self, NewUser};
use mathsoc::domain::person::Role;

use crate::support::browser::Page;
use crate::support::site::{ADA, PASSWORD, TestSite};

const UNKNOWN: &str = "eve@school.example";

/// Returns the deterministic parts: the status, the headers without random values, and the body
/// without the address.
fn scrubbed(page: &Page, address: &str) -> (u16, Vec<String>, String) {
    let csp = page.header("content-security-policy");
    let nonce = csp.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("no nonce");
    let random: Vec<String> = match page.body.contains("csrf_token") {
        true => vec![page.token()],
        false => Vec::new(),
    };
    let mut body = page.body.replace(nonce, "…").replace(address, "somebody");
    for token in random {
        body = body.replace(&token, "…");
    }
    let mut headers: Vec<String> = page
        .headers
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().unwrap().replace(nonce, "…");
            match name.as_str() {
                "set-cookie" => {
                    let (cookie, flags) = value.split_once(';').unwrap();
                    let (cookie, sealed) = cookie.split_once('=').unwrap();
                    format!("{name}: {cookie}=({}){flags}", sealed.len())
                }
                "x-request-id" => name.to_string(),
                _ => format!("{name}: {value}"),
            }
        })
        .collect();
    headers.sort();
    (page.status, headers, body)
}

#[tokio::test]
async fn forms_do_not_reveal_whether_an_account_exists() {
    for store in ["database", "cookie"] {
        let site = TestSite::with_ada(&[("SESSION_STORE_URI", store)]).await;
        let waiting = "bob@school.example";
        let (email, full_name) = (waiting.parse().unwrap(), "Bob".parse().unwrap());
        let new = NewUser {
            email,
            full_name,
            role: Role::Pupil,
            school_id: None,
            year: None,
            email_is_verified: false,
        };
        users::create(&site.app.db, &new, None).await.unwrap();

        for (path, fields, letters) in [
            ("/login", &[("password", "not the password of it")][..], [0, 0, 0]),
            ("/password_reset", &[], [1, 1, 0]),
            // Last, because registering creates an account for the third address.
            ("/register", &[("full_name", "Ada"), ("password", "quite another password")], [1, 1, 1]),
        ] {
            let mut answers = Vec::new();
            for (address, letters) in [ADA, waiting, UNKNOWN].into_iter().zip(letters) {
                let fields = [fields, &[("email", address)]].concat();
                let mut browser = site.browser();
                let page = browser.fill(path, &fields).await;
                let cookies = ["session", "remember"].map(|name| browser.cookie(name).is_some());
                answers.push((scrubbed(&page, address), cookies));
                assert_eq!(site.letters().await.len(), letters, "{path}: {address}");
            }
            assert_eq!(answers[0], answers[2], "{store}: {path} with an account");
            assert_eq!(answers[1], answers[2], "{store}: {path} with an unverified account");
        }
    }
}

#[tokio::test]
async fn registering_again_leaves_the_account_unchanged() {
    let site = TestSite::with_ada(&[]).await;
    let before = site.ada().await;
    let fields =
        [("full_name", "Eve"), ("email", "ADA@school.example"), ("password", "quite another password")];
    assert_eq!(site.browser().fill("/register", &fields).await.status, 200);
    assert_eq!(site.ada().await, before);
    let letters = site.letters().await;
    assert!(letters.len() == 1 && letters[0].contains("you have one already"), "{letters:?}");
    assert!(!letters[0].contains("Eve"), "the letter contains nothing that the stranger typed");
    assert!(site.adas().await.is_in().await, "the password is unchanged");
}

#[tokio::test]
async fn registration_may_require_the_exact_school_domain() {
    let site = TestSite::new(&[("REGISTRATION", "school-domains")]).await;
    let domain = "upton.example".parse().unwrap();
    let school = NewSchool { name: "Upton".parse().unwrap(), email_domain: Some(domain) };
    schools::create(&site.app.db, &Actor::command_line(), &school).await.unwrap();
    let mut browser = site.browser();
    for (email, status) in [
        ("a@upton.example", 200),
        ("a@evilupton.example", 422),
        ("a@upton.example.evil.example", 422),
        ("a@sub.upton.example", 422),
    ] {
        let form = [("full_name", "A"), ("email", email), ("password", PASSWORD)];
        assert_eq!(browser.fill("/register", &form).await.status, status, "{email}");
    }
    let closed = TestSite::new(&[("REGISTRATION", "closed")]).await;
    assert!(closed.browser().get("/register").await.body.contains("made by the people who run this site"));
}
