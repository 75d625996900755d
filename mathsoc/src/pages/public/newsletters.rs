//! `/newsletters` and `/newsletters/{id}`: newsletters, as text and as PDF.
//!
//! The page links to the PDF and does not frame it: phones show no PDF in a frame, and a browser's
//! full-window viewer works with the keyboard and at every size. The PDF is served with a sandbox,
//! in which browsers still open their viewer.

use askama::Template;
use axum::extract::State;
use axum::response::Html;

use crate::db::Paged;
use crate::db::newsletters::{self, File, Newsletter};
use crate::error::Error;
use crate::pages::files;
use crate::pages::parts::address::{Id, Listing};
use crate::pages::parts::pager::Pager;
use crate::pages::parts::{Frame, Layout, Section, filters, render};
use crate::state::App;

impl File {
    /// Returns the URL of the PDF, unless it is in quarantine.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let (id, name) = self.file_id.as_deref().zip(self.file_name.as_deref())?;
        (!self.file_waits).then(|| files::path(id, name))
    }

    /// Returns the size, such as `1.2 MB`.
    #[must_use]
    pub fn size(&self) -> String {
        size(self.file_bytes.unwrap_or_default())
    }
}

/// Formats a number of bytes: `1.2 MB`.
pub(crate) fn size(bytes: i64) -> String {
    match bytes {
        ..1_000_000 => format!("{} kB", bytes.div_euclid(1_000).max(1)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[derive(Template)]
#[template(path = "newsletters.html")]
struct List {
    layout: Layout,
    found: Paged<Newsletter>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "newsletter.html")]
pub(crate) struct NewsletterPage {
    layout: Layout,
    newsletter: Newsletter,
    /// `true` for a preview, in which the PDF cannot be opened.
    is_preview: bool,
}

impl NewsletterPage {
    /// Renders a newsletter that is not saved.
    pub(crate) fn preview(frame: &Frame, newsletter: Newsletter) -> Self {
        let layout = frame.preview();
        Self { layout, newsletter, is_preview: true }
    }
}

/// `GET /newsletters?page=2`.
///
/// # Errors
/// Returns [`Error::not_found`] past the last page.
pub(crate) async fn list(
    State(app): State<App>,
    listing: Listing,
    frame: Frame,
) -> Result<Html<String>, Error> {
    let found = newsletters::page(&app.db, listing.page).await?;
    if found.items.is_empty() && listing.page > 1 {
        return Err(Error::not_found());
    }
    let pager = Pager::new("/newsletters", found.page, found.pages);
    render(&List { layout: frame.layout(Section::Articles), found, pager })
}

/// `GET /newsletters/{id}`.
///
/// # Errors
/// Returns [`Error::not_found`] if the newsletter is unpublished or has nothing to read.
pub(crate) async fn one(State(app): State<App>, Id(id): Id, frame: Frame) -> Result<Html<String>, Error> {
    let newsletter = newsletters::by_id(&app.db, id).await?.ok_or_else(Error::not_found)?;
    render(&NewsletterPage { layout: frame.layout(Section::Articles), newsletter, is_preview: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::parts::page_checks;

    fn march(file: File) -> Newsletter {
        let body = r"<p>Why \(1 &lt; 2\)<script>steal()</script></p>".to_owned();
        let (title, summary) = ("March".to_owned(), "What <b>happened</b>.".to_owned());
        Newsletter { id: 3, title, summary, body, published_at: 0, file }
    }

    fn file(file_waits: bool) -> File {
        let file_id = Some("0123456789abcdef".repeat(2));
        File { file_id, file_name: Some("März_1.pdf".to_owned()), file_bytes: Some(1_249_000), file_waits }
    }

    fn page(newsletter: Newsletter) -> String {
        let page =
            NewsletterPage { layout: page_checks::layout(), newsletter, is_preview: false }.render().unwrap();
        page_checks::check(&page, "March");
        page
    }

    #[test]
    fn shows_the_text_and_links_the_pdf() {
        let page = page(march(file(false)));
        let address = format!("/files/{}/M%C3%A4rz_1.pdf", "0123456789abcdef".repeat(2));
        assert!(page.contains(&format!(r#"href="{address}""#)), "{page}");
        assert!(page.contains(&format!(r#"href="{address}?download""#)), "{page}");
        assert!(page.contains("1.2 MB") && page.contains("<math>"), "{page}");
        assert!(page.contains("&#60;b&#62;happened") || page.contains("&lt;b&gt;happened"), "{page}");
        assert!(!page.contains("steal"), "{page}");
    }

    #[test]
    fn a_quarantined_file_has_no_link() {
        let waiting = page(march(file(true)));
        assert!(!waiting.contains("/files/") && waiting.contains("being checked"), "{waiting}");
        let none = page(march(File::default()));
        assert!(!none.contains("/files/") && !none.contains("PDF"), "{none}");
    }

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 999, 1_000, 999_999, 1_000_000, 16_777_216].map(size);
        assert_eq!(sizes, ["1 kB", "1 kB", "1 kB", "999 kB", "1.0 MB", "16.7 MB"]);
    }
}
