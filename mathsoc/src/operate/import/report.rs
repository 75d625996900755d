//! The report of an import.

use std::collections::BTreeMap;
use std::fmt;

/// The report of an import, table by table.
#[derive(Debug, Default)]
pub struct Report {
    /// One line for each table of the source.
    pub lines: Vec<Line>,
}

/// The result of one table.
#[derive(Debug)]
pub struct Line {
    /// The name of the rows.
    pub what: &'static str,
    /// The number of rows read.
    pub read: usize,
    /// The number of rows added.
    pub added: usize,
    /// The number of rows that existed here.
    pub known: usize,
    /// The skipped rows, with reasons.
    pub left_out: Vec<Remark>,
    /// The rows that were changed by the import.
    pub changed: Vec<Remark>,
}

/// A remark about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The id at the source.
    pub old_id: i64,
    pub text: String,
}

impl Line {
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, read: 0, added: 0, known: 0, left_out: Vec::new(), changed: Vec::new() }
    }

    pub(super) fn skip(&mut self, old_id: i64, text: impl Into<String>) {
        self.left_out.push(Remark { old_id, text: text.into() });
    }

    pub(super) fn remark(&mut self, old_id: i64, text: impl Into<String>) {
        self.changed.push(Remark { old_id, text: text.into() });
    }
}

impl Report {
    /// Returns the line about these rows.
    pub fn line(&self, what: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.what == what)
    }
}

/// Writes the table, and below it the skipped and changed rows, grouped by reason.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<22} {:>8} {:>8} {:>8} {:>8}", "", "read", "added", "already", "left out")?;
        for line in &self.lines {
            let Line { what, read, added, known, left_out, .. } = line;
            writeln!(f, "{what:<22} {read:>8} {added:>8} {known:>8} {:>8}", left_out.len())?;
        }
        let remarks = |f: &mut fmt::Formatter<'_>, title: &str, of: fn(&Line) -> &[Remark]| {
            if self.lines.iter().all(|line| of(line).is_empty()) {
                return Ok(());
            }
            writeln!(f, "\n{title}")?;
            for line in &self.lines {
                for (text, ids) in grouped(of(line)) {
                    writeln!(f, "  {} {}: {text}", line.what, ranges(&ids))?;
                }
            }
            Ok(())
        };
        remarks(f, "Left out", |line| &line.left_out)?;
        remarks(f, "Imported, but", |line| &line.changed)
    }
}

fn grouped(remarks: &[Remark]) -> BTreeMap<&str, Vec<i64>> {
    let mut same = BTreeMap::<_, Vec<_>>::new();
    for Remark { old_id, text } in remarks {
        same.entry(text.as_str()).or_default().push(*old_id);
    }
    same
}

/// Formats ids as ranges: `1–4, 7, 9`.
fn ranges(ids: &[i64]) -> String {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for id in ids {
        match ranges.last_mut() {
            Some((_, last)) if id <= last.saturating_add(1) => *last = id,
            _ => ranges.push((id, id)),
        }
    }
    let shown = |(first, last): (i64, i64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    };
    ranges.into_iter().map(shown).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_ids_are_shown_as_ranges() {
        assert_eq!(ranges(&[3, 1, 2, 9, 7, 8, 12, 14, 15]), "1–3, 7–9, 12, 14, 15");
        assert_eq!(ranges(&[5, 5]), "5");
    }

    #[test]
    fn rows_with_the_same_reason_are_grouped() {
        let mut line = Line::new("users");
        line.read = 4;
        for id in [4, 1, 2, 3] {
            line.skip(id, "no e-mail address");
        }
        let text = Report { lines: vec![line] }.to_string();
        assert!(text.ends_with("\nLeft out\n  users 1–4: no e-mail address\n"), "{text}");
        assert!(!text.contains("Imported, but"), "{text}");
    }
}
