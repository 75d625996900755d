//! Accounts that an admin imports as a list or a CSV file.

use mathsoc::domain::person::Role;

use super::people::{log, post, with_grace};
use crate::support::browser::{Browser, ORIGIN, Page};
use crate::support::site::OTHER;

#[tokio::test]
async fn an_import_does_what_its_dry_run_showed() {
    let (site, mut browser) = with_grace().await;
    let list = "name,email,year\nEmmy,emmy@school.example,12\nAda,ADA@school.example,\nBob,bob,\nZoë,zoe@school.example,";
    let tried = post(&mut browser, "/admin/users/import", &[("list", list)]).await;
    for part in ["2 accounts to be made, 1 there already, 1 wrong", "Address:", "Make these 2 accounts"] {
        assert!(tried.body.contains(part), "{part}: {}", tried.body);
    }
    assert!(browser.get("/admin/users").await.body.contains(">2 users<"), "nothing was imported");
    assert!(site.letters().await.is_empty());
    let plan = tried.hidden().into_iter().find(|(name, _)| name == "plan").unwrap().1;

    // Another admin creates one of the accounts first.
    site.member("zoe@school.example", Role::Pupil).await;
    let late = post(&mut browser, "/admin/users/import", &[("list", list), ("plan", &plan)]).await;
    assert!(late.status == 422 && late.body.contains("Something has changed since"), "{}", late.body);
    assert!(late.body.contains("One account to be made, 2 there already, 1 wrong"));
    let plan = late.hidden().into_iter().find(|(name, _)| name == "plan").unwrap().1;
    let done = post(&mut browser, "/admin/users/import", &[("list", list), ("plan", &plan)]).await;
    assert_eq!((done.status, done.location()), (303, "/admin/users"));
    let page = browser.get("/admin/users?q=emmy").await.body;
    assert!(
        page.contains("One user is imported.") && page.contains("Year 12") && page.contains("Not verified")
    );
    assert!(log(&mut browser).await.contains("imported the user “Emmy”"));
    let link = site.link("/welcome/").await;
    assert_eq!(site.browser().fill(&link, &[("password", OTHER)]).await.status, 303);
}

/// Posts the import form with a file and a pasted list.
async fn post_file(browser: &mut Browser, pasted: &str, file: &[u8]) -> Page {
    let token = browser.token().await;
    let part = |name: &str| format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"");
    let texts = format!("{}\r\n\r\n{token}\r\n{}\r\n\r\n{pasted}\r\n", part("csrf_token"), part("list"));
    let file_head = format!("{}; filename=\"class.csv\"\r\n\r\n", part("file"));
    let body = [texts.as_bytes(), file_head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("origin", ORIGIN),
        ("content-type", "multipart/form-data; boundary=b"),
    ];
    browser.send("POST", "/admin/users/import", &headers, body).await
}

#[tokio::test]
async fn a_csv_file_replaces_the_typed_list() {
    let (_site, mut browser) = with_grace().await;
    let file = "\u{FEFF}name;email\r\nZoë;zoe@school.example\r\n".as_bytes();
    for pasted in ["", "name,email\nEmmy,emmy@school.example"] {
        let tried = post_file(&mut browser, pasted, file).await;
        assert!(tried.status == 200 && tried.body.contains("One account to be made"), "{}", tried.body);
        assert!(
            tried.body.contains("Zoë") && !tried.body.contains("Emmy") && !tried.body.contains('\u{FEFF}')
        );
    }
    let tried = post_file(&mut browser, "name,email\nEmmy,emmy@school.example", b"").await;
    let hidden = tried.hidden();
    let sent: Vec<_> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    let sent: Vec<_> = sent.into_iter().filter(|(name, _)| ["list", "plan"].contains(name)).collect();
    assert_eq!(post(&mut browser, "/admin/users/import", &sent).await.status, 303, "{sent:?}");

    for (file, expected) in [
        (&b"name,email\nZo\xEB,zoe@school.example"[..], "Line 2 of this file"),
        (b"\xFF\xFEn\0a\0", "UTF-16"),
        (b"PK\x03\x04", "workbook"),
        (b"Zoe,zoe@school.example", "does not name the columns"),
        (&vec![b'x'; 600 * 1024], "longer than 512 KiB"),
    ] {
        let page = post_file(&mut browser, "Kept", file).await;
        assert!(
            page.status == 422 && page.body.contains(expected),
            "{expected}: {} {}",
            page.status,
            page.body
        );
    }
    assert_eq!(post_file(&mut browser, "", &vec![b'x'; 3 << 20]).await.status, 413);
}

#[tokio::test]
async fn a_long_import_mails_everyone_within_its_limit() {
    let (site, mut browser) = with_grace().await;
    let people = |count: usize| {
        let lines: String = (0..count).map(|n| format!("Pupil,p{n}@school.example\r\n")).collect();
        format!("name,email\r\n{lines}")
    };
    let list = people(300);
    let tried = post(&mut browser, "/admin/users/import", &[("list", &list)]).await;
    let plan = tried.hidden().into_iter().find(|(name, _)| name == "plan").unwrap().1;
    assert_eq!(
        post(&mut browser, "/admin/users/import", &[("list", &list), ("plan", &plan)]).await.status,
        303
    );
    let letters = site.letters().await;
    assert_eq!(letters.iter().filter(|it| it.contains("/welcome/")).count(), 300);
    let long = post(&mut browser, "/admin/users/import", &[("list", &people(501))]).await;
    assert!(long.status == 422 && long.body.contains("more than 500 people"));
    let large = format!("name,email\n{}", "\"".repeat(512 * 1024));
    let large = post(&mut browser, "/admin/users/import", &[("list", &large)]).await;
    assert!(large.status == 422 && large.body.contains("longer than 512 KiB"), "{}", large.status);
    let huge = "x".repeat(3 << 20);
    assert_eq!(post(&mut browser, "/admin/users/import", &[("list", &huge)]).await.status, 413);
}
