//! The file types that can be detected and accepted.

use std::fmt;
use std::str::FromStr;

use super::error::UploadParseError;

/// A file type that is detected from the content.
///
/// ```
/// use palisade::upload::{FileType, UploadParseError};
///
/// assert_eq!("jpeg".parse(), Ok(FileType::Jpeg));
/// assert_eq!("svg".parse::<FileType>(), Err(UploadParseError::FileType));
/// assert_eq!(FileType::Jpeg.media_type(), "image/jpeg");
/// assert_eq!(FileType::Jpeg.to_string(), "jpg");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[doc(alias("MIME", "media type", "magic number"))]
pub enum FileType {
    /// PNG, animated ones too.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF, animated ones too.
    Gif,
    /// WebP, animated ones too.
    Webp,
    /// PDF.
    Pdf,
}

impl FileType {
    /// All file types.
    pub const ALL: [Self; 5] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp, Self::Pdf];
    /// The image types.
    pub const IMAGES: [Self; 4] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp];

    /// Returns the value of `Content-Type`, such as `image/png`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
        }
    }

    /// Returns the usual extension, without the dot.
    pub fn extension(self) -> &'static str {
        self.extensions()[0]
    }

    /// Returns all valid extensions in lower case, the usual one first.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Self::Gif => &["gif"],
            Self::Webp => &["webp"],
            Self::Pdf => &["pdf"],
        }
    }

    /// Returns `true` for image types.
    pub fn is_image(self) -> bool {
        Self::IMAGES.contains(&self)
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Png => "a PNG picture",
            Self::Jpeg => "a JPEG picture",
            Self::Gif => "a GIF picture",
            Self::Webp => "a WebP picture",
            Self::Pdf => "a PDF document",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::Webp => "WebP",
            Self::Pdf => "PDF",
        }
    }
}

/// Writes the usual extension: `png`.
impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.extension())
    }
}

/// Parses any of the extensions, in any case.
impl FromStr for FileType {
    type Err = UploadParseError;

    fn from_str(text: &str) -> Result<Self, UploadParseError> {
        let matches =
            |file_type: &Self| file_type.extensions().iter().any(|it| it.eq_ignore_ascii_case(text));
        Self::ALL.into_iter().find(matches).ok_or(UploadParseError::FileType)
    }
}

/// A set of file types, such as those that a page accepts.
///
/// ```
/// use palisade::upload::{FileType, FileTypes};
///
/// let accepted = FileTypes::from([FileType::Png, FileType::Pdf]);
/// assert_eq!(accepted.to_string(), "PNG or PDF");
/// assert_eq!(accepted.accept(), ".png,.pdf"); // <input type="file" accept=".png,.pdf">
/// assert!(!accepted.contains(FileType::Gif));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTypes(Vec<FileType>);

impl FileTypes {
    /// Returns `true` if the set contains this file type.
    pub fn contains(&self, file_type: FileType) -> bool {
        self.0.contains(&file_type)
    }

    /// Returns the value of a file field's `accept` attribute, such as `.png,.pdf`.
    pub fn accept(&self) -> String {
        let all: Vec<String> = self
            .0
            .iter()
            .flat_map(|file_type| file_type.extensions())
            .map(|extension| format!(".{extension}"))
            .collect();
        all.join(",")
    }
}

impl<I: IntoIterator<Item = FileType>> From<I> for FileTypes {
    fn from(file_types: I) -> Self {
        let mut file_types: Vec<FileType> = file_types.into_iter().collect();
        file_types.sort_unstable();
        file_types.dedup();
        Self(file_types)
    }
}

/// Writes the set in words: `PNG, JPEG or PDF`.
impl fmt::Display for FileTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<&str> = self.0.iter().map(|file_type| file_type.label()).collect();
        match labels.split_last() {
            Some((last, rest)) if !rest.is_empty() => write!(f, "{} or {last}", rest.join(", ")),
            _ => f.write_str(&labels.concat()),
        }
    }
}
