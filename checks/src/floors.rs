//! The table of floors: which module of a package may import which.
//!
//! A table is a fenced block of `ARCHITECTURE.md`. Its rows go from the top floor to the bottom
//! one; a module may import from lower floors only.
//!
//! ````
//! use house_checks::floors::Floors;
//!
//! let table = "
//! ```floors demo
//! lib ·
//! main
//! pages · mail (import each other)
//! db
//! core
//!
//! only core/compat · pages name axum
//! ```
//! ";
//! let floors = &Floors::parse(table)?["demo"];
//! assert!(floors.allows("lib", "db"));
//! assert!(!floors.allows("lib", "main"));
//! assert!(floors.allows("mail", "pages"));
//! assert!(!floors.allows("db", "pages"));
//! assert_eq!(floors.below("db"), ["core"]);
//! # Ok::<(), anyhow::Error>(())
//! ````
//!
//! `lib` and `main` are the files of those names, every other name is a top-level module.
//! A row that ends in `·` goes on in the next line.
//! `(import each other)` at the end of a row allows imports within that floor. A line
//! `only … name X` limits the crate `X` to the modules that it lists, by path.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// A package's floors, and the crates that only some modules name.
#[derive(Clone, Debug, Default)]
pub struct Floors {
    rows: Vec<Row>,
    /// The crates that only some modules may name, with those modules' paths (`core/compat`).
    pub only: BTreeMap<String, Vec<String>>,
}

#[derive(Clone, Debug)]
struct Row {
    names: Vec<String>,
    each_other: bool,
    continues: bool,
}

impl Floors {
    /// Parses the tables of a Markdown text, by the package that each names.
    ///
    /// # Errors
    /// A table names no package, a module stands on two floors, or a line `only …` does not end
    /// in `name` and a crate.
    pub fn parse(markdown: &str) -> Result<BTreeMap<String, Floors>> {
        let mut tables = BTreeMap::new();
        let mut open: Option<(String, Floors)> = None;
        for (at, line) in markdown.lines().enumerate() {
            let line = line.trim();
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    if let Some(package) = info.strip_prefix("floors") {
                        let package = package.trim();
                        if package.is_empty() {
                            bail!("line {}: name the package, as in ```floors palisade", at + 1);
                        }
                        open = Some((package.to_owned(), Floors::default()));
                    }
                }
                (Some(_), Some(_)) => tables.extend(open.take()),
                (Some((_, floors)), None) if !line.is_empty() => {
                    floors.add(line).with_context(|| format!("line {}: `{line}`", at + 1))?;
                }
                _ => {}
            }
        }
        if let Some((package, _)) = open {
            bail!("the table of {package} has no closing fence");
        }
        Ok(tables)
    }

    fn add(&mut self, line: &str) -> Result<()> {
        let names = |text: &str| -> Vec<String> {
            text.split(|c: char| c.is_whitespace() || c == '·')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect()
        };
        if let Some(rest) = line.strip_prefix("only ") {
            let (modules, krate) = rest.rsplit_once(" name ").context("end it with `name` and a crate")?;
            self.only.insert(krate.trim().to_owned(), names(modules));
            return Ok(());
        }
        let (row, each_other) = match line.strip_suffix("(import each other)") {
            Some(row) => (row, true),
            None => (line, false),
        };
        let names = names(row);
        if let Some(twice) = names.iter().find(|name| self.floor(name).is_some()) {
            bail!("`{twice}` stands on two floors: remove one");
        }
        let continues = row.trim_end().ends_with('·');
        match self.rows.last_mut().filter(|row| row.continues) {
            Some(open) => {
                open.names.extend(names);
                (open.each_other, open.continues) = (each_other, continues);
            }
            None => self.rows.push(Row { names, each_other, continues }),
        }
        Ok(())
    }

    /// Returns the floor of a module, counted from the top; `None` if the table does not name it.
    pub fn floor(&self, name: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.names.iter().any(|other| other == name))
    }

    /// Returns `true` if the module `from` may import from the module `to`.
    pub fn allows(&self, from: &str, to: &str) -> bool {
        match (self.floor(from), self.floor(to)) {
            (Some(from), Some(to)) => from < to || (from == to && self.rows[from].each_other),
            _ => false,
        }
    }

    /// Returns the modules that a module may import.
    pub fn below(&self, from: &str) -> Vec<&str> {
        let names = self.rows.iter().flat_map(|row| row.names.iter().map(String::as_str));
        names.filter(|to| *to != from && self.allows(from, to)).collect()
    }

    /// Returns every module that the table names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().flat_map(|row| row.names.iter().map(String::as_str))
    }
}
