//! Prints MathML Core.

use dashu_ratio::RBig;

use super::{Precedence, constant_name, name_of, number, sign_of};
use crate::classify::{Connective, MathObject, ParsedAnswer};
use crate::lex::function::Function;
use crate::parse::tree::{Arena, Id, Node};

pub(crate) fn print(answer: &ParsedAnswer) -> String {
    format!("<math>{}</math>", object(&answer.arena, &answer.object))
}

/// Escapes text for HTML. A local function, since the crate needs no other part of an HTML library.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

fn operator(sign: &str) -> String {
    format!("<mo>{}</mo>", escaped(sign))
}

fn identifier(name: &str) -> String {
    format!("<mi>{}</mi>", escaped(name))
}

fn digits(text: &str) -> String {
    format!("<mn>{}</mn>", escaped(text))
}

fn row(inside: &str) -> String {
    format!("<mrow>{inside}</mrow>")
}

fn fenced(open: &str, inside: &str, close: &str) -> String {
    row(&format!("{}{inside}{}", operator(open), operator(close)))
}

fn joined(arena: &Arena, objects: &[MathObject], sign: &str) -> String {
    let all: Vec<String> = objects.iter().map(|one| object(arena, one)).collect();
    all.join(sign)
}

fn object(arena: &Arena, of: &MathObject) -> String {
    match of {
        MathObject::Expr(id) => expression(arena, *id, Precedence::Sum),
        MathObject::Chain(sides, relations) => {
            let mut text = sides.first().map(|side| object(arena, side)).unwrap_or_default();
            for (side, relation) in sides.iter().skip(1).zip(relations) {
                text += &operator(sign_of(*relation));
                text += &object(arena, side);
            }
            row(&text)
        }
        MathObject::List(all, connective) => {
            let sign = match connective {
                Connective::Comma => operator(","),
                Connective::Or => "<mtext>&#160;or&#160;</mtext>".to_owned(),
                Connective::And => "<mtext>&#160;and&#160;</mtext>".to_owned(),
            };
            row(&joined(arena, all, &sign))
        }
        MathObject::Set(all) => fenced("{", &joined(arena, all, &operator(",")), "}"),
        MathObject::Tuple(all) => fenced("(", &joined(arena, all, &operator(",")), ")"),
        MathObject::Union(all) => row(&joined(arena, all, &operator("∪"))),
        MathObject::Interval { low, high, low_closed, high_closed } => {
            let ends = [*low, *high].map(|end| expression(arena, end, Precedence::Sum)).join(&operator(","));
            fenced(if *low_closed { "[" } else { "(" }, &ends, if *high_closed { "]" } else { ")" })
        }
        MathObject::Matrix(rows) => {
            let row_of = |row: &Vec<Id>| {
                let cells: String = row
                    .iter()
                    .map(|id| format!("<mtd>{}</mtd>", expression(arena, *id, Precedence::Sum)))
                    .collect();
                format!("<mtr>{cells}</mtr>")
            };
            let rows: String = rows.iter().map(row_of).collect();
            fenced("(", &format!("<mtable>{rows}</mtable>"), ")")
        }
        MathObject::Ratio(parts) => {
            let parts: Vec<String> = parts.iter().map(|id| expression(arena, *id, Precedence::Sum)).collect();
            row(&parts.join(&operator(":")))
        }
        MathObject::Empty => operator("∅"),
        MathObject::Reals => identifier("ℝ"),
        MathObject::Words(words) => format!("<mtext>{}</mtext>", escaped(words)),
        MathObject::Entry(entry) => format!("<mtext>{}</mtext>", escaped(&entry.text())),
    }
}

fn expression(arena: &Arena, id: Id, context: Precedence) -> String {
    let (text, precedence) = node(arena, id);
    if precedence < context { fenced("(", &text, ")") } else { text }
}

