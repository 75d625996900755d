//! A browser of the site.

use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use palisade::test;
pub(crate) use test_support::browser::form;
use tower::service_fn;

use super::site::TestSite;
use super::tcp;

pub(crate) const HOST: &str = "maths.example";
pub(crate) const ORIGIN: &str = "http://maths.example";

/// The headers of a form that a page of the site sends. Pages with `Referrer-Policy: no-referrer`
/// send `Origin: null` beside them.
const FROM_OUR_PAGE: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];

/// The library's browser with the pages of this site. It does not follow redirects.
#[derive(Clone)]
pub(crate) struct Browser(test::Browser);

impl Browser {
    /// A browser that calls the router, or connects to the address.
    pub(crate) fn new(router: Router, address: Option<SocketAddr>) -> Self {
        let browser = match address {
            None => test::Browser::new(router),
            Some(address) => test::Browser::new(service_fn(move |request| tcp::send(address, request)))
                .dangerous_allow_unprotected(), // the layers are in the server
        };
        let browser = browser.at(ORIGIN).from("198.51.100.7").header("user-agent", "Firefox/140.0");
        Self(browser.without_following())
    }

    /// The same cookies in a browser that goes to another site.
    pub(crate) fn at(&self, site: &TestSite) -> Self {
        Self(self.0.clone().service(site.router.clone()))
    }

    /// Goes to the site over https.
    pub(crate) fn over_https(self) -> Self {
        Self(self.0.at(&format!("https://{HOST}")))
    }

    /// Changes the client address of requests that go to the router.
    pub(crate) fn comes_from(&mut self, address: IpAddr) {
        self.0 = self.0.clone().from(&address.to_string());
    }

    /// Sends this header with every request.
    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        self.0 = self.0.clone().header(name, value);
    }

    /// Returns the value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.0.cookie(name)
    }

    pub(crate) fn remove_cookie(&mut self, name: &str) {
        self.0.remove_cookie(name);
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        Page::from(self.0.get(path).await)
    }

    /// Sends a form with these fields alone, from a page of the site.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.post_with(path, &FROM_OUR_PAGE, fields).await
    }

    /// Sends a form with these headers and fields.
    pub(crate) async fn post_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Page {
        let headers = [headers, &[("content-type", "application/x-www-form-urlencoded")]].concat();
        self.send("POST", path, &headers, form(fields).into_bytes()).await
    }

    /// Opens the page and sends these fields to it, with its hidden ones. Unlike the library's
    /// `submit`, it may send values that the form does not offer.
    pub(crate) async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path} leads to {}", page.location());
        let hidden = page.hidden();
        let hidden = hidden.iter().map(|(name, value)| (&**name, &**value));
        let hidden = hidden.filter(|(name, _)| !fields.iter().any(|(known, _)| known == name));
        let all: Vec<_> = hidden.chain(fields.iter().copied()).collect();
        self.post_with(path, &FROM_OUR_PAGE, &all).await
    }

    /// Sends a request with these headers only, the cookies and the host.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Page {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Page::from(self.0.send(request.body(Body::from(body)).unwrap()).await)
    }

    /// Opens a stream.
    pub(crate) async fn open(&self, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut browser = self.0.clone();
        for (name, value) in headers {
            browser = browser.header(name, value);
        }
        browser.open(path).await
    }

    pub(crate) async fn log_in(&mut self, email: &str, password: &str) -> Page {
        self.fill("/login", &[("email", email), ("password", password)]).await
    }

    /// Returns a CSRF token of this browser's session.
    pub(crate) async fn token(&mut self) -> String {
        let path = if self.is_in().await { "/profile/edit" } else { "/register" };
        self.get(path).await.token()
    }

    /// Returns `true` if a member is logged in.
    pub(crate) async fn is_in(&mut self) -> bool {
        let page = self.get("/profile").await;
        let away = page.status == 303 && page.location().starts_with("/login?next=");
        assert!(page.status == 200 || away, "{} {}", page.status, page.body);
        page.status == 200
    }
}

/// A response, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) body: String,
    page: test::Page,
}

impl From<test::Page> for Page {
    fn from(page: test::Page) -> Self {
        Self { status: page.status.as_u16(), body: page.text.clone(), page }
    }
}

impl Deref for Page {
    type Target = test::Page;

    fn deref(&self) -> &test::Page {
        &self.page
    }
}

impl Page {
    /// Returns the value of a header, or an empty text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.page.header(name).unwrap_or_default()
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// Returns the hidden fields of the page's own forms, without those of the layout.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        let value = |field: &test::Element, name| field.attribute(name).unwrap_or_default().to_owned();
        let fields = self.select("main input[type=hidden]").into_iter();
        fields.map(|field| (value(&field, "name"), value(&field, "value"))).collect()
    }

    /// Returns the first CSRF token of the page.
    pub(crate) fn token(&self) -> String {
        let fields = self.select("input[name=csrf_token]");
        let field = fields.first().unwrap_or_else(|| panic!("no form on the page: {}", self.body));
        field.attribute("value").unwrap().to_owned()
    }
}
