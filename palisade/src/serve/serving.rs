//! A server that can be awaited.

use std::fmt;
use std::future::pending;
use std::io;
use std::pin::Pin;

use tokio::net::TcpListener;

use super::app::Server;
use super::server::Stop;
#[cfg(doc)]
use super::shutdown_signal;
use super::{Listener, Serve};

/// A server that runs while it is awaited. Dropping it drops its connections.
///
/// ```
/// use axum::Router;
/// use palisade::serve::Serving;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let server: Serving = palisade::serve(listener, Router::new());
/// let stop = std::future::ready(()); // in a program: `palisade::serve::shutdown_signal()?`
/// assert!(server.until(stop).await.is_ok());
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it is awaited"]
pub struct Serving<L = TcpListener> {
    settings: Serve,
    listener: L,
    server: Server<L>,
    stop: Stop,
}

impl<L: Listener> Serving<L> {
    /// Returns a server that nothing stops.
    pub(super) fn new(settings: Serve, listener: L, server: Server<L>) -> Self {
        Self { settings, listener, server, stop: Box::pin(pending()) }
    }

    /// Shuts the server down gracefully once `stop` is ready, such as
    /// [`shutdown_signal`]: see [`Serve::shutdown_timeout`].
    #[doc(alias = "with_graceful_shutdown")]
    pub fn until(self, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { stop: Box::pin(stop), ..self }
    }
}

impl<L: fmt::Debug> fmt::Debug for Serving<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, listener, .. } = self;
        f.debug_struct("Serving")
            .field("settings", settings)
            .field("listener", listener)
            .finish_non_exhaustive()
    }
}

/// Serves until the future of [`Serving::until`] is ready; without one, for ever.
///
/// # Errors
/// `TimedOut` if connections were still open at the end of [`Serve::shutdown_timeout`], and were
/// dropped.
impl<L: Listener> IntoFuture for Serving<L> {
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.server)(self.settings, self.listener, self.stop)
    }
}
