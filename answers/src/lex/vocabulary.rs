//! What the letters mean: names of functions and constants, LaTeX commands, Unicode.

use crate::expr::{Constant, Function as F};
use crate::token::{Bar, Kind, Relation};

/// Names as they stand in plain text and, after a backslash, in LaTeX; the longest that fits is taken.
const FUNCTIONS: &[(&str, F)] = &[
    ("sin", F::Sin),
    ("cos", F::Cos),
    ("tan", F::Tan),
    ("tg", F::Tan),
    ("sec", F::Sec),
    ("csc", F::Csc),
    ("cosec", F::Csc),
    ("cot", F::Cot),
    ("cotan", F::Cot),
    ("ctg", F::Cot),
    ("arcsin", F::Asin),
    ("arccos", F::Acos),
    ("arctan", F::Atan),
    ("arcsec", F::Asec),
    ("arccsc", F::Acsc),
    ("arccosec", F::Acsc),
    ("arccot", F::Acot),
    ("asin", F::Asin),
    ("acos", F::Acos),
    ("atan", F::Atan),
    ("asec", F::Asec),
    ("acsc", F::Acsc),
    ("acot", F::Acot),
    ("sinh", F::Sinh),
    ("cosh", F::Cosh),
    ("tanh", F::Tanh),
    ("sech", F::Sech),
    ("csch", F::Csch),
    ("cosech", F::Csch),
    ("coth", F::Coth),
    ("arcsinh", F::Asinh),
    ("arccosh", F::Acosh),
    ("arctanh", F::Atanh),
    ("arsinh", F::Asinh),
    ("arcosh", F::Acosh),
    ("artanh", F::Atanh),
    ("asinh", F::Asinh),
    ("acosh", F::Acosh),
    ("atanh", F::Atanh),
    ("ln", F::Ln),
    ("log", F::Log),
    ("lg", F::Log),
    ("exp", F::Exp),
    ("sqrt", F::Sqrt),
    ("root", F::Root),
    ("cbrt", F::Root),
    ("abs", F::Abs),
    ("floor", F::Floor),
    ("ceil", F::Ceil),
    ("sgn", F::Sign),
    ("sign", F::Sign),
    ("gcd", F::Gcd),
    ("hcf", F::Gcd),
    ("lcm", F::Lcm),
    ("min", F::Min),
    ("max", F::Max),
    ("ncr", F::Choose),
    ("nCr", F::Choose),
    ("npr", F::Permute),
    ("nPr", F::Permute),
];

const CONSTANTS: &[(&str, Constant)] = &[
    ("pi", Constant::Pi),
    ("infinity", Constant::Infinity),
    ("infty", Constant::Infinity),
    ("inf", Constant::Infinity),
    ("exponentialE", Constant::E),
    ("imaginaryI", Constant::I),
    ("imaginaryJ", Constant::I),
];

/// Greek letters: the name is that of the variable, the letter what is printed.
const GREEK: &[(&str, char)] = &[
    ("alpha", 'α'),
    ("beta", 'β'),
    ("gamma", 'γ'),
    ("delta", 'δ'),
    ("epsilon", 'ε'),
    ("varepsilon", 'ε'),
    ("zeta", 'ζ'),
    ("eta", 'η'),
    ("theta", 'θ'),
    ("vartheta", 'θ'),
    ("iota", 'ι'),
    ("kappa", 'κ'),
    ("lambda", 'λ'),
    ("mu", 'μ'),
    ("nu", 'ν'),
    ("xi", 'ξ'),
    ("rho", 'ρ'),
    ("varrho", 'ρ'),
    ("sigma", 'σ'),
    ("tau", 'τ'),
    ("upsilon", 'υ'),
    ("phi", 'φ'),
    ("varphi", 'φ'),
    ("chi", 'χ'),
    ("psi", 'ψ'),
    ("omega", 'ω'),
    ("Gamma", 'Γ'),
    ("Delta", 'Δ'),
    ("Theta", 'Θ'),
    ("Lambda", 'Λ'),
    ("Xi", 'Ξ'),
    ("Pi", 'Π'),
    ("Sigma", 'Σ'),
    ("Phi", 'Φ'),
    ("Psi", 'Ψ'),
    ("Omega", 'Ω'),
    ("ell", 'ℓ'),
    ("hbar", 'ħ'),
];

