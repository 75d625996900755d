//! A browser of the site.

use std::net::{IpAddr, SocketAddr};
use std::ops::{Deref, DerefMut};

use axum::Router;
use palisade::request::PeerAddr;
use test_support::browser;
pub(crate) use test_support::browser::{Reply as Page, form};

use super::site::TestSite;

pub(crate) const HOST: &str = "maths.example";
pub(crate) const ORIGIN: &str = "http://maths.example";

/// The shared test client with the pages of this site.
#[derive(Clone)]
pub(crate) struct Browser(browser::Browser);

impl Deref for Browser {
    type Target = browser::Browser;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Browser {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl Browser {
    /// A browser that calls the router, or connects to the address.
    pub(crate) fn new(router: Router, address: Option<SocketAddr>) -> Self {
        let mut browser = browser::Browser::new(router, HOST);
        browser.address = address;
        let browser = browser.header("user-agent", "Firefox/140.0").header("accept", "text/html,*/*;q=0.8");
        let mut browser = Self(browser);
        browser.comes_from([198, 51, 100, 7].into());
        browser
    }

    /// The same cookies in a browser that goes to another site.
    pub(crate) fn at(&self, site: &TestSite) -> Self {
        let mut other = site.browser();
        other.jar = self.jar.clone();
        other
    }

    /// Changes the client address of requests that go to the router.
    pub(crate) fn comes_from(&mut self, address: IpAddr) {
        self.extensions.insert(PeerAddr((address, 40_000).into()));
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
