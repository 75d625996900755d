//! Checks mathematical answers: decides whether a pupil's text is the expected answer.
//!
//! ```
//! use answers::{Checker, Hint, Kind, Outcome};
//!
//! let checker = Checker::new(r"\sin 2x", Kind::infer())?;
//! assert!(checker.check("2 sin x cos x").is_correct());
//!
//! let checker = Checker::new("x=-2, x=-3", Kind::solutions())?;
//! assert!(checker.check("x = -3 or x = -2").is_correct());
//!
//! let verdict = Checker::new("1/3", Kind::number())?.check("0.333");
//! assert_eq!((verdict.outcome, verdict.hint), (Outcome::Incorrect, Some(Hint::Rounded)));
//! # Ok::<(), answers::ExpectedError>(())
//! ```
//!
//! | item | purpose |
//! |---|---|
//! | [`Checker`] | an expected answer, read once; checks given ones and makes examples |
//! | [`Verdict`], [`Outcome`], [`Hint`], [`ReadAs`] | the decision, the likely mistake, and the text as it was read |
//! | [`Kind`], [`Form`], [`Tolerance`] | what an answer box asks for, as a value and as text; a page for each kind |
//! | [`normalize`] | the canonical form of an answer, as plain text |
//! | [`to_mathml`] | the interpretation of an answer, as MathML for a page |
//! | [`ParseError`], [`ExpectedError`], [`KindError`] | what is wrong in a text, and what to write instead |
//! | [`compare`], [`AnswerRules`] | the former interface: one function for two texts |
//!
//! # Notation
//! Plain text and LaTeX as MathLive writes it, mixed: numbers of every kind, `2x(x+1)`, functions
//! with and without brackets, roots, absolute values, floors, factorials, combinations, degrees,
//! complex numbers; equations, inequalities, lists of solutions, `±`, sets, points, intervals,
//! matrices, ratios, units. Any other text is an answer in words.
//!
//! # What happens, in order
//! 1. **Lex**: the text becomes tokens. A text over a [limit](#limits) is
//!    [`Unreadable`](Comparison::Unreadable), with a sentence that says what to write.
//! 2. **Parse**: tokens become expression trees, by precedence climbing.
//! 3. **Classify**: trees become a mathematical object: a number, an equation, a list, a set, a
//!    point, an interval, a matrix, or words. Objects of different classes are different answers: a
//!    point is not a number. Lists are compared in any order, equations as curves, inequalities as
//!    parts of the number line.
//! 4. **Normalise**: the expressions of both answers become one graph, in which equal operations
//!    are one node.
//! 5. **Compare**: two expressions are compared by residues modulo pseudo-random values in two
//!    prime fields (Schwartz–Zippel). Exponentials, sines, logarithms, roots and powers have
//!    residues with the right relations, so that equal residues prove an identity such as
//!    sin 2x = 2 sin x cos x, and different ones prove a difference as small as e^(-1000).
//! 6. Pairs with absolute values, floors, divisors, factorials, inverse functions or roots of sums
//!    are compared by value: at points of several families, and at, before and after every corner
//!    and jump; in double precision, then with 320 bits. Where one side has no real value, both are
//!    compared as complex numbers. The chance that two different answers agree at all points is
//!    below 2^-40, if they differ at two fifths of the points, or beside a corner that is found.
//!
//! Each side is read alone, once. The given answer is read by the kind and by the names of the
//! expected one; no reading depends on whether the other side would then agree.
//!
//! The pseudo-random values have a fixed seed, so that a comparison is deterministic.
//!
//! # Defaults
//! | default | reason |
//! |---|---|
//! | exact: `0.333` is not `1/3` | a box that accepts less says so: [`Kind::tolerance`] |
//! | `log` is to base 10, angles are in radians, `30°` is π/6 | as on paper; change with [`Kind::natural_log`], [`Kind::degrees`] |
//! | any order, any form, `X` is `x` | a right answer is right; restrict with [`Kind::order`], [`Kind::form`], [`Kind::case`] |
//! | `1/2x` is x/2, `sin 2x` is sin(2x), `2 1/2` is 5/2, `-3^2` is -9 | the usual interpretation; [`to_mathml`] shows it |
//!
//! # Limits
//! A text over one of these limits is unreadable.
//!
//! | limit | value |
//! |---|---|
//! | length of a text | 1,000 characters |
//! | nodes of its trees | 2,000 |
//! | nesting | 64 levels |
//! | exponent | 10,000; in `6.02e23` 400 |
//! | factorial | 1000! |
//! | elements of a list, set or matrix | 64 |
//!
//! A comparison counts its steps, and ends within five milliseconds. When the steps run out, the
//! pair is [`Undecided`](Outcome::Undecided), and a person marks the answer.
//!
//! # What it does not do
//! - It does not integrate, and solves nothing but inequalities of degree one and two; `∑` and `∫`
//!   cannot be read.
//! - It evaluates no text as code. It reads nothing but its arguments: no files, no clock, no
//!   network, no global state.
//! - It does not prove that two answers with absolute values, floors or inverse functions are
//!   equal: agreement at the points above is evidence, not a proof.
//!
//! # References
//! - J. T. Schwartz, *Fast probabilistic algorithms for verification of polynomial identities*
//!   (1980); R. Zippel, *Probabilistic algorithms for sparse polynomials* (1979).
//! - G. H. Gonnet, *New results for random determination of equivalence of expressions* (1986);
//!   M. Monagan, G. H. Gonnet, *Signature functions for algebraic numbers* (1994).
//! - F. Johansson, *Arb: efficient arbitrary-precision midpoint-radius interval arithmetic* (2017).
//! - [MathML Core](https://www.w3.org/TR/mathml-core/), W3C;
//!   [MathLive](https://mathlive.io/), whose LaTeX is read.

// The folders are the steps above. A folder imports only folders to its left, and `print` imports
// up to `normalise`: error, limits, decimal, kind <- lex <- parse <- classify <- normalise <-
// compare <- checker, parameters <- legacy. Inside a folder, a module and its own parts may import
// each other.
mod checker;
mod classify;
mod compare;
mod decimal;
mod error;
mod kind;
mod legacy;
mod lex;
mod limits;
mod normalise;
mod parameters;
mod parse;
mod print;

pub use checker::{Checker, Examples, ExpectedError, ReadAs, Verdict};
pub use compare::{Hint, Outcome};
pub use error::ParseError;
pub use kind::{Form, Kind, KindError, Tolerance};
pub use legacy::{AnswerRules, AnswerRulesError, Comparison, Side, compare};
pub use parameters::{Parameters, ParametersError, Values};
pub use print::{normalize, to_mathml};

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
