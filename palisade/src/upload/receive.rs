//! Taking a form apart: texts and files, in the order in which they arrive.

use std::error::Error;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body::Body;
use multer::{Field, Multipart};

use super::arriving::{self, Allowance, Arriving};
use super::error::UploadRejection;
use super::kind::FileType;
use super::sniff::{Content, HEAD};
use super::staged::Staged;
use super::stored::Digest;
use super::{Settings, Uploads, down};
use crate::core::body_rejection::BodyRejection;
use crate::upload::error::UploadError;
use crate::upload::safe_name::SafeName;

/// As much as is written at once of a file that is at hand.
const CHUNK: usize = 256 * 1024;
/// What a part says of itself, in bytes, and then some.
const PART_HEAD: u64 = 16 * 1024;
/// No form of ours has more texts.
const MOST_TEXTS: usize = 200;

/// What a form brought. Files that are not given to [`Uploads::keep`] are gone with it.
#[derive(Debug, Default)]
pub struct MultipartForm {
    texts: Vec<(String, String)>,
    files: Vec<PendingFile>,
    /// By the names of their fields.
    refused: Vec<(Box<str>, UploadRejection)>,
}

impl MultipartForm {
    /// The first text of a field.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.texts.iter().find(|(name, _)| name == field).map(|(_, text)| &**text)
    }

    /// All texts with the names of their fields, in the order in which they came.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (&**name, &**text))
    }

    /// Takes out the first file of a field.
    pub fn take_file(&mut self, field: &str) -> Option<PendingFile> {
        let at = self.files.iter().position(|file| &*file.field == field)?;
        Some(self.files.remove(at))
    }

    /// Why a file of this field was not passed: the first of them. Only [`Uploads::take_each`] goes on after one.
    pub fn refused(&self, field: &str) -> Option<&UploadRejection> {
        self.refused.iter().find(|(name, _)| &**name == field).map(|(_, refusal)| refusal)
    }

    /// All files that were not taken out.
    pub fn into_files(self) -> Vec<PendingFile> {
        self.files
    }
}

/// A file that has arrived and was passed: not kept yet, and gone when it is dropped.
#[derive(Debug)]
pub struct PendingFile {
    pub(super) field: Box<str>,
    pub(super) name: SafeName,
    pub(super) kind: FileType,
    pub(super) digest: Digest,
    pub(super) dimensions: Option<(u32, u32)>,
    pub(super) quarantined: bool,
    pub(super) staged: Staged,
}

impl PendingFile {
    /// The form's field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What it is called.
    pub fn name(&self) -> &SafeName {
        &self.name
    }

    /// What it is.
    pub fn kind(&self) -> FileType {
        self.kind
    }

    /// How many bytes it has, after what does not belong into it was left out.
    pub fn bytes(&self) -> u64 {
        self.staged.bytes()
    }

    /// What these bytes are, in short.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How wide and how high a picture is shown, in pixels.
    pub fn dimensions(&self) -> Option<(u32, u32)> {
        self.dimensions
    }

    /// Whether no scanner has seen it.
    pub fn quarantined(&self) -> bool {
        self.quarantined
    }
}

