//! `/about`: what the society is, and when it meets.

use askama::Template;
use axum::response::Html;

use super::{Frame, Here, Layout, shown};
use crate::error::Error;

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    layout: Layout,
}

/// `GET /about`.
///
/// # Errors
///
/// When the page cannot be written, which nothing a visitor sends brings about.
pub async fn about(frame: Frame) -> Result<Html<String>, Error> {
    shown(&About { layout: frame.layout(Here::About) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::looks;

    #[test]
    fn the_page_says_when_we_meet() {
        let page = About { layout: looks::layout() }.render().unwrap();
        looks::check(&page, "About the society");
        assert!(page.contains("Every Thursday"));
    }
}
