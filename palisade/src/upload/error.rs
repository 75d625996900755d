//! Errors of this module: a rejected file, a rejected request, an unusable store, an unreadable
//! value.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;

use crate::core::body_rejection::BodyRejection;
use crate::core::rejection::{Rejection, comparable_rejection};

/// The reason why one file is rejected.
///
/// | reason | status | code | sentence |
/// |---|---|---|---|
/// | `NotAForm` | 415 | `file_not_in_a_form` | Files are sent by a form (multipart/form-data). |
/// | `TooLarge` | 413 | `file_too_large` | A file may have at most 8 MiB here. |
/// | `TooMany` | 413 | `file_one_too_many` | At most 10 files can be sent at a time. |
/// | `UnsupportedType` | 415 | `file_unwanted` | This is a ZIP archive. What can be sent here: PNG or PDF. |
/// | `WrongExtension` | 415 | `file_named_otherwise` | This is a PDF document, but its name says otherwise. Please give it a name that ends in .pdf. |
/// | `Damaged` | 422 | `file_broken` | The file is damaged or incomplete. Please save it again and send that. |
/// | `HiddenContent` | 415 | `file_hides_another` | There is something else in the file that does not belong there. Please save it again and send that. |
/// | `TooManyPixels` | 413 | `file_too_many_pixels` | The picture is too large: it may have at most 40 megapixels. Please make it smaller. |
/// | `Infected` | 422 | `file_infected` | The virus scanner objects to the file, so it was not kept. |
///
/// The message of an [`UploadRejection`] puts the file's name and a colon before the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadError {
    /// 415: the request is not `multipart/form-data`.
    NotAForm,
    /// 413: the file is larger than [`Uploads::max_file_bytes`](super::Uploads::max_file_bytes).
    TooLarge {
        /// The limit.
        max_bytes: u64,
    },
    /// 413: the request brings more files than [`Uploads::max_files`](super::Uploads::max_files).
    TooMany {
        /// The limit.
        max: usize,
    },
    /// 415: the content has a type that is not accepted. The name does not matter.
    UnsupportedType {
        /// The detected type in words, such as `a ZIP archive`.
        detected: Option<&'static str>,
        /// The accepted types in words.
        accepted: String,
    },
    /// 415: the file's extension does not belong to its content.
    WrongExtension {
        /// The detected type in words.
        detected: &'static str,
        /// The extension that the name should have, without the dot.
        extension: &'static str,
    },
    /// 422: the file is empty, incomplete or malformed.
    Damaged,
    /// 415: the file is a polyglot. A web page stands at its beginning, or data follows its end.
    #[doc(alias = "polyglot")]
    HiddenContent,
    /// 413: the image has more pixels than [`Uploads::max_pixels`](super::Uploads::max_pixels).
    #[doc(alias = "decompression bomb")]
    TooManyPixels {
        /// The limit.
        max: u64,
    },
    /// 422: the scanner found malware. The log has the name of the malware.
    Infected,
}

impl UploadError {
    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } | Self::TooMany { .. } | Self::TooManyPixels { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::NotAForm
            | Self::UnsupportedType { .. }
            | Self::WrongExtension { .. }
            | Self::HiddenContent => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Damaged | Self::Infected => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotAForm => "file_not_in_a_form",
            Self::TooLarge { .. } => "file_too_large",
            Self::TooMany { .. } => "file_one_too_many",
            Self::UnsupportedType { .. } => "file_unwanted",
            Self::WrongExtension { .. } => "file_named_otherwise",
            Self::Damaged => "file_broken",
            Self::HiddenContent => "file_hides_another",
            Self::TooManyPixels { .. } => "file_too_many_pixels",
            Self::Infected => "file_infected",
        }
    }

    fn message(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NotAForm => "Files are sent by a form (multipart/form-data).",
            Self::TooLarge { max_bytes } => {
                return Cow::Owned(format!("A file may have at most {} here.", bytes_in_words(*max_bytes)));
            }
            Self::TooMany { max: 1 } => "Only one file can be sent at a time.",
            Self::TooMany { max } => {
                return Cow::Owned(format!("At most {max} files can be sent at a time."));
            }
            Self::UnsupportedType { detected: Some(detected), accepted } => {
                return Cow::Owned(format!("This is {detected}. What can be sent here: {accepted}."));
            }
            Self::UnsupportedType { detected: None, accepted } => {
                return Cow::Owned(format!(
                    "The file is of no kind that can be sent here. What can be sent: {accepted}."
                ));
            }
            Self::WrongExtension { detected, extension } => {
                return Cow::Owned(format!(
                    "This is {detected}, but its name says otherwise. Please give it a name that ends in .{extension}."
                ));
            }
            Self::Damaged => "The file is damaged or incomplete. Please save it again and send that.",
            Self::HiddenContent => {
                "There is something else in the file that does not belong there. Please save it again and send that."
            }
            Self::TooManyPixels { max } => {
                return Cow::Owned(format!(
                    "The picture is too large: it may have at most {} megapixels. Please make it smaller.",
                    max / 1_000_000
                ));
            }
            Self::Infected => "The virus scanner objects to the file, so it was not kept.",
        })
    }
}

