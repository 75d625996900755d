//! Every form of the site, with fields as people fill them in.

use crate::support::browser::{Browser, ORIGIN, Page};

/// A text that people type, with characters that HTML escapes.
pub(super) const MARK: &str = "An hour's <work>";
/// The text as pages print it.
pub(super) const SHOWN: &str = "An hour&#39;s &#60;work&#62;";

/// A form with a text.
pub(super) struct TestForm {
    pub(super) route: &'static str,
    pub(super) fields: &'static [(&'static str, &'static str)],
    pub(super) is_for_members: bool,
    is_multipart: bool,
}

const fn form(route: &'static str, fields: &'static [(&'static str, &'static str)]) -> TestForm {
    TestForm { route, fields, is_for_members: true, is_multipart: false }
}

const fn for_visitors(route: &'static str, fields: &'static [(&'static str, &'static str)]) -> TestForm {
    TestForm { is_for_members: false, ..form(route, fields) }
}

const fn multipart(route: &'static str, fields: &'static [(&'static str, &'static str)]) -> TestForm {
    TestForm { is_multipart: true, ..form(route, fields) }
}

const CHALLENGE: &[(&str, &str)] = &[
    ("title", "Roots"),
    ("key_stage", "KS5"),
    ("summary", "Find x."),
    ("statement", MARK),
    ("released_at", "2026-01-01T09:00"),
    ("box-1-label", "x ="),
    ("box-1-answer", "2"),
    ("box-7-label", "the seventh"),
];
const ARTICLE: &[(&str, &str)] = &[("title", "Primes"), ("teaser", "They."), ("body", MARK)];
const ANNOUNCEMENT: &[(&str, &str)] = &[("title", "Tea"), ("body", MARK)];
const NEWSLETTER: &[(&str, &str)] = &[("title", "March"), ("summary", MARK), ("body", "<p>Dear all</p>")];
const COMPETITION: &[(&str, &str)] = &[("title", MARK), ("summary", "s"), ("school-1", "yes")];
const SCHOOL: &[(&str, &str)] = &[("name", MARK), ("email_domain", "a.example")];

/// Every form with a text.
pub(super) const FORMS: &[TestForm] = &[
    for_visitors("/login", &[("email", MARK), ("password", "x"), ("remember", "yes")]),
    for_visitors(
        "/register",
        &[("full_name", MARK), ("email", "a@b.example"), ("year", "8"), ("password", "x")],
    ),
    for_visitors("/password_reset", &[("email", MARK)]),
    form("/challenges/{id}/answers", &[("box", "1"), ("answer", MARK)]),
    form("/profile/edit", &[("full_name", MARK), ("year", "8")]),
    form("/admin/users/import", &[("list", MARK)]),
    form("/admin/challenges/new", CHALLENGE),
    form("/admin/challenges/preview", CHALLENGE),
    form("/admin/challenges/{id}", CHALLENGE),
    form("/admin/articles/new", ARTICLE),
    form("/admin/articles/preview", ARTICLE),
    form("/admin/articles/{id}", ARTICLE),
    multipart("/admin/newsletters/new", NEWSLETTER),
    form("/admin/newsletters/preview", NEWSLETTER),
    multipart("/admin/newsletters/{id}", NEWSLETTER),
    form("/admin/competitions/new", COMPETITION),
    form("/admin/competitions/{id}", COMPETITION),
    form("/admin/announcements/new", ANNOUNCEMENT),
    form("/admin/announcements/preview", ANNOUNCEMENT),
    form("/admin/announcements/{id}", ANNOUNCEMENT),
    form("/admin/schools/new", SCHOOL),
    form("/admin/schools/{id}", SCHOOL),
    form("/admin/awards/new", &[("pupil", "Ada"), ("points", "3"), ("reason", MARK), ("counts", "KS4")]),
    form("/admin/awards/{id}", &[("points", "3"), ("reason", MARK)]),
    form("/admin/tester", &[("expected", MARK), ("given", "x"), ("rules", "")]),
    multipart("/admin/pictures/new", &[("alt", MARK), ("decorates", "yes")]),
    form("/admin/users/new", &[("full_name", MARK), ("email", "a@b.example"), ("school", ""), ("year", "")]),
    form("/admin/users/{id}/edit", &[("full_name", MARK), ("school", ""), ("year", "9")]),
];

