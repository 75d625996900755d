//! A rendered template as an answer.

use askama::Template;
use axum::response::Html;

use crate::error::Error;

/// Renders a page; one that cannot be rendered is a 500.
pub(crate) fn render(page: &impl Template) -> Result<Html<String>, Error> {
    Ok(Html(page.render()?))
}
