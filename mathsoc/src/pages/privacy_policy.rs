//! `/privacy_policy`: what this site keeps about its visitors.

use askama::Template;
use axum::response::Html;
use palisade::CspNonce;

use super::{Here, Layout, shown};
use crate::error::Error;

#[derive(Template)]
#[template(path = "privacy_policy.html")]
struct PrivacyPolicy {
    layout: Layout,
}

/// `GET /privacy_policy`.
///
/// # Errors
///
/// When the page cannot be written, which nothing a visitor sends brings about.
pub async fn privacy_policy(nonce: CspNonce) -> Result<Html<String>, Error> {
    shown(&PrivacyPolicy { layout: Layout::new(Here::Elsewhere, nonce) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::looks;

    #[test]
    fn the_page_says_what_is_kept() {
        let page = PrivacyPolicy { layout: looks::layout() }.render().unwrap();
        looks::check(&page, "Privacy policy");
        assert!(page.contains("local storage"));
    }
}