fn node(arena: &Arena, id: Id) -> (String, Precedence) {
    let of = |id: Id, context: Precedence| expression(arena, id, context);
    match arena.node(id) {
        Node::Number(value, places) => numeral(value, *places),
        Node::Symbol(name) => (symbol(name), Precedence::Atom),
        Node::Constant(constant) => (identifier(constant_name(*constant)), Precedence::Atom),
        Node::Negative(a) => {
            (row(&format!("{}{}", operator("−"), of(*a, Precedence::Product))), Precedence::Sum)
        }
        Node::PlusMinus(a, flip) => {
            let sign = if *flip { "∓" } else { "±" };
            (row(&format!("{}{}", operator(sign), of(*a, Precedence::Product))), Precedence::Sum)
        }
        Node::Sum(terms) => (row(&sum(arena, terms)), Precedence::Sum),
        Node::Product(factors) => (row(&product(arena, factors)), Precedence::Product),
        Node::Quotient(a, b) => (
            format!("<mfrac>{}{}</mfrac>", of(*a, Precedence::Sum), of(*b, Precedence::Sum)),
            Precedence::Sign,
        ),
        Node::Power(a, b) => match (arena.node(*a), power_of_function(arena, *a)) {
            (Node::Call(function, all), true) => {
                let name =
                    format!("<msup>{}{}</msup>", identifier(name_of(*function)), of(*b, Precedence::Sum));
                (row(&format!("{name}{}", arguments(arena, all))), Precedence::Power)
            }
            _ => (
                format!("<msup>{}{}</msup>", of(*a, Precedence::Atom), of(*b, Precedence::Sum)),
                Precedence::Power,
            ),
        },
        Node::Call(function, all) => call(arena, *function, all),
        Node::Apply(name, all) => (applied(arena, name, all), Precedence::Power),
        Node::Factorial(a) => {
            (row(&format!("{}{}", of(*a, Precedence::Atom), operator("!"))), Precedence::Power)
        }
        Node::Percent(a) => {
            (row(&format!("{}{}", of(*a, Precedence::Atom), operator("%"))), Precedence::Power)
        }
        Node::Degrees(a) => {
            (row(&format!("{}{}", of(*a, Precedence::Atom), operator("°"))), Precedence::Power)
        }
        Node::Mixed(a, b) => {
            (row(&format!("{}{}", of(*a, Precedence::Atom), of(*b, Precedence::Sum))), Precedence::Sign)
        }
    }
}

fn numeral(value: &RBig, places: Option<u32>) -> (String, Precedence) {
    if places.is_none() && !value.is_int() {
        let (numerator, denominator) = (value.numerator().to_string(), value.denominator().to_string());
        return (format!("<mfrac>{}{}</mfrac>", digits(&numerator), digits(&denominator)), Precedence::Sign);
    }
    (digits(&number(value, places)), Precedence::Atom)
}

/// Prints the application of a function without a definition, or an operation on sets or vectors.
fn applied(arena: &Arena, name: &str, all: &[Id]) -> String {
    let of = |id: &Id| expression(arena, *id, Precedence::Product);
    match (name, all) {
        ("∩" | "∪" | "∖" | "⊂" | "|" | "<" | "≤" | "=" | "≠" | "∈" | "×", all) => {
            let all: Vec<String> = all.iter().map(of).collect();
            row(&all.join(&operator(name)))
        }
        ("′", [one]) => {
            format!("<msup>{}{}</msup>", expression(arena, *one, Precedence::Atom), operator("′"))
        }
        ("mod", [value, _]) => of(value),
        ("\\overline", [one]) => format!("<mover>{}{}</mover>", of(one), operator("¯")),
        _ => {
            let name = match name.strip_suffix("⁻¹") {
                Some(name) => format!("<msup>{}<mrow><mo>−</mo><mn>1</mn></mrow></msup>", symbol(name)),
                None => symbol(name),
            };
            row(&format!("{name}{}", arguments(arena, all)))
        }
    }
}

