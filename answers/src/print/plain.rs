//! Prints plain text that can be read again, with expressions in canonical form.

use super::{Precedence, name_of, number, sign_of};
use crate::classify::words;
use crate::classify::{Connective, MathObject, ParsedAnswer, Reading, read};
use crate::error::ParseError;
use crate::lex::function::{Constant, Function};
use crate::limits::Budget;
use crate::normalise::dag::Dag;
use crate::normalise::rational;
use crate::parse::tree::{Arena, Id, Node};

/// The graph in which canonical forms are computed, and the steps left.
struct Printer {
    dag: Dag,
    budget: Budget,
}

pub(crate) fn print(answer: &ParsedAnswer) -> Result<String, ParseError> {
    let mut printer = Printer { dag: Dag::default(), budget: Budget::new() };
    object(&mut printer, &answer.arena, &answer.object)
}

fn each(printer: &mut Printer, arena: &Arena, objects: &[MathObject]) -> Result<Vec<String>, ParseError> {
    objects.iter().map(|one| object(printer, arena, one)).collect()
}

fn object(printer: &mut Printer, arena: &Arena, of: &MathObject) -> Result<String, ParseError> {
    Ok(match of {
        MathObject::Expr(id) => return canonical(printer, arena, *id),
        MathObject::Chain(sides, relations) => {
            let texts = each(printer, arena, sides)?;
            let mut text = texts[0].clone();
            for (side, relation) in texts.iter().skip(1).zip(relations) {
                text += &format!(" {} {side}", sign_of(*relation));
            }
            text
        }
        MathObject::List(objects, connective) => {
            let mut texts = each(printer, arena, objects)?;
            texts.sort();
            texts.join(match connective {
                Connective::Comma => ", ",
                Connective::Or => " or ",
                Connective::And => " and ",
            })
        }
        MathObject::Set(objects) => {
            let mut texts = each(printer, arena, objects)?;
            texts.sort();
            texts.dedup();
            format!("\\{{{}\\}}", texts.join(", "))
        }
        MathObject::Tuple(objects) if objects.len() == 1 => {
            format!("⟨{}⟩", each(printer, arena, objects)?.join(", "))
        }
        MathObject::Tuple(objects) => format!("({})", each(printer, arena, objects)?.join(", ")),
        MathObject::Union(objects) => each(printer, arena, objects)?.join(" ∪ "),
        MathObject::Interval { low, high, low_closed, high_closed } => {
            let (open, close) = (if *low_closed { "[" } else { "(" }, if *high_closed { "]" } else { ")" });
            let (low, high) = (canonical(printer, arena, *low)?, canonical(printer, arena, *high)?);
            if !*low_closed && !*high_closed {
                format!("]{low}, {high}[")
            } else {
                format!("{open}{low}, {high}{close}")
            }
        }
        MathObject::Matrix(rows) => {
            let mut lines = Vec::new();
            for row in rows {
                let cells: Result<Vec<String>, _> =
                    row.iter().map(|id| canonical(printer, arena, *id)).collect();
                lines.push(cells?.join(" & "));
            }
            format!("\\begin{{pmatrix}}{}\\end{{pmatrix}}", lines.join(" \\\\ "))
        }
        MathObject::Ratio(parts) => {
            let parts: Result<Vec<String>, _> =
                parts.iter().map(|id| canonical(printer, arena, *id)).collect();
            parts?.join(" : ")
        }
        MathObject::Empty => "∅".into(),
        MathObject::Reals => "ℝ".into(),
        MathObject::Words(text) => words::fold(text, false),
        MathObject::Entry(entry) => entry.text(),
    })
}

fn canonical(printer: &mut Printer, arena: &Arena, id: Id) -> Result<String, ParseError> {
    if let Node::Apply(name, both) = arena.node(id)
        && let ("mod", [value, by]) = (&**name, &both[..])
    {
        return Ok(format!("{} mod {}", canonical(printer, arena, *value)?, canonical(printer, arena, *by)?));
    }
    let root = printer.dag.import(arena, id, &|name| name.to_owned())?;
    let exact = rational::canonical(&printer.dag, root, &printer.budget);
    // An expression that is too large to expand is printed as written.
    let fits = exact.filter(|text| text.chars().count() <= crate::limits::CHARS);
    Ok(fits.map_or_else(|| expression(arena, id, Precedence::Sum), |text| settled(text, &printer.budget)))
}

