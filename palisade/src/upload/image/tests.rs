//! The memory that an image is said to take, by worked examples.

use super::{DECODER_BYTES, StrippedImage, strip};
use crate::upload::error::UploadError;
use crate::upload::file_type::FileType;

fn image(largest_frame: u64, decoded_pixels: u64, bytes_per_pixel: u64, length: usize) -> StrippedImage {
    let bytes = vec![0; length];
    StrippedImage { bytes, largest_frame, decoded_pixels, bytes_per_pixel, ..StrippedImage::default() }
}

fn too_many(max: u64) -> Result<(), UploadError> {
    Err(UploadError::TooManyPixels { max })
}

#[test]
fn memory_is_that_of_pixels_and_file() {
    assert_eq!(DECODER_BYTES, 2 * 1024 * 1024);
    assert_eq!(image(10, 10, 4, 100).decoder_bytes(), 40 + 300 + DECODER_BYTES);
    // An animation writes two bytes for each pixel of all its frames.
    assert_eq!(image(10, 11, 14, 100).decoder_bytes(), 140 + 22 + 300 + DECODER_BYTES);
    assert_eq!(image(u64::MAX, u64::MAX, 4, 1).decoder_bytes(), u64::MAX);
    assert_eq!(image(1, u64::MAX, 4, 1).decoder_bytes(), u64::MAX);
}

#[test]
fn an_image_may_take_exactly_the_memory() {
    let still = image(1_000_000, 1_000_000, 4, 0);
    let needed = 4_000_000 + DECODER_BYTES;
    assert_eq!(still.check_decoder(needed, 1_000_000), Ok(()));
    // The largest number of pixels shrinks with the memory.
    assert_eq!(still.check_decoder(needed - 1, 1_000_000), too_many(999_999));
    assert_eq!(still.check_decoder(needed / 4, 1_000_000), too_many(250_000));
    assert_eq!(still.check_decoder(needed, 999_999), too_many(999_999));
    let animation = image(1_000_000, 4_000_000, 14, 0);
    let needed = 14_000_000 + 8_000_000 + DECODER_BYTES;
    assert_eq!(animation.check_decoder(needed, 4_000_000), Ok(()));
    assert_eq!(animation.check_decoder(needed / 2, 4_000_000), too_many(2_000_000));
}

#[test]
fn all_frames_have_ten_times_the_pixels_of_one() {
    let mut image = StrippedImage::default();
    assert_eq!(image.frame(10, 11, 109), too_many(109));
    for (width, height) in [(0, 10), (10, 0)] {
        assert_eq!(image.frame(width, height, 100), Err(UploadError::Damaged));
    }
    assert_eq!(image.frame(5, 20, 100), Ok(()));
    assert_eq!((image.width, image.height, image.largest_frame, image.all_frames), (5, 20, 100, 100));
    assert_eq!(image.frame(9, 11, 100), Ok(()));
    assert_eq!((image.width, image.height, image.largest_frame, image.all_frames), (9, 20, 100, 199));
    for _ in 0..8 {
        assert_eq!(image.frame(10, 10, 100), Ok(()));
    }
    assert_eq!(image.frame(1, 1, 100), Ok(()), "1,000 in all");
    assert_eq!(image.frame(1, 1, 100), too_many(1_000));
    assert_eq!(image.frame(u32::MAX, u32::MAX, u64::MAX), Ok(()));
}

/// Returns the memory for a pixel, the largest frame and the decoded pixels.
fn numbers(file_type: FileType, bytes: &[u8]) -> (u64, u64, u64) {
    let image = strip(file_type, bytes, 1_000_000).unwrap();
    (image.bytes_per_pixel, image.largest_frame, image.decoded_pixels)
}

/// Returns a PNG without pixels: 30 by 20, and a frame of 40 by 10.
fn png(depth: u8, colour_type: u8) -> Vec<u8> {
    let chunk = |name: &[u8; 4], data: &[u8]| {
        [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], name, data, &[0; 4]].concat()
    };
    let header = [0, 0, 0, 30, 0, 0, 0, 20, depth, colour_type, 0, 0, 0];
    let frame = [0, 0, 0, 1, 0, 0, 0, 40, 0, 0, 0, 10];
    let chunks =
        [chunk(b"IHDR", &header), chunk(b"fcTL", &frame), chunk(b"IDAT", b""), chunk(b"IEND", b"")].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunks].concat()
}

