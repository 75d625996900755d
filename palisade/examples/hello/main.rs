//! The smallest protected site, on a developer's machine or under its hosts.
//!
//! ```sh
//! cargo run -p palisade --example hello
//! curl -i http://localhost:3000/                          # 200, with the security headers
//! curl -i http://localhost:3000/square/99999              # 422, an error with a message
//! curl -i -H 'Host: example.org' http://localhost:3000/   # 500: the log says what to write
//! SITE_HOSTS=example.org cargo run -p palisade --example hello # then it is redirected to https
//! ```

#[cfg(test)]
mod tests;

use std::env;
use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use palisade::host::HostsError;
use palisade::{CspNonce, Palisade};

fn app(hosts: Option<&str>) -> Result<Router, HostsError> {
    let palisade = match hosts {
        Some(hosts) => Palisade::for_hosts(hosts.split(','))?,
        None => Palisade::development(), // plain HTTP, this machine and its network only
    };
    let routes = Router::new().route("/", get(home)).route("/square/{number}", get(square));
    Ok(palisade.protect(routes)) // last: a route that is added later is not protected
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
    tracing_subscriber::fmt().log_internal_errors(false).init();
    let app = app(env::var("SITE_HOSTS").ok().as_deref())?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    Ok(palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await?)
}
