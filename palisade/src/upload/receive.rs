//! Receiving files: from a multipart form, or from memory.

use std::error::Error;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body::Body;
use multer::{Field, Multipart};

use super::body_stream::{self, BodyStream, ByteAllowance};
use super::error::{UploadError, UploadRejection};
use super::file_type::FileType;
use super::form::{MultipartForm, PendingFile};
use super::safe_name::SafeName;
use super::settings::Settings;
use super::sniff::{Content, HEAD};
use super::temp_file::TempFile;
use super::{Uploads, store_down};
use crate::core::body_rejection::BodyRejection;

/// The size of one write of a file that is in memory.
const CHUNK: usize = 256 * 1024;
/// The maximum size of a part's headers.
const MAX_PART_HEADERS: u64 = 16 * 1024;
const MAX_TEXTS: usize = 200;

impl Uploads {
    /// Reads a form. All of its files are acceptable, or the whole request is rejected.
    ///
    /// # Errors
    /// [`UploadRejection::File`] for the first file that is not acceptable, or if the request is
    /// not `multipart/form-data`; [`UploadRejection::Body`] if the body is too large, too slow or
    /// malformed; [`UploadRejection::ScannerDown`]; [`UploadRejection::StoreDown`].
    pub async fn take<B>(&self, request: Request<B>) -> Result<MultipartForm, UploadRejection>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.receive(request, OnRejectedFile::Stop).await
    }

    /// Reads a form as [`take`](Self::take) does, but continues after a rejected file. The form
    /// can be shown again with its texts and each [rejection](MultipartForm::rejection) beside its
    /// field.
    ///
    /// # Errors
    /// [`UploadRejection::Body`] if the body is too large, too slow or malformed;
    /// [`UploadRejection::File`] if the request is not `multipart/form-data`. With more rejected
    /// files than [`max_files`](Self::max_files), the reason of the last.
    pub async fn take_each<B>(&self, request: Request<B>) -> Result<MultipartForm, UploadRejection>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.receive(request, OnRejectedFile::Continue).await
    }

    /// Checks a file that comes without a request, for example from an import, by the same rules.
    ///
    /// # Errors
    /// [`UploadRejection::File`] if the file is not acceptable; [`UploadRejection::ScannerDown`];
    /// [`UploadRejection::StoreDown`].
    pub async fn take_file(&self, file_name: &str, bytes: &[u8]) -> Result<PendingFile, UploadRejection> {
        let mut file = IncomingFile::new(self, file_name);
        for chunk in bytes.chunks(CHUNK) {
            file.write(chunk).await?;
        }
        let empty = file.rejection(UploadError::Damaged);
        file.finish("".into()).await?.ok_or(empty)
    }

    async fn receive<B>(
        &self,
        request: Request<B>,
        on_rejected: OnRejectedFile,
    ) -> Result<MultipartForm, UploadRejection>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let settings = &*self.0;
        let (parts, body) = request.into_parts();
        let boundary = boundary(&parts.headers)?;
        if content_length(&parts.headers).is_some_and(|bytes| bytes > settings.max_request_bytes) {
            return Err(UploadRejection::Body(BodyRejection::TooLarge));
        }
        let allowance = ByteAllowance::default();
        let body = BodyStream::new(body, settings.max_request_bytes, allowance.clone());
        let mut multipart = Multipart::new(body, boundary);
        let mut form = MultipartForm::default();
        let mut text_bytes_left = settings.max_text_bytes;
        loop {
            allowance.set(MAX_PART_HEADERS);
            let field = multipart.next_field().await.map_err(|error| body_stream::rejection(&error))?;
            let Some(mut field) = field else { return Ok(form) };
            allowance.set(u64::MAX);
            let name = field.name().unwrap_or_default().to_owned();
            let Some(file_name) = field.file_name().map(ToOwned::to_owned) else {
                let text = read_text(field, &mut text_bytes_left).await?;
                form.texts.push((name, text));
                if form.texts.len() > MAX_TEXTS {
                    return Err(UploadRejection::Body(BodyRejection::TooLarge));
                }
                continue;
            };
            let name: Box<str> = name.into();
            let files_left = settings.max_files - form.files.len();
            match self.receive_file(&mut field, name.clone(), &file_name, files_left).await {
                Ok(file) => form.files.extend(file),
                Err(rejection)
                    if on_rejected == OnRejectedFile::Stop || form.rejections.len() >= settings.max_files =>
                {
                    return Err(rejection);
                }
                Err(
                    rejection @ (UploadRejection::File { .. }
                    | UploadRejection::ScannerDown
                    | UploadRejection::StoreDown),
                ) => {
                    // The rest of the part has to be read before the next part.
                    while next_chunk(&mut field).await?.is_some() {}
                    form.rejections.push((name, rejection));
                }
                Err(rejection) => return Err(rejection),
            }
        }
    }

    /// Receives one file. Returns `None` for a file field that was left empty.
    async fn receive_file(
        &self,
        field: &mut Field<'static>,
        name: Box<str>,
        file_name: &str,
        files_left: usize,
    ) -> Result<Option<PendingFile>, UploadRejection> {
        let mut file = IncomingFile::new(self, file_name);
        while let Some(chunk) = next_chunk(field).await? {
            if files_left == 0 && !chunk.is_empty() {
                return Err(file.rejection(UploadError::TooMany { max: self.0.max_files }));
            }
            file.write(&chunk).await?;
        }
        file.finish(name).await
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum OnRejectedFile {
    Stop,
    Continue,
}

/// A file that is being received.
struct IncomingFile<'a> {
    uploads: &'a Uploads,
    name: SafeName,
    head: Vec<u8>,
    file_type: Option<FileType>,
    content: Option<TempFile>,
}

