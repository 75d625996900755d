//! Requests, redirects, and what a browser does with a response.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, ORIGIN, REFERER, REFERRER_POLICY,
    SET_COOKIE, USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use url::{Position, Url};

use super::form::{self, Encoding, FormFile, path_of};
use super::rules::{is_trustworthy, next_url};
use super::{Browser, Page};
use crate::core::client::{PeerAddr, Scheme};
use crate::core::preflight::is_preflight;
use crate::core::rejection::Rejection;
use crate::core::request_context::{LayerMark, RequestContext};
use crate::headers::PageHeaders;

const MAX_REDIRECTS: usize = 20;
const MAX_BODY_BYTES: usize = 16 << 20;
const MAX_BODY_TIME: Duration = Duration::from_secs(30);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const PAGE_TYPES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// The way in which a request begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// By an address that someone types.
    Typed,
    /// By a form of the last page.
    Form,
    /// By a script of the last page.
    Script,
}

/// A request, before it has headers.
struct Draft {
    start: Start,
    method: Method,
    url: Url,
    content_type: Option<String>,
    body: Bytes,
    /// The worst relation between the page and a URL so far.
    relation: Relation,
}

/// The value of `Sec-Fetch-Site`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    SameOrigin,
    SameSite,
    CrossSite,
}

impl Relation {
    fn between(one: &Url, other: &Url) -> Self {
        match one.origin() == other.origin() {
            true => Self::SameOrigin,
            false if (one.scheme(), one.host()) == (other.scheme(), other.host()) => Self::SameSite,
            false => Self::CrossSite,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::SameOrigin => "same-origin",
            Self::SameSite => "same-site",
            Self::CrossSite => "cross-site",
        }
    }
}

impl Browser {
    /// Opens a page, as from the address bar.
    ///
    /// # Panics
    /// See the [module page](super).
    pub async fn get(&mut self, path: &str) -> Page {
        let draft = self.draft(Start::Typed, Method::GET, path);
        self.visit(draft).await
    }

    /// Fills in a form of the last page and sends it. `action` is the URL that the form sends to,
    /// or
    /// `#id`. The other fields keep their values, hidden ones included; an empty value leaves a
    /// box unchecked.
    ///
    /// # Panics
    /// If the last page has no such form, or the form lacks one of the fields. See the
    /// [module page](super).
    pub async fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Page {
        self.submit_files(action, fields, &[]).await
    }

    /// Fills in a form of the last page, and sends it with files.
    ///
    /// # Panics
    /// If the last page has no such form, the form lacks one of the fields, or it sends no files.
    /// See the [module page](super).
    #[doc(alias = "multipart")]
    pub async fn submit_files(&mut self, action: &str, fields: &[(&str, &str)], files: &[FormFile]) -> Page {
        let Some(page) = &self.page else {
            panic!("no page is open: write `browser.get(\"{action}\").await` first")
        };
        let filled = form::fill(page, action, fields, files);
        let mut request = filled.unwrap_or_else(|reason| panic!("{}: {reason}", page.path));
        if request.is_get {
            let query = form::url_encoded(&request.fields);
            request.url.set_query(Some(&query));
            let draft = self.draft(Start::Form, Method::GET, request.url.as_str());
            return self.visit(draft).await;
        }
        let draft = self.draft(Start::Form, Method::POST, request.url.as_str());
        let draft = match request.encoding {
            Encoding::UrlEncoded => draft.body(FORM_TYPE, form::url_encoded(&request.fields)),
            Encoding::Multipart => {
                let (content_type, body) = form::multipart(&request.fields, files);
                draft.body(&content_type, body)
            }
        };
        self.visit(draft).await
    }

