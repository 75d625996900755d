//! A site, a browser that keeps cookies and fills in forms, and the letters that the site has written.

use std::collections::BTreeMap;
use std::fs;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode};
use mathsoc::config::{Config, Vars};
use mathsoc::db::users::{self, NewUser, User};
use mathsoc::person::Role;
use mathsoc::state::App;
use tower::ServiceExt;

use crate::folder::Folder;

pub(crate) const PASSWORD: &str = "nine purple herons juggle";
pub(crate) const ANOTHER: &str = "seven silent otters knit";

pub(crate) struct Site {
    pub(crate) app: App,
    pub(crate) router: Router,
    pub(crate) folder: Folder,
}

impl Site {
    pub(crate) async fn new(settings: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let app = App::open(config(&folder, settings)).await.unwrap();
        Self { router: mathsoc::app(app.clone()), app, folder }
    }

    /// The same site after a restart with other settings.
    pub(crate) async fn again(&self, settings: &[(&str, &str)]) -> Router {
        mathsoc::app(App::open(config(&self.folder, settings)).await.unwrap())
    }

    pub(crate) async fn user(&self, email: &str, role: Role) -> User {
        let (email, full_name) = (email.parse().unwrap(), "Ada Lovelace".parse().unwrap());
        let new = NewUser { email, full_name, role, school_id: None, year: None, email_is_verified: true };
        let hash = self.app.passwords.hash(PASSWORD.into()).await.unwrap();
        users::create(&self.app.db, &new, Some(&hash)).await.unwrap()
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), jar: BTreeMap::new(), from: [203, 0, 113, 9] }
    }

    /// A browser in which this account is logged in.
    pub(crate) async fn member(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.log_in(email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// The paths of the links in the letters, the latest first.
    pub(crate) async fn letters(&self) -> Vec<String> {
        self.app.mailer.flush().await;
        let Ok(outbox) = fs::read_dir(self.folder.join("outbox")) else { return Vec::new() };
        let mut files: Vec<_> = outbox.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().rev().map(|file| fs::read_to_string(file).unwrap()).collect()
    }

    /// The path of the link in the latest letter.
    pub(crate) async fn link(&self) -> String {
        let letter = self.letters().await.remove(0);
        // Long lines are folded by `=` at their ends.
        let text = letter.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
        let start = ["/verify_email/", "/password_reset/"].iter().find_map(|path| text.find(path)).unwrap();
        text[start..].split_whitespace().next().unwrap().to_owned()
    }
}

fn config(folder: &Folder, settings: &[(&str, &str)]) -> Config {
    let all = [("DATA_DIR", folder.to_str().unwrap()), ("RATELIMIT_ENABLED", "false")];
    let own: Vec<_> =
        all.into_iter().filter(|(name, _)| settings.iter().all(|(known, _)| known != name)).collect();
    Config::load(&Vars::new([&own[..], settings].concat(), [])).unwrap()
}

#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) router: Router,
    pub(crate) jar: BTreeMap<String, String>,
    pub(crate) from: [u8; 4],
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().unwrap())
    }

    /// The token of the page's forms.
    pub(crate) fn token(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"csrf_token\" value=\"").expect(&self.body);
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    pub(crate) fn request(&self, method: &str, path: &str, body: String) -> Request<Body> {
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().method(method).uri(path).header("host", "localhost");
        let request = request.header("accept", "text/html").header("cookie", cookies.join("; "));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(palisade::Peer((self.from, 40_000).into()));
        request
    }

    pub(crate) async fn send(&mut self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request("GET", path, String::new());
        self.send(request).await
    }

    /// Sends a form as it is.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let request = self.request("POST", path, body.collect::<Vec<_>>().join("&"));
        self.send(request).await
    }

    /// Opens the page with a form, fills it in, and sends it.
    pub(crate) async fn fill(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.get(page).await.token();
        self.post(path, &[&[("csrf_token", token.as_str())], fields].concat()).await
    }

    pub(crate) async fn log_in(&mut self, email: &str, password: &str) -> Answer {
        self.fill("/login", "/login", &[("email", email), ("password", password)]).await
    }

    /// Whether somebody is logged in.
    pub(crate) async fn is_in(&mut self) -> bool {
        match self.get("/profile").await.status.as_u16() {
            200 => true,
            303 => false,
            other => panic!("{other}"),
        }
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}
