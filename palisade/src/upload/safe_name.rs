//! Safe file names.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The limit of common file systems.
const MAX_BYTES: usize = 255;
/// A longer ending is text after a full stop, not an extension.
const MAX_EXTENSION: usize = 16;
/// The name if no character remains.
const FALLBACK: &str = "file";

/// A file name that is safe to display, to send in a header and to write to a disk.
///
/// It is one path segment: never empty, not a hidden file, not a command's option, not a device.
///
/// ```
/// use palisade::upload::SafeName;
///
/// assert_eq!(SafeName::new("../../Übung 1.pdf").as_str(), "Übung_1.pdf");
/// assert_eq!(SafeName::ascii("Übung 1.pdf").as_str(), "Ubung_1.pdf");
/// assert_eq!(SafeName::ascii("файл.pdf").as_str(), "file.pdf");
/// assert_eq!(SafeName::new("con.txt").as_str(), "_con.txt");
/// assert_eq!(SafeName::new("con.txt").extension(), Some("txt"));
/// ```
///
/// # Rules, in order
///
/// They extend those of Werkzeug's `secure_filename`:
/// 1. The name is converted to its compatibility form: `／` becomes a slash, `．` a dot.
///    [`SafeName::ascii`] also removes diacritics, and then all characters that are not ASCII.
/// 2. Each run of slashes, backslashes and white space becomes one `_`; at either end it is
///    removed.
/// 3. Letters, digits and diacritics of any script stay, and `_`, `.` and `-`. Everything else is
///    removed: control characters, bidirectional overrides, the `:` of drives and streams.
/// 4. Leading dots, `_` and `-` are removed, and trailing dots and `_`.
/// 5. An empty stem becomes `file`; the extension stays.
/// 6. The name of a Windows device (`con`, `nul.txt`, `COM1`) gets a leading `_`.
/// 7. The name is cut to 255 bytes; the extension stays.
///
/// # What it does not do
///
/// It does not check the content, and does not make names unique: store files under names of your
/// own, such as an [`UploadId`](super::UploadId).
///
/// References: Werkzeug `secure_filename`; CWE-22; Microsoft, Naming Files; RFC 6266 section 4.3.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[doc(alias("secure_filename", "path traversal"))]
pub struct SafeName(String);

impl SafeName {
    /// Makes a name safe. Letters of all scripts stay.
    pub fn new(name: &str) -> Self {
        let letter = |char: char| char.is_alphanumeric() || is_combining_mark(char);
        Self::of(
            &name
                .nfkc()
                .filter(|char| char.is_ascii() || char.is_whitespace() || letter(*char))
                .collect::<String>(),
        )
    }

    /// Makes a name safe and ASCII: `é` becomes `e`; characters without such a form are removed.
    pub fn ascii(name: &str) -> Self {
        Self::of(&name.nfkd().filter(char::is_ascii).collect::<String>())
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the extension, without the dot.
    pub fn extension(&self) -> Option<&str> {
        split(&self.0).1
    }

    fn of(name: &str) -> Self {
        let words = name.split(|char: char| char.is_whitespace() || matches!(char, '/' | '\\'));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let mut name = words.join("_");
        name.retain(|char| {
            !char.is_ascii() || char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '-')
        });
        // A removed character may have stood between a letter and its diacritic.
        let name: String = name.nfc().collect();
        let name = name.trim_end_matches(['.', '_']);
        let (stem, extension) = split(name);
        // A leading diacritic would combine with the text before the name.
        let stem =
            stem.trim_start_matches(|char: char| matches!(char, '.' | '_' | '-') || is_combining_mark(char));
        let stem = if stem.is_empty() { FALLBACK } else { stem };
        let device = if is_device(stem) { "_" } else { "" };
        let room = MAX_BYTES - device.len() - extension.map_or(0, |extension| extension.len() + 1);
        let stem = match extension {
            Some(_) => cut(stem, room),
            None => cut(stem, room).trim_end_matches(['.', '_']),
        };
        Self(match extension {
            Some(extension) => format!("{device}{stem}.{extension}"),
            None => format!("{device}{stem}"),
        })
    }
}

impl AsRef<str> for SafeName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Splits a name into its stem and its extension. Text that does not look like an extension stays
/// in the stem.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if is_extension(extension) => (stem, Some(extension)),
        _ => (name, None),
    }
}

fn is_extension(text: &str) -> bool {
    (1..=MAX_EXTENSION).contains(&text.len()) && text.chars().all(char::is_alphanumeric)
}

fn is_device(stem: &str) -> bool {
    let name = stem.split('.').next().unwrap_or(stem).to_ascii_lowercase();
    match name.strip_prefix("com").or_else(|| name.strip_prefix("lpt")) {
        Some(number) => number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()),
        None => matches!(&*name, "con" | "prn" | "aux" | "nul" | "conin" | "conout"),
    }
}

/// Cuts a text to a number of bytes, between two characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
