//! Prints answers: as MathML for a page, and as canonical plain text for storage.

use dashu_ratio::RBig;

use crate::classify::{Reading, read, units};
use crate::decimal;
use crate::error::ParseError;
use crate::lex::function::{Constant, Function};
use crate::lex::token::Relation;

pub(crate) mod mathml;
pub(crate) mod plain;

/// Returns the canonical form of an answer as plain text.
///
/// Equal polynomials and rational expressions have the same canonical form. The form can be read
/// again, and is equal to the answer.
///
/// ```
/// assert_eq!(answers::normalize("(x+1)^2")?, "x^2 + 2*x + 1");
/// assert_eq!(answers::normalize(r"\frac{x^2-1}{x-1}")?, "x + 1");
/// # Ok::<(), answers::ParseError>(())
/// ```
///
/// # Errors
/// Returns an error if the text cannot be read.
#[doc(alias = "canonicalize")]
#[doc(alias = "simplify")]
pub fn normalize(text: &str) -> Result<String, ParseError> {
    let (value, unit) = value_and_unit(text);
    let answer = plain::print(&read(&value, &Reading::alone(&value))?)?;
    Ok(match unit {
        Some(unit) => format!("{answer} {unit}"),
        None => answer,
    })
}

/// Returns an answer as MathML Core, in the interpretation that was read.
///
/// ```
/// let math = answers::to_mathml("1/2")?;
/// assert_eq!(math, "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>");
/// # Ok::<(), answers::ParseError>(())
/// ```
///
/// # Errors
/// Returns an error if the text cannot be read.
///
/// # Security
/// The text is escaped: the result can be inserted into a page as HTML.
#[doc(alias = "render")]
#[doc(alias = "typeset")]
pub fn to_mathml(text: &str) -> Result<String, ParseError> {
    let (value, unit) = value_and_unit(text);
    let math = mathml::print(&read(&value, &Reading::alone(&value))?);
    Ok(match unit {
        Some(unit) => with_unit(&math, &unit),
        None => math,
    })
}

/// Splits the unit off a number with a unit, such as `5 cm`.
fn value_and_unit(text: &str) -> (String, Option<String>) {
    if !units::is_quantity(text) {
        return (text.to_owned(), None);
    }
    let quantity = units::split(text);
    (quantity.value, Some(quantity.written))
}

/// Adds a unit, as written, to the MathML of its value.
pub(crate) fn with_unit(math: &str, unit: &str) -> String {
    let value = math.strip_suffix("</math>").unwrap_or(math);
    format!("{value}<mtext>\u{a0}{}</mtext></math>", escaped(unit))
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The precedence of an operation. An operand of lower precedence than its context gets brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

fn sign_of(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "=",
        Relation::NotEqual => "≠",
        Relation::Less => "<",
        Relation::LessEqual => "≤",
        Relation::Greater => ">",
        Relation::GreaterEqual => "≥",
        Relation::In => "∈",
    }
}

fn constant_name(constant: Constant) -> &'static str {
    match constant {
        Constant::Pi => "π",
        Constant::E => "e",
        Constant::I => "i",
        Constant::Infinity => "∞",
    }
}

fn name_of(function: Function) -> &'static str {
    match function {
        Function::Sin => "sin",
        Function::Cos => "cos",
        Function::Tan => "tan",
        Function::Sec => "sec",
        Function::Csc => "csc",
        Function::Cot => "cot",
        Function::Asin => "arcsin",
        Function::Acos => "arccos",
        Function::Atan => "arctan",
        Function::Asec => "arcsec",
        Function::Acsc => "arccsc",
        Function::Acot => "arccot",
        Function::Sinh => "sinh",
        Function::Cosh => "cosh",
        Function::Tanh => "tanh",
        Function::Sech => "sech",
        Function::Csch => "csch",
        Function::Coth => "coth",
        Function::Asinh => "arsinh",
        Function::Acosh => "arcosh",
        Function::Atanh => "artanh",
        Function::Asech => "arsech",
        Function::Acsch => "arcsch",
        Function::Acoth => "arcoth",
        Function::Ln => "ln",
        Function::Log => "log",
        Function::Exp => "exp",
        Function::Sqrt => "sqrt",
        Function::Root => "root",
        Function::Abs => "abs",
        Function::Floor => "floor",
        Function::Ceil => "ceil",
        Function::Sign => "sgn",
        Function::Gcd => "gcd",
        Function::Lcm => "lcm",
        Function::Mod => "mod",
        Function::Min => "min",
        Function::Max => "max",
        Function::Choose => "nCr",
        Function::Permute => "nPr",
    }
}

/// Prints a number as written: with its decimal places, or as a fraction.
fn number(value: &RBig, places: Option<u32>) -> String {
    match places {
        Some(places) if !value.is_int() || places > 0 => {
            let text = decimal::print(value);
            // 2.50 keeps its zero.
            let written = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            let zeros = "0".repeat((places as usize).saturating_sub(written));
            if zeros.is_empty() {
                text
            } else if written == 0 {
                format!("{text}.{zeros}")
            } else {
                format!("{text}{zeros}")
            }
        }
        _ => value.to_string(),
    }
}