impl Uploads {
    /// Takes in what a form sends: every file is of a kind that is taken, by its name and by what is in it, and was passed by
    /// the scanner, or there is nothing.
    ///
    /// # Errors
    /// [`UploadRejection::File`] with what is wrong; [`UploadRejection::Body(BodyRejection::TooLarge)`], [`UploadRejection::Body(BodyRejection::TooSlow)`] and [`UploadRejection::Body(BodyRejection::Broken)`];
    /// [`UploadRejection::ScannerDown`] and [`UploadRejection::StoreDown`].
    pub async fn take<B>(&self, request: Request<B>) -> Result<MultipartForm, UploadRejection>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.receive(request, Then::Stop).await
    }

    /// Takes in what a form sends, as [`take`](Self::take) does, but goes on after a file that is refused: what was typed is not
    /// lost, and the form can come back with [what is wrong](MultipartForm::refused) beside the field.
    ///
    /// # Errors
    /// [`UploadRejection::Body(BodyRejection::TooLarge)`], [`UploadRejection::Body(BodyRejection::TooSlow)`] and [`UploadRejection::Body(BodyRejection::Broken)`]; [`UploadRejection::File`] where the request is no
    /// form, or brings more refused files than it may bring files.
    pub async fn take_each<B>(&self, request: Request<B>) -> Result<MultipartForm, UploadRejection>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.receive(request, Then::GoOn).await
    }

    /// Takes in a file that comes with no request, such as one that another program left: judged as if somebody had sent it.
    ///
    /// # Errors
    /// [`UploadRejection::File`] with what is wrong; [`UploadRejection::ScannerDown`] and [`UploadRejection::StoreDown`].
    pub async fn take_file(&self, called: &str, bytes: &[u8]) -> Result<PendingFile, UploadRejection> {
        let mut arrival = Arrival::new(self, called);
        for chunk in bytes.chunks(CHUNK) {
            arrival.write(chunk).await?;
        }
        let nothing = arrival.refuse(UploadError::Broken);
        arrival.end("".into()).await?.ok_or(nothing)
    }

    async fn receive<B>(&self, request: Request<B>, then: Then) -> Result<MultipartForm, UploadRejection>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let settings = &*self.0;
        let (parts, body) = request.into_parts();
        let boundary = boundary(&parts.headers)?;
        if announced(&parts.headers).is_some_and(|bytes| bytes > settings.request_bytes) {
            return Err(UploadRejection::Body(BodyRejection::TooLarge));
        }
        let allowance = Allowance::default();
        let body = Arriving::new(body, settings.request_bytes, allowance.clone());
        let mut form = Multipart::new(body, boundary);
        let mut received = MultipartForm::default();
        let mut text_room = settings.text_bytes;
        loop {
            allowance.set(PART_HEAD);
            let Some(mut field) = form.next_field().await.map_err(|error| arriving::refusal(&error))? else {
                return Ok(received);
            };
            allowance.set(u64::MAX);
            let name = field.name().unwrap_or_default().to_owned();
            let Some(called) = field.file_name().map(ToOwned::to_owned) else {
                let text = text(field, &mut text_room).await?;
                received.texts.push((name, text));
                if received.texts.len() > MOST_TEXTS {
                    return Err(UploadRejection::Body(BodyRejection::TooLarge));
                }
                continue;
            };
            let name: Box<str> = name.into();
            let room = settings.files - received.files.len();
            match self.file(&mut field, name.clone(), &called, room).await {
                Ok(file) => received.files.extend(file),
                Err(refusal) if then == Then::Stop || received.refused.len() >= settings.files => {
                    return Err(refusal);
                }
                Err(
                    refusal @ (UploadRejection::File { .. }
                    | UploadRejection::ScannerDown
                    | UploadRejection::StoreDown),
                ) => {
                    // The rest of it arrives, and goes nowhere.
                    while next(&mut field).await?.is_some() {}
                    received.refused.push((name, refusal));
                }
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// Takes in one file; nothing is a field that was left empty.
    async fn file(
        &self,
        field: &mut Field<'static>,
        name: Box<str>,
        called: &str,
        room: usize,
    ) -> Result<Option<PendingFile>, UploadRejection> {
        let mut arrival = Arrival::new(self, called);
        while let Some(chunk) = next(field).await? {
            if room == 0 && !chunk.is_empty() {
                return Err(arrival.refuse(UploadError::TooMany { most: self.0.files }));
            }
            arrival.write(&chunk).await?;
        }
        arrival.end(name).await
    }
}

/// What becomes of a form after a file of it is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Stop,
    GoOn,
}

/// A file while it arrives.
struct Arrival<'a> {
    uploads: &'a Uploads,
    called: SafeName,
    head: Vec<u8>,
    kind: Option<FileType>,
    staged: Option<Staged>,
}

impl<'a> Arrival<'a> {
    fn new(uploads: &'a Uploads, called: &str) -> Self {
        Self { uploads, called: uploads.0.name(called), head: Vec::new(), kind: None, staged: None }
    }

