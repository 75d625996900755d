//! Content sniffing: detects the type of a file from its first bytes.
//!
//! A supported type must begin at the first byte: polyglots rely on readers that search further.
//! Common unsupported types are detected too, for a better message.

use super::file_type::FileType;

/// The number of bytes that are inspected.
pub(super) const HEAD: usize = 1_024;

/// The detected type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Supported(FileType),
    /// The type in words.
    Unsupported(&'static str),
    Unknown,
}

impl Content {
    /// Detects the type from the first [`HEAD`] bytes.
    pub(super) fn detect(head: &[u8]) -> Self {
        let matches = |magic: &&Magic| {
            let part = |(at, bytes): &(usize, &[u8])| head.get(*at..).is_some_and(|it| it.starts_with(bytes));
            magic.parts.iter().all(part)
        };
        match MAGIC.iter().find(matches) {
            Some(magic) => magic.content,
            None if contains_any(text(head), &["<svg"]) => Self::Unsupported("an SVG drawing"),
            None if is_markup(head) => Self::Unsupported("a web page"),
            None => Self::Unknown,
        }
    }
}

struct Magic {
    /// Offsets, and the bytes there.
    parts: &'static [(usize, &'static [u8])],
    content: Content,
}

const fn magic(parts: &'static [(usize, &'static [u8])], content: Content) -> Magic {
    Magic { parts, content }
}

/// The magic numbers; the first match wins.
const MAGIC: &[Magic] = &[
    magic(&[(0, b"\x89PNG\r\n\x1a\n")], Content::Supported(FileType::Png)),
    magic(&[(0, b"\xff\xd8\xff")], Content::Supported(FileType::Jpeg)),
    magic(&[(0, b"GIF87a")], Content::Supported(FileType::Gif)),
    magic(&[(0, b"GIF89a")], Content::Supported(FileType::Gif)),
    magic(&[(0, b"RIFF"), (8, b"WEBPVP8")], Content::Supported(FileType::Webp)),
    magic(&[(0, b"%PDF-")], Content::Supported(FileType::Pdf)),
    magic(&[(4, b"ftypheic")], Content::Unsupported("a HEIC picture")),
    magic(&[(4, b"ftypheix")], Content::Unsupported("a HEIC picture")),
    magic(&[(4, b"ftypmif1")], Content::Unsupported("a HEIC picture")),
    magic(&[(4, b"ftypavif")], Content::Unsupported("an AVIF picture")),
    magic(&[(4, b"ftyp")], Content::Unsupported("a film")),
    magic(&[(0, b"\x1a\x45\xdf\xa3")], Content::Unsupported("a film")),
    magic(&[(0, b"II*\0")], Content::Unsupported("a TIFF picture")),
    magic(&[(0, b"MM\0*")], Content::Unsupported("a TIFF picture")),
    magic(&[(0, b"BM"), (6, b"\0\0\0\0")], Content::Unsupported("a BMP picture")),
    magic(&[(0, b"PK\x03\x04")], Content::Unsupported("a ZIP archive or an office document")),
    magic(&[(0, b"PK\x05\x06")], Content::Unsupported("a ZIP archive")),
    magic(&[(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")], Content::Unsupported("an office document")),
    magic(&[(0, b"{\\rtf")], Content::Unsupported("an RTF document")),
    magic(&[(0, b"%!PS")], Content::Unsupported("a PostScript document")),
    magic(&[(0, b"\x1f\x8b")], Content::Unsupported("a GZIP archive")),
    magic(&[(0, b"7z\xbc\xaf\x27\x1c")], Content::Unsupported("a 7z archive")),
    magic(&[(0, b"Rar!\x1a\x07")], Content::Unsupported("a RAR archive")),
    magic(&[(0, b"MZ")], Content::Unsupported("a program")),
    magic(&[(0, b"\x7fELF")], Content::Unsupported("a program")),
    magic(&[(0, b"#!")], Content::Unsupported("a script")),
];

/// The beginnings of tags by which a sniffing browser recognises HTML, in lower case.
const HTML_TAGS: &[&str] =
    &["<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<svg", "<?php"];

/// Returns `true` if the first [`HEAD`] bytes contain an HTML tag at any position.
pub(super) fn contains_html(head: &[u8]) -> bool {
    contains_any(text(&head[..head.len().min(HEAD)]), HTML_TAGS)
}

fn is_markup(head: &[u8]) -> bool {
    text(head).trim_start_matches('\u{feff}').trim_start().starts_with('<') || contains_html(head)
}

fn text(head: &[u8]) -> String {
    String::from_utf8_lossy(head).to_ascii_lowercase()
}

fn contains_any(text: impl AsRef<str>, words: &[&str]) -> bool {
    words.iter().any(|word| text.as_ref().contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_the_type_by_the_first_bytes() {
        for (head, content) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Content::Supported(FileType::Png)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Content::Supported(FileType::Jpeg)),
            (b"GIF89a\x01\0\x01\0", Content::Supported(FileType::Gif)),
            (b"RIFF\x1a\0\0\0WEBPVP8L", Content::Supported(FileType::Webp)),
            (b"%PDF-1.7\n", Content::Supported(FileType::Pdf)),
            (b"\n %PDF-1.7\n", Content::Unknown),
            (b"\xef\xbb\xbf <!doctype html>", Content::Unsupported("a web page")),
            (b"<?xml version='1.0'?><SVG onload='x()'/>", Content::Unsupported("an SVG drawing")),
            (b"GIF88a", Content::Unknown),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1", Content::Unsupported("a HEIC picture")),
            (b"PK\x03\x04\x14\0", Content::Unsupported("a ZIP archive or an office document")),
            (b"RIFF\x24\0\0\0WAVEfmt ", Content::Unknown),
            (b"", Content::Unknown),
        ] {
            assert_eq!(Content::detect(head), content, "{head:?}");
        }
    }
}
