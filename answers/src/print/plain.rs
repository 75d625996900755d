//! Plain text, as it can be read again; expressions in their canonical form where there is one.

use super::{Hold, function_name, number, sign_of};
use crate::compare::Comparison;
use crate::expr::{Arena, Constant, Function, Id, Node};
use crate::lex::Reading;
use crate::limits::Budget;
use crate::ratio;
use crate::rules::Rules;
use crate::shape::{Answer, Joint, Shape, read};
use crate::tape::Tape;
use crate::verdict::Unreadable;
use crate::words;

pub(crate) fn print(answer: &Answer) -> Result<String, Unreadable> {
    let rules = Rules::default();
    let budget = Budget::new();
    let mut comparison = Comparison::new(&rules, &budget);
    shape(&mut comparison, &answer.arena, &answer.shape)
}

fn each(comparison: &mut Comparison<'_>, arena: &Arena, shapes: &[Shape]) -> Result<Vec<String>, Unreadable> {
    shapes.iter().map(|one| shape(comparison, arena, one)).collect()
}

fn shape(comparison: &mut Comparison<'_>, arena: &Arena, of: &Shape) -> Result<String, Unreadable> {
    Ok(match of {
        Shape::Expr(id) => return canonical(comparison, arena, *id),
        Shape::Chain(sides, relations) => {
            let mut texts = Vec::new();
            for side in sides {
                texts.push(match (side, comparison.label(arena, side)) {
                    // `f(x) = …`: a name stays as it is.
                    (Shape::Expr(id), Some(_)) => expression(arena, *id, Hold::Sum),
                    _ => shape(comparison, arena, side)?,
                });
            }
            let mut text = texts[0].clone();
            for (side, relation) in texts.iter().skip(1).zip(relations) {
                text += &format!(" {} {side}", sign_of(*relation));
            }
            text
        }
        Shape::List(shapes, joint) => {
            let mut texts = each(comparison, arena, shapes)?;
            texts.sort();
            texts.dedup();
            texts.join(match joint {
                Joint::Comma => ", ",
                Joint::Or => " or ",
                Joint::And => " and ",
            })
        }
        Shape::Set(shapes) => {
            let mut texts = each(comparison, arena, shapes)?;
            texts.sort();
            texts.dedup();
            format!("\\{{{}\\}}", texts.join(", "))
        }
        Shape::Tuple(shapes) if shapes.len() == 1 => {
            format!("⟨{}⟩", each(comparison, arena, shapes)?.join(", "))
        }
        Shape::Tuple(shapes) => format!("({})", each(comparison, arena, shapes)?.join(", ")),
        Shape::Union(shapes) => each(comparison, arena, shapes)?.join(" ∪ "),
        Shape::Interval { low, high, low_in, high_in } => {
            let (open, close) = (if *low_in { "[" } else { "(" }, if *high_in { "]" } else { ")" });
            let (low, high) = (canonical(comparison, arena, *low)?, canonical(comparison, arena, *high)?);
            if !*low_in && !*high_in {
                format!("]{low}, {high}[")
            } else {
                format!("{open}{low}, {high}{close}")
            }
        }
        Shape::Matrix(rows) => {
            let mut lines = Vec::new();
            for row in rows {
                let cells: Result<Vec<String>, _> =
                    row.iter().map(|id| canonical(comparison, arena, *id)).collect();
                lines.push(cells?.join(" & "));
            }
            format!("\\begin{{pmatrix}}{}\\end{{pmatrix}}", lines.join(" \\\\ "))
        }
        Shape::Ratio(parts) => {
            let parts: Result<Vec<String>, _> =
                parts.iter().map(|id| canonical(comparison, arena, *id)).collect();
            parts?.join(" : ")
        }
        Shape::Empty => "∅".into(),
        Shape::Reals => "ℝ".into(),
        Shape::Words(text) => words::fold(text, false),
    })
}

