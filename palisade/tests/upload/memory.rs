//! The memory of decoders, measured in a process of its own: the peak of its resident set.

use std::process::Command;

use http::StatusCode;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, RgbImage};
use palisade::upload::{ImagePolicy, UploadError, UploadRejection};
use palisade::{Rejection, Uploads};
use test_support::Folder;

const MIB: u64 = 1 << 20;

/// Returns noise that repeats after one byte less than a row: a compressor with a window shrinks it,
/// one that compares a pixel with its neighbours does not.
fn noise(bytes: usize, row: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let noise: Vec<u8> = (1..row)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    noise.iter().copied().cycle().take(bytes).collect()
}

fn png(side: u32, colour: ExtendedColorType) -> Vec<u8> {
    let row = side as usize * usize::from(colour.bits_per_pixel() / 8);
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::NoFilter)
        .write_image(&noise(row * side as usize, row), side, side, colour)
        .unwrap();
    bytes
}

fn encoded(side: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = noise((side * side * 3) as usize, side as usize * 3);
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = RgbImage::from_raw(side, side, pixels).unwrap();
    DynamicImage::from(image).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Returns a grey progressive JPEG: every code is one bit and says that nothing changes.
fn progressive_jpeg(side: u16) -> Vec<u8> {
    let [high, low] = side.to_be_bytes();
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    jpeg.extend([1; 64]);
    jpeg.extend([0xff, 0xc2, 0, 17, 8, high, low, high, low, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    for table in [0, 0x10] {
        jpeg.extend([0xff, 0xc4, 0, 20, table, 1]);
        jpeg.extend([0; 16]);
    }
    let blocks = usize::from(side.div_ceil(8)).pow(2);
    jpeg.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0]);
    jpeg.resize(jpeg.len() + blocks * 3 / 8 + 1, 0);
    for component in 1..=3 {
        jpeg.extend([0xff, 0xda, 0, 8, 1, component, 0, 1, 63, 0]);
        jpeg.resize(jpeg.len() + blocks / 8 + 1, 0);
    }
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

/// Returns a GIF with frames that are larger than its screen of one pixel. They have no pixels.
fn gif_of_frames(side: u16, frames: usize) -> Vec<u8> {
    let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for _ in 0..frames {
        gif.extend(b",\0\0\0\0");
        gif.extend([side.to_le_bytes(), side.to_le_bytes()].concat());
        gif.extend(b"\0\x02\x02\x44\x01\0");
    }
    gif.push(b';');
    gif
}

/// Returns the header of a PNG of 16 bits, and as much of its data as a parser needs.
fn png_header(side: u32) -> Vec<u8> {
    let size = side.to_be_bytes();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(super::samples::png_chunk(b"IHDR", &[&size[..], &size[..], &[16, 6, 0, 0, 0]].concat()));
    png.extend(super::samples::png_chunk(b"IDAT", b""));
    png.extend(super::samples::png_chunk(b"IEND", b""));
    png
}

fn uploads(policy: ImagePolicy) -> Uploads {
    Uploads::open("memory://").unwrap().image_policy(policy)
}

async fn error(uploads: &Uploads, name: &str, bytes: &[u8]) -> Option<UploadError> {
    match uploads.take_file(name, bytes).await {
        Ok(_) => None,
        Err(UploadRejection::File { error, .. }) => Some(error),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_frames_of_an_animation_count() {
    let (few, many) = (gif_of_frames(6300, 2), gif_of_frames(6300, 20));
    for policy in [ImagePolicy::Keep, ImagePolicy::Strip, ImagePolicy::Recode] {
        let expected = Some(UploadError::TooManyPixels { max: 400_000_000 });
        assert_eq!(error(&uploads(policy), "a.gif", &many).await, expected, "{policy:?}");
        let expected =
            (policy == ImagePolicy::Recode).then_some(UploadError::TooManyPixels { max: 40_000_000 });
        assert_eq!(error(&uploads(policy), "a.gif", &few).await, expected, "{policy:?}");
    }
    // A small frame on a large screen is drawn on all of it.
    let mut gif = super::samples::gif();
    gif[6..10].copy_from_slice(&[0xd0, 0x07, 0xd0, 0x07]);
    let site = |pixels| uploads(ImagePolicy::Recode).max_pixels(pixels);
    assert_eq!(error(&site(12_000_000), "a.gif", &gif).await, None);
    let expected = Some(UploadError::TooManyPixels { max: 11_999_999 });
    assert_eq!(error(&site(11_999_999), "a.gif", &gif).await, expected);
}

#[tokio::test]
async fn memory_counts_the_bytes_of_a_sample() {
    let png = png_header(6320);
    let max = match error(&uploads(ImagePolicy::Recode), "a.png", &png).await {
        Some(UploadError::TooManyPixels { max }) => max,
        other => panic!("{other:?}"),
    };
    assert!((6_500_000..6_800_000).contains(&max), "40 bytes a pixel in 256 MiB: {max}");
    let larger = uploads(ImagePolicy::Recode).decoder_memory(2048 * MIB);
    assert_eq!(error(&larger, "a.png", &png).await, Some(UploadError::Damaged), "it fits, and has no pixels");
    assert_eq!(error(&uploads(ImagePolicy::Strip), "a.png", &png).await, None);
}

#[test]
fn a_wait_that_is_too_long_is_503() {
    let rejection = Rejection::from(UploadRejection::DecodersBusy);
    assert_eq!((rejection.status(), rejection.code()), (StatusCode::SERVICE_UNAVAILABLE, "decoders_busy"));
    assert_eq!(rejection.retry_after().map(|wait| wait.as_secs()), Some(5));
}

/// Decodes the file as many times at once, in another process. Returns its peak in MiB above the
/// beginning.
fn peak(name: &str, bytes: &[u8], memory_mib: u64, at_once: usize) -> u64 {
    let folder = Folder::new();
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "upload::memory::decodes_in_a_child", "--ignored", "--nocapture"])
        // Freed memory goes back at once. By default, glibc keeps some for each thread that decoded,
        // which this does not measure: 211 MiB were resident in the test of six at once.
        .env("MALLOC_MMAP_THRESHOLD_", "131072")
        .env("DECODE", file)
        .env("DECODE_MEMORY", memory_mib.to_string())
        .env("DECODE_AT_ONCE", at_once.to_string())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    let peak = output.lines().find_map(|line| line.split("peak ").nth(1)?.trim().parse().ok());
    peak.unwrap_or_else(|| panic!("{name}: {output}{}", String::from_utf8_lossy(&child.stderr)))
}

/// The peak of this process's resident set, in bytes.
fn resident_peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test]
#[ignore = "a part of the tests below, which start it"]
async fn decodes_in_a_child() {
    let Some(path) = std::env::var_os("DECODE") else { return };
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let name = std::path::Path::new(&path).file_name().unwrap().to_str().unwrap().to_owned();
    let uploads =
        uploads(ImagePolicy::Recode).decoder_memory(number("DECODE_MEMORY") * MIB).max_file_bytes(64 * MIB);
    uploads.take_file("warm.png", &super::samples::png()).await.unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let before = resident_peak();
    let take = async |_| {
        // On a slow machine one may wait for longer than an upload does.
        while let Err(rejection) = uploads.take_file(&name, &bytes).await {
            assert!(matches!(rejection, UploadRejection::DecodersBusy), "{rejection:?}");
        }
    };
    futures_util::future::join_all((0..number("DECODE_AT_ONCE")).map(take)).await;
    println!("peak {}", (resident_peak() - before).div_ceil(MIB));
}

#[test]
#[cfg(target_os = "linux")]
fn decoding_takes_no_more_than_it_said() {
    // The smallest memory in which each image is permitted, by the table of `decoder_memory`.
    for (name, bytes, megapixels, bytes_per_pixel) in [
        ("16.png", png(1500, ExtendedColorType::Rgba16), 2.25, 40),
        ("8.png", png(2000, ExtendedColorType::Rgba8), 4.0, 16),
        ("grey.png", png(3000, ExtendedColorType::L8), 9.0, 8),
        ("one.jpg", encoded(3000, ImageFormat::Jpeg), 9.0, 6),
        ("several.jpg", progressive_jpeg(3000), 9.0, 10),
        ("a.webp", encoded(2000, ImageFormat::WebP), 4.0, 16),
    ] {
        let memory =
            (megapixels * 1e6 * f64::from(bytes_per_pixel)) as u64 + 2 * MIB + 3 * bytes.len() as u64;
        let memory = memory.div_ceil(MIB);
        let peak = peak(name, &bytes, memory, 1);
        println!("{name}: {peak} MiB of {memory}");
        assert!(peak <= memory, "{name}: {peak} MiB instead of {memory}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn decoders_share_their_memory() {
    let png = png(1200, ExtendedColorType::Rgba16);
    let peak = peak("a.png", &png, 75, 6);
    // One takes 59 MiB. Besides it there are the threads, and six copies of the file.
    assert!(peak <= 75 + 16, "{peak} MiB");
}
