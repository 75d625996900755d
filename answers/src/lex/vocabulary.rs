//! The vocabulary: names of functions and constants, LaTeX commands, Unicode characters.

use crate::lex::function::{Constant, Function as F};
use crate::lex::token::{Bar, Relation, TokenKind};

/// Function names, in plain text and, after a backslash, in LaTeX. The longest match wins.
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
    ("arcsech", F::Asech),
    ("arccsch", F::Acsch),
    ("arccoth", F::Acoth),
    ("arsech", F::Asech),
    ("arcsch", F::Acsch),
    ("arcoth", F::Acoth),
    ("arcosech", F::Acsch),
    ("asech", F::Asech),
    ("acsch", F::Acsch),
    ("acoth", F::Acoth),
    ("arctg", F::Atan),
    ("arcctg", F::Acot),
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

/// Greek letters, by name. The character is the name of the variable.
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

const COMMANDS: &[(&str, TokenKind)] = &[
    ("cdot", TokenKind::Times),
    ("times", TokenKind::Cross),
    ("ast", TokenKind::Times),
    ("div", TokenKind::Divide),
    ("pm", TokenKind::PlusMinus),
    ("mp", TokenKind::MinusPlus),
    ("frac", TokenKind::Fraction),
    ("dfrac", TokenKind::Fraction),
    ("tfrac", TokenKind::Fraction),
    ("cfrac", TokenKind::Fraction),
    ("binom", TokenKind::Binomial),
    ("dbinom", TokenKind::Binomial),
    ("tbinom", TokenKind::Binomial),
    ("le", TokenKind::Relation(Relation::LessEqual)),
    ("leq", TokenKind::Relation(Relation::LessEqual)),
    ("leqslant", TokenKind::Relation(Relation::LessEqual)),
    ("ge", TokenKind::Relation(Relation::GreaterEqual)),
    ("geq", TokenKind::Relation(Relation::GreaterEqual)),
    ("geqslant", TokenKind::Relation(Relation::GreaterEqual)),
    ("lt", TokenKind::Relation(Relation::Less)),
    ("gt", TokenKind::Relation(Relation::Greater)),
    ("ne", TokenKind::Relation(Relation::NotEqual)),
    ("neq", TokenKind::Relation(Relation::NotEqual)),
    ("equiv", TokenKind::Relation(Relation::Equal)),
    ("approx", TokenKind::Relation(Relation::Equal)),
    ("simeq", TokenKind::Relation(Relation::Equal)),
    ("cong", TokenKind::Relation(Relation::Equal)),
    ("in", TokenKind::Relation(Relation::In)),
    ("lfloor", TokenKind::OpenFloor),
    ("rfloor", TokenKind::CloseFloor),
    ("lceil", TokenKind::OpenCeil),
    ("rceil", TokenKind::CloseCeil),
    ("langle", TokenKind::OpenAngle),
    ("rangle", TokenKind::CloseAngle),
    ("lbrace", TokenKind::OpenSet),
    ("rbrace", TokenKind::CloseSet),
    ("lbrack", TokenKind::OpenSquare),
    ("rbrack", TokenKind::CloseSquare),
    ("lvert", TokenKind::Bar(Bar::Open)),
    ("rvert", TokenKind::Bar(Bar::Close)),
    ("vert", TokenKind::Bar(Bar::Either)),
    ("mid", TokenKind::SuchThat),
    ("cup", TokenKind::Union),
    ("cap", TokenKind::Intersection),
    ("setminus", TokenKind::SetMinus),
    ("smallsetminus", TokenKind::SetMinus),
    ("subset", TokenKind::Subset),
    ("subseteq", TokenKind::Subset),
    ("angle", TokenKind::Angle),
    ("measuredangle", TokenKind::Angle),
    ("triangle", TokenKind::Triangle),
    ("lor", TokenKind::Or),
    ("vee", TokenKind::Or),
    ("land", TokenKind::And),
    ("wedge", TokenKind::And),
    ("colon", TokenKind::Colon),
    ("degree", TokenKind::Degree),
    ("circ", TokenKind::Degree),
    ("emptyset", TokenKind::Empty),
    ("varnothing", TokenKind::Empty),
    ("R", TokenKind::Reals),
    ("reals", TokenKind::Reals),
    ("bmod", TokenKind::Mod),
    ("mod", TokenKind::Mod),
    ("pmod", TokenKind::Mod),
    ("and", TokenKind::And),
    ("or", TokenKind::Or),
];

