//! Checks of this repository: which module imports which, what the documentation renders, and
//! how the prose reads.
//!
//! ```
//! use house_checks::{floors::Floors, package::Package};
//!
//! let package = Package::parse("demo", [
//!     ("demo/src/lib.rs", "//! A demo.\nmod core;\nmod session;"),
//!     ("demo/src/core.rs", "//! The floor.\nuse crate::session::Session;"),
//!     ("demo/src/session.rs", "//! Sessions.\npub struct Session;"),
//! ])?;
//! let floors = Floors::parse("```floors demo\nlib\nsession\ncore\n```")?.remove("demo").unwrap();
//! let violations = house_checks::architecture::check(&package, &floors);
//! assert_eq!(violations.len(), 1);
//! assert!(violations[0].contains("demo/src/core.rs:2: core imports session"));
//! # Ok::<(), anyhow::Error>(())
//! ```
//!
//! The command `house-checks` runs the checks on a checkout:
//!
//! | command | fails when |
//! |---|---|
//! | `house-checks architecture` | an import breaks the tables in `ARCHITECTURE.md` |
//! | `house-checks architecture --numbers` | never: prints modules, floors, arrows and cycles |
//! | `house-checks architecture --arrows` | never: prints the imports between top-level modules |
//! | `house-checks docs` | a published crate lacks a page or an example, or a row of `docs/capacity.md` its test |
//! | `house-checks docs --list` | never: prints what `docs` rejects, counted by module |
//! | `house-checks prose` | never: prints the share of headless doc comments per crate |
//!
//! The checks read sources only. They don't expand macros and don't evaluate `cfg`: an import
//! counts whatever its features are. Rust inside askama templates is not read.

pub mod architecture;
pub mod capacity;
pub mod docs;
pub mod files;
pub mod floors;
pub mod names;
pub mod package;
pub mod prose;
pub mod references;
