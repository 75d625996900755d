//! The Flask site had its tables twice: for the year, and for the summer competition.

use super::job::Kind;

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
    pub(super) fn challenge(self) -> Kind {
        match self {
            Self::Year => Kind::Challenge,
            Self::Summer => Kind::SummerChallenge,
        }
    }

    /// What its answer boxes are kept as.
    pub(super) fn answer_box(self) -> Kind {
        match self {
            Self::Year => Kind::AnswerBox,
            Self::Summer => Kind::SummerBox,
        }
    }

    /// What its answers are kept as.
    pub(super) fn submission(self) -> Kind {
        match self {
            Self::Year => Kind::Submission,
            Self::Summer => Kind::SummerSubmission,
        }
    }
}