/// Normalises again until nothing changes: sin(x - x) becomes sin(0), and then 0.
fn settled(mut text: String, budget: &Budget) -> String {
    for _ in 0..3 {
        let Ok(ParsedAnswer { arena, object: MathObject::Expr(id), .. }) = read(&text, &Reading::default())
        else {
            break;
        };
        let mut dag = Dag::default();
        let Ok(root) = dag.import(&arena, id, &|name| name.to_owned()) else { break };
        match rational::canonical(&dag, root, budget) {
            Some(again) if again != text => text = again,
            _ => break,
        }
    }
    text
}

fn expression(arena: &Arena, id: Id, context: Precedence) -> String {
    let (text, precedence) = node(arena, id);
    if precedence < context { format!("({text})") } else { text }
}

fn node(arena: &Arena, id: Id) -> (String, Precedence) {
    let of = |id: Id, context: Precedence| expression(arena, id, context);
    match arena.node(id) {
        Node::Number(value, places) => {
            let text = number(value, *places);
            let precedence = if text.contains('/') { Precedence::Product } else { Precedence::Atom };
            (text, precedence)
        }
        Node::Symbol(name) => (rational::spelled(name), Precedence::Atom),
        Node::Constant(constant) => {
            let name = match constant {
                Constant::Pi => "pi",
                Constant::E => "e",
                Constant::I => "i",
                Constant::Infinity => "infinity",
            };
            (name.into(), Precedence::Atom)
        }
        Node::Negative(a) => (format!("-{}", of(*a, Precedence::Product)), Precedence::Sum),
        Node::PlusMinus(a, flip) => {
            (format!("{}{}", if *flip { "∓" } else { "±" }, of(*a, Precedence::Product)), Precedence::Sum)
        }
        Node::Sum(terms) => {
            let mut text = String::new();
            for term in terms {
                let one = of(*term, Precedence::Sum);
                if !text.is_empty() && !one.starts_with(['-', '±', '∓']) {
                    text += "+";
                }
                text += &one;
            }
            (text, Precedence::Sum)
        }
        Node::Product(factors) => {
            let all: Vec<String> = factors.iter().map(|factor| of(*factor, Precedence::Sign)).collect();
            (all.join("*"), Precedence::Product)
        }
        Node::Quotient(a, b) => {
            (format!("{}/{}", of(*a, Precedence::Product), of(*b, Precedence::Power)), Precedence::Product)
        }
        Node::Power(a, b) => {
            (format!("{}^({})", of(*a, Precedence::Atom), of(*b, Precedence::Sum)), Precedence::Power)
        }
        Node::Call(function, all) => {
            let inside: Vec<String> = all.iter().map(|id| of(*id, Precedence::Sum)).collect();
            match (function, &inside[..]) {
                (Function::Mod, [a, b]) => (format!("(({a}) mod ({b}))"), Precedence::Atom),
                (Function::Log, [base, a]) => (format!("(ln({a})/ln({base}))"), Precedence::Atom),
                _ => (format!("{}({})", name_of(*function), inside.join(", ")), Precedence::Power),
            }
        }
        Node::Apply(name, all) => {
            let inside: Vec<String> = all.iter().map(|id| of(*id, Precedence::Sum)).collect();
            (rational::applied(name, &inside), Precedence::Power)
        }
        Node::Factorial(a) => (format!("({})!", of(*a, Precedence::Sum)), Precedence::Power),
        Node::Percent(a) => (format!("({})%", of(*a, Precedence::Sum)), Precedence::Power),
        Node::Degrees(a) => (format!("({})°", of(*a, Precedence::Sum)), Precedence::Power),
        Node::Mixed(a, b) => {
            (format!("({}+{})", of(*a, Precedence::Sum), of(*b, Precedence::Sum)), Precedence::Atom)
        }
    }
}
