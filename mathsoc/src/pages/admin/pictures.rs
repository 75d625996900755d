//! `/admin/pictures/new`: uploads a picture without script. The response shows its `<img>` tag.
//!
//! The rules are those of `POST /admin/api/pictures`, which the editor uses: see [`files`]. The
//! page opens in a new window, so that the form with the text stays open.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use palisade::SignedIn;

use crate::error::Error;
use crate::pages::files;
use crate::pages::parts::form::{Field, FormPage};
use crate::pages::parts::{Frame, Layout, Section, render};
use crate::state::App;
use crate::web::signed_in::Admin;

/// The `<img>` tag, in the same form as the editor writes it.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<img src="{{ src }}" alt="{{ alt }}"{% if let Some((width, height)) = size %} width="{{ width }}" height="{{ height }}"{% endif %} loading="lazy">"#
)]
struct ImageTag<'a> {
    src: &'a str,
    alt: &'a str,
    size: Option<(u32, u32)>,
}

/// The page with the tag, after the picture was stored.
#[derive(Template)]
#[template(path = "admin/picture.html")]
struct StoredPicture {
    layout: Layout,
    line: String,
    src: String,
    alt: String,
    size: Option<(u32, u32)>,
    waits: bool,
}

const TITLE: &str = "Add a picture";

/// The submitted values, with their validation errors.
#[derive(Default)]
struct PictureForm {
    alt: String,
    decorates: bool,
    alt_error: Option<&'static str>,
    picture_error: Option<String>,
}

impl PictureForm {
    fn page(self, frame: &Frame) -> Result<Response, Error> {
        FormPage::new(frame, TITLE, "Send it")
            .section(Section::Admin)
            .lead("You get a line of HTML, to be pasted where the picture belongs. Nobody but admins sees the picture before a text shows it.")
            .fields([
                Field::text("alt", "What it shows", "off")
                    .value(self.alt)
                    .hint("A sentence for those who cannot see it.")
                    .error(self.alt_error),
                Field::checkbox("decorates", "It only decorates: there is nothing to say of it")
                    .value(if self.decorates { "yes" } else { "" }),
                Field::file("picture", "File", ".png,.jpg,.jpeg,.gif,.webp")
                    .hint("PNG, JPEG, GIF or WebP.")
                    .error(self.picture_error),
            ])
            .respond()
    }
}

/// `GET /admin/pictures/new`.
pub(crate) async fn new(frame: Frame) -> Result<Response, Error> {
    PictureForm::default().page(&frame)
}

/// `POST /admin/pictures/new`.
///
/// # Errors
/// Returns an error if the request is not a form, or the scanner is down.
pub(crate) async fn take(
    State(app): State<App>,
    admin: SignedIn<Admin>,
    frame: Frame,
    request: Request,
) -> Result<Response, Error> {
    let mut received = match files::receive_picture_form(&app, request).await {
        Ok(received) => received,
        Err(rejection @ palisade::upload::UploadRejection::File { .. }) => {
            let picture_error = Some(rejection.message().into_owned());
            return PictureForm { picture_error, ..PictureForm::default() }.page(&frame);
        }
        Err(rejection) => return Err(rejection.into()),
    };
    let decorates = received.text("decorates").is_some();
    let alt = received.text("alt").unwrap_or_default().trim().to_owned();
    let alt_error = (alt.is_empty() && !decorates)
        .then_some("Write what the picture shows, or say that it only decorates.");
    let picture = match (received.take_file("picture"), alt_error) {
        (Some(picture), None) => picture,
        (picture, alt_error) => {
            // Browsers never fill in a file field.
            let picture_error =
                if picture.is_some() { "Choose the file once more." } else { "Choose a file." };
            return PictureForm { alt, decorates, alt_error, picture_error: Some(picture_error.to_owned()) }
                .page(&frame);
        }
    };
    let alt = if decorates { String::new() } else { alt };
    let size = picture.dimensions();
    let file = files::store(&app, admin.user.id, picture).await?;
    let src = files::address(&file);
    let line = ImageTag { src: &src, alt: &alt, size }.render()?;
    let (layout, waits) = (frame.layout(Section::Admin), file.quarantined);
    let page: Html<String> = render(&StoredPicture { layout, line, src, alt, size, waits })?;
    Ok(page.into_response())
}
