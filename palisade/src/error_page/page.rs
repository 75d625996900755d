//! The content of an error page, and the bodies that are written from it.

use std::borrow::Cow;
use std::fmt::{self, Write};

use http::StatusCode;

use crate::core::handler_error::FieldError;
use crate::core::nonce::CspNonce;
use crate::core::rejection::{MissingLayer, Rejection};
use crate::core::request_id::RequestId;

/// The content of an error page.
///
/// The texts are not escaped. A handler's message may repeat what the visitor has sent, and so may
/// the message of a [`Rejection`].
///
/// ```
/// use http::{Request, Response, StatusCode};
/// use palisade::ErrorPages;
/// use palisade::rejection::Rejection;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pages = ErrorPages::new(|page| match page.rejection() {
///     Some(rejection) if rejection.code() == "closed" => "Come back on Monday.".to_owned(),
///     _ => page.title().to_owned(),
/// });
/// let closed = service_fn(async |_: Request<()>| {
///     let rejection = Rejection::new(StatusCode::FORBIDDEN, "closed", "The shop is closed.");
///     Ok::<Response<String>, std::convert::Infallible>(rejection.into_response())
/// });
/// let request = Request::get("/").header("accept", "text/html").body(())?;
/// let response = pages.layer(closed).oneshot(request).await?;
/// assert_eq!(response.body(), "Come back on Monday.");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ErrorPage<'a> {
    pub(super) status: StatusCode,
    pub(super) rejection: Option<&'a Rejection>,
    /// The handler's words, if this requester may see them.
    pub(super) words: Option<&'a str>,
    pub(super) field_errors: &'a [FieldError],
    pub(super) detail: Option<&'a str>,
    pub(super) retry_after: Option<&'a str>,
    pub(super) request_id: RequestId,
    pub(super) nonce: CspNonce,
}

impl ErrorPage<'_> {
    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The reason why a layer rejected the request, if one did.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.rejection
    }

    /// A title of a few words, such as `Page not found`.
    pub fn title(&self) -> &'static str {
        match self.status.as_u16() {
            400 | 422 => "Request not understood",
            401 => "Please sign in",
            403 => "Not allowed",
            404 | 410 => "Page not found",
            405 => "Not possible here",
            408 => "Too slow",
            413 => "Too large",
            415 => "Not this kind of file",
            421 => "Wrong address",
            429 => "Too many requests",
            503 => "Not available just now",
            _ if self.status.is_client_error() => "Request not accepted",
            _ => "Something went wrong",
        }
    }

    /// A sentence for the visitor: that of the rejection, of the handler, or a general one. It is
    /// not escaped.
    pub fn message(&self) -> Cow<'_, str> {
        if let Some(rejection) = self.rejection
            && rejection.code() != MissingLayer::CODE
        {
            return rejection.message();
        }
        if let Some(words) = self.words {
            return Cow::Borrowed(words);
        }
        Cow::Borrowed(match self.status.as_u16() {
            401 => "This page is for members. Sign in and come back.",
            403 => "You may not see this page.",
            404 | 410 => "There is nothing at this address. It may have moved, or the link has a slip in it.",
            405 => "This page does not take that kind of request.",
            429 => "That was a little fast. Please wait a moment and try again.",
            503 => "Please try again in a moment.",
            _ if self.status.is_client_error() => "The request was not in a form that this page takes.",
            _ => "This is our mistake, and it has been written down. Please try again in a moment.",
        })
    }

    /// What is wrong with single fields of the request: see [`Error::field`](crate::Error::field).
    /// The texts are not escaped.
    pub fn field_errors(&self) -> &[FieldError] {
        self.field_errors
    }

    /// The cause of the error for the developer: `None` outside of development. It is not escaped.
    pub fn detail(&self) -> Option<&str> {
        self.detail
    }

    /// The text of the `Retry-After` header, after which the visitor may try again: seconds, such
    /// as `90`, or a date. It is not a sentence; [`message`](Self::message) of a 429 has one.
    pub fn retry_after(&self) -> Option<&str> {
        self.retry_after
    }

    /// The id of this request, which is also in the log.
    pub fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// The nonce for scripts and styles of this page.
    pub fn nonce(&self) -> &CspNonce {
        &self.nonce
    }

    /// Writes the page as problem details (RFC 9457), without a tree of values in between.
    pub(super) fn problem(&self) -> String {
        let mut problem = String::with_capacity(256);
        problem.push('{');
        if let Some(cause) = self.detail {
            let _ = write!(problem, "\"cause\":{},", Json(cause));
        }
        let _ = write!(problem, "\"detail\":{},", Json(&self.message()));
        if !self.field_errors.is_empty() {
            problem.push_str("\"errors\":[");
            for (at, error) in self.field_errors.iter().enumerate() {
                let (comma, detail, pointer) =
                    (if at > 0 { "," } else { "" }, Json(error.message()), error.pointer());
                let _ = write!(problem, "{comma}{{\"detail\":{detail},\"pointer\":{}}}", Json(&pointer));
            }
            problem.push_str("],");
        }
        let (request_id, status, title) =
            (self.request_id.as_str(), self.status.as_str(), Json(self.title()));
        let _ = write!(
            problem,
            "\"request_id\":{},\"status\":{status},\"title\":{title},\"type\":\"about:blank\"}}",
            Json(request_id),
        );
        problem
    }

    /// Writes the page as a fragment that htmx puts into a page.
    pub(super) fn fragment(&self) -> String {
        format!("<p>{}</p>{}", Escaped(&self.message()), self.extras())
    }

    /// Writes the field errors and the cause, if there are any.
    fn extras(&self) -> String {
        let mut html = String::new();
        if !self.field_errors.is_empty() {
            html.push_str("\n<ul>");
            for error in self.field_errors {
                let _ = write!(html, "\n<li>{}: {}", Escaped(error.field()), Escaped(error.message()));
            }
            html.push_str("\n</ul>");
        }
        if let Some(detail) = self.detail {
            let _ = write!(html, "\n<pre>{}</pre>", Escaped(detail));
        }
        html
    }
}

/// A text as a JSON string, with its quotes.
struct Json<'a>(&'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if self.0.bytes().all(is_plain) {
            f.write_char('"')?;
            f.write_str(self.0)?;
            return f.write_char('"');
        }
        f.write_str(&serde_json::to_string(self.0).map_err(|_| fmt::Error)?)
    }
}

/// Writes a page without style.
pub(super) fn plain(page: &ErrorPage<'_>) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <h1>{title}</h1>\n<p>{}</p>{}\n<p>Request {}</p>\n</html>\n",
        Escaped(&page.message()),
        page.extras(),
        page.request_id(),
        title = page.title(),
    )
}

/// A text that is escaped for HTML where it is formatted: in elements and quoted attributes.
///
/// ```
/// use palisade::error_page::Escaped;
///
/// let name = "<img src=x onerror=alert(1)>";
/// let html = format!("<p>There is no {}.</p>", Escaped(name));
/// assert_eq!(html, "<p>There is no &lt;img src=x onerror=alert(1)&gt;.</p>");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = 0;
        for (at, byte) in self.0.bytes().enumerate() {
            let entity = match byte {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'\'' => "&#39;",
                _ => continue,
            };
            f.write_str(&self.0[written..at])?;
            f.write_str(entity)?;
            written = at + 1;
        }
        f.write_str(&self.0[written..])
    }
}
