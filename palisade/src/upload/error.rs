//! What is wrong with a file that somebody sent.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;

use crate::core::body_rejection::BodyRejection;
use crate::core::rejection::{Rejection, comparable_rejection};

/// What is wrong with a file that somebody sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadError {
    /// The request is no form that could hold files.
    NotAForm,
    /// It is larger than the page takes.
    TooLarge {
        /// How many bytes a file may have.
        most: u64,
    },
    /// It is one too many.
    TooMany {
        /// How many files one request may bring.
        most: usize,
    },
    /// It is not of a kind that the page takes, whatever its name is.
    Unwanted {
        /// What it is, where that is known.
        is: Option<&'static str>,
        /// The kinds that are taken, in words.
        wanted: String,
    },
    /// Its name says that it is something else than it is.
    NamedOtherwise {
        /// What it is.
        is: &'static str,
        /// What its name should end in, without the dot.
        extension: &'static str,
    },
    /// It does not hold what its beginning promises.
    Broken,
    /// Something else hides in it: a page at its head, an archive behind its end.
    Hides,
    /// Its picture is too large to be shown.
    TooManyPixels {
        /// How many pixels a picture may have.
        most: u64,
    },
    /// The scanner knows it as malware.
    Infected,
}

impl UploadError {
    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } | Self::TooMany { .. } | Self::TooManyPixels { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::NotAForm | Self::Unwanted { .. } | Self::NamedOtherwise { .. } | Self::Hides => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::Broken | Self::Infected => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotAForm => "file_not_in_a_form",
            Self::TooLarge { .. } => "file_too_large",
            Self::TooMany { .. } => "file_one_too_many",
            Self::Unwanted { .. } => "file_unwanted",
            Self::NamedOtherwise { .. } => "file_named_otherwise",
            Self::Broken => "file_broken",
            Self::Hides => "file_hides_another",
            Self::TooManyPixels { .. } => "file_too_many_pixels",
            Self::Infected => "file_infected",
        }
    }

    fn message(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NotAForm => "Files are sent by a form (multipart/form-data).",
            Self::TooLarge { most } => {
                return Cow::Owned(format!("A file may have at most {} here.", bytes_in_words(*most)));
            }
            Self::TooMany { most: 1 } => "Only one file can be sent at a time.",
            Self::TooMany { most } => {
                return Cow::Owned(format!("At most {most} files can be sent at a time."));
            }
            Self::Unwanted { is: Some(is), wanted } => {
                return Cow::Owned(format!("This is {is}. What can be sent here: {wanted}."));
            }
            Self::Unwanted { is: None, wanted } => {
                return Cow::Owned(format!(
                    "The file is of no kind that can be sent here. What can be sent: {wanted}."
                ));
            }
            Self::NamedOtherwise { is, extension } => {
                return Cow::Owned(format!(
                    "This is {is}, but its name says otherwise. Please give it a name that ends in .{extension}."
                ));
            }
            Self::Broken => "The file is damaged or incomplete. Please save it again and send that.",
            Self::Hides => {
                "There is something else in the file that does not belong there. Please save it anew and send that."
            }
            Self::TooManyPixels { most } => {
                return Cow::Owned(format!(
                    "The picture is too large: it may have at most {} megapixels. Please make it smaller.",
                    most / 1_000_000
                ));
            }
            Self::Infected => "The virus scanner objects to the file, so it was not kept.",
        })
    }
}

/// The reason why an upload is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadRejection {
    /// 413, 415 or 422: a file is not accepted.
    File {
        /// The file's name; empty if the fault is the request's.
        name: Box<str>,
        /// The fault.
        error: UploadError,
    },
    /// 400, 408 or 413: the request's body is too large, too slow, or broke off.
    Body(BodyRejection),
    /// 503: the malware scanner gives no reply, and scan_failure files are rejected.
    ScannerDown,
    /// 503: the file store gives no reply.
    StoreDown,
}

impl UploadRejection {
    /// A sentence for the sender, without HTML.
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Self::File { name, error } if name.is_empty() => error.message(),
            Self::File { name, error } => format!("{name}: {}", error.message()).into(),
            Self::Body(reason) => Rejection::from(*reason).message().into_owned().into(),
            Self::ScannerDown => {
                "Files cannot be checked for viruses just now, so none are taken. Please try again in a minute.".into()
            }
            Self::StoreDown => "Files cannot be reached just now. Please try again in a moment.".into(),
        }
    }
}

impl From<BodyRejection> for UploadRejection {
    fn from(reason: BodyRejection) -> Self {
        Self::Body(reason)
    }
}

comparable_rejection!(UploadRejection);

impl From<UploadRejection> for Rejection {
    fn from(reason: UploadRejection) -> Self {
        let message = reason.message();
        let unavailable = |code, seconds| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message.clone())
                .with_retry_after(Duration::from_secs(seconds))
        };
        match &reason {
            UploadRejection::File { error, .. } => Self::new(error.status(), error.code(), message),
            UploadRejection::Body(reason) => (*reason).into(),
            UploadRejection::ScannerDown => unavailable("scanner_down", 60),
            UploadRejection::StoreDown => unavailable("files_down", 5),
        }
    }
}

/// A size as one says it, rounded down: who keeps to it is not refused.
fn bytes_in_words(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}
