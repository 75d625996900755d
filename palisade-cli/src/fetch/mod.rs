//! An HTTP client that bounds the time, the headers and the body of each response.
//!
//! It opens one HTTP/1.1 connection for each request, and uses no cookies and no proxy. It
//! continues with a certificate that it does not trust: that is a finding, and it sends no secret.

mod certificate;
mod trust;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use palisade_audit::Tls;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;
use url::Url;

pub(crate) use trust::Trust;

/// The bytes of a body that are read; the rest is ignored.
const MAX_BODY_BYTES: usize = 2 << 20;
/// The size of the status line and the headers.
const MAX_HEAD_BYTES: usize = 64 << 10;
const MAX_HEADERS: usize = 128;

const USER_AGENT: &str = concat!("palisade-audit/", env!("CARGO_PKG_VERSION"));

pub(crate) struct Client {
    trust: Trust,
    timeout: Duration,
}

/// A response, with the body as far as it was read.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) tls: Option<Tls>,
}

impl Fetched {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    pub(crate) fn new(trust: Trust, timeout: Duration) -> Self {
        Self { trust, timeout }
    }

    pub(crate) async fn get(&self, url: &Url) -> Result<Fetched, FetchError> {
        self.request(Method::GET, url, &[]).await
    }

    /// Sends a request without a body.
    pub(crate) async fn request(
        &self,
        method: Method,
        url: &Url,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Fetched, FetchError> {
        let response = self.request_without_timeout(method, url, headers);
        tokio::time::timeout(self.timeout, response)
            .await
            .unwrap_or(Err(FetchError::Timeout(self.timeout.as_secs())))
    }

    async fn request_without_timeout(
        &self,
        method: Method,
        url: &Url,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Fetched, FetchError> {
        let host = url.host_str().ok_or(FetchError::InvalidHost)?.trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().ok_or(FetchError::InvalidHost)?;
        let request = build_request(method, url, headers)?;
        let stream = TcpStream::connect((&*host, port)).await.map_err(FetchError::Connect)?;
        let _ = stream.set_nodelay(true);
        if url.scheme() != "https" {
            return exchange(stream, request, None).await;
        }
        let name = ServerName::try_from(host).map_err(|_| FetchError::InvalidHost)?;
        let (config, verifier) = self.trust.config();
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.map_err(FetchError::Tls)?;
        let (_, connection) = stream.get_ref();
        let version = connection.protocol_version().and_then(|version| version.as_str().map(str::to_owned));
        let leaf = connection.peer_certificates().and_then(|chain| chain.first());
        let tls = Tls {
            version: version.unwrap_or_default().replace('_', "."),
            certificate_error: verifier.error(),
            not_after: leaf.and_then(|leaf| certificate::not_after(leaf)),
        };
        exchange(stream, request, Some(tls)).await
    }
}

fn build_request(
    method: Method,
    url: &Url,
    headers: &[(HeaderName, HeaderValue)],
) -> Result<Request<Empty<Bytes>>, FetchError> {
    let authority = url.as_str().split('/').nth(2).unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let mut request = Request::builder()
        .method(method)
        .uri(&url[url::Position::BeforePath..url::Position::AfterQuery])
        .header(header::HOST, authority)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|_| FetchError::InvalidHost)?;
    request.headers_mut().extend(headers.iter().cloned());
    Ok(request)
}

/// Aborts a task when it is dropped.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
    tls: Option<Tls>,
) -> Result<Fetched, FetchError> {
    let mut builder = hyper::client::conn::http1::Builder::new();
    builder.max_buf_size(MAX_HEAD_BYTES).max_headers(MAX_HEADERS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(FetchError::Http)?;
    let _connection = AbortOnDrop(tokio::spawn(connection).abort_handle());
    let response = sender.send_request(request).await.map_err(FetchError::Http)?;
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        // The rules check the part of a truncated body that arrived.
        let Ok(frame) = frame else { break };
        let Some(data) = frame.data_ref() else { continue };
        let space = MAX_BODY_BYTES - body.len();
        body.extend_from_slice(&data[..data.len().min(space)]);
        if body.len() == MAX_BODY_BYTES {
            break;
        }
    }
    Ok(Fetched { status: head.status, headers: head.headers, body, tls })
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the URL has no valid host")]
    InvalidHost,
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("TLS handshake failed: {0}")]
    Tls(io::Error),
    #[error("not a valid HTTP response: {}", with_source(.0))]
    Http(hyper::Error),
    #[error("no complete response within {0} s; --timeout accepts up to 120")]
    Timeout(u64),
}

fn with_source(error: &hyper::Error) -> String {
    use std::error::Error;
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