    /// Sends a form with these fields alone, as a page of this site could, whatever the last page
    /// has.
    ///
    /// # Panics
    /// See the [module page](super).
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let draft = self.draft(Start::Form, Method::POST, path);
        self.visit(draft.body(FORM_TYPE, form::url_encoded(fields))).await
    }

    /// Sends fields and files alone as `multipart/form-data`, whatever the last page has.
    ///
    /// # Panics
    /// See the [module page](super).
    pub async fn post_multipart(&mut self, path: &str, fields: &[(&str, &str)], files: &[FormFile]) -> Page {
        let (content_type, body) = form::multipart(fields, files);
        let draft = self.draft(Start::Form, Method::POST, path);
        self.visit(draft.body(&content_type, body)).await
    }

    /// Sends JSON, as a script of this site does with `fetch`. The last page stays.
    ///
    /// # Panics
    /// If the value cannot be JSON. See the [module page](super).
    pub async fn post_json<T: Serialize + ?Sized>(&mut self, path: &str, value: &T) -> Page {
        let body = serde_json::to_vec(value).unwrap_or_else(|error| panic!("POST {path}: {error}"));
        let draft = self.draft(Start::Script, Method::POST, path).body("application/json", body);
        let (url, response) = self.follow(draft).await;
        read(url, response).await
    }

    /// Sends any request: its own headers, the cookies, `Host`, and those of [`Browser::header`].
    /// Redirects are not followed, and the last page stays.
    ///
    /// # Panics
    /// See the [module page](super).
    pub async fn send(&mut self, request: Request<Body>) -> Page {
        let uri = request.uri();
        let url = match uri.host() {
            Some(_) => self.resolve(&uri.to_string()),
            // A path is sent unchanged; `//other.example` is one.
            None => {
                let mut url = self.url.clone();
                url.set_path(uri.path());
                url.set_query(uri.query());
                url
            }
        };
        let response = self.exchange(&url, request).await;
        read(url, response).await
    }

    /// Opens a page and returns the response with its body unread, for streams. The last page
    /// stays.
    ///
    /// # Panics
    /// See the [module page](super).
    pub async fn open(&mut self, path: &str) -> Response<Body> {
        let draft = self.draft(Start::Typed, Method::GET, path);
        self.follow(draft).await.1
    }

    fn draft(&self, start: Start, method: Method, path: &str) -> Draft {
        let url = self.resolve(path);
        let relation = Relation::between(&self.url, &url);
        Draft { start, method, url, content_type: None, body: Bytes::new(), relation }
    }

    fn resolve(&self, path: &str) -> Url {
        match self.url.join(path) {
            Ok(mut url) if url.has_host() => {
                url.set_fragment(None);
                url
            }
            _ => panic!("`{path}` is not a path: write `/page?query`"),
        }
    }

    /// Sends the request, and keeps the page.
    async fn visit(&mut self, draft: Draft) -> Page {
        let (url, response) = self.follow(draft).await;
        let page = read(url.clone(), response).await;
        self.url = url;
        self.page = Some(page.clone());
        page
    }

    /// Sends the request, and follows redirects. Returns the last URL and its response.
    async fn follow(&mut self, mut draft: Draft) -> (Url, Response<Body>) {
        let first = draft.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let request = self.request(&draft);
            let response = self.exchange(&draft.url, request).await;
            match next_url(&response, &draft.url).filter(|_| self.follows) {
                None => return (draft.url, response),
                Some(next) => draft.redirect(response.status(), next),
            }
        }
        panic!("{first}: more than {MAX_REDIRECTS} redirects, the last one to {}", draft.url)
    }

    /// Makes the request that a browser or a program sends.
    fn request(&self, draft: &Draft) -> Request<Body> {
        let mut request = Request::new(Body::from(draft.body.clone()));
        *request.method_mut() = draft.method.clone();
        let target = path_of(&draft.url).parse();
        *request.uri_mut() = target.unwrap_or_else(|error| panic!("{}: {error}", draft.url));
        let headers = request.headers_mut();
        if let Some(content_type) = &draft.content_type {
            headers.insert(CONTENT_TYPE, value(content_type));
            headers.insert(CONTENT_LENGTH, draft.body.len().into());
        }
        if self.is_program {
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
            headers.insert(USER_AGENT, HeaderValue::from_static("palisade-test"));
        } else {
            self.add_browser_headers(draft, headers);
        }
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        request
    }

    fn add_browser_headers(&self, draft: &Draft, headers: &mut HeaderMap) {
        let own = &self.headers;
        let mut set = |name: HeaderName, text: &str| {
            if !own.iter().any(|(known, _)| *known == name) {
                headers.insert(name, value(text));
            }
        };
        let is_script = draft.start == Start::Script;
        set(USER_AGENT, FIREFOX);
        set(ACCEPT_LANGUAGE, "en");
        set(ACCEPT, if is_script { "*/*" } else { PAGE_TYPES });
        // A page with `Referrer-Policy: no-referrer` sends forms with `Origin: null`.
        let policy = self.page.as_ref().and_then(|page| page.headers.get(REFERRER_POLICY));
        let hides_page = policy.is_some_and(|policy| policy == "no-referrer");
        if draft.start != Start::Typed && draft.method != Method::GET {
            let origin = self.url.origin().ascii_serialization();
            set(ORIGIN, if hides_page && !is_script { "null" } else { &origin });
        }
        if draft.start != Start::Typed && !hides_page {
            let is_same = draft.relation == Relation::SameOrigin;
            let origin = format!("{}/", &self.url[..Position::BeforePath]);
            set(REFERER, if is_same { &self.url[..Position::AfterQuery] } else { &origin });
        }
        if is_trustworthy(&draft.url) {
            let is_typed = draft.start == Start::Typed;
            let fetch = HeaderName::from_static;
            set(fetch("sec-fetch-site"), if is_typed { "none" } else { draft.relation.as_str() });
            set(fetch("sec-fetch-mode"), if is_script { "cors" } else { "navigate" });
            set(fetch("sec-fetch-dest"), if is_script { "empty" } else { "document" });
            if !is_script {
                set(fetch("sec-fetch-user"), "?1");
            }
        }
    }

    /// Sends one request, checks that the response is protected, and stores its cookies.
    async fn exchange(&mut self, url: &Url, mut request: Request<Body>) -> Response<Body> {
        let what = format!("{} {}", request.method(), path_of(url));
        if let Some(prefix) = &self.prefix {
            remove_prefix(&mut request, prefix, &what);
        }
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        headers.entry(HOST).or_insert_with(|| value(&url[Position::BeforeHost..Position::AfterPort]));
        if let Some(cookies) = self.jar.header(url) {
            headers.entry(COOKIE).or_insert_with(|| value(&cookies));
        }
        // A CORS layer outside of the protection answers a preflight, and no page shows the response.
        let is_preflight = is_preflight(request.method(), request.headers());
        let context = RequestContext::default();
        let extensions = request.extensions_mut();
        extensions.extend(self.extensions.clone());
        extensions.insert(context.clone());
        if extensions.get::<PeerAddr>().is_none() {
            extensions.insert(PeerAddr(self.peer));
            extensions.insert(ConnectInfo(self.peer));
        }
        if url.scheme() == "https" {
            extensions.insert(Scheme::Https);
        }
        let response = self.service.call(request).await;
        assert!(
            self.allows_unprotected
                || is_preflight
                || context.has_entered(LayerMark::HeadersSent)
                || response.extensions().get::<Rejection>().is_some(),
            "{what}: no layer of palisade has completed the response; was the route added after `Palisade`? Add it \
             before, or write `.dangerous_allow_unprotected()`"
        );
        assert!(
            response.extensions().get::<PageHeaders>().is_none(),
            "{what}: no layer has applied the response's `PageHeaders`; add `SecurityHeaders` or `Palisade` around \
             the route"
        );
        for line in response.headers().get_all(SET_COOKIE) {
            let line = String::from_utf8_lossy(line.as_bytes());
            let stored = self.jar.store(&line, url);
            stored.unwrap_or_else(|reason| panic!("{what}: browsers ignore the cookie `{line}`: {reason}"));
        }
        response
    }
}