fn symbol(name: &str) -> String {
    if let Some((mark, letters)) =
        name.strip_prefix('\\').and_then(|name| name.strip_suffix('}')?.split_once('{'))
    {
        let sign = match mark {
            "vec" => "→",
            "hat" => "^",
            "bar" => "¯",
            "tilde" => "~",
            "ddot" => "¨",
            _ => "˙",
        };
        return format!("<mover>{}{}</mover>", identifier(letters), operator(sign));
    }
    if let Some((above, below)) = name.split_once("/d") {
        let part = |text: &str| match text.split_once('^') {
            Some((letter, order)) => {
                let (order, of) =
                    order.split_at(order.find(|c: char| !c.is_ascii_digit()).unwrap_or(order.len()));
                format!("<msup>{}{}</msup>{}", identifier(letter), digits(order), identifier(of))
            }
            None => identifier(text),
        };
        return format!("<mfrac>{}{}</mfrac>", row(&part(above)), row(&part(&format!("d{below}"))));
    }
    let (letter, primes) = name.split_at(name.find('\'').unwrap_or(name.len()));
    let text = match letter.split_once('_') {
        Some((letter, below)) => {
            let below =
                if below.chars().all(|c| c.is_ascii_digit()) { digits(below) } else { identifier(below) };
            format!("<msub>{}{below}</msub>", identifier(letter))
        }
        None => identifier(letter),
    };
    if primes.is_empty() {
        text
    } else {
        format!("<msup>{text}{}</msup>", operator(&"′".repeat(primes.len())))
    }
}

fn sum(arena: &Arena, terms: &[Id]) -> String {
    let mut text = String::new();
    for (at, term) in terms.iter().enumerate() {
        match arena.node(*term) {
            Node::Negative(of) => {
                text += &operator("−");
                text += &expression(arena, *of, Precedence::Product);
            }
            Node::PlusMinus(of, flip) => {
                text += &operator(if *flip { "∓" } else { "±" });
                text += &expression(arena, *of, Precedence::Product);
            }
            _ => {
                if at > 0 {
                    text += &operator("+");
                }
                text += &expression(arena, *term, Precedence::Product);
            }
        }
    }
    text
}

fn product(arena: &Arena, factors: &[Id]) -> String {
    let mut text = String::new();
    for (at, factor) in factors.iter().enumerate() {
        let starts_with_digit = |id: Id| {
            let mut id = id;
            loop {
                match arena.node(id) {
                    Node::Number(..) | Node::Quotient(..) | Node::Mixed(..) => return true,
                    Node::Power(base, _) | Node::Factorial(base) => id = *base,
                    _ => return false,
                }
            }
        };
        if at > 0 {
            // Two adjacent numbers would read as one; a letter after a number needs no sign.
            text += &operator(if starts_with_digit(*factor) { "×" } else { "\u{2062}" });
        }
        text += &expression(arena, *factor, Precedence::Sign);
    }
    text
}

fn power_of_function(arena: &Arena, id: Id) -> bool {
    use Function as F;
    matches!(
        arena.node(id),
        Node::Call(
            F::Sin | F::Cos | F::Tan | F::Sec | F::Csc | F::Cot | F::Sinh | F::Cosh | F::Tanh | F::Ln,
            _
        )
    )
}

fn arguments(arena: &Arena, all: &[Id]) -> String {
    let all: Vec<String> = all.iter().map(|id| expression(arena, *id, Precedence::Sum)).collect();
    format!("{}{}", operator("\u{2061}"), fenced("(", &all.join(&operator(",")), ")"))
}

fn call(arena: &Arena, function: Function, all: &[Id]) -> (String, Precedence) {
    let of = |id: Id| expression(arena, id, Precedence::Sum);
    let text = match (function, all) {
        (Function::Sqrt, [a]) => format!("<msqrt>{}</msqrt>", of(*a)),
        (Function::Root, [degree, a]) => format!("<mroot>{}{}</mroot>", of(*a), of(*degree)),
        (Function::Abs, [a]) => fenced("|", &of(*a), "|"),
        (Function::Floor, [a]) => fenced("⌊", &of(*a), "⌋"),
        (Function::Ceil, [a]) => fenced("⌈", &of(*a), "⌉"),
        (Function::Log, [base, a]) => {
            let name = format!("<msub>{}{}</msub>", identifier("log"), of(*base));
            row(&format!("{name}{}", arguments(arena, &[*a])))
        }
        (Function::Mod, [a, b]) => {
            let (a, b) = (expression(arena, *a, Precedence::Power), expression(arena, *b, Precedence::Power));
            return (row(&format!("{a}<mo>mod</mo>{b}")), Precedence::Sum);
        }
        (Function::Choose, [n, k]) => {
            fenced("(", &format!("<mfrac linethickness=\"0\">{}{}</mfrac>", of(*n), of(*k)), ")")
        }
        _ => row(&format!("{}{}", identifier(name_of(function)), arguments(arena, all))),
    };
    (text, Precedence::Power)
}
