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
            ("/register", &[("full_name", "Ada")], [1, 1, 1]),
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
    let fields = [("full_name", "Eve"), ("email", "ADA@school.example")];
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
        let form = [("full_name", "A"), ("email", email)];
        assert_eq!(browser.fill("/register", &form).await.status, status, "{email}");
    }
    let closed = TestSite::new(&[("REGISTRATION", "closed")]).await;
    assert!(closed.browser().get("/register").await.body.contains("made by the people who run this site"));
}

// A10: whoever registered first had their own password in somebody else's account.
#[tokio::test]
async fn whoever_opens_the_letter_chooses_name_and_password() {
    let site = TestSite::new(&[]).await;
    let fields = [("full_name", "Rude Name"), ("email", ADA), ("password", "the stranger's own words")];
    assert_eq!(site.browser().fill("/register", &fields).await.status, 200);
    assert!(site.ada().await.is_none(), "a form makes no account");
    let link = site.link("/verify_email/").await;
    let mut owner = site.browser();
    let page = owner.fill(&link, &[("full_name", "Ada"), ("year", "9"), ("password", PASSWORD)]).await;
    assert_eq!((page.status, page.location()), (303, "/"));
    assert!(owner.is_in().await, "the owner is logged in at once");
    assert_eq!(site.ada().await.unwrap().full_name.as_str(), "Ada");
    assert_eq!(site.browser().log_in(ADA, "the stranger's own words").await.status, 422);
    let used = site.browser().fill(&link, &[("full_name", "Eve"), ("password", PASSWORD)]).await;
    assert!(used.body.contains("You have an account"), "{}", used.body);
    assert_eq!(site.ada().await.unwrap().full_name.as_str(), "Ada");
}

#[tokio::test]
async fn an_account_that_nobody_claimed_gives_way_to_the_owner_and_to_a_class_list() {
    let site = TestSite::new(&[]).await;
    let hash = site.app.passwords.hash("the stranger's own words".into()).await.unwrap().hash;
    for address in [ADA, "bob@school.example"] {
        let (email, full_name) = (address.parse().unwrap(), "Rude Name".parse().unwrap());
        let new = NewUser {
            email,
            full_name,
            role: Role::Pupil,
            school_id: None,
            year: None,
            email_is_verified: false,
        };
        users::create(&site.app.db, &new, Some(&hash)).await.unwrap();
    }
    site.browser().fill("/register", &[("full_name", "Ada"), ("email", ADA)]).await;
    let link = site.link("/verify_email/").await;
    let page = site.browser().fill(&link, &[("full_name", "Ada"), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/");

    site.member("head@school.example", Role::Admin).await;
    let mut head = site.browser();
    head.log_in("head@school.example", PASSWORD).await;
    let list = [("list", "name,email\nBob,bob@school.example\nAda,ada@school.example")];
    let preview = head.fill("/admin/users/import", &list).await;
    let plan = preview.hidden().into_iter().find(|(name, _)| name == "plan").unwrap().1;
    let token = preview.token();
    let fields = [("csrf_token", &*token), ("plan", &*plan), list[0]];
    let done = head.post("/admin/users/import", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let bob = users::by_email(&site.app.db, &"bob@school.example".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(bob.full_name.as_str(), "Bob");
    assert!(site.letters().await.iter().any(|letter| letter.contains("/welcome/")));
    assert_eq!(site.ada().await.unwrap().full_name.as_str(), "Ada", "a verified account stays");
}

#[tokio::test]
async fn registering_leads_back_to_the_challenge() {
    let site = TestSite::new(&[]).await;
    site.browser().fill("/register?next=/challenges", &[("full_name", "Ada"), ("email", ADA)]).await;
    let link = site.link("/verify_email/").await;
    let page = site.browser().fill(&link, &[("full_name", "Ada"), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/challenges");
    let page = site.browser().get("/register?next=https://evil.example/").await;
    assert!(!page.body.contains("evil"), "{}", page.body);
}
