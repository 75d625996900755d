//! Is this answer the same as that one? Mathematics as pupils write it: text in, verdict out.
//!
//! ```
//! use answers::{Hint, Rules, Verdict, compare};
//!
//! let rules = Rules::default();
//! assert!(compare("2x+1", r"1+x\cdot2", &rules).is_equal());
//! assert!(compare(r"\sin 2x", "2 sin x cos x", &rules).is_equal());
//! assert!(compare("x=-2, x=-3", "x = -3 or x = -2", &rules).is_equal());
//! assert_eq!(compare("1/3", "0.333", &rules), Verdict::NotEqual { hint: Some(Hint::Rounded) });
//! ```
//!
//! How it decides, in this order:
//! 1. a text that is longer than 1,000 characters, deeper than 64 brackets, or has an exponent above 10,000 or a
//!    factorial above 1000! is [`Verdict::Unreadable`], with a sentence that says what to write;
//! 2. shapes that can't be the same aren't: a point isn't a number, words aren't a formula; lists are compared in any
//!    order, equations as curves, inequalities as parts of the line;
//! 3. rational expressions are compared modulo two primes at random numbers, and what is equal there is confirmed with
//!    exact arithmetic; i and the roots of small primes are numbers there too;
//! 4. everything else is compared by value at points where both have one, first at double precision, then with 320
//!    bits: real numbers as at school (√x and ln x of what is positive, the real cube root of -8), complex ones only
//!    where there are no real ones;
//! 5. where two ways to read a text are usual, `1,000` or `2e-1`, the answer is right if one of them is.
//!
//! The random numbers are always the same ones: so is the verdict. Steps are counted, and a comparison ends within
//! five milliseconds; one that runs out of steps keeps the verdict of the quick look.
//!
//! | default | why |
//! |---|---|
//! | exact: `0.333` isn't `1/3` | a box that wants less says how much less: [`Rules::tolerance`] |
//! | `log` is to base 10, angles are radians, `30°` is π/6 | as on paper; [`Rules::natural_log`], [`Rules::degrees`] |
//! | any order, any form, `X` is `x` | what is right is right; [`Rules::order`], [`Rules::simplified`], [`Rules::case`] |
//! | `1/2x` is x/2, `sin 2x` is sin(2x), `2 1/2` is 5/2, `-3^2` is -9 | the usual reading; [`to_mathml`] shows it |
//!
//! It runs nothing and reads nothing but the two texts: there is no evaluation of text, no file, no clock, no global
//! state. It doesn't differentiate, integrate or solve: ∑ and ∫ can't be read.
//!
//! References: Schwartz 1980 and Zippel 1979 on identities modulo primes; MathML Core (W3C); MathLive's LaTeX.

#[path = "compare/comparer/mod.rs"]
mod compare;
#[path = "compare/equality.rs"]
mod decide;
#[path = "parse/tree.rs"]
mod expr;
#[path = "compare/modular.rs"]
mod fingerprint;
#[path = "normalise/gcd.rs"]
mod gcd;
#[path = "compare/hints.rs"]
mod hint;
#[path = "compare/mod.rs"]
mod judge;
mod lex;
mod limits;
#[path = "lex/vocabulary.rs"]
mod names;
#[path = "compare/numeric/mod.rs"]
mod numeric;
mod parse;
#[path = "normalise/polynomial.rs"]
mod poly;
mod print;
#[path = "normalise/rational.rs"]
mod ratio;
#[path = "compare/numeric/real/mod.rs"]
mod real;
mod rules;
#[path = "classify/mod.rs"]
mod shape;
#[path = "compare/simplified.rs"]
mod simplified;
#[path = "normalise/dag/mod.rs"]
mod tape;
#[path = "lex/token.rs"]
mod token;
#[path = "classify/units.rs"]
mod units;
#[path = "compare/result.rs"]
mod verdict;
#[path = "classify/words.rs"]
mod words;

pub use judge::{compare, normalize, to_mathml};
pub use rules::{Rules, RulesError, Tolerance};
pub use verdict::{Hint, Side, Unreadable, Verdict};
