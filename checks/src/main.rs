//! The command `house-checks`: runs the checks on a checkout.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use house_checks::architecture::workspace;
use house_checks::files::packages;
use house_checks::floors::Floors;
use house_checks::package::Package;
use house_checks::{architecture, capacity, docs, files, prose};

const USAGE: &str = "\
usage: house-checks COMMAND [--root DIR]

  architecture [--tables FILE]   check imports against the tables of ARCHITECTURE.md
  architecture --numbers         print modules, floors, arrows and cycles of each package
  architecture --arrows          print the imports between top-level modules of each package
  docs [--html DIR]              check the documentation of the published crates, its HTML, and
                                 that the tests in docs/capacity.md exist
  docs --list                    print the violations that docs finds, counted by module
  prose                          print the share of headless doc comments per package
";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            let _ = writeln!(io::stderr(), "house-checks: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// The arguments of the command line.
struct Args {
    command: String,
    root: PathBuf,
    tables: Option<PathBuf>,
    html: Option<PathBuf>,
    flags: Vec<String>,
}

impl Args {
    fn parse(words: Vec<String>) -> Result<Self> {
        let mut words = words.into_iter();
        let command = words.next().unwrap_or_default();
        let root = PathBuf::from(".");
        let mut args = Args { command, root, tables: None, html: None, flags: Vec::new() };
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a path"));
            match word.as_str() {
                "--root" => args.root = value()?.into(),
                "--tables" => args.tables = Some(value()?.into()),
                "--html" => args.html = Some(value()?.into()),
                "--arrows" | "--list" | "--numbers" => args.flags.push(word),
                _ => bail!("unknown argument {word}\n{USAGE}"),
            }
        }
        Ok(args)
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|word| word == flag)
    }
}

fn run(words: Vec<String>) -> Result<usize> {
    let args = Args::parse(words)?;
    let mut out = io::stdout().lock();
    match args.command.as_str() {
        "architecture" if args.has("--numbers") => numbers(&mut out, &args.root),
        "architecture" if args.has("--arrows") => arrows(&mut out, &args.root),
        "architecture" => architecture(&mut out, &args),
        "docs" if args.has("--list") => list_docs(&mut out, &args.root),
        "docs" => check_docs(&mut out, &args),
        "prose" => measure_prose(&mut out, &args.root),
        _ => bail!("unknown command `{}`\n{USAGE}", args.command),
    }
}

fn numbers(out: &mut impl Write, root: &Path) -> Result<usize> {
    writeln!(
        out,
        "{:<16}{:>8}{:>8}{:>8}{:>8}{:>14}",
        "", "modules", "floors", "arrows", "cycles", "inner cycles"
    )?;
    for (name, folder) in packages(root)? {
        let package = Package::read(root, &name, &folder)?;
        if package.modules.is_empty() {
            continue;
        }
        let found = architecture::numbers::numbers(&package);
        writeln!(
            out,
            "{name:<16}{:>8}{:>8}{:>8}{:>8}{:>14}",
            found.modules, found.floors, found.arrows, found.cycles, found.inner_cycles
        )?;
    }
    Ok(0)
}

fn arrows(out: &mut impl Write, root: &Path) -> Result<usize> {
    for (name, folder) in packages(root)? {
        let package = Package::read(root, &name, &folder)?;
        writeln!(out, "{name}")?;
        for (module, others) in architecture::numbers::arrows(&package) {
            writeln!(out, "  {module} → {}", others.into_iter().collect::<Vec<_>>().join(" "))?;
        }
    }
    Ok(0)
}

