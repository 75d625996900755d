//! The words that answers are made of.

use dashu_ratio::RBig;

use crate::expr::{Constant, Function};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

/// Which way a bar looks: `|` alone doesn't say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bar {
    Either,
    Open,
    Close,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number {
        value: RBig,
        places: Option<u32>,
    },
    Symbol(String),
    Function(Function),
    Constant(Constant),
    Plus,
    Minus,
    PlusMinus,
    MinusPlus,
    Times,
    Over,
    Caret,
    Bang,
    Percent,
    Degree,
    Underscore,
    Open,
    Close,
    OpenSquare,
    CloseSquare,
    /// A brace that groups, as in `x^{2}`; in plain text it may be that of a set.
    OpenBrace,
    CloseBrace,
    OpenSet,
    CloseSet,
    OpenAngle,
    CloseAngle,
    OpenFloor,
    CloseFloor,
    OpenCeil,
    CloseCeil,
    Bar(Bar),
    Comma,
    Colon,
    /// The bar of a set, `{x ∣ x > 2}`.
    SuchThat,
    Semicolon,
    Relation(Relation),
    Or,
    And,
    Union,
    Fraction,
    Binomial,
    /// `5 C 2`, `5 choose 2`.
    Choose,
    Permute,
    Mod,
    Begin(String),
    End(String),
    Cell,
    Row,
    Empty,
    Reals,
    Text(String),
}

impl Kind {
    pub(crate) fn closing(&self) -> Option<&'static [Kind]> {
        Some(match self {
            // Half-open intervals close with the other bracket; `]1, 2[` is how some schools write open ones.
            Self::Open | Self::OpenSquare => &[Self::Close, Self::CloseSquare],
            Self::OpenSet => &[Self::CloseSet],
            Self::OpenBrace => &[Self::CloseBrace],
            Self::OpenAngle => &[Self::CloseAngle],
            Self::OpenFloor => &[Self::CloseFloor],
            Self::OpenCeil => &[Self::CloseCeil],
            _ => return None,
        })
    }

    pub(crate) fn opens(&self) -> bool {
        self.closing().is_some() || matches!(self, Self::Begin(_))
    }

    pub(crate) fn closes(&self) -> bool {
        matches!(
            self,
            Self::Close
                | Self::CloseSquare
                | Self::CloseSet
                | Self::CloseBrace
                | Self::CloseAngle
                | Self::CloseFloor
                | Self::CloseCeil
                | Self::End(_)
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Where it starts, in characters.
    pub(crate) at: usize,
    /// Whether a space stands before it.
    pub(crate) spaced: bool,
}
