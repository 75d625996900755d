//! The graceful shutdown: what requests one, and how handlers learn of it.

use std::future::pending;
use std::io;
use std::sync::{Arc, Once};

use tokio::sync::watch;

/// The shutdown of the server that a request came through, for handlers that stream.
///
/// [`serve`](crate::serve()) puts it into the request's extensions. It is also an axum extractor.
/// A handler that waits for events, and is not a stream of Server-Sent Events, ends by itself when
/// the shutdown starts:
///
/// ```
/// use axum::{Router, body::Body, http::Request, routing::get};
/// use palisade::serve::Shutdown;
/// use tower::ServiceExt;
///
/// async fn next_event(shutdown: Shutdown) -> &'static str {
///     tokio::select! {
///         event = async { "an event" } => event,
///         () = shutdown.started() => "the server restarts: ask again",
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/next", get(next_event));
/// // Without `palisade::serve`, such as in a test, the handle is put in by hand:
/// let shutdown = Shutdown::never();
/// assert!(!shutdown.has_started());
/// let request = Request::get("/next").extension(shutdown).body(Body::empty())?;
/// assert_eq!(app.oneshot(request).await?.status(), 200);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "CancellationToken")]
#[doc(alias = "graceful_shutdown")]
#[derive(Clone, Debug)]
pub struct Shutdown(Option<Arc<watch::Receiver<()>>>);

impl Shutdown {
    /// Returns the handle of a server, whose shutdown starts when the sender is dropped.
    pub(super) fn new() -> (watch::Sender<()>, Self) {
        let (sender, receiver) = watch::channel(());
        (sender, Self(Some(Arc::new(receiver))))
    }

    /// Returns the handle of another server, whose shutdown starts when this future is ready.
    ///
    /// ```
    /// use axum::{Extension, Router};
    /// use palisade::serve::Shutdown;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let routes: Router = Router::new();
    /// let (stop, stopped) = tokio::sync::oneshot::channel::<()>(); // or `shutdown_signal()?`
    /// let shutdown = Shutdown::when(async { drop(stopped.await) });
    /// let app = routes.layer(Extension(shutdown.clone())); // for the handlers
    /// drop(stop);
    /// shutdown.started().await; // for the server's own graceful shutdown
    /// assert!(shutdown.has_started());
    /// # let _: Router = app;
    /// # }
    /// ```
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn when(stop: impl Future<Output = ()> + Send + 'static) -> Self {
        let (sender, shutdown) = Self::new();
        tokio::spawn(async move {
            stop.await;
            drop(sender);
        });
        shutdown
    }

    /// Returns the handle of a server that never shuts down, for tests.
    pub const fn never() -> Self {
        Self(None)
    }

    /// Returns a handle that shares no reference count with this one, for the requests of one
    /// connection.
    pub(super) fn of_connection(&self) -> Self {
        Self(self.0.as_deref().map(|receiver| Arc::new(receiver.clone())))
    }

    /// Completes when the server starts to shut down, or its future is dropped.
    pub async fn started(&self) {
        let Some(receiver) = &self.0 else { return pending().await };
        let mut receiver = watch::Receiver::clone(receiver);
        while receiver.changed().await.is_ok() {}
    }

    /// Returns `true` once the server has started to shut down.
    pub fn has_started(&self) -> bool {
        self.0.as_ref().is_some_and(|receiver| receiver.has_changed().is_err())
    }
}

/// Returns a future that is ready when the process is asked to stop: by SIGTERM, which service
/// managers and containers send, or by SIGINT (Ctrl-C). On other systems than Unix, by Ctrl-C.
///
/// ```no_run
/// use axum::Router;
/// use palisade::serve::shutdown_signal;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// palisade::serve(listener, Router::new()).until(shutdown_signal()?).await
/// # }
/// ```
///
/// A signal between this call and the first poll counts too.
///
/// # Errors
/// If the system does not register the signal handlers.
///
/// # Panics
/// Outside of a tokio runtime.
#[doc(alias = "ctrl_c")]
#[doc(alias = "SIGTERM")]
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let received = {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
    };
    #[cfg(not(unix))]
    let received = async { drop(tokio::signal::ctrl_c().await) };
    Ok(async {
        static LOGGED: Once = Once::new();
        received.await;
        // Several servers of one program stop by the same signal.
        LOGGED.call_once(|| tracing::info!("shutdown requested: open requests are finished first"));
    })
}