/// The reason why an upload is rejected. It converts into a [`Rejection`], and is a response in
/// axum.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UploadRejection {
    /// 413, 415 or 422: a file is not acceptable.
    File {
        /// The file's name; empty if the error concerns the whole request.
        name: Box<str>,
        /// The reason.
        error: UploadError,
    },
    /// 400, 408 or 413: the request's body is too large, too slow, incomplete or malformed.
    Body(BodyRejection),
    /// 503: the malware scanner does not answer, and
    /// [`ScanFailurePolicy`](super::ScanFailurePolicy) rejects unscanned files.
    ScannerDown,
    /// 503: the file store does not answer.
    StoreDown,
    /// 503: the file waited too long for the memory that
    /// [`Uploads::decoder_memory`](super::Uploads::decoder_memory) sets.
    DecodersBusy,
}

impl UploadRejection {
    /// Returns a sentence for the sender, without HTML.
    pub fn message(&self) -> Cow<'static, str> {
        match self {
            Self::File { name, error } if name.is_empty() => error.message(),
            Self::File { name, error } => format!("{name}: {}", error.message()).into(),
            Self::Body(reason) => Rejection::from(*reason).message().into_owned().into(),
            Self::ScannerDown => {
                "Files cannot be checked for viruses just now, so none are taken. Please try again in a minute.".into()
            }
            Self::DecodersBusy => {
                "Too many files are being checked just now. Please try again in a moment.".into()
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
            UploadRejection::DecodersBusy => unavailable("decoders_busy", 5),
            UploadRejection::StoreDown => unavailable("files_down", 5),
        }
    }
}

/// The reason why [`Uploads::open`](super::Uploads::open) cannot open a file store.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum UploadsError {
    /// The text is neither a path nor a supported URL.
    #[error(
        "{0:?} is not the location of a file store: write the path of a folder, file:///srv/uploads, memory:// or \
         s3://bucket/folder (add ?region=… and ?endpoint=… unless the environment has them)"
    )]
    InvalidLocation(String),
    /// The folder cannot be created or written to.
    #[error("files cannot be stored in {}; make it a folder that this program may write to", .folder.display())]
    Folder {
        /// The folder's path.
        folder: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The settings for S3 are incomplete or invalid.
    #[error(
        "the S3 settings are incomplete or invalid; set AWS_REGION and the other AWS_… variables, or add \
         ?region=… and ?endpoint=… to the URL"
    )]
    S3(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// S3 support is not compiled in.
    #[error(
        "this program was built without S3: build it with palisade's feature `upload-s3`, or use a folder"
    )]
    WithoutS3,
}

/// A text is not a valid [`UploadId`](super::UploadId), [`Digest`](super::Digest),
/// [`FileType`](super::FileType) or [`Upload`](super::Upload).
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UploadParseError {
    /// Not an id.
    #[error("write the id of a file as 32 digits of 0-9 and a-f")]
    Id,
    /// Not a digest.
    #[error("write a SHA-256 as 64 digits of 0-9 and a-f")]
    Digest,
    /// Not a file type.
    #[error("write png, jpg, gif, webp or pdf")]
    FileType,
    /// Not a record.
    #[error("not the record of a stored file: save the text of `Upload::to_string` unchanged")]
    Record,
}

/// Writes a size in words, rounded down, so that a file of the stated size is accepted.
fn bytes_in_words(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes >> 10),
        _ => format!("{} MiB", bytes >> 20),
    }
}

crate::core::error_text::debug_is_text!(UploadsError, UploadParseError);
