//! A parsed multipart form, and its files before they are stored.

use super::error::UploadRejection;
use super::file_type::FileType;
use super::record::Digest;
use super::safe_name::SafeName;
use super::temp_file::TempFile;

/// The texts and accepted files of a `multipart/form-data` request.
///
/// Files that are not given to [`Uploads::keep`](super::Uploads::keep) are deleted when they are
/// dropped.
///
/// ```
/// use http::{HeaderValue, Request};
/// use palisade::upload::{MultipartForm, UploadError, UploadRejection};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// #     example(palisade::Uploads::open("memory://").unwrap()).await.unwrap();
/// # }
/// # async fn example(uploads: palisade::Uploads) -> Result<(), palisade::upload::UploadRejection> {
/// let body = "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nTriangles\r\n\
///             --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n\
///             This is text.\r\n--x--\r\n";
/// let mut request = Request::new(body.to_owned());
/// let content_type = HeaderValue::from_static("multipart/form-data; boundary=x");
/// request.headers_mut().insert("content-type", content_type);
/// let form: MultipartForm = uploads.take_each(request).await?;
///
/// assert_eq!(form.text("title"), Some("Triangles"));
/// let rejection = form.rejection("file").expect("it is not a PDF");
/// let UploadRejection::File { name, error } = rejection else { unreachable!() };
/// assert_eq!(&**name, "a.pdf");
/// assert!(matches!(error, UploadError::UnsupportedType { detected: None, .. }));
/// assert!(form.into_files().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[doc(alias("Multipart", "form-data"))]
pub struct MultipartForm {
    pub(super) texts: Vec<(String, String)>,
    pub(super) files: Vec<PendingFile>,
    /// The first item is the field's name.
    pub(super) rejections: Vec<(Box<str>, UploadRejection)>,
}

impl MultipartForm {
    /// Returns the first text of a field.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.texts.iter().find(|(name, _)| name == field).map(|(_, text)| &**text)
    }

    /// Returns all texts with the names of their fields, in the order of arrival.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (&**name, &**text))
    }

    /// Removes and returns the first file of a field.
    pub fn take_file(&mut self, field: &str) -> Option<PendingFile> {
        let index = self.files.iter().position(|file| &*file.field == field)?;
        Some(self.files.remove(index))
    }

    /// Returns the first rejection of a file of this field. Only
    /// [`Uploads::take_each`](super::Uploads::take_each) continues after a rejected file.
    pub fn rejection(&self, field: &str) -> Option<&UploadRejection> {
        self.rejections.iter().find(|(name, _)| &**name == field).map(|(_, rejection)| rejection)
    }

    /// Returns all remaining files.
    pub fn into_files(self) -> Vec<PendingFile> {
        self.files
    }
}

/// A file that was received and accepted, but is not stored yet. It is deleted when it is dropped.
///
/// ```
/// use palisade::upload::{FileType, PendingFile};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// #     example(palisade::Uploads::open("memory://").unwrap()).await.unwrap();
/// # }
/// # async fn example(uploads: palisade::Uploads) -> Result<(), palisade::upload::UploadRejection> {
/// let file: PendingFile = uploads.take_file("a.pdf", b"%PDF-1.7\n%%EOF").await?;
/// assert_eq!(file.name().as_str(), "a.pdf");
/// assert_eq!((file.file_type(), file.bytes()), (FileType::Pdf, 14));
/// assert_eq!((file.dimensions(), file.is_quarantined()), (None, false));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PendingFile {
    pub(super) field: Box<str>,
    pub(super) name: SafeName,
    pub(super) file_type: FileType,
    pub(super) digest: Digest,
    pub(super) dimensions: Option<(u32, u32)>,
    pub(super) quarantined: bool,
    pub(super) content: TempFile,
}

impl PendingFile {
    /// Returns the name of the form's field; empty for a file without a form.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// Returns the sender's name of the file, made safe.
    pub fn name(&self) -> &SafeName {
        &self.name
    }

    /// Returns the detected type.
    pub fn file_type(&self) -> FileType {
        self.file_type
    }

    /// Returns the size, after [`ImagePolicy`](super::ImagePolicy) was applied.
    pub fn bytes(&self) -> u64 {
        self.content.bytes()
    }

    /// Returns the SHA-256, after [`ImagePolicy`](super::ImagePolicy) was applied.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the width and height of an image in pixels, as it is displayed.
    pub fn dimensions(&self) -> Option<(u32, u32)> {
        self.dimensions
    }

    /// Returns `true` if the scanner did not answer and the file goes into quarantine.
    pub fn is_quarantined(&self) -> bool {
        self.quarantined
    }
}
