//! A site that nginx serves under `/notes/`, as one of several sites of a host.
//!
//! ```sh
//! cargo run -p palisade --features session --example proxy
//! docker compose -f palisade/examples/proxy/compose.yaml up # open http://localhost:8080/notes/
//! ```
//!
//! In production: `SITE_HOSTS=example.org,www.example.org SECRET_KEY=…`.

#[cfg(test)]
mod tests;

use std::env;
use std::error::Error;

use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};
use palisade::host::HostsError;
use palisade::proxy::{Hops, Proxies};
use palisade::redirect::SafePath;
use palisade::request::{Client, Scheme};
use palisade::session::store::MemorySessions;
use palisade::{CsrfToken, Keyring, Palisade, Redirect, Session, Sessions};

/// Protects the site under its hosts; without hosts, on a developer's machine.
fn palisade(hosts: Option<&str>, keyring: &Keyring) -> Result<Palisade, HostsError> {
    let palisade = match hosts {
        Some(hosts) => Palisade::for_hosts(hosts.split(','))?,
        None => Palisade::development(),
    };
    // One proxy, on this machine or in the private network, which sets X-Forwarded-For, -Proto and
    // -Prefix. Without this line, every request through nginx is a 500 that says so.
    let nginx = Proxies::hops(Hops { x_prefix: 1, ..Hops::from(1) });
    // `__Host-` cookies have the path `/`, so that each site of the host needs a name of its own.
    let sessions = Sessions::in_store(MemorySessions::new(), keyring).cookie_name("notes");
    Ok(palisade.trusted_proxies(nginx).sessions(sessions))
}

fn app(palisade: &Palisade) -> Router {
    let pages = Router::new().route("/", get(home)).route("/add", post(add));
    let probes = Router::new().route("/healthz", get(async || "ok")); // for the proxy, under any host
    palisade.for_probes().protect(probes).merge(palisade.protect(pages))
}

/// Links and forms go through `Client::path`, which puts the proxy's prefix before the path.
async fn home(client: Client, session: Session, token: CsrfToken) -> palisade::Result<Html<String>> {
    let count = session.get::<u32>("count").await?.unwrap_or(0);
    let secure = if client.scheme() == Scheme::Https { "encrypted" } else { "not encrypted" };
    Ok(Html(format!(
        "<!doctype html><title>Notes</title><p>{count} notes, {secure}, from {}</p>\
         <form method=post action=\"{}\">{}<button>Add</button></form>",
        client.ip(),
        client.path("/add"),
        token.input(),
    )))
}

/// A `Redirect` to a path of the site gets the prefix by itself.
async fn add(session: Session) -> palisade::Result<Redirect> {
    let count = session.get::<u32>("count").await?.unwrap_or(0);
    session.set("count", count + 1).await?;
    Ok(Redirect::to(SafePath::of("/")))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let hosts = env::var("SITE_HOSTS").ok();
    let keyring = match hosts {
        Some(_) => Keyring::from_env("SECRET_KEY")?,
        None => Keyring::random(), // sessions end at a restart
    };
    let app = app(&palisade(hosts.as_deref(), &keyring)?);
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
