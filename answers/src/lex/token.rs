//! Tokens, and the brackets among them.

use dashu_ratio::RBig;

use crate::lex::function::{Constant, Function};

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

/// The side of a bar. A plain `|` does not tell which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bar {
    Either,
    Open,
    Close,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
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
    /// `×`, the cross product between vectors.
    Cross,
    Divide,
    Caret,
    Bang,
    /// A prime after brackets, which is a complement.
    Prime,
    Percent,
    Degree,
    Underscore,
    Open,
    Close,
    OpenSquare,
    CloseSquare,
    /// A grouping brace, as in `x^{2}`. In plain text it may be the brace of a set.
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
    /// The bar of a set builder, `{x ∣ x > 2}`.
    SuchThat,
    Semicolon,
    Relation(Relation),
    Or,
    And,
    Union,
    Intersection,
    SetMinus,
    Subset,
    Fraction,
    Binomial,
    /// The operator of `5 C 2` and `5 choose 2`.
    Choose,
    Permute,
    Mod,
    Begin(String),
    End(String),
    Cell,
    Row,
    Angle,
    Triangle,
    /// A bar over an expression.
    Overline,
    Empty,
    Reals,
    Text(String),
}

impl TokenKind {
    pub(crate) fn is_symbol(&self, name: &str) -> bool {
        matches!(self, Self::Symbol(found) if found == name)
    }

    pub(crate) fn closing(&self) -> Option<&'static [TokenKind]> {
        Some(match self {
            // A half-open interval closes with the other bracket. Some schools write `]1, 2[`.
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
    pub(crate) kind: TokenKind,
    /// The position of the first character.
    pub(crate) at: usize,
    /// `true` after white space.
    pub(crate) spaced: bool,
}
