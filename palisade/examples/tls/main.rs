//! A server that speaks TLS itself, and one for plain HTTP beside it, which redirects.
//!
//! ```sh
//! cargo run -p palisade --features tls --example tls
//! # open https://localhost:3443/ (the browser warns of the self-signed certificate), or as a visitor of example.org:
//! curl -ik --resolve example.org:3443:127.0.0.1 https://example.org:3443/
//! curl -i -H 'Host: example.org' http://localhost:3000/ # a redirect to https
//! ```

mod self_signed;
#[cfg(test)]
mod tests;

use std::error::Error;

use axum::Router;
use axum::routing::get;
use palisade::Palisade;
use palisade::host::HostsError;
use palisade::https::Https;
use palisade::request::{ClientIp, Scheme};
use palisade::serve::{Serve, Shutdown, Tls};
use tokio::net::TcpListener;

type BoxError = Box<dyn Error + Send + Sync>;

const HOSTS: [&str; 2] = ["example.org", "localhost"];

fn app(https_port: u16) -> Result<Router, HostsError> {
    let home = get(async |scheme: Scheme, ip: ClientIp| format!("{} by {}", ip.0, scheme.as_str()));
    let https = Https::new().port(https_port); // a site on port 443 needs no `Https`
    Ok(Palisade::for_hosts(HOSTS)?.https(https).protect(Router::new().route("/", home)))
}

/// Serves both ports until `stop`.
async fn run(
    plain: TcpListener,
    secure: TcpListener,
    tls: Tls,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), BoxError> {
    let app = app(secure.local_addr()?.port())?;
    let stop = Shutdown::when(stop);
    let both = stop.clone();
    // Every request has `Scheme::Https`. The same layers over plain HTTP redirect every request,
    // except /.well-known/acme-challenge/, and those of this machine for localhost.
    let secure = Serve::new().tls(tls).serve(secure, app.clone()).until(async move { stop.started().await });
    let plain = palisade::serve(plain, app).until(async move { both.started().await });
    tokio::try_join!(plain.into_future(), secure.into_future())?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    // The files of an ACME client, such as /etc/letsencrypt/live/example.org/fullchain.pem. When they
    // are renewed, the server notices within a minute.
    let folder = tempfile::tempdir()?;
    let (chain, key) = self_signed::write(folder.path())?;
    let tls = Tls::from_pem_files(chain, key)?;
    let plain = TcpListener::bind("127.0.0.1:3000").await?; // 0.0.0.0:80 in production
    let secure = TcpListener::bind("127.0.0.1:3443").await?; // 0.0.0.0:443
    eprintln!("Listening on https://localhost:3443, and on http://{}", plain.local_addr()?);
    run(plain, secure, tls, palisade::serve::shutdown_signal()?).await
}
