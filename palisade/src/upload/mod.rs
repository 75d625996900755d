//! Files that people send: bounded, judged by what is in them, scanned, kept out of reach, served in a sandbox.
//!
//! ```
//! use axum::{Router, extract::{Request, State}, routing::post};
//! use palisade::Uploads;
//! use palisade::body_limit::BodyLimit;
//! use palisade::upload::{FileType, UploadRejection};
//!
//! # let folder = std::env::temp_dir().join("palisade-doc-uploads");
//! let uploads = Uploads::open(folder.to_str().unwrap())? // or memory://, or s3://bucket/folder
//!     .file_types([FileType::Png, FileType::Jpeg, FileType::Pdf])
//!     .file_bytes(4 << 20);
//!
//! async fn send(State(uploads): State<Uploads>, request: Request) -> Result<String, UploadRejection> {
//!     let mut form = uploads.take(request).await?; // every file in it was passed, or there is none
//!     let Some(picture) = form.take_file("picture") else { return Ok("There is no picture.".into()) };
//!     let upload = uploads.keep(picture).await?; // what is not kept is gone
//!     Ok(format!("{} is kept as {}", upload.name, upload.id)) // write all of `upload` down
//! }
//! let app: Router = Router::new()
//!     .route("/pictures", post(send).layer(BodyLimit::bytes(16 << 20)))
//!     .with_state(uploads.clone());
//!
//! async fn show(uploads: &Uploads, upload: &palisade::upload::Upload, request: &http::request::Parts) {
//!     let response = uploads.serve(upload, request).await; // 200, 206, 304, 404 or 416
//! }
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What passes, in this order:
//! 1. a form (`multipart/form-data`) of at most [`request_bytes`](Uploads::request_bytes), with at most
//!    [`files`](Uploads::files) files and [`text_bytes`](Uploads::text_bytes) of text; else 413, 415 or 400;
//! 2. of each file no more than [`file_bytes`](Uploads::file_bytes), counted as it is written, chunk by chunk, to a file
//!    that no folder names: whoever leaves midway leaves nothing;
//! 3. whose first bytes are those of one of the [`kinds`](Uploads::file_types), and whose name ends in an extension of that very
//!    kind; else 415, as soon as the first kilobyte is there. What the request says of its type counts for nothing;
//! 4. that the [scanner](Uploads::scan) passes as it came; malware is 422, with its name in the log alone;
//! 5. a picture of at most [`pixels`](Uploads::pixels), by its header, before anything is decoded; else 413. It is walked
//!    through from its first byte to its last, and what does not belong into it is left out ([`ImagePolicy`]);
//! 6. a PDF that begins and ends as one, with no page at its head and no archive at its tail; else 415;
//! 7. and then it is kept, if [`keep`](Uploads::keep) is asked to: under 128 random bits, in one step, over no other.
//!
//! What is served, by [`serve`](Uploads::serve): a GET or HEAD of the whole or of one range, with a strong `ETag` of the
//! SHA-256; its kind's own `Content-Type`, `nosniff`, a policy that lets it do nothing (`default-src 'none'; sandbox`),
//! and a `Content-Disposition` that shows nothing in the browser but the kinds here. Who may see it, the
//! application says before.
//!
//! | default | is | because |
//! |---|---|---|
//! | [`kinds`](Uploads::file_types) | all of [`FileType`] | SVG and HTML are none: they run scripts |
//! | [`file_bytes`](Uploads::file_bytes) | 8 MiB | a photograph of a good camera |
//! | [`request_bytes`](Uploads::request_bytes) | 16 MiB | two of them |
//! | [`files`](Uploads::files) | 10 | a form that asks for more is another form |
//! | [`text_bytes`](Uploads::text_bytes) | 1 MiB | what [`BodyLimit`](crate::BodyLimit) gives to forms without files |
//! | [`pixels`](Uploads::pixels) | 40 million | 160 MB, decoded by whoever looks at it |
//! | [`pictures`](Uploads::image_policy) | [`ImagePolicy::Strip`] | photographs tell where they were taken |
//! | [`scan_failure`](Uploads::scan_failure) | [`ScanFailurePolicy::Reject`] | what nobody looked at is not passed on |
//! | `Cache-Control` | `private, no-cache` | asked for again each time; the `ETag` makes that cheap |
//!
//! [`take`](Uploads::take) stops at the first file that is refused. [`take_each`](Uploads::take_each) goes on, so that a form can come
//! back with all that was typed; [`take_file`](Uploads::take_file) judges a file that comes with no form.
//!
//! A route needs a [`BodyLimit`](crate::BodyLimit) of `request_bytes` beside it: without, `serve` stops at 1 MiB.
//!
//! It does not ask who sends, nor how often: gates and limits do. It remembers nothing but bytes: names, kinds and digests are
//! the application's to write down. It finds no malware without a scanner, and no text or likeness that somebody hides in the
//! pixels; [`ImagePolicy::Recode`] loses the former. A scanner unpacks what it scans: bound it in its own settings.
//!
//! References: OWASP File Upload Cheat Sheet; RFC 7578 (forms), RFC 9110 §13 and §14 (conditions, ranges), RFC 6266 and 8187
//! (names); CWE-434, CWE-409, CWE-22.