    fn refuse(&self, fault: UploadError) -> UploadRejection {
        UploadRejection::File { name: self.called.as_str().into(), error: fault }
    }

    async fn write(&mut self, chunk: &[u8]) -> Result<(), UploadRejection> {
        if chunk.is_empty() {
            return Ok(());
        }
        let settings = &*self.uploads.0;
        let staged = match &mut self.staged {
            Some(staged) => staged,
            none => none.insert(Staged::new(settings.staging()).await.map_err(down)?),
        };
        if staged.bytes() + chunk.len() as u64 > settings.file_bytes {
            return Err(self.refuse(UploadError::TooLarge { most: settings.file_bytes }));
        }
        staged.write(chunk).await.map_err(down)?;
        // What is not wanted is refused at its beginning.
        if self.head.len() < HEAD {
            self.head.extend_from_slice(&chunk[..chunk.len().min(HEAD - self.head.len())]);
            if self.head.len() == HEAD {
                self.kind = Some(self.kind()?);
            }
        }
        Ok(())
    }

    fn kind(&self) -> Result<FileType, UploadRejection> {
        self.uploads.0.kind_of(&self.head, &self.called).map_err(|fault| self.refuse(fault))
    }

    /// The whole of it, if it is passed; nothing where nothing came.
    async fn end(mut self, field: Box<str>) -> Result<Option<PendingFile>, UploadRejection> {
        let Some(staged) = self.staged.take() else { return Ok(None) };
        let kind = match self.kind {
            Some(kind) => kind,
            None => self.kind()?,
        };
        let passed = self.uploads.judge(staged, kind, &self.called).await?;
        Ok(Some(PendingFile {
            field,
            kind,
            digest: passed.digest,
            dimensions: passed.dimensions,
            quarantined: passed.quarantined,
            staged: passed.staged,
            name: self.called,
        }))
    }
}

impl Settings {
    /// What a file is, if that is wanted and the file is called so.
    fn kind_of(&self, head: &[u8], name: &SafeName) -> Result<FileType, UploadError> {
        let unwanted = |is| UploadError::Unwanted { is, wanted: self.kinds.to_string() };
        let kind = match Content::of(head) {
            Content::FileType(kind) if self.kinds.contains(kind) => kind,
            Content::FileType(kind) => return Err(unwanted(Some(kind.said()))),
            Content::Other(is) => return Err(unwanted(Some(is))),
            Content::Unknown => return Err(unwanted(None)),
        };
        match name.extension().map(str::parse) {
            Some(Ok(named)) if kind == named => Ok(kind),
            _ => Err(UploadError::NamedOtherwise { is: kind.said(), extension: kind.extension() }),
        }
    }

    /// The name without the folders that some programs send with it.
    fn name(&self, called: &str) -> SafeName {
        let last = called.rsplit(['/', '\\']).next().unwrap_or(called);
        if self.ascii_names { SafeName::ascii(last) } else { SafeName::new(last) }
    }
}

/// A text of UTF-8, as long as there is room.
async fn text(mut field: Field<'static>, room: &mut usize) -> Result<String, UploadRejection> {
    let mut text = Vec::new();
    while let Some(chunk) = next(&mut field).await? {
        *room = room.checked_sub(chunk.len()).ok_or(UploadRejection::Body(BodyRejection::TooLarge))?;
        text.extend_from_slice(&chunk);
    }
    String::from_utf8(text).map_err(|_| UploadRejection::Body(BodyRejection::Broken))
}

async fn next(field: &mut Field<'static>) -> Result<Option<Bytes>, UploadRejection> {
    field.chunk().await.map_err(|error| arriving::refusal(&error))
}

fn boundary(headers: &HeaderMap) -> Result<String, UploadRejection> {
    let form = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let boundary = form.and_then(|it| multer::parse_boundary(it).ok());
    boundary.ok_or_else(|| UploadRejection::File { name: "".into(), error: UploadError::NotAForm })
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
