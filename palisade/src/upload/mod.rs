//! File uploads: size limits, content detection, malware scanning, storage, and sandboxed serving.
//!
//! ```
//! use axum::body::Body;
//! use axum::extract::{Request, State};
//! use axum::{Router, routing::post};
//! use palisade::body_limit::BodyLimit;
//! use palisade::{Rejection, Uploads};
//! use palisade::upload::{FileType, UploadRejection};
//! use tower::ServiceExt;
//!
//! async fn send(
//!     State(uploads): State<Uploads>,
//!     request: Request,
//! ) -> Result<String, UploadRejection> {
//!     let mut form = uploads.take(request).await?; // rejects the request if it rejects one file
//!     let Some(picture) = form.take_file("picture") else { return Ok("no picture".into()) };
//!     let upload = uploads.keep(picture).await?; // a file that you don't keep is deleted
//!     Ok(format!("{} is stored as {}", upload.name, upload.id)) // save `upload.to_string()`
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let uploads = Uploads::open("memory://")? // or the path of a folder, or s3://bucket/folder
//!     .file_types([FileType::Png, FileType::Jpeg, FileType::Pdf])
//!     .max_file_bytes(4 << 20);
//! let app = Router::new()
//!     .route("/pictures", post(send).layer(BodyLimit::bytes(16 << 20)))
//!     .with_state(uploads);
//!
//! let form = "--x\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n\
//!             <svg onload=steal()>\r\n--x--\r\n";
//! let request = Request::post("/pictures")
//!     .header("content-type", "multipart/form-data; boundary=x")
//!     .body(Body::from(form))?;
//! let response = app.oneshot(request).await?;
//! assert_eq!(response.status(), 415); // the content is an SVG, not a PNG
//! let rejection = response.extensions().get::<Rejection>().expect("it carries its reason");
//! println!("{}", rejection.message());
//! assert_eq!(
//!     rejection.message(),
//!     "a.png: This is an SVG drawing. What can be sent here: PNG, JPEG or PDF."
//! );
//! # Ok(())
//! # }
//! ```
//!
//! The visitor sees that sentence if [`ErrorPages`](crate::ErrorPages) is around the routes: in
//! the page, or as `detail` of `application/problem+json`. Without it, the body is empty. A handler
//! that shows its form again takes the sentence from [`UploadRejection::message`]. [`UploadError`]
//! lists every reason with its status, code and sentence.
//!
//! # The body limit of the route
//!
//! A route for uploads needs a [`BodyLimit`] of at least
//! [`request_limit_bytes`](Uploads::request_limit_bytes); else [`serve`](mod@crate::serve) stops
//! at 1 MiB. The default timeout of 30 s suits 1 MiB. Set a longer one for large files: 16 MiB at
//! 1 Mbit/s take 134 s. [`Palisade`](crate::Palisade) also lets no response begin later than 30 s;
//! a route whose uploads take longer needs a [`Deadline`](crate::deadline::Deadline) of its own.
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::routing::{MethodRouter, post};
//! use palisade::Uploads;
//! use palisade::body_limit::BodyLimit;
//! use palisade::deadline::Deadline;
//!
//! const SLOWEST: Duration = Duration::from_secs(300);
//!
//! let uploads = Uploads::open("memory://")?;
//! let limit = BodyLimit::bytes(uploads.request_limit_bytes()).timeout(SLOWEST);
//! assert_eq!(limit, BodyLimit::bytes(16 << 20).timeout(SLOWEST));
//! let route: MethodRouter = post(async || "…").layer((Deadline::new(SLOWEST), limit));
//! # Ok::<(), palisade::upload::UploadsError>(())
//! ```
//!
//! [`BodyLimit`]: crate::body_limit::BodyLimit
//!
//! # What happens, in order
//!
//! [`Uploads::take`] reads a request:
//! 1. A request that is not `multipart/form-data` is rejected (415). The body has at most
//!    [`max_request_bytes`](Uploads::max_request_bytes), the texts
//!    [`max_text_bytes`](Uploads::max_text_bytes) together, and there are at most
//!    [`max_files`](Uploads::max_files) files and 200 texts (else 413). A malformed body is
//!    rejected (400).
//! 2. Each file is written, chunk by chunk, to a temporary file without a name. It is rejected
//!    (413) as soon as it exceeds [`max_file_bytes`](Uploads::max_file_bytes). A client that
//!    disconnects leaves no file.
//! 3. The type is detected from the first kilobyte. It must be one of
//!    [`file_types`](Uploads::file_types), and the name must have an extension of that type (else
//!    415). The `Content-Type` of the part is ignored.
//! 4. The [scanner](Uploads::scanner), if there is one, scans the original bytes. Malware is
//!    rejected (422). If the scanner does not answer, [`ScanFailurePolicy`] applies.
//! 5. An image of more than [`max_pixels`](Uploads::max_pixels) is rejected (413) by its header,
//!    before anything is decoded; so is an animation of ten times as many. Its container is parsed to the end, and its metadata treated by
//!    [`ImagePolicy`].
//! 6. A PDF with a web page at its beginning, or data after its end, is rejected (415).
//!
//! [`Uploads::keep`] stores a file under a random 128-bit [`UploadId`]. The file appears whole or
//! not at all, and never replaces another.
//!
//! [`take`](Uploads::take) stops at the first rejected file. [`take_each`](Uploads::take_each)
//! continues, so that the form can be shown again with its texts and one error per field.
//! [`take_file`](Uploads::take_file) checks bytes that come without a request.
//!
//! # Serving
//!
//! ```
//! use http::{HeaderValue, Request};
//! use palisade::upload::{FileType, Upload, UploadBody};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! #     example(palisade::Uploads::open("memory://").unwrap()).await.unwrap();
//! # }
//! # async fn example(uploads: palisade::Uploads) -> Result<(), palisade::upload::UploadRejection> {
//! let file = uploads.take_file("Übung 1.pdf", b"%PDF-1.7\n%%EOF").await?;
//! let upload: Upload = uploads.keep(file).await?;
//! assert_eq!((upload.file_type, upload.bytes), (FileType::Pdf, 14));
//! assert_eq!(upload.name.as_str(), "Übung_1.pdf");
//!
//! let mut request = Request::new(());
//! request.headers_mut().insert("range", HeaderValue::from_static("bytes=0-4"));
//! let (request, ()) = request.into_parts();
//! let response: http::Response<UploadBody> = uploads.serve(&upload, &request).await;
//! assert_eq!(response.status(), 206);
//! assert_eq!(response.headers()["content-range"], "bytes 0-4/14");
//! assert_eq!(response.headers()["content-type"], "application/pdf");
//! assert_eq!(response.headers()["x-content-type-options"], "nosniff");
//! # Ok(())
//! # }
//! ```
//!
//! [`serve`](Uploads::serve) shows a file in the browser, [`download`](Uploads::download) saves
//! it.
//! 1. A method other than GET and HEAD is rejected (405). A quarantined or missing file is a 404.
//! 2. A matching `If-None-Match` gets a 304. The strong `ETag` is the SHA-256.
//! 3. A GET with one satisfiable range gets a 206, with an unsatisfiable one a 416. Other `Range`
//!    headers, and those with a stale `If-Range`, are ignored.
//! 4. The response has the type's own `Content-Type`, `nosniff`, `Content-Disposition`, and a CSP
//!    without any permission (`default-src 'none'; sandbox`).
//!
//! The application checks who may see a file, before it calls `serve`.
//!
//! # Save the records in a database
//!
//! An [`Upload`] is one text column, as JSON. `to_string` writes it, `parse` reads it, and
//! `TryFrom<String>` lets sqlx read it: `#[sqlx(try_from = "String")] file: Upload`.
//!
//! ```
//! use palisade::upload::Upload;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! #     example(palisade::Uploads::open("memory://").unwrap()).await.unwrap();
//! # }
//! # async fn example(uploads: palisade::Uploads) -> Result<(), Box<dyn std::error::Error>> {
//! let file = uploads.take_file("a.pdf", b"%PDF-1.7\n%%EOF").await.expect("it is a PDF");
//! let upload = uploads.keep(file).await.expect("memory has room");
//!
//! let column: String = upload.to_string(); // `.bind(upload.to_string())`
//! assert!(column.starts_with(r#"{"id":""#) && column.contains(r#""file_type":"pdf""#));
//! assert_eq!(column.parse::<Upload>()?, upload);
//! # Ok(())
//! # }
//! ```
//!
//! An index on the id needs a column of its own: [`UploadId`], [`Digest`] and [`FileType`] are
//! texts in the same way, and [`Upload::from_parts`] puts the columns together. All of them have serde's
//! traits.
//!
//! # Back up and check the stored files
//!
//! [`UploadAdmin`] lists, reads and deletes them by id, without a check of permissions:
//!
//! ```
//! use palisade::upload::{StoredEntry, StoredFile, UploadAdmin};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! #     example(palisade::Uploads::open("memory://").unwrap()).await.unwrap();
//! # }
//! # async fn example(uploads: palisade::Uploads) -> Result<(), palisade::upload::UploadRejection> {
//! let upload = uploads.keep(uploads.take_file("a.pdf", b"%PDF-1.7\n%%EOF").await?).await?;
//!
//! let admin: UploadAdmin = uploads.admin();
//! let entries: Vec<StoredEntry> = admin.list().await?;
//! assert_eq!((entries[0].id, entries[0].bytes), (upload.id, 14));
//!
//! let mut file: StoredFile = admin.read(upload.id).await?.expect("it was stored just now");
//! assert_eq!(file.chunk().await?.as_deref(), Some(&b"%PDF-1.7\n%%EOF"[..]));
//!
//! admin.delete(&entries[0]).await?;
//! assert!(admin.list().await?.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # Defaults
//!
//! | setting | default | why |
//! |---|---|---|
//! | [`file_types`](Uploads::file_types) | all of [`FileType`] | SVG and HTML run scripts |
//! | [`max_file_bytes`](Uploads::max_file_bytes) | 8 MiB | a photograph from a good camera |
//! | [`max_request_bytes`](Uploads::max_request_bytes) | 16 MiB | two such photographs |
//! | [`max_files`](Uploads::max_files) | 10 | bounds the files open at once |
//! | [`max_text_bytes`](Uploads::max_text_bytes) | 1 MiB | the default of [`BodyLimit`] |
//! | [`max_pixels`](Uploads::max_pixels) | 40 million | 160 MB in the viewer's memory |
//! | [`decoder_memory`](Uploads::decoder_memory) | 256 MiB for the process | half of a machine with 512 MB |
//! | [`image_policy`](Uploads::image_policy) | [`Strip`](ImagePolicy::Strip) | photographs contain locations |
//! | [`scan_failure`](Uploads::scan_failure) | [`Reject`](ScanFailurePolicy::Reject) | fails closed |
//! | `Cache-Control` | `private, no-cache` | access is checked each time; the `ETag` makes it cheap |
//!
//! # What it does not do
//!
//! - It does not check who sends, or how often: use [sessions](crate::session) and
//!   [rate limits](crate::rate_limit).
//! - It stores bytes only. The application stores each [`Upload`]: name, type, size, digest.
//! - It finds no malware without a scanner. Limit archives and recursion in the scanner's
//!   settings.
//! - It does not find messages hidden in pixels. [`ImagePolicy::Recode`] destroys most of them in
//!   JPEGs.
//! - It does not look for scripts inside a PDF.
//!
//! # See also
//!
//! - [`SafeName`]: the rules for file names (Werkzeug's `secure_filename`).
//! - [`Clamd`]: the client of ClamAV's daemon.
//! - [`UploadAdmin`]: list, read, restore and delete stored files, for backups and checks.
//!
//! References: OWASP File Upload Cheat Sheet; RFC 7578 (forms), RFC 9110 sections 13 and 14
//! (conditional requests, ranges), RFC 6266 and 8187 (`Content-Disposition`); CWE-434, CWE-409,
//! CWE-22.

