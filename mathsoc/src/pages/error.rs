//! The page that stands in for one that cannot be shown.

use askama::Template;
use palisade::error_page::ErrorPage;
use palisade::request::RequestId;

use super::parts::{Here, Layout};

#[derive(Template)]
#[template(path = "error.html")]
struct Sorry<'a> {
    layout: Layout,
    status: u16,
    title: &'a str,
    message: &'a str,
    request_id: RequestId,
}

/// The page for this error.
#[must_use]
pub fn page(error: &ErrorPage<'_>) -> String {
    let sorry = Sorry {
        layout: Layout::new(Here::Elsewhere, error.nonce().clone()),
        status: error.status().as_u16(),
        title: error.title(),
        message: &error.message(),
        request_id: error.request_id(),
    };
    sorry.render().unwrap_or_else(|_| error.title().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;

    #[test]
    fn the_page_tells_the_visitor_what_to_do_and_which_request_it_was() {
        let request_id = RequestId::random();
        let sorry = Sorry {
            layout: page_checks::layout(),
            status: 404,
            title: "Page not found",
            message: "There is nothing at <this> address.",
            request_id,
        };
        let page = sorry.render().unwrap();
        page_checks::check(&page, "Page not found");
        assert!(
            page.contains("nothing at &#60;this&#62; address")
                && page.contains(&format!("<code>{request_id}</code>")),
            "{page}"
        );
    }
}
