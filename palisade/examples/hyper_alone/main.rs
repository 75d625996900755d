//! A tower service without axum, behind the library's layers: it echoes the body of the request.
//!
//! ```sh
//! cargo run -p palisade --example hyper_alone --no-default-features --features serve
//! curl --data 'Hello' http://127.0.0.1:3000/
//! ```

#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::env;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError};
use palisade::body_limit::{BodyLimit, LimitedBody};
use palisade::deadline::Deadline;
use palisade::front_door::Guards;
use tokio::net::TcpListener;
use tower::{Layer, Service};

/// Echoes the body of the request.
#[derive(Clone)]
struct Echo;

impl Service<Request<LimitedBody>> for Echo {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<LimitedBody>) -> Self::Future {
        Box::pin(async {
            let mut response = Response::new(Full::default());
            match request.into_body().collect().await {
                Ok(body) => *response.body_mut() = Full::new(body.to_bytes()),
                Err(error) if error.is::<LengthLimitError>() => {
                    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
                }
                Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
            }
            Ok(response)
        })
    }
}

async fn run(listener: TcpListener) -> io::Result<()> {
    let app = BodyLimit::bytes(64 << 10).layer(Echo);
    let app = Guards::new().layer(Deadline::default().layer(app));
    palisade::serve(listener, app).until(palisade::serve::shutdown_signal()?).await
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    eprintln!("Listening on http://{}", listener.local_addr()?);
    run(listener).await
}
