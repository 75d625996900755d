//! Rendering of a template into a response.

use askama::Template;
use axum::response::Html;

use crate::error::Error;

/// Renders a page. A template error is a 500.
pub(crate) fn render(page: &impl Template) -> Result<Html<String>, Error> {
    Ok(Html(page.render()?))
}
