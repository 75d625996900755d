//! The service under test, of any type.

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use axum::BoxError;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

type ResponseFuture = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A service whose type, error and response body are erased.
pub(super) trait AnyService: Send + Sync {
    fn call(&self, request: Request<Body>) -> ResponseFuture;
}

/// Clones the service for each request. The lock makes a service that is not `Sync` fit.
pub(super) struct Cloned<S>(Mutex<S>);

impl<S> Cloned<S> {
    pub(super) fn new(service: S) -> Self {
        Self(Mutex::new(service))
    }
}

impl<S, B> AnyService for Cloned<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Debug,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    fn call(&self, request: Request<Body>) -> ResponseFuture {
        let mut service = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            if let Err(error) = poll_fn(|cx| service.poll_ready(cx)).await {
                panic!("the service is not ready: {error:?}");
            }
            match service.call(request).await {
                Ok(response) => response.map(Body::new),
                Err(error) => panic!("the service has failed: {error:?}"),
            }
        })
    }
}
