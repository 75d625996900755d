//! Answers written again: as MathML for the pupil, as plain text for who stores them.

use dashu_ratio::RBig;

use crate::expr::{Constant, Function};
use crate::token::Relation;

pub(crate) mod mathml;
pub(crate) mod plain;

/// How tightly something holds together; what holds less than its place needs gets brackets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
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

fn function_name(function: Function) -> &'static str {
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

/// A number as it was written: with its decimals, or as a fraction.
fn number(value: &RBig, places: Option<u32>) -> String {
    match places {
        Some(places) if !value.is_int() || places > 0 => {
            let text = crate::rules::print_decimal(value);
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
