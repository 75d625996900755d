//! A browser for tests: cookies, redirects, forms and the headers of browsers, without a socket.
//!
//! ```
//! use axum::{Router, response::Html, routing::get};
//! use palisade::test::Browser;
//! use palisade::{CsrfToken, Keyring, Palisade, Sessions};
//! use palisade::session::store::MemorySessions;
//!
//! async fn form(token: CsrfToken) -> Html<String> {
//!     Html(format!("<form method=post>{}<input name=text></form>", token.input()))
//! }
//!
//! fn app() -> Result<Router, Box<dyn std::error::Error>> {
//!     let keyring = Keyring::random();
//!     let palisade = Palisade::for_hosts(["example.org"])?
//!         .sessions(Sessions::in_store(MemorySessions::new(), &keyring));
//!     Ok(palisade.protect(Router::new().route("/say", get(form).post(async |body: String|
//! body)))) }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut ada = Browser::new(app()?).at("https://example.org").from("192.0.2.7");
//! ada.get("/say").await;
//! let page = ada.submit("/say", &[("text", "x & y")]).await; // with the form's hidden token
//! assert_eq!(page.status, 200);
//! assert!(page.text.ends_with("text=x+%26+y"));
//!
//! let page = ada.post("/say", &[("text", "without the token")]).await;
//! assert_eq!(page.status, 403);
//! assert_eq!(page.rejection().map(|rejection| rejection.code()), Some("csrf_token_missing"));
//!
//! // A program: it prefers JSON, and sends none of the headers that only browsers send.
//! let page = Browser::new(app()?).at("https://example.org").as_program().get("/nowhere").await;
//! assert_eq!(page.header("content-type"), Some("application/problem+json"));
//! # Ok(())
//! # }
//! ```
//!
//! Add the feature in `[dev-dependencies]`: `palisade = { version = "…", features = ["test"] }`.
//!
//! [`session_store`] is the suite that every session store passes, for a store of your own.
//!
//! # What happens for each request, in order
//!
//! 1. The path is resolved against the last page.
//! 2. The request gets the headers of a browser or a program, then those of [`Browser::header`],
//!    and the cookies of the URL's host, path and scheme.
//! 3. Its extensions get the peer's address, as `palisade::serve` and `axum::serve` set it, and
//!    the scheme.
//! 4. The service responds. A panic of the service ends the test.
//! 5. The response's cookies are stored.
//! 6. A redirect on the same host is followed, with the method that browsers use.
//! 7. The body is read to its end.
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`at`](Browser::at) | `http://localhost` | every setup accepts it from this machine |
//! | [`from`](Browser::from) | 127.0.0.1 | so that it is this machine |
//! | client | a browser that opens a page | `Accept`, `Origin`, `Referer`, `Sec-Fetch-*` |
//! | redirects | followed on the same host, 20 at most | as in a browser |
//! | body | 16 MiB in 30 seconds at most | a stream has no end: [`open`](Browser::open) it |
//! | `Accept-Encoding` | not sent | so that the text can be read |
//!
//! # What fails a test
//!
//! Each panic names the request, and says what to write:
//! - No layer of this library has completed the response: the route was added after
//!   [`Palisade`](crate::Palisade). A test of a service without it writes
//!   [`Browser::dangerous_allow_unprotected`]. A CORS layer outside may answer preflights.
//! - The response carries [`PageHeaders`](crate::PageHeaders) that no layer has applied.
//! - A cookie that browsers ignore, such as a Secure cookie over plain HTTP.
//! - A form or a field that the last page does not have.
//! - More than 20 redirects.
//! - A body without an end.
//!
//! # What it does not do
//!
//! It runs no scripts and loads no images, style sheets or frames. It does not emulate requests
//! that a page of another site starts, and so `SameSite` changes nothing: write such a request
//! with
//! [`Browser::send`]. It remembers no HSTS and has no cache.
//!
//! A clone is another browser with a copy of the cookies: what one of them signs in or out later
//! stays its own. For a second tab, use the same `Browser`.
//!
//! # References
//!
//! RFC 6265bis (cookies); Fetch §4.4 (redirects); Fetch Metadata; HTML §4.10.22 (form submission).