/// Radians are dropped, since a plain number is an angle in radians.
pub(crate) fn is_radian(word: &str) -> bool {
    matches!(word, "rad" | "rads" | "radian" | "radians")
}

/// Returns the token of a word that is an operator only if it stands alone.
pub(crate) fn whole_word(word: &str) -> Option<TokenKind> {
    Some(match word {
        "or" => TokenKind::Or,
        "and" => TokenKind::And,
        "mod" => TokenKind::Mod,
        "choose" | "nCr" | "ncr" => TokenKind::Choose,
        "nPr" | "npr" => TokenKind::Permute,
        "union" | "U" => TokenKind::Union,
        "intersection" | "intersect" => TokenKind::Intersection,
        "in" => TokenKind::Relation(Relation::In),
        "times" => TokenKind::Times,
        "oo" => TokenKind::Constant(Constant::Infinity),
        "deg" | "degrees" | "degree" => TokenKind::Degree,
        "percent" => TokenKind::Percent,
        "binom" => TokenKind::Function(F::Choose),
        "mu" | "nu" | "xi" => TokenKind::Symbol(greek(word)?.to_string()),
        _ => return None,
    })
}

/// Returns the longest name at the start of a run of letters, with its length.
///
/// `None` means that the first letter is a variable of its own.
pub(crate) fn longest_prefix(run: &[char]) -> Option<(TokenKind, usize)> {
    if run.len() < 2 {
        return None;
    }
    let text: String = run.iter().take(12).collect();
    let of = |name: &str| text.starts_with(name).then_some(name.len());
    let functions = FUNCTIONS.iter().filter_map(|(name, f)| Some((TokenKind::Function(*f), of(name)?)));
    let constants = CONSTANTS.iter().filter_map(|(name, c)| Some((TokenKind::Constant(*c), of(name)?)));
    // Two letters are more often a product than a Greek letter.
    let greek = GREEK.iter().filter(|(name, _)| name.len() > 2);
    let greek = greek.filter_map(|(name, c)| Some((TokenKind::Symbol(c.to_string()), of(name)?)));
    functions.chain(constants).chain(greek).max_by_key(|(_, len)| *len)
}

/// Returns the token of a LaTeX command, given without its backslash.
pub(crate) fn latex_command(name: &str) -> Option<TokenKind> {
    let function =
        || FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, f)| TokenKind::Function(*f));
    let constant =
        || CONSTANTS.iter().find(|(known, _)| *known == name).map(|(_, c)| TokenKind::Constant(*c));
    let other = || COMMANDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| kind.clone());
    function()
        .or_else(constant)
        .or_else(other)
        .or_else(|| greek(name).map(|c| TokenKind::Symbol(c.to_string())))
}

