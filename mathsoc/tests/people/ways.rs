//! From registering to leaving.

use http::StatusCode;
use mathsoc::db::users;
use mathsoc::person::Role;

use crate::world::{ANOTHER, PASSWORD, Site};

const FORM: [(&str, &str); 4] = [
    ("full_name", "Ada <b> O'Lovelace"),
    ("email", "Ada@School.example"),
    ("year", "11"),
    ("password", PASSWORD),
];

#[tokio::test]
async fn somebody_registers_verifies_logs_in_changes_the_password_resets_it_and_leaves() {
    let site = Site::new(&[]).await;
    let mut browser = site.browser();
    let answer = browser.fill("/register", "/register", &FORM).await;
    assert!(answer.status == 200 && answer.body.contains("Look into your mail"), "{}", answer.body);
    let verify = site.link().await;

    let early = browser.log_in("ada@school.example", PASSWORD).await;
    assert!(early.body.contains("One more step"), "{}", early.body);
    assert!(!browser.is_in().await);

    assert_eq!(browser.get(&verify).await.status, 200);
    assert_eq!(browser.get(&verify).await.status, 200, "a program that looks at links does not use them");
    let verified = browser.fill(&verify, &verify, &[]).await;
    assert_eq!(verified.location(), "/login");
    assert!(browser.get("/login").await.body.contains("Your address is verified"));
    assert!(browser.get(&verify).await.body.contains("This link has been used"));

    assert_eq!(browser.log_in("ADA@school.example", PASSWORD).await.location(), "/");
    let profile = browser.get("/profile").await;
    assert!(profile.body.contains("Ada &#60;b&#62; O&#39;Lovelace"), "{}", profile.body);
    assert_eq!(profile.headers["cache-control"], "no-store");

    let mut phone = site.browser();
    phone.log_in("ada@school.example", PASSWORD).await;
    assert!(phone.is_in().await);
    let change = [("password", PASSWORD), ("new_password", ANOTHER)];
    let changed = browser.fill("/profile/change_password", "/profile/change_password", &change).await;
    assert_eq!(changed.location(), "/profile");
    assert!(browser.is_in().await && !phone.is_in().await, "here, and nowhere else");

    let asked = phone.fill("/password_reset", "/password_reset", &[("email", "ada@school.example")]).await;
    assert!(asked.body.contains("Look into your mail"));
    let reset = site.link().await;
    let weak = phone.fill(&reset, &reset, &[("password", "otters")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(phone.fill(&reset, &reset, &[("password", PASSWORD)]).await.location(), "/login");
    assert!(!browser.is_in().await, "every session is over");
    assert!(phone.get(&reset).await.body.contains("This link"), "it was used");
    assert_eq!(phone.log_in("ada@school.example", ANOTHER).await.status, 422);
    assert_eq!(phone.log_in("ada@school.example", PASSWORD).await.location(), "/");

    let unsure = phone.fill("/profile/delete_account", "/profile/delete_account", &[]).await;
    assert_eq!(unsure.status, 422);
    let gone = phone.fill("/profile/delete_account", "/profile/delete_account", &[("sure", "yes")]).await;
    assert_eq!(
        (gone.location(), gone.headers["clear-site-data"].to_str().unwrap()),
        ("/", "\"cookies\", \"storage\"")
    );
    assert!(!phone.is_in().await);
    assert!(users::by_email(&site.app.db, &"ada@school.example".parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_form_keeps_what_was_typed_but_the_password_and_says_what_is_wrong_beside_it() {
    let site = Site::new(&[]).await;
    let mut browser = site.browser();
    let fields =
        [("full_name", "Ada \"L\""), ("email", "no address"), ("year", "11"), ("password", "short-pw")];
    let answer = browser.fill("/register", "/register", &fields).await;
    assert_eq!(answer.status, 422);
    let body = &answer.body;
    assert!(body.contains("value=\"Ada &#34;L&#34;\"") && body.contains("value=\"no address\""), "{body}");
    assert!(body.contains("<option value=\"11\" selected>") && !body.contains("short-pw"), "{body}");
    assert!(body.contains("<title>Please check: ") && body.contains("role=\"alert\""), "{body}");
    assert!(body.contains("aria-describedby=\"email-error email-hint\" aria-invalid=\"true\""), "{body}");
    assert!(
        body.contains("autocomplete=\"new-password\"") && body.contains("autocomplete=\"username\""),
        "{body}"
    );
}

#[tokio::test]
async fn b15_and_b16_no_page_says_whether_an_address_has_an_account() {
    let site = Site::new(&[]).await;
    site.user("ada@school.example", Role::Pupil).await;
    let mut answers = Vec::new();
    for email in ["ada@school.example", "bob@school.example"] {
        let mut browser = site.browser();
        let registered = browser
            .fill("/register", "/register", &[("full_name", "A"), ("email", email), ("password", PASSWORD)])
            .await;
        let reset = browser.fill("/password_reset", "/password_reset", &[("email", email)]).await;
        let wrong = browser.log_in(email, "quite another password").await;
        let seen = |answer: &crate::world::Answer| {
            let main = answer.body.split("<main").nth(1).unwrap().split("<form").next().unwrap().to_owned();
            let names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            (answer.status, names, main)
        };
        answers.push([seen(&registered), seen(&reset), seen(&wrong)]);
    }
    assert_eq!(answers[0], answers[1]);
    let letters = site.letters().await;
    assert!(
        letters.iter().any(|letter| letter.contains("You have an account already")),
        "the letter says it"
    );
}

#[tokio::test]
async fn who_may_register_is_a_setting() {
    let site = Site::new(&[("REGISTRATION", "school-domains")]).await;
    mathsoc::db::schools::create(&site.app.db, "Upton", Some(&"upton.example".parse().unwrap()))
        .await
        .unwrap();
    let mut browser = site.browser();
    for (email, status) in [
        ("a@upton.example", 200),
        ("a@evilupton.example", 422),
        ("a@upton.example.evil.example", 422),
        ("a@sub.upton.example", 422),
    ] {
        let form = [("full_name", "A"), ("email", email), ("password", PASSWORD)];
        assert_eq!(browser.fill("/register", "/register", &form).await.status, status, "{email}");
    }
    let closed = Site::new(&[("REGISTRATION", "closed")]).await;
    assert!(closed.browser().get("/register").await.body.contains("made by the people who run this site"));
}

#[tokio::test]
async fn the_first_admin_comes_by_the_link_of_the_first_start_and_by_no_other_way() {
    let site = Site::new(&[]).await;
    let (link, other) = (site.app.links.issue_set_up(), site.app.links.issue_set_up());
    let form = [
        ("full_name", "Grace"),
        ("email", "grace@school.example"),
        ("password", "correct horse battery staple dance"),
    ];
    let mut browser = site.browser();
    assert_eq!(browser.fill(&link, &link, &form).await.location(), "/profile");
    assert!(browser.get("/profile").await.body.contains("<dd>Admin</dd>"));
    let mut late = site.browser();
    assert!(late.get(&other).await.body.contains("This link does not work"), "there is an admin now");
    for path in ["/register_admin", "/setup", "/setup/none"] {
        let body = late.get(path).await;
        assert!(body.status == 404 || body.body.contains("This link does not work"), "{path}");
    }
}

#[tokio::test]
async fn ones_devices_are_listed_and_logged_out_one_by_one_or_all() {
    let site = Site::new(&[]).await;
    site.user("ada@school.example", Role::Pupil).await;
    let (mut here, mut there) =
        (site.member("ada@school.example").await, site.member("ada@school.example").await);
    let listed = here.get("/profile/sessions").await;
    assert_eq!(listed.body.matches("<li class=\"entry\">").count(), 2);
    let key =
        listed.body.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    here.post("/profile/sessions/end", &[("csrf_token", &listed.token()), ("key", &key)]).await;
    assert!(here.is_in().await && !there.is_in().await);
    there.log_in("ada@school.example", PASSWORD).await;
    here.fill("/profile/sessions", "/profile/sessions/end", &[]).await;
    assert!(here.is_in().await && !there.is_in().await);
}

#[tokio::test]
async fn what_is_grave_asks_for_the_password_again() {
    let site = Site::new(&[]).await;
    site.user("ada@school.example", Role::Pupil).await;
    let mut browser = site.browser();
    let remember = [("email", "ada@school.example"), ("password", PASSWORD), ("remember", "yes")];
    browser.fill("/login", "/login", &remember).await;
    // The browser was closed: the session's cookie is gone, and the remembered one signs in.
    browser.jar.remove("session");
    assert!(browser.is_in().await);
    let asked = browser.get("/profile/delete_account").await;
    assert_eq!(asked.location(), "/login/confirm?next=/profile/delete_account");
    let wrong = browser.fill("/login/confirm", "/login/confirm", &[("password", "not it at all")]).await;
    assert_eq!(wrong.status, 422);
    let next = [("password", PASSWORD), ("next", "/profile/delete_account")];
    assert_eq!(
        browser.fill("/login/confirm", "/login/confirm", &next).await.location(),
        "/profile/delete_account"
    );
    assert_eq!(browser.get("/profile/delete_account").await.status, 200);
}