mod form;
mod jar;
mod page;
mod requests;
mod rules;
mod service;
#[cfg(feature = "session")]
pub mod session_store;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Request, Response};
use tower_service::Service;
use url::Url;

use jar::Jar;
use service::{AnyService, Cloned};

pub use form::FormFile;
pub use page::{Element, Page};

/// A browser for tests. See the [module page](self).
///
/// ```
/// use axum::{Router, http::Request, body::Body, routing::{get, post}};
/// use palisade::test::{Browser, FormFile};
/// use palisade::{Palisade, request::ClientIp};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let routes = Router::new()
///     .route("/ip", get(async |ip: ClientIp| ip.0.to_string()))
///     .route("/echo", post(async |body: String| body));
/// let app = Palisade::for_hosts(["example.org"])?.protect(routes);
///
/// let mut browser = Browser::new(app).at("https://example.org").from("192.0.2.7");
/// assert_eq!(browser.get("/ip").await.text, "192.0.2.7");
/// assert_eq!(browser.post_json("/echo", &[1, 2]).await.json::<Vec<u8>>(), [1, 2]);
/// let cat = FormFile::new("photo", "cat.svg", "image/svg+xml", *b"<svg/>");
/// assert!(browser.post_multipart("/echo", &[], &[cat]).await.text.contains("cat.svg"));
/// let forged = Request::post("/echo").header("origin", "https://evil.example").body(Body::empty())?;
/// assert_eq!(browser.send(forged).await.status, 403);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Browser {
    service: Arc<dyn AnyService>,
    /// The URL where it is: the origin at first, then the last page.
    url: Url,
    page: Option<Page>,
    peer: SocketAddr,
    jar: Jar,
    prefix: Option<String>,
    headers: HeaderMap,
    extensions: Extensions,
    follows: bool,
    is_program: bool,
    allows_unprotected: bool,
}

impl Browser {
    /// Opens a browser without cookies for a service: a `Router`, or any service of tower that
    /// takes axum's `Body`.
    pub fn new<S, B>(service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: fmt::Debug,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self {
            service: Arc::new(Cloned::new(service)),
            url: Url::parse("http://localhost/").expect("the URL is constant"),
            page: None,
            peer: ([127, 0, 0, 1], 40_000).into(),
            jar: Jar::default(),
            prefix: None,
            headers: HeaderMap::new(),
            extensions: Extensions::new(),
            follows: true,
            is_program: false,
            allows_unprotected: false,
        }
    }

