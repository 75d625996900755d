//! The error type of handlers: [`Error`] takes every error by `?`, and is a response.
//!
//! ```
//! use axum::{Router, body::{Body, to_bytes}, extract::Path, http::Request, routing::get};
//! use palisade::error::{Error, OrNotFound};
//! use palisade::ErrorPages;
//! use tower::ServiceExt;
//!
//! async fn note(Path(name): Path<String>) -> palisade::Result<String> {
//!     if name == "taken" {
//!         return Err(Error::conflict("That name is taken."));
//!     }
//!     let notes = [("first", "1"), ("second", "two")];
//!     let (_, text) = notes.into_iter().find(|note| note.0 == name).or_not_found()?;
//!     let number: u32 = text.parse()?; // any other error is a 500, and its cause is logged
//!     Ok(number.to_string())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let app = Router::new().route("/{name}", get(note)).layer(ErrorPages::plain());
//! for (path, status, words) in [
//!     ("/first", 200, "1"),
//!     ("/second", 500, "This is our mistake"),
//!     ("/third", 404, "There is nothing at this address."),
//!     ("/taken", 409, "That name is taken."),
//! ] {
//!     let request = Request::get(path).header("accept", "text/html").body(Body::empty())?;
//!     let response = app.clone().oneshot(request).await?;
//!     assert_eq!(response.status(), status);
//!     let body = to_bytes(response.into_body(), 1000).await?;
//!     assert!(String::from_utf8(body.to_vec())?.contains(words), "{path}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What becomes of an error
//!
//! | error | status | the client sees |
//! |---|---|---|
//! | [`Rejection`], and a module's reasons such as [`HostRejection`](crate::host::HostRejection) | its own | its message |
//! | [`InternalError`], [`Error::internal`] | 500 | a general sentence; the cause is logged |
//! | `JsonRejection`, `FormRejection`, `QueryRejection`, `PathRejection`, … of axum | its own | pages: a general sentence; JSON: axum's text |
//! | `MultipartError` of axum, with the feature `upload` | 400, 408, 413 | as [`UploadRejection`](crate::upload::UploadRejection) |
//! | `HashingError` of `password` | 503 | its message |
//! | `PasswordRejected` of `password` | 422 | its text |
//! | `SafePathError`, `SafeRedirectError` of `redirect` | 400 | as axum's |
//! | `SanitizeError` of `sanitize` | 422 | its text |
//! | any other `std::error::Error` | 500 | a general sentence; the cause is logged |
//!
//! [`Error::new`] and its short forms make an error with a message for the client. A message of a
//! 5xx is for the log. To explain a 503 to visitors, return a [`Rejection`].
//!
//! # Errors of fields
//!
//! [`Error::field`] says what is wrong with single fields. `ErrorPages` writes them in the form of
//! RFC 9457, and [`ErrorPage::field_errors`](crate::error_page::ErrorPage::field_errors) has them:
//!
//! ```
//! use http::{Request, Response};
//! use palisade::{Error, ErrorPages};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let register = service_fn(async |_: Request<()>| {
//!     let error = Error::unprocessable("Please check the form.").field("email", "already taken");
//!     Ok::<Response<String>, std::convert::Infallible>(error.into_response())
//! });
//! let response = ErrorPages::plain().layer(register).oneshot(Request::new(())).await?;
//! let problem: serde_json::Value = serde_json::from_str(response.body())?;
//! assert_eq!(problem["detail"], "Please check the form.");
//! assert_eq!(problem["errors"][0]["detail"], "already taken");
//! assert_eq!(problem["errors"][0]["pointer"], "#/email");
//! # Ok(())
//! # }
//! ```
//!
//! # What it does not do
//!
//! - `Error` does not implement `std::error::Error`; neither does anyhow's. `?` could not convert
//!   every error otherwise. In `main` and in tests it converts into `Box<dyn Error>` all the same.
//! - `?` does not convert a `StatusCode`, a tuple, `Box<dyn Error>` or `anyhow::Error`. Write
//!   `Error::new(status, "…")`, or `.map_err(Error::internal)`.
//! - Without [`ErrorPages`](crate::ErrorPages) nothing is logged, and the body is the message as
//!   plain text.
//!
//! # References
//!
//! RFC 9457 (problem details), RFC 6901 §6 (JSON pointers in URI fragments); OWASP Error Handling
//! Cheat Sheet.

