//! The services that a server can serve.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::pin::Pin;

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::server::{Stop, run};
use super::{Listener, Serve};
use crate::body_limit::LimitedBody;

/// A service that [`serve`](crate::serve()) can serve: an axum `Router`, or a tower service that
/// takes a [`LimitedBody`]. The parameter is inferred.
///
/// ```
/// use axum::Router;
/// use palisade::serve::{App, Serving};
/// use tokio::net::TcpListener;
///
/// fn serve_on<M>(listener: TcpListener, app: impl App<M>) -> Serving {
///     palisade::serve(listener, app)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let server = serve_on(listener, Router::new());
/// assert!(server.until(std::future::ready(())).await.is_ok());
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be served",
    label = "this is not an application that `palisade::serve` accepts",
    note = "a `Router<State>` still lacks its state: `.with_state(state)` makes it a `Router`",
    note = "a function that returns `impl Service<Request>` takes axum's `Body` only: let it return `Router`, such as \
            `Router::new().fallback_service(service)`",
    note = "a tower service takes `Request<LimitedBody>`, is `Clone + Send + 'static`, and its future is `Send`"
)]
pub trait App<M>: Sized {
    #[doc(hidden)]
    fn into_server<L: Listener>(self) -> Server<L>;
}

/// Runs a server until the future, its stop, is ready.
pub(crate) type Server<L> = Box<dyn FnOnce(Serve, L, Stop) -> ServerFuture + Send>;

pub(crate) type ServerFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// The parameter of [`App`] for tower services.
#[derive(Debug)]
pub enum TowerService {}

impl<S, B> App<TowerService> for S
where
    S: Service<Request<LimitedBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    fn into_server<L: Listener>(self) -> Server<L> {
        #[cfg(feature = "axum")]
        let app = match crate::core::axum_compat::AxumService::of(self) {
            Ok(router) => {
                return Box::new(|settings, listener, stop| Box::pin(run(settings, listener, router, stop)));
            }
            Err(app) => app,
        };
        #[cfg(not(feature = "axum"))]
        let app = self;
        Box::new(|settings, listener, stop| Box::pin(run(settings, listener, app, stop)))
    }
}

/// A type without values. With a second implementation, rustc explains a missing one by the text
/// of [`App`], and not by the bounds of the first.
impl App<Infallible> for Infallible {
    fn into_server<L: Listener>(self) -> Server<L> {
        match self {}
    }
}
