//! A browser that keeps cookies, fills in forms, and says as browsers do where they come from.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Body;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, Request, request};
use http_body_util::BodyExt;
use palisade::Peer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::world::World;

pub(crate) const HOST: &str = "maths.example";
pub(crate) const ORIGIN: &str = "http://maths.example";

/// A browser: it keeps cookies, and says as browsers do where a form comes from.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) site: Router,
    pub(crate) server: Option<SocketAddr>,
    /// Its cookies.
    pub(crate) jar: BTreeMap<String, String>,
    /// What it calls itself.
    pub(crate) agent: String,
    /// Where it is, if it comes by no connection.
    pub(crate) from: IpAddr,
}

impl Browser {
    /// The same cookies in a browser that goes to another site.
    pub(crate) fn at(&self, world: &World) -> Self {
        Self { jar: self.jar.clone(), ..world.browser() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, &[("sec-fetch-site", "none")], Vec::new()).await
    }

    /// Sends a form as it is, from a page of the site.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let own = [("sec-fetch-site", "same-origin"), ("origin", ORIGIN)];
        self.post_with(path, &own, fields).await
    }

    pub(crate) async fn post_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Page {
        let headers = [headers, &[("content-type", "application/x-www-form-urlencoded")]].concat();
        self.send("POST", path, &headers, form(fields).into_bytes()).await
    }

    /// Opens the page, and sends its form with these fields and those that it hides.
    pub(crate) async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path} leads to {:?}", page.headers.get(LOCATION));
        let hidden = page.hidden();
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        all.extend(hidden.iter().map(|(name, value)| (&**name, &**value)));
        self.post(path, &all).await
    }

    pub(crate) async fn log_in(&mut self, email: &str, password: &str) -> Page {
        self.fill("/login", &[("email", email), ("password", password)]).await
    }

    /// A token that is good in this browser's session.
    pub(crate) async fn token(&mut self) -> String {
        let path = if self.is_in().await { "/profile/edit" } else { "/register" };
        self.get(path).await.token()
    }

    /// Whether somebody is logged in.
    pub(crate) async fn is_in(&mut self) -> bool {
        let page = self.get("/profile").await;
        let away = page.status == 303 && page.location().starts_with("/login?next=");
        assert!(page.status == 200 || away, "{} {}", page.status, page.body);
        page.status == 200
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Page {
        let mut request = Request::builder().method(method).uri(path).header("host", HOST);
        request = request.header("user-agent", &self.agent).header("accept", "text/html,*/*;q=0.8");
        for (name, value) in headers {
            request = request.header(HeaderName::try_from(*name).unwrap(), *value);
        }
        if !self.jar.is_empty() {
            let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        let request = request.body(body).unwrap();
        let page = match self.server {
            Some(server) => by_connection(server, request).await,
            None => self.directly(request).await,
        };
        self.keep(&page);
        page
    }

    async fn directly(&self, request: Request<Vec<u8>>) -> Page {
        let mut request = request.map(Body::from);
        request.extensions_mut().insert(Peer((self.from, 40_000).into()));
        let (head, body) = self.site.clone().oneshot(request).await.unwrap().into_parts();
        let body = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        Page { status: head.status.as_u16(), headers: head.headers, body }
    }

    fn keep(&mut self, page: &Page) {
        for line in page.headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// Sends the request by a connection of its own.
async fn by_connection(server: SocketAddr, request: Request<Vec<u8>>) -> Page {
    let (request::Parts { method, uri, headers, .. }, body) = request.into_parts();
    let mut head =
        format!("{method} {uri} HTTP/1.1\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in &headers {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(&[head.as_bytes(), b"\r\n", &body].concat()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();

    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        headers.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    assert!(!headers.contains_key("transfer-encoding"), "the pages of these tests come whole");
    Page { status, headers, body: body.to_owned() }
}

/// The fields as a form sends them.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// An answer.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// The fields that the page's own form hides: not those of the frame around it.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        let main = self.body.split("<main").nth(1).expect(&self.body);
        let inputs = main.split("<input type=\"hidden\" ").skip(1);
        let read = |input: &str| {
            let value = |name: &str| {
                let rest = input.split(&format!("{name}=\"")).nth(1).unwrap();
                rest.split('"').next().unwrap().replace("&#38;", "&")
            };
            (value("name"), value("value"))
        };
        inputs.map(read).collect()
    }

    pub(crate) fn token(&self) -> String {
        let hidden = self.hidden();
        hidden.into_iter().find(|(name, _)| name == "csrf_token").expect("a form").1
    }
}
