//! A server that speaks TLS itself (axum-server), and one for plain HTTP beside it, which redirects.
//!
//! ```sh
//! cargo run -p palisade --example tls
//! # open https://localhost:3443/ (the browser warns of the self-signed certificate), or as a visitor of example.org:
//! curl -ik --resolve example.org:3443:127.0.0.1 https://example.org:3443/
//! curl -i -H 'Host: example.org' http://localhost:3000/ # a redirect to https
//! ```

#[cfg(test)]
mod tests;

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
