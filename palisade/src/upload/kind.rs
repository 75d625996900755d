//! The kinds of files that can be told apart, and how each is called.

use std::fmt;
use std::str::FromStr;

use super::UploadParseError;

/// A kind of file that can be recognised by what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FileType {
    /// A PNG picture, also an animated one.
    Png,
    /// A JPEG picture.
    Jpeg,
    /// A GIF picture, also an animated one.
    Gif,
    /// A WebP picture, also an animated one.
    Webp,
    /// A PDF document.
    Pdf,
}

impl FileType {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp, Self::Pdf];
    /// The pictures among them.
    pub const PICTURES: [Self; 4] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp];

    /// What its `Content-Type` is, such as `image/png`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
        }
    }

    /// What its name ends in, without the dot.
    pub fn extension(self) -> &'static str {
        self.extensions()[0]
    }

    /// What its name may end in, in small letters; the first is the usual one.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Gif => &["gif"],
            Self::Webp => &["webp"],
            Self::Pdf => &["pdf"],
        }
    }

    /// Whether it is a picture.
    pub fn is_picture(self) -> bool {
        Self::PICTURES.contains(&self)
    }

    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Png => "a PNG picture",
            Self::Jpeg => "a JPEG picture",
            Self::Gif => "a GIF picture",
            Self::Webp => "a WebP picture",
            Self::Pdf => "a PDF document",
        }
    }

    fn short(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::Webp => "WebP",
            Self::Pdf => "PDF",
        }
    }
}

/// The usual extension: `png`.
impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.extension())
    }
}

/// Of any of its extensions.
impl FromStr for FileType {
    type Err = UploadParseError;

    fn from_str(text: &str) -> Result<Self, UploadParseError> {
        let known = |kind: &Self| kind.extensions().iter().any(|it| it.eq_ignore_ascii_case(text));
        Self::ALL.into_iter().find(known).ok_or(UploadParseError::FileType)
    }
}

/// Some kinds: what a page takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTypes(Vec<FileType>);

impl FileTypes {
    /// Whether this kind is among them.
    pub fn contains(&self, kind: FileType) -> bool {
        self.0.contains(&kind)
    }

    /// What a form's file field has in `accept`: `.png,.jpg`.
    pub fn accept(&self) -> String {
        let all: Vec<String> =
            self.0.iter().flat_map(|kind| kind.extensions()).map(|it| format!(".{it}")).collect();
        all.join(",")
    }
}

impl<I: IntoIterator<Item = FileType>> From<I> for FileTypes {
    fn from(kinds: I) -> Self {
        let mut kinds: Vec<FileType> = kinds.into_iter().collect();
        kinds.sort_unstable();
        kinds.dedup();
        Self(kinds)
    }
}

/// In words: `PNG, JPEG or PDF`.
impl fmt::Display for FileTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|kind| kind.short()).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => write!(f, "{} or {last}", rest.join(", ")),
            _ => f.write_str(&words.concat()),
        }
    }
}
