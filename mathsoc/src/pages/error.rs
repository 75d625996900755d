//! The error page: HTML for a status code, with a message and the request id.

use askama::Template;
use palisade::error_page::ErrorPage;
use palisade::request::RequestId;

use super::parts::{Layout, Section};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorTemplate<'a> {
    layout: Layout,
    status: u16,
    title: &'a str,
    message: &'a str,
    request_id: RequestId,
}

/// Renders the error page. Falls back to the bare title if the template fails.
#[must_use]
pub fn page(error: &ErrorPage<'_>) -> String {
    let template = ErrorTemplate {
        layout: Layout::new(Section::Other, error.nonce().clone()),
        status: error.status().as_u16(),
        title: error.title(),
        message: &error.message(),
        request_id: error.request_id(),
    };
    template.render().unwrap_or_else(|_| error.title().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;

    #[test]
    fn shows_the_message_and_the_request_id() {
        let request_id = RequestId::random();
        let template = ErrorTemplate {
            layout: page_checks::layout(),
            status: 404,
            title: "Page not found",
            message: "There is nothing at <this> address.",
            request_id,
        };
        let page = template.render().unwrap();
        page_checks::check(&page, "Page not found");
        assert!(
            page.contains("nothing at &#60;this&#62; address")
                && page.contains(&format!("<code>{request_id}</code>")),
            "{page}"
        );
    }
}
