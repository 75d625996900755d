//! What a file is, by how it begins.
//!
//! A kind that we take must begin at the very first byte: readers that look further are what polyglots live on. What we
//! never take is known too, so that people are told what they have sent.

use super::kind::FileType;

/// As much of the beginning as is looked at.
pub(super) const HEAD: usize = 1_024;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    FileType(FileType),
    Other(&'static str),
    Unknown,
}

impl Content {
    /// What a file with this beginning is.
    pub(super) fn of(head: &[u8]) -> Self {
        let begins = |magic: &&Magic| {
            magic.parts.iter().all(|(at, bytes)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)))
        };
        match MAGIC.iter().find(begins) {
            Some(magic) => magic.is,
            None if mentions(text(head), &["<svg"]) => Self::Other("an SVG drawing"),
            None if is_markup(head) => Self::Other("a web page"),
            None => Self::Unknown,
        }
    }
}

struct Magic {
    parts: &'static [(usize, &'static [u8])],
    is: Content,
}

const fn magic(parts: &'static [(usize, &'static [u8])], is: Content) -> Magic {
    Magic { parts, is }
}

/// Bytes, where they stand, and what they mean; the first that fits counts.
const MAGIC: &[Magic] = &[
    magic(&[(0, b"\x89PNG\r\n\x1a\n")], Content::FileType(FileType::Png)),
    magic(&[(0, b"\xff\xd8\xff")], Content::FileType(FileType::Jpeg)),
    magic(&[(0, b"GIF87a")], Content::FileType(FileType::Gif)),
    magic(&[(0, b"GIF89a")], Content::FileType(FileType::Gif)),
    magic(&[(0, b"RIFF"), (8, b"WEBPVP8")], Content::FileType(FileType::Webp)),
    magic(&[(0, b"%PDF-")], Content::FileType(FileType::Pdf)),
    magic(&[(4, b"ftypheic")], Content::Other("a HEIC picture")),
    magic(&[(4, b"ftypheix")], Content::Other("a HEIC picture")),
    magic(&[(4, b"ftypmif1")], Content::Other("a HEIC picture")),
    magic(&[(4, b"ftypavif")], Content::Other("an AVIF picture")),
    magic(&[(4, b"ftyp")], Content::Other("a film")),
    magic(&[(0, b"\x1a\x45\xdf\xa3")], Content::Other("a film")),
    magic(&[(0, b"II*\0")], Content::Other("a TIFF picture")),
    magic(&[(0, b"MM\0*")], Content::Other("a TIFF picture")),
    magic(&[(0, b"BM"), (6, b"\0\0\0\0")], Content::Other("a BMP picture")),
    magic(&[(0, b"PK\x03\x04")], Content::Other("a ZIP archive or an office document")),
    magic(&[(0, b"PK\x05\x06")], Content::Other("a ZIP archive")),
    magic(&[(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")], Content::Other("an office document")),
    magic(&[(0, b"{\\rtf")], Content::Other("an RTF document")),
    magic(&[(0, b"%!PS")], Content::Other("a PostScript document")),
    magic(&[(0, b"\x1f\x8b")], Content::Other("a GZIP archive")),
    magic(&[(0, b"7z\xbc\xaf\x27\x1c")], Content::Other("a 7z archive")),
    magic(&[(0, b"Rar!\x1a\x07")], Content::Other("a RAR archive")),
    magic(&[(0, b"MZ")], Content::Other("a program")),
    magic(&[(0, b"\x7fELF")], Content::Other("a program")),
    magic(&[(0, b"#!")], Content::Other("a script")),
];

/// What a browser that guesses would take for a page, looked for in small letters.
const PAGE: &[&str] = &["<!doctype html", "<html", "<head", "<body", "<script", "<iframe", "<svg", "<?php"];

/// Whether the beginning has something of a page in it, wherever it stands.
pub(super) fn mentions_page(head: &[u8]) -> bool {
    mentions(text(&head[..head.len().min(HEAD)]), PAGE)
}

fn is_markup(head: &[u8]) -> bool {
    text(head).trim_start_matches('\u{feff}').trim_start().starts_with('<') || mentions_page(head)
}

fn text(head: &[u8]) -> String {
    String::from_utf8_lossy(head).to_ascii_lowercase()
}

fn mentions(text: impl AsRef<str>, words: &[&str]) -> bool {
    words.iter().any(|word| text.as_ref().contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_it_begins_with() {
        for (head, is) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Content::FileType(FileType::Png)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Content::FileType(FileType::Jpeg)),
            (b"GIF89a\x01\0\x01\0", Content::FileType(FileType::Gif)),
            (b"RIFF\x1a\0\0\0WEBPVP8L", Content::FileType(FileType::Webp)),
            (b"%PDF-1.7\n", Content::FileType(FileType::Pdf)),
            (b"\n %PDF-1.7\n", Content::Unknown),
            (b"\xef\xbb\xbf <!doctype html>", Content::Other("a web page")),
            (b"<?xml version='1.0'?><SVG onload='x()'/>", Content::Other("an SVG drawing")),
            (b"GIF88a", Content::Unknown),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1", Content::Other("a HEIC picture")),
            (b"PK\x03\x04\x14\0", Content::Other("a ZIP archive or an office document")),
            (b"RIFF\x24\0\0\0WAVEfmt ", Content::Unknown),
            (b"", Content::Unknown),
        ] {
            assert_eq!(Content::of(head), is, "{head:?}");
        }
    }
}