mod convert;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

pub use crate::core::handler_error::FieldError;
use crate::core::handler_error::{HandlerError, HandlerMessage};
use crate::core::internal_error::InternalError;
use crate::core::rejection::Rejection;

type BoxError = Box<dyn StdError + Send + Sync>;

/// The result of a handler: a response, or an [`Error`].
///
/// ```
/// fn age(text: &str) -> palisade::Result<u8> {
///     Ok(text.parse()?)
/// }
/// assert_eq!(age("42").unwrap(), 42);
/// assert_eq!(age("300").unwrap_err().status(), 500);
/// ```
#[cfg(feature = "axum")]
pub type Result<T = crate::core::axum_compat::Response, E = Error> = std::result::Result<T, E>;

/// The result of a handler: its value, or an [`Error`].
#[cfg(not(feature = "axum"))]
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a handler. The [module page](self) has an example.
///
/// It is one pointer wide, so that results stay small.
#[doc(alias = "HTTPException")]
#[doc(alias = "abort")]
#[doc(alias = "anyhow")]
pub struct Error(Box<Content>);

struct Content {
    reason: Reason,
    fields: Vec<FieldError>,
}

enum Reason {
    /// A 4xx, with a message for the client.
    Handler {
        status: StatusCode,
        message: Option<HandlerMessage>,
    },
    Rejection(Rejection),
    /// A 5xx, with a cause for the log.
    Internal {
        status: StatusCode,
        cause: InternalError,
    },
}