    /// Goes to a site, such as `https://example.org`. Over https, requests carry
    /// [`Scheme::Https`](crate::request::Scheme), as a server with TLS marks them.
    ///
    /// # Panics
    /// If the text is not an http or https URL.
    #[must_use]
    pub fn at(mut self, origin: &str) -> Self {
        self.url = match Url::parse(origin) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => url,
            _ => panic!("`{origin}` is not a site: write `https://example.org`"),
        };
        self.page = None;
        self
    }

    /// Sets the peer's address, such as `192.0.2.7` or `192.0.2.7:40000`.
    ///
    /// # Panics
    /// If the text is not an address.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        let parsed = address.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 40_000));
        self.peer = parsed.or_else(|_| address.parse()).unwrap_or_else(|_| {
            panic!("`{address}` is not an address: write `192.0.2.7` or `192.0.2.7:40000`")
        });
        self
    }

    /// Sends its requests to another service from now on: the same site after a restart, for
    /// example. The cookies stay.
    #[must_use]
    pub fn service<S, B>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        S::Error: fmt::Debug,
        S::Future: Send,
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.service = Arc::new(Cloned::new(service));
        self
    }

    /// Puts a proxy in front of the service that serves it under a path, such as `/notes`. The
    /// proxy removes the path from every request, and sends it as `X-Forwarded-Prefix`.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use palisade::proxy::{Hops, Proxies};
    /// use palisade::redirect::SafePath;
    /// use palisade::test::Browser;
    /// use palisade::{Palisade, Redirect};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let routes = Router::new()
    ///     .route("/old", get(async || Redirect::to(SafePath::of("/new"))))
    ///     .route("/new", get(async || "new"));
    /// let app = Palisade::for_hosts(["example.org"])?
    ///     .trusted_proxies(Proxies::hops(Hops { x_prefix: 1, ..Hops::from(1) }))
    ///     .protect(routes);
    /// let mut browser = Browser::new(app)
    ///     .at("https://example.org")
    ///     .under("/notes")
    ///     .header("x-forwarded-for", "192.0.2.7")
    ///     .header("x-forwarded-proto", "https");
    /// let page = browser.get("/notes/old").await;
    /// assert_eq!((&*page.path, &*page.text), ("/notes/new", "new"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// If the path does not begin with a slash, or ends with one. Later, on a request outside of it:
    /// a link or a redirect of the site lacks the prefix.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        let is_path = prefix.starts_with('/') && !prefix.ends_with('/');
        assert!(is_path, "`{prefix}` is not a prefix: write `/notes`");
        self.prefix = Some(prefix.to_owned());
        self
    }

    /// Returns redirects to the test instead of following them.
    #[must_use]
    pub fn without_following(mut self) -> Self {
        self.follows = false;
        self
    }

    /// Sends the headers of a program: it prefers JSON, and has no `Origin`, `Referer` and
    /// `Sec-Fetch-*`.
    #[must_use]
    pub fn as_program(mut self) -> Self {
        self.is_program = true;
        self
    }

    /// Sends a header with every request, in place of the browser's own of that name.
    ///
    /// # Panics
    /// If name or value are invalid.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let parsed = (name.parse::<HeaderName>(), HeaderValue::from_str(value));
        let (Ok(name), Ok(value)) = parsed else { panic!("`{name}: {value}` is not a header") };
        self.headers.insert(name, value);
        self
    }

    /// Adds a value to the extensions of every request, as a server or an outer layer would.
    #[must_use]
    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// Accepts responses that no layer of this library has completed.
    ///
    /// # Security
    /// The test then does not notice a route that has no protection.
    #[must_use]
    pub fn dangerous_allow_unprotected(mut self) -> Self {
        self.allows_unprotected = true;
        self
    }

    /// Returns the value of a cookie that this site has set.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use palisade::test::Browser;
    ///
    /// let mut browser = Browser::new(axum::Router::new()).at("https://example.org");
    /// browser.set_cookie("theme=dark; Path=/; Max-Age=3600");
    /// browser.set_cookie("session=7; Path=/");
    /// browser.close();
    /// assert_eq!((browser.cookie("theme"), browser.cookie("session")), (Some("dark"), None));
    /// browser.advance(Duration::from_secs(3600));
    /// assert_eq!(browser.cookie("theme"), None);
    /// ```
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.jar.get(name, &self.url)
    }

    /// Stores a cookie as if this site had set it by this `Set-Cookie` line.
    ///
    /// # Panics
    /// If browsers ignore the line.
    pub fn set_cookie(&mut self, line: &str) {
        let stored = self.jar.store(line, &self.url);
        stored.unwrap_or_else(|reason| panic!("browsers ignore the cookie `{line}`: {reason}"));
    }

    /// Deletes a cookie.
    pub fn remove_cookie(&mut self, name: &str) {
        self.jar.remove(name);
    }

    /// Closes the browser and opens it again: the page is gone, and so is every cookie without
    /// `Max-Age` or `Expires`.
    pub fn close(&mut self) {
        self.jar.close();
        self.page = None;
    }

    /// Lets time pass, so that cookies expire. The clock of the application does not change.
    pub fn advance(&mut self, time: Duration) {
        self.jar.advance(time);
    }

    /// Returns the last page.
    pub fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }
}

/// Hides the cookies, which may be secrets.
impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser")
            .field("url", &self.url.as_str())
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
