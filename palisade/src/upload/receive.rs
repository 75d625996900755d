//! Taking a form apart: texts and files, in the order in which they arrive.

use std::error::Error;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body::Body;
use multer::{Field, Multipart};

use super::arriving::{self, Allowance, Arriving};
use super::kind::Kind;
use super::sniff::{Content, HEAD};
use super::staged::Staged;
use super::stored::Digest;
use super::{Settings, Uploads, down};
use crate::file_fault::FileFault;
use crate::filename::SafeName;
use crate::refusal::Refusal;

/// What a part says of itself, in bytes, and then some.
const PART_HEAD: u64 = 16 * 1024;
/// No form of ours has more texts.
const MOST_TEXTS: usize = 200;

/// What a form brought. Files that are not given to [`Uploads::keep`] are gone with it.
#[derive(Debug, Default)]
pub struct Received {
    texts: Vec<(String, String)>,
    files: Vec<Incoming>,
}

impl Received {
    /// The first text of a field.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.texts.iter().find(|(name, _)| name == field).map(|(_, text)| &**text)
    }

    /// All texts with the names of their fields, in the order in which they came.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (&**name, &**text))
    }

    /// Takes out the first file of a field.
    pub fn take_file(&mut self, field: &str) -> Option<Incoming> {
        let at = self.files.iter().position(|file| &*file.field == field)?;
        Some(self.files.remove(at))
    }

    /// All files that were not taken out.
    pub fn into_files(self) -> Vec<Incoming> {
        self.files
    }
}

/// A file that has arrived and was passed: not kept yet, and gone when it is dropped.
#[derive(Debug)]
pub struct Incoming {
    pub(super) field: Box<str>,
    pub(super) name: SafeName,
    pub(super) kind: Kind,
    pub(super) digest: Digest,
    pub(super) dimensions: Option<(u32, u32)>,
    pub(super) quarantined: bool,
    pub(super) staged: Staged,
}

impl Incoming {
    /// The form's field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What it is called.
    pub fn name(&self) -> &SafeName {
        &self.name
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
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
    /// [`Refusal::File`] with what is wrong; [`Refusal::BodyTooLarge`], [`Refusal::BodyTooSlow`] and [`Refusal::BodyBroken`];
    /// [`Refusal::ScannerDown`] and [`Refusal::FilesDown`].
    pub async fn take<B>(&self, request: Request<B>) -> Result<Received, Refusal>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let settings = &*self.0;
        let (parts, body) = request.into_parts();
        let boundary = boundary(&parts.headers)?;
        if announced(&parts.headers).is_some_and(|bytes| bytes > settings.request_bytes) {
            return Err(Refusal::BodyTooLarge);
        }
        let allowance = Allowance::default();
        let body = Arriving::new(body, settings.request_bytes, allowance.clone());
        let mut form = Multipart::new(body, boundary);
        let mut received = Received::default();
        let mut text_room = settings.text_bytes;
        loop {
            allowance.set(PART_HEAD);
            let Some(field) = form.next_field().await.map_err(|error| arriving::refusal(&error))? else {
                return Ok(received);
            };
            allowance.set(u64::MAX);
            let name = field.name().unwrap_or_default().to_owned();
            match field.file_name().map(ToOwned::to_owned) {
                None => {
                    let text = text(field, &mut text_room).await?;
                    received.texts.push((name, text));
                    if received.texts.len() > MOST_TEXTS {
                        return Err(Refusal::BodyTooLarge);
                    }
                }
                Some(called) => {
                    let room = settings.files - received.files.len();
                    if let Some(file) = self.file(field, name.into(), &called, room).await? {
                        received.files.push(file);
                    }
                }
            }
        }
    }

    /// Takes in one file; nothing is a field that was left empty.
    async fn file(
        &self,
        mut field: Field<'static>,
        name: Box<str>,
        called: &str,
        room: usize,
    ) -> Result<Option<Incoming>, Refusal> {
        let settings = &*self.0;
        let called = settings.name(called);
        let refuse = |fault| Refusal::File { name: called.as_str().into(), fault };
        let mut head = Vec::new();
        let mut kind = None;
        let mut staged = None;
        while let Some(chunk) = next(&mut field).await? {
            if chunk.is_empty() {
                continue;
            }
            if room == 0 {
                return Err(refuse(FileFault::TooMany { most: settings.files }));
            }
            let staged = match &mut staged {
                Some(staged) => staged,
                none => none.insert(Staged::new(settings.staging()).await.map_err(down)?),
            };
            if staged.bytes() + chunk.len() as u64 > settings.file_bytes {
                return Err(refuse(FileFault::TooLarge { most: settings.file_bytes }));
            }
            staged.write(&chunk).await.map_err(down)?;
            // What is not wanted is refused at its beginning.
            if head.len() < HEAD {
                head.extend_from_slice(&chunk[..chunk.len().min(HEAD - head.len())]);
                if head.len() == HEAD {
                    kind = Some(settings.kind_of(&head, &called).map_err(refuse)?);
                }
            }
        }
        let Some(staged) = staged else { return Ok(None) };
        let kind = match kind {
            Some(kind) => kind,
            None => settings.kind_of(&head, &called).map_err(refuse)?,
        };
        let passed = self.judge(staged, kind, &called).await?;
        Ok(Some(Incoming {
            field: name,
            kind,
            digest: passed.digest,
            dimensions: passed.dimensions,
            quarantined: passed.quarantined,
            staged: passed.staged,
            name: called,
        }))
    }
}

impl Settings {
    /// What a file is, if that is wanted and the file is called so.
    fn kind_of(&self, head: &[u8], name: &SafeName) -> Result<Kind, FileFault> {
        let unwanted = |is| FileFault::Unwanted { is, wanted: self.kinds.to_string() };
        let kind = match Content::of(head) {
            Content::Kind(kind) if self.kinds.contains(kind) => kind,
            Content::Kind(kind) => return Err(unwanted(Some(kind.said()))),
            Content::Other(is) => return Err(unwanted(Some(is))),
            Content::Unknown => return Err(unwanted(None)),
        };
        match name.extension().map(str::parse) {
            Some(Ok(named)) if kind == named => Ok(kind),
            _ => Err(FileFault::NamedOtherwise { is: kind.said(), extension: kind.extension() }),
        }
    }

    /// The name without the folders that some programs send with it.
    fn name(&self, called: &str) -> SafeName {
        let last = called.rsplit(['/', '\\']).next().unwrap_or(called);
        if self.ascii_names { SafeName::ascii(last) } else { SafeName::new(last) }
    }
}

/// A text of UTF-8, as long as there is room.
async fn text(mut field: Field<'static>, room: &mut usize) -> Result<String, Refusal> {
    let mut text = Vec::new();
    while let Some(chunk) = next(&mut field).await? {
        *room = room.checked_sub(chunk.len()).ok_or(Refusal::BodyTooLarge)?;
        text.extend_from_slice(&chunk);
    }
    String::from_utf8(text).map_err(|_| Refusal::BodyBroken)
}

async fn next(field: &mut Field<'static>) -> Result<Option<Bytes>, Refusal> {
    field.chunk().await.map_err(|error| arriving::refusal(&error))
}

fn boundary(headers: &HeaderMap) -> Result<String, Refusal> {
    let form = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let boundary = form.and_then(|it| multer::parse_boundary(it).ok());
    boundary.ok_or_else(|| Refusal::File { name: "".into(), fault: FileFault::NotAForm })
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
