//! A server that speaks TLS itself (axum-server), and one for plain HTTP beside it, which redirects.
//!
//! ```sh
//! cargo run -p palisade --example tls
//! # open https://localhost:3443/ (the browser warns of the self-signed certificate), or as a visitor of example.org:
//! curl -ik --resolve example.org:3443:127.0.0.1 https://example.org:3443/
//! curl -i -H 'Host: example.org' http://localhost:3000/ # a redirect to https
//! ```

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::get;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsConfig, from_tcp_rustls};
use hyper_util::rt::TokioTimer;
use palisade::Palisade;
use palisade::host::HostsError;
use palisade::https::Https;
use palisade::request::{ClientIp, Scheme};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio::net::TcpListener;
use tokio_rustls::rustls::crypto;

type BoxError = Box<dyn Error + Send + Sync>;

const HOSTS: [&str; 2] = ["example.org", "localhost"];

fn app(https_port: u16) -> Result<Router, HostsError> {
    let home = get(async |scheme: Scheme, ip: ClientIp| format!("{} by {}", ip.0, scheme.as_str()));
    let https = Https::new().port(https_port); // a site on port 443 needs no `Https`
    Ok(Palisade::for_hosts(HOSTS)?.https(https).protect(Router::new().route("/", home)))
}

/// Makes a self-signed certificate. A real site reads the files of its ACME client instead, with
/// `RustlsConfig::from_pem_file`, and renews them with `reload_from_pem_file`.
fn certificate() -> Result<CertifiedKey<KeyPair>, rcgen::Error> {
    generate_simple_self_signed(HOSTS.map(str::to_owned))
}

/// Serves both ports until `stop`.
async fn run(
    plain: TcpListener,
    tls: std::net::TcpListener,
    certificate: CertifiedKey<KeyPair>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), BoxError> {
    let _ = crypto::ring::default_provider().install_default(); // an error: there is one already
    let (chain, key) = (vec![certificate.cert.der().to_vec()], certificate.signing_key.serialize_der());
    let config = RustlsConfig::from_der(chain, key).await?;
    let app = app(tls.local_addr()?.port())?;

    // The limits of connections that `palisade::serve` has by itself. axum-server does not limit
    // their number: that is for the firewall, or for the service manager (LimitNOFILE).
    let handle = Handle::new();
    let seconds = Duration::from_secs;
    let mut server = from_tcp_rustls(tls, config)?.handle(handle.clone()).first_request_timeout(seconds(10));
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(seconds(10)).max_buf_size(32 << 10);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(seconds(30)).max_concurrent_streams(100);

    // Without the `Scheme`, outside of the layers, every request is redirected for ever.
    let encrypted = app.clone().layer(Extension(Scheme::Https));
    let encrypted = server.serve(encrypted.into_make_service_with_connect_info::<SocketAddr>());
    // The same layers over plain HTTP redirect every request, except /.well-known/acme-challenge/,
    // and those of this machine for localhost.
    let plain = palisade::serve(plain, app).until(async move {
        stop.await;
        handle.graceful_shutdown(Some(seconds(30)));
    });
    tokio::try_join!(plain.into_future(), encrypted)?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let plain = TcpListener::bind("127.0.0.1:3000").await?; // 0.0.0.0:80 in production
    let tls = std::net::TcpListener::bind("127.0.0.1:3443")?; // 0.0.0.0:443
    eprintln!("Listening on https://localhost:3443, and on http://{}", plain.local_addr()?);
    run(plain, tls, certificate()?, palisade::serve::shutdown_signal()?).await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

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
            let tls = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let own = certificate().unwrap();
            let (stop, stopped) = oneshot::channel();
            Self {
                plain: plain.local_addr().unwrap(),
                tls: tls.local_addr().unwrap(),
                certificate: own.cert.der().clone(),
                stop,
                served: tokio::spawn(run(plain, tls, own, async { drop(stopped.await) })),
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
}
