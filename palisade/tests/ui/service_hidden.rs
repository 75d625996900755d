use std::convert::Infallible;

use axum::extract::Request;
use axum::response::Response;
use axum::{Router, ServiceExt};

fn app() -> impl ServiceExt<Request, Response = Response, Error = Infallible> {
    Router::new()
}

async fn run() {
    palisade::serve(unreachable!(), app()).await;
}
