//! `/admin`: where everything is.

use askama::Template;
use axum::response::Html;

use crate::error::Error;
use crate::pages::{Frame, Here, Layout, shown};

#[derive(Template)]
#[template(path = "admin/home.html")]
struct Home {
    layout: Layout,
}

/// `GET /admin`.
///
/// # Errors
/// When the page cannot be rendered.
pub async fn show(frame: Frame) -> Result<Html<String>, Error> {
    shown(&Home { layout: frame.layout(Here::Admin) })
}