fn architecture(out: &mut impl Write, args: &Args) -> Result<usize> {
    let file = args.tables.clone().unwrap_or_else(|| args.root.join("ARCHITECTURE.md"));
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let tables = Floors::parse(&text).with_context(|| file.display().to_string())?;
    let folders = packages(&args.root)?;
    let mut count = 0;
    for (name, floors) in &tables {
        let violations = match folders.get(name) {
            None if name == workspace::TABLE => workspace::check(&manifests(&args.root, &folders)?, floors),
            Some(folder) => architecture::check(&Package::read(&args.root, name, folder)?, floors),
            None => vec![format!("{}: no package is called {name}", file.display())],
        };
        for violation in &violations {
            writeln!(out, "{violation}")?;
        }
        count += violations.len();
    }
    if tables.is_empty() {
        bail!("{} has no table of floors: write one as ```floors PACKAGE", file.display());
    }
    writeln!(out, "architecture: {} tables, {count} violations", tables.len())?;
    Ok(count)
}

/// Returns the manifests of a checkout by package.
fn manifests(root: &Path, folders: &BTreeMap<String, PathBuf>) -> Result<BTreeMap<String, String>> {
    let read = |folder: &PathBuf| std::fs::read_to_string(root.join(folder).join("Cargo.toml"));
    folders.iter().map(|(name, folder)| Ok((name.clone(), read(folder)?))).collect()
}

/// Returns the published packages of a checkout.
fn published(root: &Path) -> Result<Vec<Package>> {
    let folders = packages(root)?;
    let names = docs::PUBLISHED.iter().filter_map(|name| Some((name, folders.get(*name)?)));
    names.map(|(name, folder)| Package::read(root, name, folder)).collect()
}

fn check_docs(out: &mut impl Write, args: &Args) -> Result<usize> {
    let mut count = 0;
    for package in published(&args.root)? {
        let mut violations: Vec<String> =
            docs::check(&package).into_iter().map(|violation| violation.text).collect();
        if let Some(html) = &args.html {
            violations.extend(docs::html::check(&package, html)?);
        }
        for violation in &violations {
            writeln!(out, "{violation}")?;
        }
        count += violations.len();
    }
    for violation in capacity::check_checkout(&args.root)? {
        writeln!(out, "{violation}")?;
        count += 1;
    }
    writeln!(out, "docs: {count} violations")?;
    Ok(count)
}

fn list_docs(out: &mut impl Write, root: &Path) -> Result<usize> {
    for package in published(root)? {
        let lines = docs::lines(&package);
        writeln!(
            out,
            "{}: {} lines on rendered pages, {} in private modules",
            package.name, lines.rendered, lines.private
        )?;
        let violations = docs::check(&package);
        let mut counts: BTreeMap<(&str, docs::Rule), usize> = BTreeMap::new();
        for violation in &violations {
            writeln!(out, "  {}", violation.text)?;
            *counts.entry((&violation.module, violation.rule)).or_default() += 1;
        }
        for ((module, rule), count) in counts {
            writeln!(out, "  {count:>4} {rule:?} {module}")?;
        }
        writeln!(out, "  {:>4} in all", violations.len())?;
    }
    Ok(0)
}

fn measure_prose(out: &mut impl Write, root: &Path) -> Result<usize> {
    writeln!(
        out,
        "{:<16}{:>9}{:>11}{:>9}{:>11}{:>9}",
        "", "comments", "headless", "lines", "headless", "dialect"
    )?;
    let mut total = prose::Counts::default();
    let mut row = |name: &str, counts: prose::Counts| {
        let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        writeln!(
            out,
            "{name:<16}{:>9}{:>9.1} %{:>9}{:>9.1} %{:>9}",
            counts.comments,
            share(counts.headless_comments, counts.comments),
            counts.lines,
            share(counts.headless_lines, counts.lines),
            counts.dialect,
        )
    };
    for (name, folder) in packages(root)? {
        let mut counts = prose::Counts::default();
        for (path, text) in files::read(root, &folder)? {
            if path.starts_with(&folder) && files::is_rust(&path) {
                counts += prose::measure(&text);
            }
        }
        row(&name, counts)?;
        total += counts;
    }
    let mut pages = prose::Counts::default();
    for text in files::read(root, Path::new("docs"))?.values() {
        pages.dialect += prose::measure(text).dialect;
    }
    row("Markdown", pages)?;
    total += pages;
    row("all", total)?;
    Ok(0)
}
