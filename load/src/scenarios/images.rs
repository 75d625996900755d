//! Hostile images: small files whose pixels take much memory.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use test_support::Folder;
use tokio::task::JoinSet;

use super::Size;
use crate::client::{address, send};
use crate::report::Outcome;
use crate::servers;
use crate::visitor::Visitor;

/// The memory of the program without load, in the debug build.
const REST: u64 = 96 << 20;
/// The memory of all decoders: `Uploads::decoder_memory`.
const DECODERS: u64 = 256 << 20;
/// The memory that the library reckons with for a pixel of this PNG, in bytes.
const BYTES: u64 = 40;

/// Images that are decoded and encoded again, many at once.
pub(super) async fn run(size: Size) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = Folder::new();
    let app = servers::app(&folder, &[("RECODE", "1")]);
    let visitor = Visitor::start(&app.address, "/");
    let (images, side) = (size.of(8, 64), size.of(800, 2400));
    let (head, body) = form(&png(side));
    let mut sending = JoinSet::new();
    for number in 0..images {
        let (server, head, body) = (app.address.clone(), head.clone(), body.clone());
        sending.spawn(async move {
            let sent = send(address(1000 + number), &server, "POST", "/api/images", &head, &body).await;
            sent.map(|response| response.status)
        });
    }
    let statuses = sending.join_all().await;
    for status in statuses.iter().filter(|status| !matches!(status, Ok(200 | 413 | 422 | 429 | 503))) {
        outcome.promise(false, format!("an image was answered with {status:?}"));
    }
    let kept = statuses.iter().filter(|status| matches!(status, Ok(200))).count();
    let pixels = u64::from(side) * u64::from(side);
    outcome.notes.push(format!("{images} images of {} MB decoded: {kept} kept", (pixels * 8) >> 20));
    outcome.all_served(visitor.end().await);
    // An image for each processor, within the memory of all decoders.
    let processors = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    outcome.memory(app.memory_peak(), REST + DECODERS.min(processors * pixels * BYTES));
    outcome
}

/// Returns a PNG of one colour: 16 bits a channel, with transparency, and a few hundred bytes a
/// megapixel.
fn png(side: u32) -> Vec<u8> {
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::best());
    let row = vec![0; 1 + side as usize * 8];
    for _ in 0..side {
        pixels.write_all(&row).unwrap();
    }
    let size = side.to_be_bytes();
    let header = [&size[..], &size, &[16, 6, 0, 0, 0]].concat();
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &pixels.finish().unwrap()), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(data);
    let length = u32::try_from(data.len()).expect("a chunk is short");
    [&length.to_be_bytes()[..], name, data, &crc.sum().to_be_bytes()].concat()
}

/// Returns the header and the body of a form with one file.
fn form(file: &[u8]) -> (String, Vec<u8>) {
    let start = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n";
    let body = [start.as_bytes(), file, b"\r\n--x--\r\n"].concat();
    ("Content-Type: multipart/form-data; boundary=x\r\n".into(), body)
}