/// Buttons, secrets, choices, programs' requests, and links of letters.
pub(super) const WITHOUT_TEXT: &[&str] = &[
    "/login/code",
    "/login/confirm",
    "/logout",
    "/profile/change_password",
    "/profile/delete_account",
    "/profile/second_factor",
    "/profile/second_factor/remove",
    "/profile/sessions/end",
    "/verify_email/{token}",
    "/password_reset/{token}",
    "/welcome/{token}",
    // A name and an address, on a page that exists once: shown again by the same code as /register.
    "/setup/{token}",
    "/unsent",
    "/api/drafts",
    "/api/submit",
    "/api/math/test-equivalence",
    "/api/math/normalize",
    "/csp-report",
    "/admin/api/pictures",
    "/admin/reports/forget",
    "/admin/reports/{id}/forget",
    "/admin/challenges/{id}/lock",
    "/admin/challenges/{id}/unlock",
    "/admin/competitions/{id}/lock",
    "/admin/challenges/{id}/rulings",
    "/admin/limits/release",
    "/admin/users/bulk",
    "/admin/users/restore",
    "/admin/users/{id}/role",
    "/admin/users/{id}/second_factor",
    "/admin/users/{id}/letter",
    "/admin/users/{id}/verify",
    "/admin/users/{id}/log_out",
    "/admin/bin/{kind}/{id}",
    "/admin/bin/{kind}/{id}/restore",
];

impl TestForm {
    pub(super) fn path(&self) -> String {
        self.route.replace("{id}", "1")
    }

    /// Opens the page with the form, or another one for a form on a page of its own, and returns the
    /// hidden fields that every form has.
    pub(super) async fn hidden(&self, browser: &mut Browser) -> Vec<(String, String)> {
        let mut page = browser.get(&self.path()).await;
        if page.status != 200 {
            page = browser.get("/profile/edit").await;
        }
        assert_eq!(page.status, 200, "{} leads to {}", self.route, page.location());
        let wanted = |(name, _): &(String, String)| name == "csrf_token" || name == "form_owner";
        let mut found: Vec<_> = page.hidden().into_iter().filter(wanted).collect();
        found.truncate(if self.is_for_members { 2 } else { 1 });
        found
    }

    pub(super) async fn send(&self, browser: &mut Browser, hidden: &[(String, String)]) -> Page {
        if self.is_multipart {
            return self.send_with_file(browser, hidden, 20).await;
        }
        let hidden = hidden.iter().map(|(name, value)| (&**name, &**value));
        let fields: Vec<_> = hidden.chain(self.fields.iter().copied()).collect();
        browser.post(&self.path(), &fields).await
    }

    /// Sends the form with a file of so many bytes, as browsers do: in the order of the page.
    pub(super) async fn send_with_file(
        &self,
        browser: &mut Browser,
        hidden: &[(String, String)],
        bytes: usize,
    ) -> Page {
        let hidden = hidden.iter().map(|(name, value)| (&**name, &**value));
        let mut body = String::new();
        for (name, text) in hidden.chain(self.fields.iter().copied()) {
            body += &format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        }
        body += "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.4";
        body += &"x".repeat(bytes);
        body += "\r\n--b--\r\n";
        let headers = [
            ("accept", "text/html"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "same-origin"),
            ("origin", ORIGIN),
            ("content-type", "multipart/form-data; boundary=b"),
        ];
        browser.send("POST", &self.path(), &headers, body.into_bytes()).await
    }
}
