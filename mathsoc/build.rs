//! Embeds the files of `static/` in the binary. Each file gets an address with the hash of its
//! content, and a gzip and a brotli copy where that is shorter.
//!
//! The output, `$OUT_DIR/assets.rs`, is one array of the `Asset` of `src/web/assets.rs`, sorted by
//! name. In a style sheet, `url("other.woff2")` names a file in the same folder and is replaced by
//! its hashed name. So a changed font changes the hash of the sheet too. `make assets` builds
//! `static/dist`, which may be missing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Fallible<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("static");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=static");
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=build.rs");

    let mut files = BTreeMap::new();
    gather(&root, &root, &mut files)?;
    let (sheets, others): (BTreeMap<_, _>, _) =
        files.into_iter().partition::<BTreeMap<_, _>, _>(|(name, _)| name.ends_with(".css"));
    let mut hashed: BTreeMap<String, String> =
        others.iter().map(|(name, content)| (name.clone(), hashed_name(name, content))).collect();
    let mut all = others;
    for (name, content) in sheets {
        let content = hash_urls(&name, &String::from_utf8(content)?, &hashed)?.into_bytes();
        hashed.insert(name.clone(), hashed_name(&name, &content));
        all.insert(name, content);
    }

    let folder = out.join("assets");
    fs::create_dir_all(&folder)?;
    let mut table = String::from("[\n");
    for (index, (name, content)) in all.iter().enumerate() {
        let address = &hashed[name];
        fs::write(folder.join(format!("{index}")), content)?;
        let gzip = shorter(&folder, &format!("{index}.gz"), gzip(content)?, content)?;
        let brotli = shorter(&folder, &format!("{index}.br"), brotli(content)?, content)?;
        writeln!(
            table,
            "Asset {{ name: {name:?}, url: \"/static/{address}\", content_type: {:?}, etag: \"{:016x}\", \
             plain: {}, gzip: {gzip}, brotli: {brotli} }},",
            content_type(name)?,
            fingerprint(content),
            include(&index.to_string()),
        )?;
    }
    table.push_str("]\n");
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

/// Reads every file under `folder` into `files`, keyed by the path relative to `root` with `/` as
/// separator.
fn gather(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Fallible<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(root, &path, files)?;
        } else {
            let parts: Option<Vec<_>> = path.strip_prefix(root)?.iter().map(|part| part.to_str()).collect();
            let name = parts.ok_or_else(|| format!("{}: the path is not UTF-8", path.display()))?.join("/");
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}

/// Returns the file name with its hash: `site.css` → `site.0123456789abcdef.css`.
fn hashed_name(name: &str, content: &[u8]) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
    format!("{stem}.{:016x}.{extension}", fingerprint(content))
}

/// FNV-1a, 64 bits. It only distinguishes versions of a file, so it need not resist collisions.
fn fingerprint(content: &[u8]) -> u64 {
    content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Replaces every `url("file")` in a style sheet by the hashed name of that file in the same
/// folder.
fn hash_urls(sheet: &str, css: &str, hashed: &BTreeMap<String, String>) -> Fallible<String> {
    const OPEN: &str = "url(\"";
    let folder = sheet.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (file, after) =
            after.split_once('"').ok_or_else(|| format!("{sheet}: a url(\" has no closing quote"))?;
        let name = format!("{folder}{}", file.trim_start_matches("./"));
        let found = hashed
            .get(&name)
            .ok_or_else(|| format!("{sheet}: url(\"{file}\") names a missing file; add static/{name}"))?;
        out.push_str(before);
        out.push_str(OPEN);
        out.push_str(&found[folder.len()..]);
        out.push('"');
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn content_type(name: &str) -> Fallible<&'static str> {
    Ok(match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("map") => "application/json",
        _ => return Err(format!("static/{name}: unknown content type; add its extension to build.rs").into()),
    })
}

fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let settings = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut out, &settings)?;
    Ok(out)
}

/// Writes a compressed copy if it is at least a tenth smaller, and returns its expression in the
/// table.
fn shorter(folder: &Path, file: &str, packed: Vec<u8>, plain: &[u8]) -> io::Result<String> {
    if packed.len() * 10 > plain.len() * 9 {
        return Ok("None".to_owned());
    }
    fs::write(folder.join(file), packed)?;
    Ok(format!("Some({})", include(file)))
}

fn include(file: &str) -> String {
    format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/assets/{file}\"))")
}
