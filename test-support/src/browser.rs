//! A client for the library's own tests, which forge its cookies and headers. Applications use
//! `palisade::test::Browser`.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::header::{COOKIE, HOST, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderName, Request};

/// A client of one site, which makes requests.
#[derive(Clone, Debug)]
#[must_use]
pub struct Browser {
    /// The site that it asks.
    pub site: Router,
    /// The cookies: name and value.
    pub jar: BTreeMap<String, String>,
    /// Headers of every request: `host`, `user-agent` and others.
    pub headers: HeaderMap,
    /// Extensions of every request: the peer's address, for example.
    pub extensions: Extensions,
}

impl Browser {
    /// Returns a client without cookies.
    pub fn new(site: Router, host: &str) -> Self {
        let headers = [(HOST, host.parse().unwrap())].into_iter().collect();
        Self { site, jar: BTreeMap::new(), headers, extensions: Extensions::new() }
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
