//! Comparisons with the keys of boxes, on a blocking thread, each of them once.

use std::collections::HashMap;
use std::sync::Arc;

use answers::{AnswerRules, Comparison, Side};
use tokio::task::JoinError;

/// The right answers of a box.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::db) struct BoxKey {
    pub(in crate::db) id: i64,
    pub(in crate::db) label: String,
    /// The right answer.
    pub(in crate::db) answer: String,
    /// The rules of the comparison.
    pub(in crate::db) rules: String,
    /// Other answers that a teacher accepts.
    #[sqlx(skip)]
    pub(in crate::db) accepted: Vec<String>,
}

impl BoxKey {
    /// Returns the key with its rules in one text, for the log.
    pub(in crate::db) fn in_words(&self) -> String {
        let Self { answer, rules, .. } = self;
        if rules.is_empty() { answer.clone() } else { format!("{answer} ({rules})") }
    }

    /// Returns a text that differs whenever a comparison might.
    fn fingerprint(&self) -> String {
        let parts = [&self.rules, &self.answer];
        parts.into_iter().chain(&self.accepted).map(|part| format!("{}:{part}", part.len())).collect()
    }

    fn judge(&self, given: &str) -> Judged {
        let Ok(rules) = self.rules.parse::<AnswerRules>() else { return Judged::Unknown };
        let right = std::iter::once(&self.answer).chain(&self.accepted);
        match compare_any(right.map(String::as_str), given, &rules) {
            Comparison::Equal => Judged::Right,
            Comparison::NotEqual { hint } => Judged::Wrong(hint.map(|hint| hint.to_string())),
            Comparison::Unreadable { side: Side::Given, .. } => Judged::Unreadable,
            Comparison::Unreadable { side: Side::Expected, .. } | Comparison::Undecided => Judged::Unknown,
        }
    }
}

/// The verdict about a stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    Right,
    /// Wrong, with the hint for a near miss.
    Wrong(Option<String>),
    /// The answer cannot be read under the present rules.
    Unreadable,
    /// The key cannot be read, or the comparison is undecided, so the stored verdict stays.
    Unknown,
}

/// Compares an answer with each of the texts that are right. The result for a wrong answer is that
/// of the first one, unless a comparison is undecided. Each text decides how the answer is read, so
/// that an answer which one cannot read may equal another.
pub(crate) fn compare_any<'a>(
    right: impl IntoIterator<Item = &'a str>,
    given: &str,
    rules: &AnswerRules,
) -> Comparison {
    let mut first = None;
    for right in right {
        match answers::compare(right, given, rules) {
            Comparison::Equal => return Comparison::Equal,
            Comparison::Undecided => first = Some(Comparison::Undecided),
            other => drop(first.get_or_insert(other)),
        }
    }
    first.unwrap_or(Comparison::NotEqual { hint: None })
}

/// The verdicts that are known so far.
#[derive(Default)]
pub(in crate::db) struct Judge(HashMap<(String, String), Judged>);

impl Judge {
    /// Compares those texts that were not compared yet.
    pub(super) async fn judge(&mut self, tasks: Vec<(Arc<BoxKey>, String)>) -> Result<(), JoinError> {
        let mut new = HashMap::new();
        for (key, given) in tasks {
            let id = (key.fingerprint(), given);
            if !self.0.contains_key(&id) {
                new.insert(id, key);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let judge = move || {
            let verdict = |(id, key): ((String, String), Arc<BoxKey>)| {
                let judged = key.judge(&id.1);
                (id, judged)
            };
            new.into_iter().map(verdict).collect::<Vec<_>>()
        };
        self.0.extend(tokio::task::spawn_blocking(judge).await?);
        Ok(())
    }

    /// Returns the verdict about a text. An unknown one changes nothing.
    pub(super) fn verdict(&self, key: &BoxKey, given: &str) -> Judged {
        self.0.get(&(key.fingerprint(), given.to_owned())).cloned().unwrap_or(Judged::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(answer: &str, rules: &str, accepted: &[&str]) -> BoxKey {
        let accepted = accepted.iter().map(|it| (*it).to_owned()).collect();
        let (answer, rules) = (answer.to_owned(), rules.to_owned());
        BoxKey { id: 1, label: "x =".to_owned(), answer, rules, accepted }
    }

    #[test]
    fn accepted_answers_are_right_too() {
        let both = key("2", "", &["5", "7"]);
        assert_eq!(both.judge("10/2"), Judged::Right);
        assert_eq!(both.judge("2"), Judged::Right);
        assert_eq!(both.judge("3"), Judged::Wrong(None));
        assert_eq!(both.judge("3+"), Judged::Unreadable);
    }

    #[test]
    fn a_broken_key_judges_nothing() {
        assert_eq!(key("((", "", &[]).judge("2"), Judged::Unknown);
        assert_eq!(key("2", "sometimes", &[]).judge("2"), Judged::Unknown);
    }

    #[tokio::test]
    async fn a_verdict_belongs_to_its_key() {
        let (old, new) = (Arc::new(key("2", "", &[])), Arc::new(key("5", "", &[])));
        let mut judge = Judge::default();
        judge.judge(vec![(Arc::clone(&old), "5".to_owned())]).await.unwrap();
        assert_eq!(judge.verdict(&old, "5"), Judged::Wrong(None));
        assert_eq!(judge.verdict(&new, "5"), Judged::Unknown, "it was not compared with this key");
        judge.judge(vec![(Arc::clone(&new), "5".to_owned())]).await.unwrap();
        assert_eq!(judge.verdict(&new, "5"), Judged::Right);
    }
}