fn canonical(comparison: &mut Comparison<'_>, arena: &Arena, id: Id) -> Result<String, Unreadable> {
    let root = comparison.tape.import(arena, id, &|name| name.to_owned())?;
    let exact = ratio::canonical(&comparison.tape, root, comparison.budget);
    // What is too large to expand is printed as it was written, if that can be read again.
    let fits = exact.filter(|text| text.chars().count() <= crate::limits::CHARS);
    Ok(fits.map_or_else(|| expression(arena, id, Hold::Sum), |text| settled(text, comparison.budget)))
}

/// sin(x - x) is sin(0) first, and then 0: what became a number is looked at again.
fn settled(mut text: String, budget: &Budget) -> String {
    for _ in 0..3 {
        let Ok(Answer { arena, shape: Shape::Expr(id), .. }) = read(&text, Reading::default(), &[]) else {
            break;
        };
        let mut tape = Tape::default();
        let Ok(root) = tape.import(&arena, id, &|name| name.to_owned()) else { break };
        match ratio::canonical(&tape, root, budget) {
            Some(again) if again != text => text = again,
            _ => break,
        }
    }
    text
}

fn expression(arena: &Arena, id: Id, place: Hold) -> String {
    let (text, hold) = node(arena, id);
    if hold < place { format!("({text})") } else { text }
}

fn node(arena: &Arena, id: Id) -> (String, Hold) {
    let of = |id: Id, place: Hold| expression(arena, id, place);
    match arena.node(id) {
        Node::Number(value, places) => {
            let text = number(value, *places);
            let hold = if text.contains('/') { Hold::Product } else { Hold::Atom };
            (text, hold)
        }
        Node::Symbol(name) => (ratio::spelled(name), Hold::Atom),
        Node::Constant(constant) => {
            let name = match constant {
                Constant::Pi => "pi",
                Constant::E => "e",
                Constant::I => "i",
                Constant::Infinity => "infinity",
            };
            (name.into(), Hold::Atom)
        }
        Node::Negative(a) => (format!("-{}", of(*a, Hold::Product)), Hold::Sum),
        Node::PlusMinus(a, flip) => {
            (format!("{}{}", if *flip { "∓" } else { "±" }, of(*a, Hold::Product)), Hold::Sum)
        }
        Node::Sum(terms) => {
            let mut text = String::new();
            for term in terms {
                let one = of(*term, Hold::Sum);
                if !text.is_empty() && !one.starts_with(['-', '±', '∓']) {
                    text += "+";
                }
                text += &one;
            }
            (text, Hold::Sum)
        }
        Node::Product(factors) => {
            let all: Vec<String> = factors.iter().map(|factor| of(*factor, Hold::Sign)).collect();
            (all.join("*"), Hold::Product)
        }
        Node::Quotient(a, b) => (format!("{}/{}", of(*a, Hold::Product), of(*b, Hold::Power)), Hold::Product),
        Node::Power(a, b) => (format!("{}^({})", of(*a, Hold::Atom), of(*b, Hold::Sum)), Hold::Power),
        Node::Call(function, all) => {
            let inside: Vec<String> = all.iter().map(|id| of(*id, Hold::Sum)).collect();
            match (function, &inside[..]) {
                (Function::Mod, [a, b]) => (format!("(({a}) mod ({b}))"), Hold::Atom),
                (Function::Log, [base, a]) => (format!("(ln({a})/ln({base}))"), Hold::Atom),
                _ => (format!("{}({})", function_name(*function), inside.join(", ")), Hold::Power),
            }
        }
        Node::Factorial(a) => (format!("({})!", of(*a, Hold::Sum)), Hold::Power),
        Node::Percent(a) => (format!("({})%", of(*a, Hold::Sum)), Hold::Power),
        Node::Degrees(a) => (format!("({})°", of(*a, Hold::Sum)), Hold::Power),
        Node::Mixed(a, b) => (format!("({}+{})", of(*a, Hold::Sum), of(*b, Hold::Sum)), Hold::Atom),
    }
}
