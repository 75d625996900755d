//! The report of a re-marking: the difference to what was stored.

use std::fmt;

use crate::db::board_versions::ScoreBoard;

/// The result of re-marking: the difference to what was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkingReport {
    /// The boxes whose key or rules changed.
    pub keys: Vec<KeyChange>,
    /// The members whose verdicts, tries or points changed, by name.
    pub pupils: Vec<PupilChange>,
    /// The leaderboards that changed.
    pub boards: Vec<BoardChange>,
}

/// A changed key of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The label of the box.
    pub label: String,
    /// The former right answer, with its rules.
    pub before: String,
    /// The present right answer, with its rules.
    pub after: String,
}

/// The difference for one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PupilChange {
    /// The account.
    pub user_id: i64,
    /// The name.
    pub full_name: String,
    /// The number of answers that were wrong and are right.
    pub turned_right: usize,
    /// The number of answers that were right and are wrong.
    pub turned_wrong: usize,
    /// The number of tries that are not used up any more.
    pub tries_back: usize,
    /// The former points for the challenge.
    pub points_before: i64,
    /// The present points.
    pub points_after: i64,
    /// `true` if the challenge was solved.
    pub solved_before: bool,
    /// `true` if it is solved.
    pub solved_after: bool,
}

/// The difference on one leaderboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardChange {
    /// The leaderboard.
    pub board: ScoreBoard,
    /// The points that members gained on it, as a sum.
    pub gained: i64,
    /// The points that members lost on it, as a positive sum.
    pub lost: i64,
}

impl MarkingReport {
    /// Returns `true` if no verdict, no try, no point and no leaderboard changed.
    pub fn is_empty(&self) -> bool {
        self.pupils.is_empty() && self.boards.is_empty()
    }

    /// Returns the number of answers that turned right.
    pub fn turned_right(&self) -> usize {
        self.pupils.iter().map(|it| it.turned_right).sum()
    }

    /// Returns the number of answers that turned wrong.
    pub fn turned_wrong(&self) -> usize {
        self.pupils.iter().map(|it| it.turned_wrong).sum()
    }

    /// Returns the number of tries that are not used up any more.
    pub fn tries_back(&self) -> usize {
        self.pupils.iter().map(|it| it.tries_back).sum()
    }

    /// Returns the number of members whose points rose, and of those whose points fell.
    pub fn gainers_and_losers(&self) -> (usize, usize) {
        let gained = self.pupils.iter().filter(|it| it.points_after > it.points_before).count();
        (gained, self.pupils.iter().filter(|it| it.points_after < it.points_before).count())
    }
}

/// Writes the keys and the counts for the admin log: no names, since a log outlives accounts.
impl fmt::Display for MarkingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.keys.iter().map(ToString::to_string));
        if !self.is_empty() {
            let (gained, lost) = self.gainers_and_losers();
            parts.push(format!(
                "{} turned right, {} turned wrong, {} given back; {gained} gained points, {lost} lost points",
                counted(self.turned_right(), "answer"),
                self.turned_wrong(),
                counted(self.tries_back(), "try"),
            ));
        }
        f.write_str(&parts.join("; "))
    }
}

impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key of “{}” from “{}” to “{}”", self.label, self.before, self.after)
    }
}

/// Returns a number with its noun: `1 answer`, `2 answers`, `3 tries`.
pub fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_names_keys_and_counts() {
        let key = KeyChange { label: "x =".to_owned(), before: "2".to_owned(), after: "5".to_owned() };
        let pupil = PupilChange {
            user_id: 7,
            full_name: "Ada".to_owned(),
            turned_right: 1,
            turned_wrong: 0,
            tries_back: 2,
            points_before: 0,
            points_after: 3,
            solved_before: false,
            solved_after: true,
        };
        let report = MarkingReport { keys: vec![key], pupils: vec![pupil], boards: vec![] };
        let text = report.to_string();
        assert_eq!(
            text,
            "the key of “x =” from “2” to “5”; 1 answer turned right, 0 turned wrong, 2 tries given back; \
             1 gained points, 0 lost points"
        );
        assert!(!text.contains("Ada"), "a log outlives accounts");
        assert_eq!(MarkingReport::default().to_string(), "");
    }
}