impl Error {
    /// Makes an error with a message for the client. The message of a 5xx is the cause, for the
    /// log. A status that is not an error is a 500, and the log says so.
    ///
    /// ```
    /// use http::StatusCode;
    /// use palisade::Error;
    ///
    /// assert_eq!(Error::new(StatusCode::GONE, "The sale is over.").status(), 410);
    /// assert_eq!(Error::new(StatusCode::OK, "Done.").status(), 500);
    /// ```
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        let text = message.into();
        if status.is_client_error() {
            Self::client(status, Some(HandlerMessage { text, is_technical: false }))
        } else if status.is_server_error() {
            Self::server(status, InternalError::new(text))
        } else {
            Self::internal(format!("`Error::new({status}, \"{text}\")`: write a status of 4xx or 5xx"))
        }
    }

    /// Makes a 404 with the general sentence of the error page.
    pub fn not_found() -> Self {
        Self::client(StatusCode::NOT_FOUND, None)
    }

    /// Makes a 400: the request is malformed.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Makes a 403: this visitor may not do this.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// Makes a 409: the request contradicts what is stored, such as a name that is taken.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// Makes a 422: a form or a JSON body has invalid values. [`field`](Self::field) names them.
    pub fn unprocessable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// Makes a 500. The cause is logged, and not shown.
    ///
    /// ```
    /// use palisade::Error;
    ///
    /// let error = Error::internal("the disk is full");
    /// assert_eq!((error.status().as_u16(), error.to_string().as_str()), (500, "the disk is full"));
    /// ```
    pub fn internal(cause: impl Into<BoxError>) -> Self {
        Self::server(StatusCode::INTERNAL_SERVER_ERROR, InternalError::new(cause))
    }

    /// Adds what is wrong with a field: its name, and a few words. A name that begins with `/` is
    /// a JSON pointer, such as `/items/0/price`. Fields of a 5xx are not shown.
    #[must_use]
    pub fn field(
        mut self,
        name: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0.fields.push(FieldError::new(name.into(), message.into()));
        self
    }

    /// The fields that [`field`](Self::field) has added.
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match &self.0.reason {
            Reason::Rejection(rejection) => rejection.status(),
            Reason::Handler { status, .. } | Reason::Internal { status, .. } => *status,
        }
    }

    /// Makes the response. Its body is the message as plain text, until
    /// [`ErrorPages`](crate::ErrorPages) writes another.
    pub fn into_response<B: Default + From<String>>(self) -> Response<B> {
        let Content { reason, fields } = *self.0;
        match reason {
            Reason::Rejection(rejection) => {
                let mut response = rejection.into_response();
                if !fields.is_empty() {
                    response.extensions_mut().insert(HandlerError { message: None, fields });
                }
                response
            }
            Reason::Internal { status, cause } => {
                let mut response = Response::new(B::default());
                *response.status_mut() = status;
                response.extensions_mut().insert(cause);
                response
            }
            Reason::Handler { status, message } => {
                let words = message.iter().map(|message| message.text.clone().into_owned());
                let lines = fields.iter().map(|field| format!("{}: {}", field.field(), field.message()));
                let text = words.chain(lines).collect::<Vec<_>>().join("\n");
                let content_type =
                    (!text.is_empty()).then_some(HeaderValue::from_static("text/plain; charset=utf-8"));
                let mut response = Response::new(B::from(text));
                *response.status_mut() = status;
                response.headers_mut().extend(content_type.map(|value| (CONTENT_TYPE, value)));
                response.extensions_mut().insert(HandlerError { message, fields });
                response
            }
        }
    }

    fn client(status: StatusCode, message: Option<HandlerMessage>) -> Self {
        Self::of(Reason::Handler { status, message })
    }

    fn server(status: StatusCode, cause: InternalError) -> Self {
        Self::of(Reason::Internal { status, cause })
    }

    fn of(reason: Reason) -> Self {
        Self(Box::new(Content { reason, fields: Vec::new() }))
    }
}

/// Writes the message, the code of the rejection, or the cause.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.reason {
            Reason::Handler { message: Some(message), .. } => f.write_str(&message.text),
            Reason::Handler { status, message: None } => status.fmt(f),
            Reason::Rejection(rejection) => write!(f, "rejected: {}", rejection.code()),
            Reason::Internal { cause, .. } => cause.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}, {self})", self.status().as_u16())
    }
}

/// Makes a missing value a 404.
///
/// ```
/// use palisade::error::OrNotFound;
///
/// fn find(id: u32) -> Result<Option<&'static str>, std::io::Error> {
///     if id == 9 { Err(std::io::Error::other("the disk is gone")) } else { Ok((id == 1).then_some("one")) }
/// }
/// assert_eq!(find(1).or_not_found().unwrap(), "one");
/// assert_eq!(find(2).or_not_found().unwrap_err().status(), 404);
/// assert_eq!(find(9).or_not_found().unwrap_err().status(), 500);
/// assert_eq!(None::<u8>.or_not_found().unwrap_err().status(), 404);
/// ```
#[doc(alias = "get_object_or_404")]
#[doc(alias = "first_or_404")]
pub trait OrNotFound<T> {
    /// Returns the value.
    ///
    /// # Errors
    /// A 404 if there is no value; the error of the look-up, if it failed.
    fn or_not_found(self) -> std::result::Result<T, Error>;
}

impl<T> OrNotFound<T> for Option<T> {
    fn or_not_found(self) -> std::result::Result<T, Error> {
        self.ok_or_else(Error::not_found)
    }
}

impl<T, E: Into<Error>> OrNotFound<T> for std::result::Result<Option<T>, E> {
    fn or_not_found(self) -> std::result::Result<T, Error> {
        self.map_err(Into::into)?.or_not_found()
    }
}
