//! `/privacy_policy`: the data that the site stores about its visitors.

use askama::Template;
use axum::response::Html;

use crate::error::Error;
use crate::pages::parts::{Frame, Layout, Section, render};

#[derive(Template)]
#[template(path = "privacy_policy.html")]
struct PrivacyPolicy {
    layout: Layout,
}

/// `GET /privacy_policy`.
pub(crate) async fn privacy_policy(frame: Frame) -> Result<Html<String>, Error> {
    render(&PrivacyPolicy { layout: frame.layout(Section::Other) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;

    #[test]
    fn lists_the_stored_data() {
        let page = PrivacyPolicy { layout: page_checks::layout() }.render().unwrap();
        page_checks::check(&page, "Privacy policy");
        for text in [
            "local storage",
            "<code>session</code>",
            "<code>remember</code>",
            "e-mail address",
            "school year",
            "password",
            "second step",
            "do not send",
            "what your browser calls itself",
            "Delete your account",
        ] {
            assert!(page.contains(text), "{text}");
        }
    }
}
