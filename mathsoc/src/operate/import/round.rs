//! The Flask site had its tables twice: for the year, and for the summer competition.

use super::job::ImportKind;

/// For the year, or for the summer competition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    Year,
    Summer,
}

impl Round {
    /// The table of the answer boxes, and what its rows are.
    pub(super) fn boxes(self) -> (&'static str, &'static str) {
        match self {
            Self::Year => ("challenge_answer_box", "answer boxes"),
            Self::Summer => ("summer_challenge_answer_box", "competition boxes"),
        }
    }

    /// The table of what was answered, and what its rows are.
    pub(super) fn submissions(self) -> (&'static str, &'static str) {
        match self {
            Self::Year => ("answer_submission", "submissions"),
            Self::Summer => ("summer_submission", "competition answers"),
        }
    }

    /// What its challenges are kept as.
    pub(super) fn challenge(self) -> ImportKind {
        match self {
            Self::Year => ImportKind::Challenge,
            Self::Summer => ImportKind::SummerChallenge,
        }
    }

    /// What its answer boxes are kept as.
    pub(super) fn answer_box(self) -> ImportKind {
        match self {
            Self::Year => ImportKind::AnswerBox,
            Self::Summer => ImportKind::SummerBox,
        }
    }

    /// What its answers are kept as.
    pub(super) fn submission(self) -> ImportKind {
        match self {
            Self::Year => ImportKind::Submission,
            Self::Summer => ImportKind::SummerSubmission,
        }
    }
}