mod arriving;
mod clamd;
mod copying;
mod error;
mod judge;
mod kind;
mod pdf;
mod picture;
mod place;
mod range;
mod receive;
mod safe_name;
mod serve;
mod sniff;
mod staged;
mod stored;

use std::fmt;
use std::future::poll_fn;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;

pub use clamd::{Clamd, ClamdError};
pub use copying::StoredFile;
pub use error::{UploadError, UploadRejection};
pub use kind::{FileType, FileTypes};
use place::{Access, Place};
pub use place::{StoredEntry, UploadsError};
pub use receive::{MultipartForm, PendingFile};
pub use safe_name::SafeName;
pub use serve::UploadBody;
use staged::Staged;
pub use stored::{Digest, Upload, UploadId, UploadParseError};
use tokio::sync::{Semaphore, oneshot};

/// Takes in, keeps and serves files. Cheap to clone.
#[derive(Clone)]
pub struct Uploads(Arc<Settings>);

#[derive(Clone)]
struct Settings {
    place: Place,
    kinds: FileTypes,
    file_bytes: u64,
    request_bytes: u64,
    text_bytes: usize,
    files: usize,
    pixels: u64,
    pictures: ImagePolicy,
    ascii_names: bool,
    scanner: Option<Clamd>,
    scan_failure: ScanFailurePolicy,
    staging: Option<PathBuf>,
    turns: Arc<Semaphore>,
}

/// What becomes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ImagePolicy {
    /// It stays as it came, with all that it tells; but one with something behind its end is refused.
    Keep,
    /// What shows stays, to the bit. Places, cameras, comments, thumbnails and what stands behind the end go.
    #[default]
    Strip,
    /// It is decoded and encoded anew: a little is lost, and of an animated PNG or WebP all but the first frame. It takes
    /// a second for a large one.
    Recode,
}

/// What becomes of files while the scanner gives no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ScanFailurePolicy {
    /// None is taken: 503.
    #[default]
    Reject,
    /// They are kept apart, and not served before [`Uploads::rescan`] has passed them.
    Quarantine,
}

impl Uploads {
    /// Files are kept in this folder, which is made where there is none: a path or `file:///…`. Or in `memory://`, or, with the
    /// feature `upload-s3`, in `s3://bucket/folder`, whose keys are read from the `AWS_…` variables; `?region=…` and
    /// `?endpoint=…` may stand behind.
    ///
    /// # Errors
    /// When it names no such place, or nothing can be written there. A bucket is not asked before the first file.
    pub fn open(place: &str) -> Result<Self, UploadsError> {
        Ok(Self::at(Place::open(place, Access::Write)?))
    }

    /// The same for whoever only reads, and may have no right to write: a folder is neither made nor tried out, and one that is
    /// not there has no files.
    ///
    /// # Errors
    /// When it names no such place.
    pub fn open_to_read(place: &str) -> Result<Self, UploadsError> {
        Ok(Self::at(Place::open(place, Access::Read)?))
    }

    fn at(place: Place) -> Self {
        Self(Arc::new(Settings {
            place,
            kinds: FileType::ALL.into(),
            file_bytes: 8 << 20,
            request_bytes: 16 << 20,
            text_bytes: 1 << 20,
            files: 10,
            pixels: 40_000_000,
            pictures: ImagePolicy::default(),
            ascii_names: false,
            scanner: None,
            scan_failure: ScanFailurePolicy::default(),
            staging: None,
            turns: Arc::new(Semaphore::new(available_parallelism().map_or(2, usize::from).min(64))),
        }))
    }

    /// Which kinds of files are taken.
    pub fn file_types(self, kinds: impl Into<FileTypes>) -> Self {
        let kinds = kinds.into();
        self.with(|settings| settings.kinds = kinds)
    }

