//! A client in the same process that records the responses of `layers`.

use std::convert::Infallible;
use std::error::Error;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use palisade::request::PeerAddr;
use tower::ServiceExt;
use tower::util::BoxCloneService;

use super::layers;

/// A recorded response.
pub struct RecordedResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

pub struct Visitor {
    app: BoxCloneService<Request<Body>, Response, Infallible>,
    cookies: String,
}

impl Visitor {
    pub fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self { app: BoxCloneService::new(layers::app()?), cookies: String::new() })
    }

    pub async fn get(&mut self, path: &str) -> Result<RecordedResponse, Box<dyn Error>> {
        self.send("GET", path, String::new()).await
    }

    /// Signs in as the load generator does: fetches the form's token, then logs in.
    pub async fn sign_in(&mut self) -> Result<(), Box<dyn Error>> {
        let token = self.token().await?;
        self.send("POST", "/login", format!("csrf_token={token}")).await?;
        Ok(())
    }

    /// Sends the form with its token.
    pub async fn save(&mut self) -> Result<RecordedResponse, Box<dyn Error>> {
        let token = self.token().await?;
        self.send("POST", "/form", format!("text=six&csrf_token={token}")).await
    }

    async fn token(&mut self) -> Result<String, Box<dyn Error>> {
        let form = self.get("/form").await?.body;
        let token = form.split("value=\"").nth(1).and_then(|rest| rest.split('"').next());
        Ok(token.ok_or("the form has no token")?.to_owned())
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: String,
    ) -> Result<RecordedResponse, Box<dyn Error>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "bench.example")
            .header("x-forwarded-for", "203.0.113.7")
            .header("x-forwarded-proto", "https")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &self.cookies)
            .body(Body::from(body))?;
        if self.cookies.is_empty() {
            request.headers_mut().remove("cookie");
        }
        request.extensions_mut().insert(PeerAddr(([127, 0, 0, 1], 5000).into()));
        let (parts, body) = self.app.clone().oneshot(request).await?.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            let name = pair.split('=').next().unwrap_or_default().to_owned();
            let others =
                self.cookies.split("; ").filter(|it| !it.is_empty() && !it.starts_with(&format!("{name}=")));
            self.cookies = others.chain([pair]).collect::<Vec<_>>().join("; ");
        }
        let body: Bytes = body.collect().await?.to_bytes();
        Ok(RecordedResponse {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec())?,
        })
    }
}