mod admin;
mod body_stream;
mod clamd;
mod decoder_memory;
mod error;
mod file_type;
mod form;
mod image;
mod inspect;
mod keep;
mod pdf;
mod range;
mod receive;
mod record;
mod record_text;
mod safe_name;
mod serve;
mod settings;
mod sniff;
mod store;
mod temp_file;

use std::fmt;
use std::sync::Arc;

pub use admin::{StoredFile, UploadAdmin};
pub(crate) use body_stream::rejection as multipart_rejection;
pub use clamd::{Clamd, ClamdError};
pub use error::{UploadError, UploadParseError, UploadRejection, UploadsError};
pub use file_type::{FileType, FileTypes};
pub use form::{MultipartForm, PendingFile};
pub use record::{Digest, Upload, UploadId};
pub use safe_name::SafeName;
pub use serve::UploadBody;
use settings::Settings;
pub use store::StoredEntry;
use store::{AccessMode, UploadStore};

/// Receives, stores and serves files. Cheap to clone. See the [module page](self).
#[derive(Clone)]
#[doc(alias("file upload", "multipart"))]
#[must_use]
pub struct Uploads(Arc<Settings>);

/// The treatment of images and their metadata.
///
/// ```
/// use palisade::Uploads;
/// use palisade::upload::ImagePolicy;
///
/// assert_eq!(ImagePolicy::default(), ImagePolicy::Strip);
/// let uploads = Uploads::open("memory://")?.image_policy(ImagePolicy::Recode);
/// # Ok::<(), palisade::upload::UploadsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
#[doc(alias("EXIF", "metadata"))]
pub enum ImagePolicy {
    /// The image is stored unchanged, with its metadata. Data after its end is rejected.
    Keep,
    /// Pixels stay unchanged to the bit. Locations, camera data, comments, thumbnails, and data
    /// after the end are removed.
    #[default]
    Strip,
    /// The image is decoded and encoded again. JPEGs lose a little quality; animated PNG and WebP
    /// keep the first frame only. A large image takes a second, and as much memory as
    /// [`Uploads::decoder_memory`] says. The frames of a GIF together have at most
    /// [`max_pixels`](Uploads::max_pixels); a frame counts as the whole screen at least.
    Recode,
}

