//! The result of one test for equality, with three values (Kleene's logic).

/// The result of a test for equality of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Same,
    Different,
    /// The steps ran out, or no test applies.
    Undecided,
}

impl Decision {
    pub(crate) fn is_same(self) -> bool {
        self == Self::Same
    }

    /// Returns `Different` if the other decision, which is made only if needed, is `Different`.
    pub(crate) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Different => Self::Different,
            Self::Same => other(),
            Self::Undecided if other() == Self::Different => Self::Different,
            Self::Undecided => Self::Undecided,
        }
    }

    /// Returns `Same` if the other decision, which is made only if needed, is `Same`.
    pub(crate) fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Same => Self::Same,
            Self::Different => other(),
            Self::Undecided if other() == Self::Same => Self::Same,
            Self::Undecided => Self::Undecided,
        }
    }

    /// Returns `Same` if every decision is, and `Different` at the first that is.
    pub(crate) fn all(decisions: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Same;
        for decision in decisions {
            all = all.and(|| decision);
            if all == Self::Different {
                break;
            }
        }
        all
    }
}

impl From<bool> for Decision {
    fn from(same: bool) -> Self {
        if same { Self::Same } else { Self::Different }
    }
}

#[cfg(test)]
mod tests {
    use super::Decision::{self, Different, Same, Undecided};

    #[test]
    fn an_undecided_element_never_decides() {
        assert_eq!(Decision::all([Same, Undecided]), Undecided);
        assert_eq!(Decision::all([Undecided, Different]), Different);
        assert_eq!(Decision::all([]), Same);
        assert_eq!(Different.or(|| Undecided), Undecided);
        assert_eq!(Undecided.or(|| Same), Same);
    }
}