fn greek(name: &str) -> Option<char> {
    GREEK.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

/// Returns the token of a character that is neither a digit nor a Latin letter.
pub(crate) fn symbol_token(c: char) -> Option<TokenKind> {
    Some(match c {
        '+' => TokenKind::Plus,
        '-' | '−' | '–' | '—' | '‐' | '‑' => TokenKind::Minus,
        '±' => TokenKind::PlusMinus,
        '∓' => TokenKind::MinusPlus,
        '*' | '·' | '⋅' | '∙' | '•' | '∗' | '⁎' => TokenKind::Times,
        '×' => TokenKind::Cross,
        '/' | '÷' | '∕' | '⁄' => TokenKind::Divide,
        '^' => TokenKind::Caret,
        '!' => TokenKind::Bang,
        '%' => TokenKind::Percent,
        '°' | 'º' => TokenKind::Degree,
        '_' => TokenKind::Underscore,
        '(' => TokenKind::Open,
        ')' => TokenKind::Close,
        '[' => TokenKind::OpenSquare,
        ']' => TokenKind::CloseSquare,
        '{' => TokenKind::OpenBrace,
        '}' => TokenKind::CloseBrace,
        '⟨' | '〈' => TokenKind::OpenAngle,
        '⟩' | '〉' => TokenKind::CloseAngle,
        '⌊' => TokenKind::OpenFloor,
        '⌋' => TokenKind::CloseFloor,
        '⌈' => TokenKind::OpenCeil,
        '⌉' => TokenKind::CloseCeil,
        '|' | '∣' => TokenKind::Bar(Bar::Either),
        ',' => TokenKind::Comma,
        ':' | '∶' => TokenKind::Colon,
        ';' => TokenKind::Semicolon,
        '=' | '≡' | '≈' | '≅' => TokenKind::Relation(Relation::Equal),
        '≠' => TokenKind::Relation(Relation::NotEqual),
        '<' => TokenKind::Relation(Relation::Less),
        '>' => TokenKind::Relation(Relation::Greater),
        '≤' | '⩽' => TokenKind::Relation(Relation::LessEqual),
        '≥' | '⩾' => TokenKind::Relation(Relation::GreaterEqual),
        '∈' => TokenKind::Relation(Relation::In),
        '∪' => TokenKind::Union,
        '∩' => TokenKind::Intersection,
        '∖' => TokenKind::SetMinus,
        '⊂' | '⊆' => TokenKind::Subset,
        '∠' => TokenKind::Angle,
        '△' => TokenKind::Triangle,
        '∘' => TokenKind::Degree,
        '∨' => TokenKind::Or,
        '∧' => TokenKind::And,
        '√' => TokenKind::Function(F::Sqrt),
        'π' | 'ϖ' => TokenKind::Constant(Constant::Pi),
        '∞' => TokenKind::Constant(Constant::Infinity),
        'ⅈ' => TokenKind::Constant(Constant::I),
        'ⅇ' => TokenKind::Constant(Constant::E),
        '∅' | '⌀' => TokenKind::Empty,
        'ℝ' => TokenKind::Reals,
        '&' => TokenKind::Cell,
        _ => return None,
    })
}

/// Returns the digit, sign or letter of a superscript character.
pub(crate) fn superscript(c: char) -> Option<char> {
    const RAISED: &str = "⁰0¹1²2³3⁴4⁵5⁶6⁷7⁸8⁹9⁺+⁻-ⁿnⁱiˣx⁽(⁾)";
    lookup(RAISED, c)
}

/// Returns the digit or letter of a subscript character.
pub(crate) fn subscript(c: char) -> Option<char> {
    lookup("₀0₁1₂2₃3₄4₅5₆6₇7₈8₉9ₙnₓxᵢi", c)
}

fn lookup(table: &str, c: char) -> Option<char> {
    let mut chars = table.chars();
    while let (Some(from), Some(to)) = (chars.next(), chars.next()) {
        if from == c {
            return Some(to);
        }
    }
    None
}

/// Returns the Latin letter that looks like a Cyrillic one.
pub(crate) fn latin(c: char) -> char {
    if ('\u{400}'..'\u{460}').contains(&c) {
        lookup("аaеeоoрpсcуyхxіiјjАAВBЕEКKМMНHОOРPСCТTХX", c).unwrap_or(c)
    } else {
        c
    }
}

/// Returns numerator and denominator of a vulgar fraction character.
pub(crate) fn vulgar_fraction(c: char) -> Option<(u8, u8)> {
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
