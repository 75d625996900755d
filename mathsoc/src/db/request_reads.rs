//! The state of the database that one request has asked for, so that it asks once.
//!
//! A page of a member reads the session, the account, the challenge and the answers from the
//! [read cache](super::read_cache). Each read asks whether anything was committed; a GET may use
//! the answer of its first read for the others. What it shows is then as new as its first read,
//! and so never older than the request.
//!
//! A request that writes must see its own writes, so this holds for GET and HEAD only, inside of
//! the layer that writes the session, and a write of a session forgets the state.
//!
//! | bound | value | reason |
//! |---|---|---|
//! | age | 1 s | as that of the cache |

use std::cell::Cell;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{Method, Request};
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};

use super::commit_watch::State;

const MAX_AGE: Duration = Duration::from_secs(1);

tokio::task_local! {
    static READS: RequestReads;
}

/// What a request knows of the database.
#[derive(Debug)]
pub(crate) struct RequestReads {
    /// `true` for a method that reads only.
    is_reading: bool,
    /// The database, its state, and when it was asked for.
    known: Cell<Option<(usize, State, Instant)>>,
}

impl RequestReads {
    /// Returns the known state of this database.
    pub(super) fn state(database: usize) -> Option<State> {
        let known = READS.try_with(|reads| reads.known.get()).ok().flatten();
        known.filter(|(of, _, at)| *of == database && at.elapsed() < MAX_AGE).map(|(_, state, _)| state)
    }

    /// Remembers the state for the rest of the request, if it only reads.
    pub(super) fn remember(database: usize, state: State) {
        // Outside of a request there is nothing to remember it in.
        let _ = READS.try_with(|reads| {
            if reads.is_reading {
                reads.known.set(Some((database, state, Instant::now())));
            }
        });
    }

    /// Makes the next read ask again: the request has written.
    pub(super) fn forget() {
        let _ = READS.try_with(|reads| reads.known.set(None));
    }
}

/// The layer around the pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestReadsLayer;

impl<S> Layer<S> for RequestReadsLayer {
    type Service = RequestReadsService<S>;

    fn layer(&self, inner: S) -> RequestReadsService<S> {
        RequestReadsService(inner)
    }
}

/// The service of [`RequestReadsLayer`].
#[derive(Clone, Debug)]
pub(crate) struct RequestReadsService<S>(S);

impl<S: Service<Request<B>>, B> Service<Request<B>> for RequestReadsService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = TaskLocalFuture<RequestReads, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
        let reads = RequestReads { is_reading, known: Cell::default() };
        READS.scope(reads, self.0.call(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn second_read(method: Method, between: fn()) -> Option<State> {
        let handler = tower::service_fn(async |_: Request<()>| {
            assert_eq!(RequestReads::state(1), None);
            RequestReads::remember(1, 7);
            between();
            Ok::<_, std::convert::Infallible>((RequestReads::state(1), RequestReads::state(2)))
        });
        let request = Request::builder().method(method).body(()).unwrap();
        let (this, other) = RequestReadsLayer.layer(handler).call(request).await.unwrap();
        assert_eq!(other, None, "another database");
        this
    }

    #[tokio::test]
    async fn only_a_reading_request_remembers_the_state() {
        assert_eq!(second_read(Method::GET, || {}).await, Some(7));
        assert_eq!(second_read(Method::HEAD, || {}).await, Some(7));
        assert_eq!(second_read(Method::POST, || {}).await, None);
        assert_eq!(second_read(Method::GET, RequestReads::forget).await, None);
        RequestReads::remember(1, 7);
        assert_eq!(RequestReads::state(1), None, "outside of a request");
    }
}
