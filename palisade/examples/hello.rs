//! The smallest protected site, served by `palisade::serve` or by `axum::serve`.
//!
//! ```sh
//! cargo run -p palisade --example hello           # palisade::serve limits heads, bodies and time
//! cargo run -p palisade --example hello -- axum   # axum::serve
//! curl -i http://localhost:3000/                          # 200, with the security headers
//! curl -i http://localhost:3000/square/99999              # 422, an error with a message
//! curl -i -H 'Host: example.org' http://localhost:3000/   # 500: the log says what to write
//! SITE_HOSTS=example.org cargo run -p palisade --example hello # then it is redirected to https
//! ```

use std::env;
use std::error::Error;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use palisade::host::HostsError;
use palisade::{CspNonce, Palisade};
use tokio::net::TcpListener;

/// Reads where the site runs: under these names, or on a developer's machine.
fn palisade(hosts: Option<&str>) -> Result<Palisade, HostsError> {
    match hosts {
        Some(hosts) => Palisade::for_hosts(hosts.split(',')),
        None => Ok(Palisade::development()), // plain HTTP, this machine and its network only
    }
}

fn app(palisade: &Palisade) -> Router {
    let routes = Router::new().route("/", get(home)).route("/square/{number}", get(square));
    palisade.protect(routes) // last: a route that is added later is not protected
}

async fn home(nonce: CspNonce) -> Html<String> {
    // An inline script runs with the nonce of its response only.
    Html(format!("<h1>Hello</h1><script nonce=\"{nonce}\">document.title = 'Hello'</script>"))
}

async fn square(Path(number): Path<u32>) -> palisade::Result<String> {
    let square = number.checked_mul(number);
    let square = square.ok_or_else(|| palisade::Error::unprocessable("Please take a smaller number."))?;
    Ok(square.to_string())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init(); // every rejection is in the log, with its reason
    let app = app(&palisade(env::var("SITE_HOSTS").ok().as_deref())?);
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    let stop = palisade::serve::shutdown_signal()?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    if env::args().any(|argument| argument == "axum") {
        // Without the connect info, every request is a 500: the client's address is unknown.
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    } else {
        palisade::serve(listener, app).until(stop).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use palisade::test::Browser;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn pages_and_errors_have_the_headers() {
        let mut browser = Browser::new(app(&palisade(None).unwrap()));
        for (path, status, words) in [
            ("/", 200, "Hello"),
            ("/square/12", 200, "144"),
            ("/square/99999", 422, "Please take a smaller number."),
            ("/nowhere", 404, "There is nothing at this address."),
        ] {
            let page = browser.get(path).await;
            assert_eq!(page.status, status, "{path}");
            assert!(page.text.contains(words), "{path}: {}", page.text);
            assert!(page.headers.contains_key("content-security-policy"), "{path}");
        }
        let nonce = browser.get("/").await.select("script")[0].attribute("nonce").unwrap().to_owned();
        let policy = browser.page().unwrap().header("content-security-policy").unwrap();
        assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
    }

    #[tokio::test]
    async fn other_hosts_are_rejected() {
        let app = |hosts: Option<&str>| app(&palisade(hosts).unwrap());
        let sites = Some("example.org,www.example.org");
        let get = async |app: Router, site: &str| Browser::new(app).at(site).get("/").await.status;
        assert_eq!(get(app(sites), "https://www.example.org").await, 200);
        assert_eq!(get(app(sites), "https://other.example").await, 421);
        assert_eq!(get(app(None), "https://example.org").await, 500, "development is for local names");
        assert!(palisade(Some("https://example.org")).is_err(), "a host has no scheme");
    }

    #[tokio::test]
    async fn axum_serve_needs_the_connect_info() {
        let with = app(&palisade(None).unwrap()).into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, with).into_future());
        assert!(fetch(address).await.starts_with("HTTP/1.1 200 "));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, app(&palisade(None).unwrap())).into_future());
        let page = fetch(address).await;
        assert!(page.starts_with("HTTP/1.1 500 "), "{page}");
        assert!(
            page.contains("into_make_service_with_connect_info"),
            "in development, the line to write: {page}"
        );
    }

    async fn fetch(address: SocketAddr) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).await.unwrap();
        page
    }
}