impl Draft {
    fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        (self.content_type, self.body) = (Some(content_type.to_owned()), body.into());
        self
    }

    /// Changes the request as browsers do for this redirect.
    fn redirect(&mut self, status: StatusCode, next: Url) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            (self.method, self.content_type, self.body) = (Method::GET, None, Bytes::new());
        }
        self.relation = self.relation.max(Relation::between(&self.url, &next));
        self.url = next;
    }
}

/// Sends the request as the proxy of [`Browser::under`] does.
fn remove_prefix(request: &mut Request<Body>, prefix: &str, what: &str) {
    let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let rest = target.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let rest = rest.unwrap_or_else(|| panic!("{what}: the path is outside of `{prefix}`, where the site is"));
    let slash = if rest.starts_with('/') { "" } else { "/" };
    let target = format!("{slash}{rest}").parse();
    *request.uri_mut() = target.unwrap_or_else(|error| panic!("{what}: {error}"));
    request.headers_mut().insert("x-forwarded-prefix", value(prefix));
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| panic!("`{text}` is not the value of a header"))
}

/// Reads the body to its end.
async fn read(url: Url, response: Response<Body>) -> Page {
    let (parts, body) = response.into_parts();
    let content_type = parts.headers.get(CONTENT_TYPE);
    let is_stream = content_type.is_some_and(|text| text.as_bytes().starts_with(b"text/event-stream"));
    assert!(!is_stream, "{url}: the response is a stream, which has no end: use `open`");
    let body = tokio::time::timeout(MAX_BODY_TIME, to_bytes(body, MAX_BODY_BYTES)).await;
    let Ok(body) = body else {
        panic!("{url}: the body did not end within 30 seconds; for a stream, use `open`")
    };
    let bytes =
        body.unwrap_or_else(|error| panic!("{url}: the body has more than 16 MiB, or failed: {error}"));
    Page {
        status: parts.status,
        path: path_of(&url).to_owned(),
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
        extensions: parts.extensions,
        url,
    }
}
