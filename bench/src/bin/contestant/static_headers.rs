//! tower-http with the headers that `palisade` sends, one layer each.

use std::error::Error;

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tower_http::set_header::SetResponseHeaderLayer;

use super::bare;
use super::visitor::Visitor;

pub async fn app() -> Result<Router, Box<dyn Error>> {
    let sent = Visitor::new()?.get("/json").await?.headers;
    let of_the_body = |name: &HeaderName| matches!(*name, CONTENT_TYPE | CONTENT_LENGTH);
    Ok(sent.iter().filter(|(name, _)| !of_the_body(name)).fold(bare::app(), |app, (name, value)| {
        app.layer(SetResponseHeaderLayer::if_not_present(name.clone(), value.clone()))
    }))
}
