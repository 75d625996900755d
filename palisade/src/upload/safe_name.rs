//! The name of a file that somebody sent, made safe to show, to send back and to write to a disk.
//!
//! ```
//! # use palisade::upload::SafeName;
//! assert_eq!(SafeName::new("../../Übung 1.pdf").as_str(), "Übung_1.pdf");
//! assert_eq!(SafeName::ascii("Übung 1.pdf").as_str(), "Ubung_1.pdf");
//! assert_eq!(SafeName::ascii("файл.pdf").as_str(), "file.pdf");
//! assert_eq!(SafeName::new("con.txt").extension(), Some("txt"));
//! ```
//!
//! What is left of a name, in this order (the rules of Werkzeug's `secure_filename`, and what they lack):
//! 1. its compatibility form: `／` is a slash and `．` a dot; [`SafeName::ascii`] takes marks off letters and drops what
//!    then is not ASCII;
//! 2. slashes, backslashes and white space become `_`, one for a run;
//! 3. of the rest, letters and digits of any script with their marks, `_`, `.` and `-`: no control character, nothing
//!    that turns the direction of writing, no `:` of a drive or stream;
//! 4. dots, `_` and `-` at the front go, dots and `_` at the end;
//! 5. a name of which nothing or only the extension is left is `file`; the extension stays;
//! 6. a device of Windows (`con`, `nul.txt`, `COM1`) gets `_` in front;
//! 7. at most 255 bytes: the name is cut, the extension stays.
//!
//! It is no promise of what is in the file, nor that no other has this name: store files under names of your own.
//!
//! References: Werkzeug `secure_filename`; CWE-22; Microsoft, Naming Files; RFC 6266 §4.3.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What file systems take.
const MOST_BYTES: usize = 255;
/// A longer ending is the end of a sentence.
const LONGEST_EXTENSION: usize = 16;
/// What a file is called of whose name nothing is left.
const NAMELESS: &str = "file";

/// The name of a file: one segment of a path, never empty, no hidden file, no option of a command, no device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SafeName(String);

impl SafeName {
    /// What is left of this name; letters of all scripts stay.
    pub fn new(name: &str) -> Self {
        let letter = |char: char| char.is_alphanumeric() || is_combining_mark(char);
        Self::of(
            &name
                .nfkc()
                .filter(|char| char.is_ascii() || char.is_whitespace() || letter(*char))
                .collect::<String>(),
        )
    }

    /// What is left of this name in ASCII: `é` is `e`, and what has no such form is dropped.
    pub fn ascii(name: &str) -> Self {
        Self::of(&name.nfkd().filter(char::is_ascii).collect::<String>())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the last dot.
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
        // What stood between a letter and a mark is gone.
        let name: String = name.nfc().collect();
        let name = name.trim_end_matches(['.', '_']);
        let (stem, extension) = split(name);
        // A mark stands on the letter before it.
        let stem =
            stem.trim_start_matches(|char: char| matches!(char, '.' | '_' | '-') || is_combining_mark(char));
        let stem = if stem.is_empty() { NAMELESS } else { stem };
        let device = if is_device(stem) { "_" } else { "" };
        let room = MOST_BYTES - device.len() - extension.map_or(0, |extension| extension.len() + 1);
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

/// What stands before the last dot, and the extension behind it, if it looks like one.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if is_extension(extension) => (stem, Some(extension)),
        _ => (name, None),
    }
}

fn is_extension(text: &str) -> bool {
    (1..=LONGEST_EXTENSION).contains(&text.len()) && text.chars().all(char::is_alphanumeric)
}

fn is_device(stem: &str) -> bool {
    let name = stem.split('.').next().unwrap_or(stem).to_ascii_lowercase();
    match name.strip_prefix("com").or_else(|| name.strip_prefix("lpt")) {
        Some(number) => number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()),
        None => matches!(&*name, "con" | "prn" | "aux" | "nul" | "conin" | "conout"),
    }
}

/// As much of the beginning as has room, in whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