/// The treatment of files while the malware scanner does not answer.
///
/// ```
/// use palisade::Uploads;
/// use palisade::upload::{Clamd, ScanFailurePolicy};
///
/// assert_eq!(ScanFailurePolicy::default(), ScanFailurePolicy::Reject);
/// let scanner = Clamd::at("127.0.0.1:3310")?;
/// let uploads = Uploads::open("memory://")?
///     .scanner(scanner)
///     .scan_failure(ScanFailurePolicy::Quarantine);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ScanFailurePolicy {
    /// Files are rejected (503).
    #[default]
    Reject,
    /// Files are stored in quarantine, and not served until [`Uploads::rescan`] has passed them.
    Quarantine,
}

impl Uploads {
    /// Opens a file store to read and write: the path of a folder or `file:///…`, `memory://`, or,
    /// with the feature `upload-s3`, `s3://bucket/folder`.
    ///
    /// A missing folder is created. S3 reads its keys from the `AWS_…` variables; `?region=…` and
    /// `?endpoint=…` may follow the URL.
    ///
    /// # Errors
    /// If the location is invalid, or the folder cannot be written to. A bucket is not contacted
    /// before the first file.
    ///
    /// ```
    /// use palisade::Uploads;
    /// use palisade::upload::UploadsError;
    ///
    /// assert!(Uploads::open("memory://").is_ok());
    /// let error = Uploads::open("ftp://example.org/files").unwrap_err();
    /// assert!(matches!(error, UploadsError::InvalidLocation(_)));
    /// ```
    pub fn open(location: &str) -> Result<Self, UploadsError> {
        Ok(Self::new(UploadStore::open(location, AccessMode::ReadWrite)?))
    }

    /// Opens a file store to read only. A missing folder is not created, and reads as empty.
    ///
    /// # Errors
    /// If the location is invalid.
    pub fn open_read_only(location: &str) -> Result<Self, UploadsError> {
        Ok(Self::new(UploadStore::open(location, AccessMode::ReadOnly)?))
    }

    fn new(store: UploadStore) -> Self {
        Self(Arc::new(Settings::new(store)))
    }
}

impl fmt::Debug for Uploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploads")
            .field("store", &self.0.store)
            .field("file_types", &self.0.file_types)
            .field("image_policy", &self.0.image_policy)
            .field("scanner", &self.0.scanner)
            .finish_non_exhaustive()
    }
}

fn store_down(error: impl fmt::Display) -> UploadRejection {
    tracing::error!(%error, "the file store failed");
    UploadRejection::StoreDown
}
