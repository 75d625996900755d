//! MathML Core, escaped: safe to print in a page.

use dashu_ratio::RBig;

use super::{Hold, constant_name, function_name, number, sign_of};
use crate::expr::{Arena, Function, Id, Node};
use crate::shape::{Answer, Joint, Shape};

pub(crate) fn print(answer: &Answer) -> String {
    format!("<math>{}</math>", shape(&answer.arena, &answer.shape))
}

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

fn joined(arena: &Arena, shapes: &[Shape], sign: &str) -> String {
    let all: Vec<String> = shapes.iter().map(|one| shape(arena, one)).collect();
    all.join(sign)
}

fn shape(arena: &Arena, of: &Shape) -> String {
    match of {
        Shape::Expr(id) => expression(arena, *id, Hold::Sum),
        Shape::Chain(sides, relations) => {
            let mut text = sides.first().map(|side| shape(arena, side)).unwrap_or_default();
            for (side, relation) in sides.iter().skip(1).zip(relations) {
                text += &operator(sign_of(*relation));
                text += &shape(arena, side);
            }
            row(&text)
        }
        Shape::List(all, joint) => {
            let sign = match joint {
                Joint::Comma => operator(","),
                Joint::Or => "<mtext>&#160;or&#160;</mtext>".to_owned(),
                Joint::And => "<mtext>&#160;and&#160;</mtext>".to_owned(),
            };
            row(&joined(arena, all, &sign))
        }
        Shape::Set(all) => fenced("{", &joined(arena, all, &operator(",")), "}"),
        Shape::Tuple(all) => fenced("(", &joined(arena, all, &operator(",")), ")"),
        Shape::Union(all) => row(&joined(arena, all, &operator("∪"))),
        Shape::Interval { low, high, low_in, high_in } => {
            let ends = [*low, *high].map(|end| expression(arena, end, Hold::Sum)).join(&operator(","));
            fenced(if *low_in { "[" } else { "(" }, &ends, if *high_in { "]" } else { ")" })
        }
        Shape::Matrix(rows) => {
            let row_of = |row: &Vec<Id>| {
                let cells: String = row
                    .iter()
                    .map(|id| format!("<mtd>{}</mtd>", expression(arena, *id, Hold::Sum)))
                    .collect();
                format!("<mtr>{cells}</mtr>")
            };
            let rows: String = rows.iter().map(row_of).collect();
            fenced("(", &format!("<mtable>{rows}</mtable>"), ")")
        }
        Shape::Ratio(parts) => {
            let parts: Vec<String> = parts.iter().map(|id| expression(arena, *id, Hold::Sum)).collect();
            row(&parts.join(&operator(":")))
        }
        Shape::Empty => operator("∅"),
        Shape::Reals => identifier("ℝ"),
        Shape::Words(words) => format!("<mtext>{}</mtext>", escaped(words)),
    }
}

fn expression(arena: &Arena, id: Id, place: Hold) -> String {
    let (text, hold) = node(arena, id);
    if hold < place { fenced("(", &text, ")") } else { text }
}

fn node(arena: &Arena, id: Id) -> (String, Hold) {
    let of = |id: Id, place: Hold| expression(arena, id, place);
    match arena.node(id) {
        Node::Number(value, places) => numeral(value, *places),
        Node::Symbol(name) => (symbol(name), Hold::Atom),
        Node::Constant(constant) => (identifier(constant_name(*constant)), Hold::Atom),
        Node::Negative(a) => (row(&format!("{}{}", operator("−"), of(*a, Hold::Product))), Hold::Sum),
        Node::PlusMinus(a, flip) => {
            let sign = if *flip { "∓" } else { "±" };
            (row(&format!("{}{}", operator(sign), of(*a, Hold::Product))), Hold::Sum)
        }
        Node::Sum(terms) => (row(&sum(arena, terms)), Hold::Sum),
        Node::Product(factors) => (row(&product(arena, factors)), Hold::Product),
        Node::Quotient(a, b) => {
            (format!("<mfrac>{}{}</mfrac>", of(*a, Hold::Sum), of(*b, Hold::Sum)), Hold::Sign)
        }
        Node::Power(a, b) => match (arena.node(*a), power_of_function(arena, *a)) {
            (Node::Call(function, all), true) => {
                let name =
                    format!("<msup>{}{}</msup>", identifier(function_name(*function)), of(*b, Hold::Sum));
                (row(&format!("{name}{}", arguments(arena, all))), Hold::Power)
            }
            _ => (format!("<msup>{}{}</msup>", of(*a, Hold::Atom), of(*b, Hold::Sum)), Hold::Power),
        },
        Node::Call(function, all) => call(arena, *function, all),
        Node::Factorial(a) => (row(&format!("{}{}", of(*a, Hold::Atom), operator("!"))), Hold::Power),
        Node::Percent(a) => (row(&format!("{}{}", of(*a, Hold::Atom), operator("%"))), Hold::Power),
        Node::Degrees(a) => (row(&format!("{}{}", of(*a, Hold::Atom), operator("°"))), Hold::Power),
        Node::Mixed(a, b) => (row(&format!("{}{}", of(*a, Hold::Atom), of(*b, Hold::Sum))), Hold::Sign),
    }
}

fn numeral(value: &RBig, places: Option<u32>) -> (String, Hold) {
    if places.is_none() && !value.is_int() {
        let (over, under) = (value.numerator().to_string(), value.denominator().to_string());
        return (format!("<mfrac>{}{}</mfrac>", digits(&over), digits(&under)), Hold::Sign);
    }
    (digits(&number(value, places)), Hold::Atom)
}

fn symbol(name: &str) -> String {
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
                text += &expression(arena, *of, Hold::Product);
            }
            Node::PlusMinus(of, flip) => {
                text += &operator(if *flip { "∓" } else { "±" });
                text += &expression(arena, *of, Hold::Product);
            }
            _ => {
                if at > 0 {
                    text += &operator("+");
                }
                text += &expression(arena, *term, Hold::Product);
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
            // Two numbers beside each other would be one; a letter after a number needs no sign.
            text += &operator(if starts_with_digit(*factor) { "×" } else { "\u{2062}" });
        }
        text += &expression(arena, *factor, Hold::Sign);
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
    let all: Vec<String> = all.iter().map(|id| expression(arena, *id, Hold::Sum)).collect();
    format!("{}{}", operator("\u{2061}"), fenced("(", &all.join(&operator(",")), ")"))
}

fn call(arena: &Arena, function: Function, all: &[Id]) -> (String, Hold) {
    let of = |id: Id| expression(arena, id, Hold::Sum);
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
            let (a, b) = (expression(arena, *a, Hold::Power), expression(arena, *b, Hold::Power));
            return (row(&format!("{a}<mo>mod</mo>{b}")), Hold::Sum);
        }
        (Function::Choose, [n, k]) => {
            fenced("(", &format!("<mfrac linethickness=\"0\">{}{}</mfrac>", of(*n), of(*k)), ")")
        }
        _ => row(&format!("{}{}", identifier(function_name(function)), arguments(arena, all))),
    };
    (text, Hold::Power)
}
