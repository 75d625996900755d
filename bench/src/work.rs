//! The kinds of work, with their requests.

use std::error::Error;
use std::net::SocketAddr;

use crate::wire::{Wire, values};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Json,
    Page,
    Me,
    Form,
    RateLimited,
}

impl Work {
    pub const ALL: [Self; 5] = [Self::Json, Self::Page, Self::Me, Self::Form, Self::RateLimited];

    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "small JSON",
            Self::Page => "20 KB page with a nonce",
            Self::Me => "signed in",
            Self::Form => "form with a token",
            Self::RateLimited => "429",
        }
    }

    pub fn statuses(self) -> [u16; 2] {
        if self == Self::RateLimited { [429, 200] } else { [200, 200] }
    }
}

/// A signed-in visitor with an open form.
pub struct Visitor {
    cookies: Vec<(String, String)>,
    form: String,
}

impl Visitor {
    /// Signs in as a browser does: the form, its token, the login, the form again.
    pub async fn at(address: SocketAddr) -> Result<Self, Box<dyn Error>> {
        let mut visitor = Self::by(address, "/form", "text=a+few+words").await?;
        visitor.open_form(&mut Wire::to(address), "/form").await?;
        Ok(visitor)
    }

    /// Signs in with the CSRF token of this page's form and these fields.
    pub async fn by(address: SocketAddr, page: &str, with: &str) -> Result<Self, Box<dyn Error>> {
        let mut visitor = Self { cookies: Vec::new(), form: String::new() };
        let mut wire = Wire::to(address);
        visitor.open_form(&mut wire, page).await?;
        let login = visitor.post("/login", &format!("{with}&{}", visitor.form));
        visitor.send(&mut wire, &login).await?;
        Ok(visitor)
    }

    async fn open_form(&mut self, wire: &mut Wire, page: &str) -> Result<(), Box<dyn Error>> {
        let request = get(page, &self.cookie_line());
        let page = self.send(wire, &request).await?;
        let hidden =
            page.split("type=\"hidden\"").nth(1).ok_or_else(|| format!("no hidden field in {page}"))?;
        let quoted = |name: &str| {
            let rest = hidden.split(&format!("{name}=\"")).nth(1)?;
            rest.split('"').next().map(str::to_owned)
        };
        let (name, value) = quoted("name").zip(quoted("value")).ok_or("a field without name and value")?;
        let value: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
        self.form = format!("{name}={value}");
        Ok(())
    }

    async fn send(&mut self, wire: &mut Wire, request: &[u8]) -> Result<String, Box<dyn Error>> {
        let response = wire.exchange(request).await?;
        let body = String::from_utf8_lossy(response.body).into_owned();
        if response.status >= 400 {
            return Err(format!("{}: {body}", response.status).into());
        }
        for cookie in values(response.head, b"set-cookie") {
            let cookie = String::from_utf8_lossy(cookie);
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(body)
    }

    /// Returns the header line with the cookies; empty without cookies.
    pub fn cookie_line(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { String::new() } else { format!("cookie: {}\r\n", pairs.join("; ")) }
    }

    fn post(&self, path: &str, body: &str) -> Vec<u8> {
        let (cookies, length) = (self.cookie_line(), body.len());
        format!("POST {path} HTTP/1.1\r\n{COMMON}{cookies}origin: https://bench.example\r\nreferer: https://bench.example/form\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
    }

    /// Returns the request of a kind of work.
    pub fn request(&self, work: Work) -> Vec<u8> {
        match work {
            Work::Json => get("/json", ""),
            Work::Page => get("/page", ""),
            Work::Me => get("/me", &self.cookie_line()),
            Work::Form => self.post("/form", &format!("text=a+few+words&{}", self.form)),
            Work::RateLimited => get("/limited", ""),
        }
    }
}

/// The headers of a proxy that terminates TLS, as nginx sends them.
const COMMON: &str = "host: bench.example\r\nx-forwarded-for: 203.0.113.7\r\nx-forwarded-proto: https\r\nuser-agent: bench\r\naccept: */*\r\n";

/// Returns a GET request from the usual client address.
pub fn get(path: &str, cookies: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\n{COMMON}{cookies}\r\n").into_bytes()
}

/// Returns a request from another client address.
pub fn get_from(client: u32) -> Vec<u8> {
    let [a, b, c, d] = (0x0b00_0000 + client).to_be_bytes();
    String::from_utf8_lossy(&get("/json", ""))
        .replace("203.0.113.7", &format!("{a}.{b}.{c}.{d}"))
        .into_bytes()
}