#[test]
fn a_png_takes_the_memory_of_its_samples() {
    let (grey, rgb, palette, grey_alpha, rgba) = (0, 2, 3, 4, 6);
    for (depth, colour_type, bytes_per_pixel) in [
        (8, grey, 8),
        (8, grey_alpha, 8),
        (1, palette, 16),
        (8, rgb, 16),
        (8, rgba, 16),
        (16, grey, 20),
        (16, grey_alpha, 20),
        (16, rgb, 40),
        (16, rgba, 40),
    ] {
        let found = numbers(FileType::Png, &png(depth, colour_type));
        assert_eq!(found, (bytes_per_pixel, 600, 600), "{depth} bits, type {colour_type}");
    }
}

/// Returns a GIF with a screen of 30 by 20 and these frames, without pixels.
fn gif(frames: &[(u8, u8)]) -> Vec<u8> {
    let mut gif = b"GIF89a\x1e\0\x14\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for (width, height) in frames {
        gif.extend([b',', 0, 0, 0, 0, *width, 0, *height, 0, 0, 2, 2, 0x44, 1, 0]);
    }
    gif.push(b';');
    gif
}

#[test]
fn each_frame_of_a_gif_is_its_screen_at_least() {
    assert_eq!(numbers(FileType::Gif, &gif(&[(1, 1)])), (14, 600, 600));
    assert_eq!(numbers(FileType::Gif, &gif(&[(1, 1), (30, 20)])), (14, 600, 1_200));
    assert_eq!(numbers(FileType::Gif, &gif(&[(40, 30), (1, 1)])), (14, 1_200, 1_800));
}

/// Returns a JPEG of 30 by 20 without pixels.
fn jpeg(components: &[u8], scans: usize) -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8];
    for count in components {
        jpeg.extend([0xff, 0xc2, 0, 8, 8, 0, 20, 0, 30, *count]);
    }
    jpeg.extend([0xff, 0xda, 0, 2, 0].repeat(scans));
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

#[test]
fn a_jpeg_of_several_scans_keeps_its_coefficients() {
    for (components, scans, bytes_per_pixel) in
        [(&[1][..], 1, 6), (&[1], 2, 6), (&[3], 1, 6), (&[3], 2, 10), (&[4], 3, 12), (&[3, 1], 2, 10)]
    {
        let found = numbers(FileType::Jpeg, &jpeg(components, scans));
        assert_eq!(found, (bytes_per_pixel, 600, 600), "{components:?}, {scans}");
    }
}

/// Returns a WebP with a canvas and a lossless image of this size, without pixels.
fn webp(canvas: (u8, u8), image: (u8, u8)) -> Vec<u8> {
    let chunk = |name: &[u8; 4], data: &[u8]| {
        [name, &u32::try_from(data.len()).unwrap().to_le_bytes()[..], data, &vec![0; data.len() % 2]].concat()
    };
    let sizes = u32::from(image.0 - 1) | u32::from(image.1 - 1) << 14;
    let chunks = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[0, 0, 0, 0, canvas.0 - 1, 0, 0, canvas.1 - 1, 0, 0]),
        chunk(b"VP8L", &[&[0x2f][..], &sizes.to_le_bytes()].concat()),
    ];
    chunk(b"RIFF", &chunks.concat())
}

#[test]
fn a_webp_takes_its_largest_size() {
    assert_eq!(numbers(FileType::Webp, &webp((30, 20), (30, 20))), (16, 600, 600));
    assert_eq!(numbers(FileType::Webp, &webp((30, 20), (1, 1))), (16, 600, 600));
    assert_eq!(numbers(FileType::Webp, &webp((1, 1), (40, 25))), (16, 1_000, 1_000));
}

#[test]
fn data_behind_the_end_is_noticed() {
    for (file_type, image) in [(FileType::Png, png(8, 2)), (FileType::Gif, gif(&[(1, 1)]))] {
        let has_trailing_data = |bytes: &[u8]| strip(file_type, bytes, 1_000_000).unwrap().has_trailing_data;
        assert!(!has_trailing_data(&image), "{file_type:?}");
        assert!(has_trailing_data(&[&image[..], b"more"].concat()), "{file_type:?}");
    }
}