    /// How many bytes a file may have.
    pub fn file_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.file_bytes = bytes)
    }

    /// How many bytes a request may have: all files and texts with what is around them.
    pub fn request_bytes(self, bytes: u64) -> Self {
        self.with(|settings| settings.request_bytes = bytes)
    }

    /// How many bytes the texts of a form may have together.
    pub fn text_bytes(self, bytes: usize) -> Self {
        self.with(|settings| settings.text_bytes = bytes)
    }

    /// How many files a request may bring.
    pub fn files(self, many: usize) -> Self {
        self.with(|settings| settings.files = many)
    }

    /// How many pixels a picture may have.
    pub fn pixels(self, many: u64) -> Self {
        self.with(|settings| settings.pixels = many)
    }

    /// What becomes of pictures.
    pub fn image_policy(self, pictures: ImagePolicy) -> Self {
        self.with(|settings| settings.pictures = pictures)
    }

    /// Names are written in ASCII: `é` is `e`, and what has no such form is dropped. Else letters of all scripts stay.
    pub fn ascii_names(self) -> Self {
        self.with(|settings| settings.ascii_names = true)
    }

    /// Which scanner passes files.
    pub fn scan(self, scanner: Clamd) -> Self {
        self.with(|settings| settings.scanner = Some(scanner))
    }

    /// What becomes of files while the scanner gives no answer.
    pub fn scan_failure(self, scan_failure: ScanFailurePolicy) -> Self {
        self.with(|settings| settings.scan_failure = scan_failure)
    }

    /// Where files are written before they are kept: the folder itself, or the system's for temporary files where there is
    /// none.
    pub fn staging(self, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        self.with(|settings| settings.staging = Some(folder))
    }

    /// The kinds that are taken.
    pub fn taken(&self) -> &FileTypes {
        &self.0.kinds
    }

    /// The largest request that is taken, for the route's [`BodyLimit`](crate::BodyLimit).
    pub fn most_bytes(&self) -> u64 {
        self.0.request_bytes
    }

    /// Keeps a file, for good. Done to the end also where nobody waits for it any more, and undone if nobody heard of it.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn keep(&self, mut file: PendingFile) -> Result<Upload, UploadRejection> {
        let place = self.0.place.clone();
        let (done, heard) = oneshot::channel();
        tokio::spawn(async move {
            let kept = async {
                let id = UploadId::random().map_err(down)?;
                if let Err(error) = place.put(id, file.quarantined, &mut file.staged).await {
                    // A part of it may lie there.
                    drop(place.remove(id).await);
                    return Err(down(error));
                }
                Ok(id)
            };
            let kept = kept.await.map(|id| Upload {
                id,
                bytes: file.staged.bytes(),
                name: file.name,
                kind: file.kind,
                digest: file.digest,
                quarantined: file.quarantined,
            });
            if let Err(Ok(unheard)) = done.send(kept)
                && let Err(error) = place.remove(unheard.id).await
            {
                tracing::error!(%error, id = %unheard.id, "a file that nobody waited for could not be removed");
            }
        });
        heard.await.map_err(down)?
    }

    /// Asks the scanner again about a file in quarantine, and lets it out if it passes. What is malware is removed.
    ///
    /// # Errors
    /// [`UploadRejection::File`] with [`UploadError::Infected`](crate::UploadError::Infected), and then the file is gone;
    /// [`UploadRejection::ScannerDown`], [`UploadRejection::StoreDown`].
    pub async fn rescan(&self, upload: &Upload) -> Result<Upload, UploadRejection> {
        let Some(clamd) = self.0.scanner.as_ref().filter(|_| upload.quarantined) else {
            return if upload.quarantined { Err(UploadRejection::ScannerDown) } else { Ok(upload.clone()) };
        };
        let mut staged = self.unquarantine(upload).await?;
        match self.verdict(clamd.scan(staged.reader()).await, &upload.name) {
            Ok(()) => {
                self.0.place.release(upload.id).await.map_err(down)?;
                Ok(Upload { quarantined: false, ..upload.clone() })
            }
            Err(refusal) => {
                if matches!(refusal, UploadRejection::File { .. }) {
                    self.remove(upload.id).await?;
                }
                Err(refusal)
            }
        }
    }

    /// Removes a file; one that is not there is removed.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn remove(&self, id: UploadId) -> Result<(), UploadRejection> {
        self.0.place.remove(id).await.map_err(down)
    }

    /// All files that are kept, by id: to compare with what the application has written down.
    ///
    /// # Errors
    /// [`UploadRejection::StoreDown`].
    pub async fn list(&self) -> Result<Vec<StoredEntry>, UploadRejection> {
        self.0.place.list().await.map_err(down)
    }

    /// A copy of a file in quarantine.
    async fn unquarantine(&self, upload: &Upload) -> Result<Staged, UploadRejection> {
        let found = self.0.place.get(upload.id, true, 0..upload.bytes).await.map_err(down)?;
        let (_, mut chunks) = found.ok_or_else(|| down("a file is not in quarantine"))?;
        let mut staged = Staged::new(self.0.staging()).await.map_err(down)?;
        while let Some(chunk) = poll_fn(|cx| chunks.as_mut().poll_next(cx)).await {
            staged.write(&chunk.map_err(down)?).await.map_err(down)?;
        }
        staged.rewind().await.map_err(down)?;
        Ok(staged)
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Arc::unwrap_or_clone(self.0);
        change(&mut settings);
        Self(Arc::new(settings))
    }
}

impl Settings {
    fn staging(&self) -> PathBuf {
        self.staging.clone().unwrap_or_else(|| self.place.staging.clone())
    }
}

impl fmt::Debug for Uploads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploads")
            .field("place", &self.0.place)
            .field("kinds", &self.0.kinds)
            .field("pictures", &self.0.pictures)
            .field("scanner", &self.0.scanner)
            .finish_non_exhaustive()
    }
}

fn down(error: impl fmt::Display) -> UploadRejection {
    tracing::error!(%error, "files cannot be kept or read");
    UploadRejection::StoreDown
}
