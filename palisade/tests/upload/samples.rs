//! Sample files of every type, with and without hidden content.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, RgbImage, RgbaImage};

/// The marker in hidden metadata.
pub const SECRET: &[u8] = b"51.5007 N 0.1246 W, photographed by Ada";

/// Returns an image of 40 by 24 pixels with a gradient.
pub fn picture() -> RgbImage {
    RgbImage::from_fn(40, 24, |x, y| image::Rgb([x as u8 * 6, y as u8 * 10, 90]))
}

pub fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn png() -> Vec<u8> {
    encoded(ImageFormat::Png)
}

pub fn jpeg() -> Vec<u8> {
    encoded(ImageFormat::Jpeg)
}

pub fn webp() -> Vec<u8> {
    encoded(ImageFormat::WebP)
}

/// Returns an animation of three frames.
pub fn gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).unwrap();
    for shade in [0, 100, 200] {
        let frame = RgbaImage::from_pixel(12, 8, image::Rgba([shade, 0, 0, 255]));
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    bytes
}

pub fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n\
      trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
        .to_vec()
}

/// Returns a file of every type, with a matching name.
pub fn every() -> Vec<(&'static str, Vec<u8>)> {
    vec![("a.png", png()), ("a.jpg", jpeg()), ("a.gif", gif()), ("a.webp", webp()), ("a.pdf", pdf())]
}

pub fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
    chunk.extend(name);
    chunk.extend(data);
    chunk.extend([0; 4]);
    chunk
}

/// Returns a PNG whose header claims this size.
pub fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut png = png();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    png
}

/// Returns a PNG with the marker in every metadata chunk and after its end.
pub fn tagged_png() -> Vec<u8> {
    let mut png = png();
    let words = [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"teRR"].map(|name| png_chunk(name, SECRET)).concat();
    png.splice(33..33, words);
    png.extend(SECRET);
    png
}

pub fn jpeg_segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker][..], &length, data].concat()
}

/// Returns Exif data with the marker and a rotation.
pub fn exif() -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(SECRET);
    exif
}

/// Returns a JPEG with the marker in every metadata segment and after its end.
pub fn tagged_jpeg() -> Vec<u8> {
    let mut jpeg = jpeg();
    let xmp = [&b"http://ns.adobe.com/xap/1.0/\0"[..], SECRET].concat();
    let words = [(0xe1, &exif()[..]), (0xe1, &xmp), (0xed, SECRET), (0xfe, SECRET), (0xe5, SECRET)];
    jpeg.splice(2..2, words.map(|(marker, data)| jpeg_segment(marker, data)).concat());
    jpeg.extend(SECRET);
    jpeg
}

/// Returns a GIF that is also a script: `GIF89a/*…*/=1;alert(1)//…`.
pub fn script_gif() -> Vec<u8> {
    let mut gif = gif();
    gif[6..8].copy_from_slice(b"/*");
    let colours = if gif[10] & 0x80 == 0 { 0 } else { 3 << ((gif[10] & 7) + 1) };
    let script = b"*/=1;alert(document.domain)//";
    let comment = [&[0x21, 0xfe, script.len() as u8][..], script, &[0]].concat();
    gif.splice(13 + colours..13 + colours, comment);
    gif.extend(b"*/=1;alert(document.domain)//");
    gif
}

/// Returns a WebP with the marker in its Exif and XMP and after its end.
pub fn tagged_webp() -> Vec<u8> {
    let chunk = |name: &[u8], data: &[u8]| {
        let padding = if data.len() % 2 == 1 { &[0][..] } else { &[] };
        [name, &(data.len() as u32).to_le_bytes(), data, padding].concat()
    };
    let canvas = chunk(b"VP8X", &[0x0c, 0, 0, 0, 39, 0, 0, 23, 0, 0]);
    let inside =
        [b"WEBP".to_vec(), canvas, webp()[12..].to_vec(), chunk(b"EXIF", SECRET), chunk(b"XMP ", SECRET)];
    [chunk(b"RIFF", &inside.concat()), SECRET.to_vec()].concat()
}

pub fn contains(bytes: &[u8], words: &[u8]) -> bool {
    bytes.windows(words.len()).any(|window| window == words)
}
