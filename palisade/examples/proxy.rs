//! A site that nginx serves under `/notes/`, one of several sites of a host. The files are in `examples/proxy/`.
//!
//! ```sh
//! cargo run -p palisade --features session --example proxy
//! docker compose -f palisade/examples/proxy/compose.yaml up # open http://localhost:8080/notes/
//! ```
//!
//! In production: `SITE_HOSTS=example.org,www.example.org SECRET_KEY=…`.

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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::process::Command;

    use palisade::test::Browser;
    use test_support::Folder;
    use test_support::servers::{Server, free_port, listens};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    fn production() -> Router {
        app(&palisade(Some("example.org,www.example.org"), &Keyring::random()).unwrap())
    }

    /// Returns a visitor of https://example.org/notes/, whose proxy has removed `/notes`.
    fn visitor() -> Browser {
        let browser = Browser::new(production()).at("https://example.org").from("10.0.0.2");
        let browser = browser.header("x-forwarded-for", "192.0.2.7");
        browser.header("x-forwarded-proto", "https").header("x-forwarded-prefix", "/notes")
    }

    #[tokio::test]
    async fn links_and_redirects_have_the_prefix() {
        let mut ada = visitor().without_following();
        let page = ada.get("/").await;
        assert_eq!(page.texts("p"), ["0 notes, encrypted, from 192.0.2.7"]);
        assert!(page.header("set-cookie").unwrap().starts_with("__Host-notes="));
        assert_eq!(page.select("form")[0].attribute("action"), Some("/notes/add"));
        let token = page.select("form input")[0].clone();
        let field = (token.attribute("name").unwrap(), token.attribute("value").unwrap());
        let added = ada.post("/add", &[field]).await; // the proxy removes the prefix
        assert_eq!((added.status.as_u16(), added.header("location")), (303, Some("/notes/")));
        assert_eq!(ada.get("/").await.texts("p"), ["1 notes, encrypted, from 192.0.2.7"]);
    }

    #[tokio::test]
    async fn redirects_plain_http_under_the_prefix() {
        let mut ada = visitor().header("x-forwarded-proto", "http").without_following();
        let page = ada.get("/?x=1").await;
        assert_eq!(page.header("location"), Some("https://example.org/notes/?x=1"));
    }

    #[tokio::test]
    async fn rejects_other_hosts_and_strangers_headers() {
        assert_eq!(visitor().at("https://evil.example").get("/").await.status, 421);
        let stranger = Browser::new(production()).at("http://example.org").from("203.0.113.9");
        assert_eq!(stranger.header("x-forwarded-proto", "https").get("/").await.status, 500);
    }

    #[tokio::test]
    async fn answers_probes_under_any_host() {
        let mut probe = Browser::new(production()).at("http://10.0.0.3:3000").from("10.0.0.2");
        assert_eq!(probe.get("/healthz").await.text, "ok");
    }

    /// Starts nginx with `nginx.conf` in front of this address.
    fn nginx(site: SocketAddr) -> (Server, u16) {
        let (folder, port) = (Folder::new(), free_port());
        let conf = include_str!("proxy/nginx.conf")
            .replace("app:3000", &site.to_string())
            .replace("listen 80;", &format!("listen 127.0.0.1:{port};"));
        let temp: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", folder.path(name)))
            .concat();
        let conf = folder.file(
            "nginx.conf",
            &format!(
                "daemon off;\nmaster_process off;\npid {};\nerror_log {};\nevents {{}}\nhttp {{\naccess_log off;\n{temp}{conf}}}\n",
                folder.path("pid"),
                folder.path("error.log")
            ),
        );
        let mut command = Command::new("nginx");
        command.args(["-c", &conf, "-e", &folder.path("error.log")]);
        (Server::start(command, folder, format!("http://127.0.0.1:{port}"), || listens(port)), port)
    }

    #[tokio::test]
    async fn nginx_sets_the_prefix_and_replaces_forged_headers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (_nginx, port) = nginx(listener.local_addr().unwrap());
        let site = app(&palisade(None, &Keyring::random()).unwrap());
        tokio::spawn(palisade::serve(listener, site).into_future());

        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!(
            "GET /notes/ HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\n\
             X-Forwarded-Proto: https\r\nX-Forwarded-Prefix: /evil\r\nForwarded: for=6.6.6.6\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("0 notes, not encrypted, from 127.0.0.1"), "{answer}");
        assert!(answer.contains("action=\"/notes/add\""), "{answer}");
    }
}