const COMMANDS: &[(&str, Kind)] = &[
    ("cdot", Kind::Times),
    ("times", Kind::Times),
    ("ast", Kind::Times),
    ("div", Kind::Over),
    ("pm", Kind::PlusMinus),
    ("mp", Kind::MinusPlus),
    ("frac", Kind::Fraction),
    ("dfrac", Kind::Fraction),
    ("tfrac", Kind::Fraction),
    ("cfrac", Kind::Fraction),
    ("binom", Kind::Binomial),
    ("dbinom", Kind::Binomial),
    ("tbinom", Kind::Binomial),
    ("le", Kind::Relation(Relation::LessEqual)),
    ("leq", Kind::Relation(Relation::LessEqual)),
    ("leqslant", Kind::Relation(Relation::LessEqual)),
    ("ge", Kind::Relation(Relation::GreaterEqual)),
    ("geq", Kind::Relation(Relation::GreaterEqual)),
    ("geqslant", Kind::Relation(Relation::GreaterEqual)),
    ("lt", Kind::Relation(Relation::Less)),
    ("gt", Kind::Relation(Relation::Greater)),
    ("ne", Kind::Relation(Relation::NotEqual)),
    ("neq", Kind::Relation(Relation::NotEqual)),
    ("equiv", Kind::Relation(Relation::Equal)),
    ("approx", Kind::Relation(Relation::Equal)),
    ("simeq", Kind::Relation(Relation::Equal)),
    ("cong", Kind::Relation(Relation::Equal)),
    ("in", Kind::Relation(Relation::In)),
    ("lfloor", Kind::OpenFloor),
    ("rfloor", Kind::CloseFloor),
    ("lceil", Kind::OpenCeil),
    ("rceil", Kind::CloseCeil),
    ("langle", Kind::OpenAngle),
    ("rangle", Kind::CloseAngle),
    ("lbrace", Kind::OpenSet),
    ("rbrace", Kind::CloseSet),
    ("lbrack", Kind::OpenSquare),
    ("rbrack", Kind::CloseSquare),
    ("lvert", Kind::Bar(Bar::Open)),
    ("rvert", Kind::Bar(Bar::Close)),
    ("vert", Kind::Bar(Bar::Either)),
    ("mid", Kind::SuchThat),
    ("cup", Kind::Union),
    ("lor", Kind::Or),
    ("vee", Kind::Or),
    ("land", Kind::And),
    ("wedge", Kind::And),
    ("colon", Kind::Colon),
    ("degree", Kind::Degree),
    ("circ", Kind::Degree),
    ("emptyset", Kind::Empty),
    ("varnothing", Kind::Empty),
    ("R", Kind::Reals),
    ("reals", Kind::Reals),
    ("bmod", Kind::Mod),
    ("mod", Kind::Mod),
    ("and", Kind::And),
    ("or", Kind::Or),
];

/// Commands that only lay out.
pub(crate) const SILENT: &[&str] = &[
    "angle",
    "measuredangle",
    "triangle",
    "therefore",
    "displaystyle",
    "textstyle",
    "limits",
    "nolimits",
    "quad",
    "qquad",
    "big",
    "Big",
    "bigg",
    "Bigg",
    "bigl",
    "bigr",
    "Bigl",
    "Bigr",
    "thinspace",
    "space",
    "hspace",
    "nobreakspace",
    "enspace",
];

/// Commands whose braces hold words or a name.
pub(crate) const TEXTUAL: &[&str] = &[
    "text",
    "textrm",
    "textit",
    "textbf",
    "mathrm",
    "mathbf",
    "mathit",
    "mathsf",
    "boldsymbol",
    "bm",
    "operatorname",
    "mbox",
    "vec",
    "hat",
    "bar",
    "tilde",
    "underline",
    "mathbb",
    "mathcal",
    "overrightarrow",
    "overline",
];

/// Radians are what angles are in anyway.
pub(crate) fn is_radian(word: &str) -> bool {
    matches!(word, "rad" | "rads" | "radian" | "radians")
}

/// Words that join or end a run of letters only when they stand alone.
pub(crate) fn lone_word(word: &str) -> Option<Kind> {
    Some(match word {
        "or" => Kind::Or,
        "and" => Kind::And,
        "mod" => Kind::Mod,
        "choose" | "nCr" | "ncr" => Kind::Choose,
        "nPr" | "npr" => Kind::Permute,
        "union" | "U" => Kind::Union,
        "in" => Kind::Relation(Relation::In),
        "times" => Kind::Times,
        "oo" => Kind::Constant(Constant::Infinity),
        "deg" | "degrees" | "degree" => Kind::Degree,
        "percent" => Kind::Percent,
        "mu" | "nu" | "xi" => Kind::Symbol(greek(word)?.to_string()),
        _ => return None,
    })
}

