//! Programs that must not compile, and the error messages that say what to write instead.
//!
//! Each `NAME.rs` in this folder fails to compile, and the error has the lines of `NAME.stderr`, in
//! this order. `passes.rs` compiles. The compiler uses the libraries that this test program was
//! built with, so that nothing is built twice.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use test_support::Folder;

/// The libraries that a program uses.
struct Libraries {
    folder: PathBuf,
    palisade: PathBuf,
    axum: PathBuf,
}

impl Libraries {
    /// Finds the newest libraries with which `passes.rs` compiles: other builds leave theirs in the
    /// same folder.
    fn find() -> Self {
        let program = std::env::current_exe().unwrap();
        let folder = program.parent().unwrap();
        for palisade in newest(folder, "libpalisade-") {
            for axum in newest(folder, "libaxum-") {
                let libraries = Self { folder: folder.to_owned(), palisade: palisade.clone(), axum };
                if libraries.compile(&case("passes.rs")).status.success() {
                    return libraries;
                }
            }
        }
        panic!("tests/ui/passes.rs compiles with no library of {}", folder.display());
    }

    fn compile(&self, program: &Path) -> Output {
        let out = Folder::new();
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut rustc = Command::new(rustc);
        rustc.args([
            "--edition=2024",
            "--crate-type=lib",
            "--emit=metadata",
            "--color=never",
            "--cap-lints=allow",
        ]);
        rustc.arg("--out-dir").arg(&*out).arg("-L").arg(format!("dependency={}", self.folder.display()));
        for (name, library) in [("palisade", &self.palisade), ("axum", &self.axum)] {
            rustc.arg("--extern").arg(format!("{name}={}", library.display()));
        }
        rustc.arg(program).output().expect("rustc compiled this test")
    }
}

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(name)
}

/// Returns the libraries whose names begin so, the newest first.
fn newest(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut found: Vec<_> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .filter(|entry| entry.path().extension() == Some(OsStr::new("rlib")))
        .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

#[test]
fn compile_errors_say_what_to_write() {
    let libraries = Libraries::find();
    let expected = fs::read_dir(case("")).unwrap().map(|entry| entry.unwrap().path());
    let expected: Vec<_> = expected.filter(|path| path.extension() == Some(OsStr::new("stderr"))).collect();
    assert!(!expected.is_empty());
    for path in expected {
        let output = libraries.compile(&path.with_extension("rs"));
        let (text, name) = (String::from_utf8(output.stderr).unwrap(), path.display());
        assert!(!output.status.success(), "{name}: it compiles");
        let mut lines = text.lines().map(str::trim);
        for line in fs::read_to_string(&path).unwrap().lines() {
            assert!(lines.any(|actual| actual == line), "{name}: `{line}` is missing in:\n{text}");
        }
    }
}
