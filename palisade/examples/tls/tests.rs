use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::*;

struct Site {
    plain: SocketAddr,
    tls: SocketAddr,
    certificate: CertificateDer<'static>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), BoxError>>,
}

impl Site {
    async fn start() -> Self {
        let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let secure = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = self_signed::write(folder.path()).unwrap();
        let certificate = CertificateDer::from_pem_file(&chain).unwrap();
        let tls = Tls::from_pem_files(chain, key).unwrap();
        let (stop, stopped) = oneshot::channel();
        Self {
            plain: plain.local_addr().unwrap(),
            tls: secure.local_addr().unwrap(),
            certificate,
            stop,
            served: tokio::spawn(run(plain, secure, tls, async { drop(stopped.await) })),
        }
    }

    async fn over_tls(&self, host: &str) -> String {
        let _ = crypto::ring::default_provider().install_default();
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let stream = TcpStream::connect(self.tls).await.unwrap();
        let name = ServerName::try_from("example.org").unwrap();
        fetch(TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap(), host).await
    }

    async fn over_http(&self, host: &str) -> String {
        fetch(TcpStream::connect(self.plain).await.unwrap(), host).await
    }
}

async fn fetch(mut stream: impl AsyncRead + AsyncWrite + Unpin, host: &str) -> String {
    let request = format!("GET /?x=1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn tls_answers_and_plain_http_redirects() {
    let site = Site::start().await;
    let answer = site.over_tls("example.org").await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("127.0.0.1 by https"), "{answer}");
    assert!(answer.contains("\r\nstrict-transport-security: max-age="), "{answer}");

    let answer = site.over_http("example.org").await;
    let location = format!("\r\nlocation: https://example.org:{}/?x=1\r\n", site.tls.port());
    assert!(answer.starts_with("HTTP/1.1 302 ") && answer.contains(&location), "{answer}");
}

#[tokio::test]
async fn rejects_other_hosts() {
    let site = Site::start().await;
    for answer in [site.over_tls("evil.example").await, site.over_http("evil.example").await] {
        assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
    }
}

#[tokio::test]
async fn one_signal_stops_both_servers() {
    let site = Site::start().await;
    site.over_tls("example.org").await;
    site.stop.send(()).unwrap();
    site.served.await.unwrap().unwrap();
    assert!(TcpStream::connect(site.plain).await.is_err());
    assert!(TcpStream::connect(site.tls).await.is_err());
}