/// The name at the start of a run of letters, and its length; `None` when the first letter stands for itself.
pub(crate) fn longest(run: &[char]) -> Option<(Kind, usize)> {
    let text: String = run.iter().take(12).collect();
    let of = |name: &str| text.starts_with(name).then_some(name.len());
    let functions = FUNCTIONS.iter().filter_map(|(name, f)| Some((Kind::Function(*f), of(name)?)));
    let constants = CONSTANTS.iter().filter_map(|(name, c)| Some((Kind::Constant(*c), of(name)?)));
    // Two letters are more often a product than a letter of the Greeks.
    let greek = GREEK.iter().filter(|(name, _)| name.len() > 2);
    let greek = greek.filter_map(|(name, c)| Some((Kind::Symbol(c.to_string()), of(name)?)));
    functions.chain(constants).chain(greek).max_by_key(|(_, len)| *len)
}

/// What a LaTeX command means, without its backslash.
pub(crate) fn command(name: &str) -> Option<Kind> {
    let function = || FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, f)| Kind::Function(*f));
    let constant = || CONSTANTS.iter().find(|(known, _)| *known == name).map(|(_, c)| Kind::Constant(*c));
    let other = || COMMANDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind.clone());
    function().or_else(constant).or_else(other).or_else(|| greek(name).map(|c| Kind::Symbol(c.to_string())))
}

fn greek(name: &str) -> Option<char> {
    GREEK.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

/// What a character means that is neither a digit nor a letter of ours.
pub(crate) fn character(c: char) -> Option<Kind> {
    Some(match c {
        '+' => Kind::Plus,
        '-' | '−' | '–' | '—' | '‐' | '‑' => Kind::Minus,
        '±' => Kind::PlusMinus,
        '∓' => Kind::MinusPlus,
        '*' | '·' | '×' | '⋅' | '∙' | '•' | '∗' | '⁎' => Kind::Times,
        '/' | '÷' | '∕' | '⁄' => Kind::Over,
        '^' => Kind::Caret,
        '!' => Kind::Bang,
        '%' => Kind::Percent,
        '°' | 'º' => Kind::Degree,
        '_' => Kind::Underscore,
        '(' => Kind::Open,
        ')' => Kind::Close,
        '[' => Kind::OpenSquare,
        ']' => Kind::CloseSquare,
        '{' => Kind::OpenBrace,
        '}' => Kind::CloseBrace,
        '⟨' | '〈' => Kind::OpenAngle,
        '⟩' | '〉' => Kind::CloseAngle,
        '⌊' => Kind::OpenFloor,
        '⌋' => Kind::CloseFloor,
        '⌈' => Kind::OpenCeil,
        '⌉' => Kind::CloseCeil,
        '|' | '∣' => Kind::Bar(Bar::Either),
        ',' => Kind::Comma,
        ':' | '∶' => Kind::Colon,
        ';' => Kind::Semicolon,
        '=' | '≡' | '≈' | '≅' => Kind::Relation(Relation::Equal),
        '≠' => Kind::Relation(Relation::NotEqual),
        '<' => Kind::Relation(Relation::Less),
        '>' => Kind::Relation(Relation::Greater),
        '≤' | '⩽' => Kind::Relation(Relation::LessEqual),
        '≥' | '⩾' => Kind::Relation(Relation::GreaterEqual),
        '∈' => Kind::Relation(Relation::In),
        '∪' => Kind::Union,
        '∨' => Kind::Or,
        '∧' => Kind::And,
        '√' => Kind::Function(F::Sqrt),
        'π' | 'ϖ' => Kind::Constant(Constant::Pi),
        '∞' => Kind::Constant(Constant::Infinity),
        'ⅈ' => Kind::Constant(Constant::I),
        'ⅇ' => Kind::Constant(Constant::E),
        '∅' | '⌀' => Kind::Empty,
        'ℝ' => Kind::Reals,
        '&' => Kind::Cell,
        _ => return None,
    })
}

/// The digit, sign or letter that a raised character stands for.
pub(crate) fn raised(c: char) -> Option<char> {
    const RAISED: &str = "⁰0¹1²2³3⁴4⁵5⁶6⁷7⁸8⁹9⁺+⁻-ⁿnⁱiˣx⁽(⁾)";
    pairs(RAISED, c)
}

/// The digit that a lowered character stands for.
pub(crate) fn lowered(c: char) -> Option<char> {
    pairs("₀0₁1₂2₃3₄4₅5₆6₇7₈8₉9ₙnₓxᵢi", c)
}

fn pairs(table: &str, c: char) -> Option<char> {
    let mut chars = table.chars();
    while let (Some(from), Some(to)) = (chars.next(), chars.next()) {
        if from == c {
            return Some(to);
        }
    }
    None
}

/// Numerator and denominator of a character that is a fraction.
pub(crate) fn vulgar(c: char) -> Option<(u8, u8)> {
    Some(match c {
        '½' => (1, 2),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '¼' => (1, 4),
        '¾' => (3, 4),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅐' => (1, 7),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        _ => return None,
    })
}
