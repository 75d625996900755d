//! A browser-like client: it keeps cookies, fills in forms, and sends the headers of browsers.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderName, Request, Response};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::{Service, ServiceExt};

/// A client of one site, which is a tower service or, with [`address`](Self::address), a server.
#[derive(Clone, Debug)]
pub struct Browser<S = Router> {
    /// The site that it asks.
    pub site: S,
    /// The address of a server; if set, requests go over a TCP connection.
    pub address: Option<SocketAddr>,
    /// The cookies: name and value.
    pub jar: BTreeMap<String, String>,
    /// Headers of every request: `host`, `user-agent` and others.
    pub headers: HeaderMap,
    /// Extensions of every request: the peer's address, for example.
    pub extensions: Extensions,
}

impl<S> Browser<S> {
    /// Returns a client without cookies.
    pub fn new(site: S, host: &str) -> Self {
        let headers = [(HOST, host.parse().unwrap())].into_iter().collect();
        Self { site, address: None, jar: BTreeMap::new(), headers, extensions: Extensions::new() }
    }

    /// Sends this header with every request.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.set_header(name, value);
        self
    }

    /// Sends this header with every request.
    pub fn set_header(&mut self, name: &'static str, value: &str) {
        self.headers.insert(name, value.parse().unwrap());
    }

    /// Puts this extension on every request.
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// Returns the value of the `cookie` header.
    pub fn cookies(&self) -> String {
        self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Returns a request with the cookies, and these headers beside those of every request.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Request<Body> {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = path.parse().unwrap();
        *request.headers_mut() = self.headers.clone();
        *request.extensions_mut() = self.extensions.clone();
        let cookies = self.cookies();
        if !cookies.is_empty() {
            request.headers_mut().insert(COOKIE, cookies.parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        request
    }

    /// Stores the cookies that a response sets, and drops those that it deletes.
    pub fn keep(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Returns the origin that forms are sent with: `http://` and the host.
    pub fn origin(&self) -> String {
        format!("http://{}", self.headers[HOST].to_str().unwrap())
    }
}

impl<S> Browser<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error: Debug> + Clone,
{
    /// Opens a page as from a bookmark.
    pub async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[("sec-fetch-site", "none")], Vec::new()).await
    }

    /// Sends a form with these fields, from a page of the site.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let origin = self.origin();
        self.post_with(path, &[("sec-fetch-site", "same-origin"), ("origin", &origin)], fields).await
    }

    /// Sends a form with these headers and fields.
    pub async fn post_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Reply {
        let headers = [headers, &[("content-type", "application/x-www-form-urlencoded")]].concat();
        self.send("POST", path, &headers, form(fields).into_bytes()).await
    }

    /// Opens the page, and sends its form with these fields and its hidden ones.
    pub async fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path} leads to {:?}", page.headers.get(LOCATION));
        let hidden = page.hidden();
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        all.extend(hidden.iter().map(|(name, value)| (&**name, &**value)));
        self.post(path, &all).await
    }

    /// Sends a request and keeps the cookies of its reply.
    pub async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let request = self.request(method, path, headers, body);
        let reply = match self.address {
            Some(address) => over_tcp(address, request).await,
            None => Reply::of(self.site.clone().oneshot(request).await.unwrap()).await,
        };
        self.keep(&reply.headers);
        reply
    }
}

/// Sends the request over a connection of its own.
async fn over_tcp(address: SocketAddr, request: Request<Body>) -> Reply {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let line = format!("{} {} HTTP/1.1\r\n", head.method, head.uri);
    let mut sent = format!("{line}content-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in &head.headers {
        sent.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[sent.as_bytes(), b"\r\n", &body].concat()).await.unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();

    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        headers.append(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    assert!(!headers.contains_key("transfer-encoding"), "chunked bodies are not decoded here");
    Reply { status, headers, body: body.to_owned(), extensions: Extensions::new() }
}

/// Encodes fields as `application/x-www-form-urlencoded`.
pub fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Returns the first CSRF token of a page.
pub fn csrf_token(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("name=\"csrf_token\" value=\"")?;
    rest.split('"').next()
}

/// A response, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
    /// The extensions; empty if it came over a connection.
    pub extensions: Extensions,
}

impl Reply {
    /// Reads a response to its end.
    pub async fn of(response: Response<Body>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        Self { status: head.status.as_u16(), headers: head.headers, body, extensions: head.extensions }
    }

    /// Returns the value of a header, or an empty text.
    ///
    /// # Panics
    ///
    /// If the header was sent more than once.
    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} was sent more than once");
        value
    }

    /// Returns the `location` header.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// Returns the hidden fields of the page's own form, without those of the layout.
    pub fn hidden(&self) -> Vec<(String, String)> {
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

    /// Returns the first CSRF token of the page.
    pub fn token(&self) -> String {
        csrf_token(&self.body).unwrap_or_else(|| panic!("no form on the page: {}", self.body)).to_owned()
    }
}
