//! The two sets of tables at the source: for the year, and for the summer competition.

use super::job::ImportKind;

/// A set of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    Year,
    Summer,
}

impl Round {
    /// The table of answer boxes, and the name of its rows.
    pub(super) fn boxes(self) -> (&'static str, &'static str) {
        match self {
            Self::Year => ("challenge_answer_box", "answer boxes"),
            Self::Summer => ("summer_challenge_answer_box", "competition boxes"),
        }
    }

    /// The table of answers, and the name of its rows.
    pub(super) fn submissions(self) -> (&'static str, &'static str) {
        match self {
            Self::Year => ("answer_submission", "submissions"),
            Self::Summer => ("summer_submission", "competition answers"),
        }
    }

    pub(super) fn challenge(self) -> ImportKind {
        match self {
            Self::Year => ImportKind::Challenge,
            Self::Summer => ImportKind::SummerChallenge,
        }
    }

    pub(super) fn answer_box(self) -> ImportKind {
        match self {
            Self::Year => ImportKind::AnswerBox,
            Self::Summer => ImportKind::SummerBox,
        }
    }

    pub(super) fn submission(self) -> ImportKind {
        match self {
            Self::Year => ImportKind::Submission,
            Self::Summer => ImportKind::SummerSubmission,
        }
    }
}