impl<'a> IncomingFile<'a> {
    fn new(uploads: &'a Uploads, file_name: &str) -> Self {
        let name = uploads.0.safe_name(file_name);
        Self { uploads, name, head: Vec::new(), file_type: None, content: None }
    }

    fn rejection(&self, error: UploadError) -> UploadRejection {
        UploadRejection::File { name: self.name.as_str().into(), error }
    }

    async fn write(&mut self, chunk: &[u8]) -> Result<(), UploadRejection> {
        if chunk.is_empty() {
            return Ok(());
        }
        let settings = &*self.uploads.0;
        let content = match &mut self.content {
            Some(content) => content,
            none => none.insert(TempFile::new(settings.staging()).await.map_err(store_down)?),
        };
        if content.bytes() + chunk.len() as u64 > settings.max_file_bytes {
            return Err(self.rejection(UploadError::TooLarge { max_bytes: settings.max_file_bytes }));
        }
        content.write(chunk).await.map_err(store_down)?;
        // Rejects an unsupported type before the rest arrives.
        if self.head.len() < HEAD {
            self.head.extend_from_slice(&chunk[..chunk.len().min(HEAD - self.head.len())]);
            if self.head.len() == HEAD {
                self.file_type = Some(self.detect()?);
            }
        }
        Ok(())
    }

    fn detect(&self) -> Result<FileType, UploadRejection> {
        self.uploads.0.check_type(&self.head, &self.name).map_err(|error| self.rejection(error))
    }

    /// Inspects the complete file. Returns `None` if it has no bytes.
    async fn finish(mut self, field: Box<str>) -> Result<Option<PendingFile>, UploadRejection> {
        let Some(content) = self.content.take() else { return Ok(None) };
        let file_type = match self.file_type {
            Some(file_type) => file_type,
            None => self.detect()?,
        };
        let inspected = self.uploads.inspect(content, file_type, &self.name).await?;
        Ok(Some(PendingFile {
            field,
            file_type,
            digest: inspected.digest,
            dimensions: inspected.dimensions,
            quarantined: inspected.quarantined,
            content: inspected.content,
            name: self.name,
        }))
    }
}

impl Settings {
    /// Detects the type of a file, and checks it against the accepted types and the name's
    /// extension.
    fn check_type(&self, head: &[u8], name: &SafeName) -> Result<FileType, UploadError> {
        let unsupported =
            |detected| UploadError::UnsupportedType { detected, accepted: self.file_types.to_string() };
        let file_type = match Content::detect(head) {
            Content::Supported(file_type) if self.file_types.contains(file_type) => file_type,
            Content::Supported(file_type) => return Err(unsupported(Some(file_type.description()))),
            Content::Unsupported(description) => return Err(unsupported(Some(description))),
            Content::Unknown => return Err(unsupported(None)),
        };
        match name.extension().map(str::parse) {
            Some(Ok(by_extension)) if file_type == by_extension => Ok(file_type),
            _ => Err(UploadError::WrongExtension {
                detected: file_type.description(),
                extension: file_type.extension(),
            }),
        }
    }
}

/// Reads a text field as UTF-8, within the limit for all texts together.
async fn read_text(mut field: Field<'static>, bytes_left: &mut usize) -> Result<String, UploadRejection> {
    let mut text = Vec::new();
    while let Some(chunk) = next_chunk(&mut field).await? {
        *bytes_left =
            bytes_left.checked_sub(chunk.len()).ok_or(UploadRejection::Body(BodyRejection::TooLarge))?;
        text.extend_from_slice(&chunk);
    }
    String::from_utf8(text).map_err(|_| UploadRejection::Body(BodyRejection::Broken))
}

async fn next_chunk(field: &mut Field<'static>) -> Result<Option<Bytes>, UploadRejection> {
    field.chunk().await.map_err(|error| body_stream::rejection(&error))
}

fn boundary(headers: &HeaderMap) -> Result<String, UploadRejection> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = content_type.and_then(|value| multer::parse_boundary(value).ok());
    boundary.ok_or_else(|| UploadRejection::File { name: "".into(), error: UploadError::NotAForm })
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
