//! One request, bounded: in time, in headers, in body.
//!
//! It is a client for looking, not for browsing: one connection for each request, no cookies sent, no proxies, HTTP/1.1, and
//! it looks on where a certificate is not believed, since that is a finding and nothing secret is sent.

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

/// How much of a body is read; what comes after is not looked at.
const MOST_BODY: usize = 2 << 20;
/// How much room an answer's head has.
const MOST_HEAD: usize = 64 << 10;
/// How many headers it may have.
const MOST_HEADERS: usize = 128;

const AGENT: &str = concat!("palisade-audit/", env!("CARGO_PKG_VERSION"));

/// Who asks.
pub(crate) struct Client {
    trust: Trust,
    timeout: Duration,
}

/// What came.
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

    /// A GET.
    pub(crate) async fn get(&self, url: &Url) -> Result<Fetched, FetchError> {
        self.ask(Method::GET, url, &[]).await
    }

    /// Any request without a body.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &Url,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Fetched, FetchError> {
        let work = self.work(method, url, headers);
        tokio::time::timeout(self.timeout, work)
            .await
            .unwrap_or(Err(FetchError::Slow(self.timeout.as_secs())))
    }

    async fn work(
        &self,
        method: Method,
        url: &Url,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Fetched, FetchError> {
        let host = url.host_str().ok_or(FetchError::Host)?.trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().ok_or(FetchError::Host)?;
        let request = request(method, url, headers)?;
        let stream = TcpStream::connect((&*host, port)).await.map_err(FetchError::Connect)?;
        let _ = stream.set_nodelay(true);
        if url.scheme() != "https" {
            return exchange(stream, request, None).await;
        }
        let name = ServerName::try_from(host).map_err(|_| FetchError::Host)?;
        let (config, distrust) = self.trust.config();
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector.connect(name, stream).await.map_err(FetchError::Tls)?;
        let (_, connection) = stream.get_ref();
        let version = connection.protocol_version().and_then(|version| version.as_str().map(str::to_owned));
        let leaf = connection.peer_certificates().and_then(|chain| chain.first());
        let tls = Tls {
            version: version.unwrap_or_default().replace('_', "."),
            distrust: distrust.said(),
            not_after: leaf.and_then(|leaf| certificate::not_after(leaf)),
        };
        exchange(stream, request, Some(tls)).await
    }
}

fn request(
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
        .header(header::USER_AGENT, AGENT)
        .header(header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|_| FetchError::Host)?;
    request.headers_mut().extend(headers.iter().cloned());
    Ok(request)
}

/// Ends a task when it is dropped.
struct Ends(AbortHandle);

impl Drop for Ends {
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
    builder.max_buf_size(MOST_HEAD).max_headers(MOST_HEADERS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(FetchError::Http)?;
    let _ends = Ends(tokio::spawn(connection).abort_handle());
    let response = sender.send_request(request).await.map_err(FetchError::Http)?;
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        // A body that breaks off is looked at as far as it came.
        let Ok(frame) = frame else { break };
        let Some(data) = frame.data_ref() else { continue };
        let room = MOST_BODY - body.len();
        body.extend_from_slice(&data[..data.len().min(room)]);
        if body.len() == MOST_BODY {
            break;
        }
    }
    Ok(Fetched { status: head.status, headers: head.headers, body, tls })
}

/// Why nothing came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the address has no host that can be asked")]
    Host,
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("no TLS connection: {0}")]
    Tls(io::Error),
    #[error("no answer that is HTTP: {}", plain(.0))]
    Http(hyper::Error),
    #[error("no whole answer within {0} s; --timeout takes up to 120")]
    Slow(u64),
}

fn plain(error: &hyper::Error) -> String {
    use std::error::Error;
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
