//! An alarm for prose: doc comments that start with a headless clause, and words of the dialect.
//!
//! ```
//! use house_checks::prose::measure;
//!
//! let counts = measure("//! What is kept.\n\n/// The cookie.\n/// Nobody reads it.\nfn cookie() {}\n");
//! assert_eq!((counts.comments, counts.headless_comments), (2, 1));
//! assert_eq!(counts.dialect, 1);
//! ```
//!
//! The numbers say where to look, a reader says whether a page is good.

use std::ops::AddAssign;

/// The words that start a headless clause.
const HEADLESS: &[&str] = &["What", "Whether", "How", "Who", "Whoever", "Where", "Which"];
/// The words of the dialect.
const DIALECT: &[&str] = &["nobody", "whoever", "anew", "meanwhile"];

/// The counts of a file or a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Doc comments: runs of `///` or `//!` lines.
    pub comments: usize,
    /// Doc comments that start with a headless clause.
    pub headless_comments: usize,
    /// Lines of text in doc comments, without code.
    pub lines: usize,
    /// Lines that start with a headless clause.
    pub headless_lines: usize,
    /// Words of the dialect in the whole text.
    pub dialect: usize,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.comments += other.comments;
        self.headless_comments += other.headless_comments;
        self.lines += other.lines;
        self.headless_lines += other.headless_lines;
        self.dialect += other.dialect;
    }
}

/// Measures the text of one file.
pub fn measure(text: &str) -> Counts {
    let mut counts = Counts { dialect: dialect(text), ..Counts::default() };
    let (mut inside, mut code) = (false, false);
    for line in text.lines() {
        let line = line.trim_start();
        let Some(content) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            (inside, code) = (false, false);
            continue;
        };
        let content = content.trim();
        let first = !inside;
        inside = true;
        counts.comments += usize::from(first);
        if content.starts_with("```") {
            code = !code;
            continue;
        }
        if code || content.is_empty() {
            continue;
        }
        let word = content.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        let headless = HEADLESS.contains(&word);
        counts.lines += 1;
        counts.headless_lines += usize::from(headless);
        counts.headless_comments += usize::from(headless && first);
    }
    counts
}

fn dialect(text: &str) -> usize {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric());
    let count = words.filter(|word| DIALECT.contains(word)).count();
    count + text.matches("is none").count() + text.matches("are none").count()
}
