//! `/about`: the society and its meetings.

use askama::Template;
use axum::response::Html;

use crate::error::Error;
use crate::pages::parts::{Frame, Layout, Section, render};

#[derive(Template)]
#[template(path = "about.html")]
struct About {
    layout: Layout,
}

/// `GET /about`.
pub(crate) async fn about(frame: Frame) -> Result<Html<String>, Error> {
    render(&About { layout: frame.layout(Section::About) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;

    #[test]
    fn says_when_we_meet() {
        let page = About { layout: page_checks::layout() }.render().unwrap();
        page_checks::check(&page, "About the society");
        assert!(page.contains("Every Thursday"));
    }
}
