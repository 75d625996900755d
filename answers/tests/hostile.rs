//! Whatever is written, a verdict or an error comes back, soon.

use std::time::{Duration, Instant};

use answers::{Rules, Side, Verdict, compare, normalize, to_mathml};

/// Tests run unoptimised, on machines that do other things too: a hundred times the promise.
const SOON: Duration = Duration::from_millis(500);

pub(crate) fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "9**9**9**9",
        "9^{9^{9^{9}}}",
        "9^9999^9999",
        "((9^9999)^9999)^9999",
        "1/(x-x)",
        "0^0",
        "1/0",
        "0/0",
        "(x-x)/(x-x)",
        "1000!",
        "999999999!",
        "((10!)!)!",
        "1000!!",
        "\\binom{1000}{500}",
        "\\binom{10^9}{10^8}",
        "e^{e^{e^{e^{e^x}}}}",
        "e^{10^{300}}",
        "\\sin(10^{300})",
        "\\sin(10^{9999})",
        "x^{9999}+\\sin x",
        "\\ln(1000!)",
        "x^{10000}",
        "x^{100000}",
        "1e400",
        "1e99999999999999999999",
        "__import__('os')",
        "__import__('os').system('ls')",
        "eval(x)",
        "lambda x: x",
        "{{7*7}}",
        "'; DROP TABLE users; --",
        "<script>alert(1)</script>",
        "\\input{/etc/passwd}",
        "\\def\\x{\\x\\x}\\x",
        "\\left\\left\\left",
        "((((",
        "))))",
        "||||||",
        "^^^^",
        "____",
        "{}{}{}",
        "\\",
        "\\\\",
        "\\frac",
        "\\frac{1}",
        "\\sqrt[",
        "\\begin{pmatrix}",
        "\\begin{pmatrix}\\end{pmatrix}",
        "\\begin{pmatrix}&&&\\end{pmatrix}",
        "\\begin{}\\end{}",
        "[;;;]",
        "(,)",
        "{,}",
        "[]",
        "()",
        "=",
        "x==",
        "<<<",
        "±±±±±",
        "\u{0}",
        "\u{202e}x",
        "e\u{301}",
        "½½½",
        "²",
        "x²³⁴",
        "\\text{",
        "\\text{}",
        "$$",
        "$",
        "...",
        "1...2",
        "1.2.3",
        "∫x dx",
        "\\int_0^1x\\,dx",
        "\\sum_{k=1}^n k",
        "",
        " ",
        "\\placeholder{}",
        "%",
        "!",
        "°",
        "gcd(",
        "gcd()",
        "max(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18)",
        "root(0,5)",
        "root(2)",
        "\\sqrt[0]{5}",
        "5 mod 0",
        "\\log_1 5",
        "\\ln 0",
        "\\log_0 0",
        "\\tan 90°",
        "\\lfloor\\infty\\rfloor",
        "\\infty-\\infty",
        "\\infty/\\infty",
    ]
    .map(str::to_owned)
    .to_vec();
    let repeated = |text: &str, count: usize| text.repeat(count);
    all.extend([
        repeated("9", 1_000_000),
        repeated("9", 999),
        format!("0.{}", repeated("9", 990)),
        repeated("(", 1000),
        format!("{}x{}", repeated("(", 400), repeated(")", 400)),
        format!("{}x{}", repeated("(", 60), repeated(")", 60)),
        format!("{}x", repeated("-", 900)),
        format!("{}x", repeated("\\sqrt", 190)),
        format!("x{}", repeated("^x", 490)),
        format!("x{}", repeated("^9", 490)),
        format!("x{}", repeated("!", 900)),
        format!("2{}", repeated("^2", 60)),
        format!("x{}", repeated("/x", 490)),
        format!("x{}", repeated("+x", 490)),
        format!("1{}", repeated(",1", 490)),
        format!("{}x{}", repeated("{", 490), repeated("}", 490)),
        format!("{}x{}", repeated("|", 490), repeated("|", 490)),
        format!("{}x{}", repeated("sin(", 60), repeated(")", 60)),
        repeated("sin", 330),
        repeated("sin x cos x ", 80),
        repeated("(x+y+z)", 140),
        format!("({})^50", "a+b+c+d+f+g+h+j+k+l"),
        format!("({})^{{9999}}", "a+b+c+d+f+g+h+j+k+l"),
        repeated("(x+1)^{999}", 90),
        repeated("x=", 490),
        repeated("1<", 490),
        repeated("{1},", 240),
        repeated("±1", 490),
        repeated("\\cup[1,2]", 110),
        format!("[1,2]{}", repeated("∪[1,2]", 120)),
        (0..150).map(|k| format!("x={k},")).collect(),
        (0..60).map(|k| format!("\\sin({k}x)+")).collect::<String>() + "1",
        (0..60).map(|k| format!("\\sqrt{{{}}}+", 1_000_003 + k)).collect::<String>() + "1",
        (0..12).map(|k| format!("e^{{\\sin({k}x)}}=0,")).collect::<String>() + "x=1",
        (0..30).map(|k| format!("\\sin({k}x)<")).collect::<String>() + "1",
        (0..60).map(|k| format!("x>\\sqrt{{{k}}} or ")).collect::<String>() + "x<1",
        "\u{1F600}".repeat(500),
    ]);
    all
}

#[test]
fn hostile_answers_end_in_a_verdict_or_an_error_within_the_budget() {
    let rules = [Rules::default(), "simplified; units; figures=3".parse().unwrap()];
    let mut slow = Vec::new();
    for text in hostile() {
        for other in ["42", "\\sin x", "1,2,3", text.as_str()] {
            for rules in &rules {
                let start = Instant::now();
                let _ = compare(other, &text, rules);
                let _ = compare(&text, other, rules);
                let took = start.elapsed();
                if took > 2 * SOON {
                    slow.push(format!("{took:?} {other} | {}", text.chars().take(60).collect::<String>()));
                }
            }
        }
        let start = Instant::now();
        let _ = (normalize(&text), to_mathml(&text));
        if start.elapsed() > SOON {
            slow.push(format!("{:?} printing {}", start.elapsed(), text.chars().take(60).collect::<String>()));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[test]
fn what_is_too_large_says_how_large_it_may_be() {
    let why = |text: &str| match compare("1", text, &Rules::default()) {
        Verdict::Unreadable { which: Side::Given, why, .. } => why,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(why(&"9".repeat(1001)), "This is too long: write at most 1000 characters.");
    assert_eq!(why("9**9**9**9"), "This exponent is too large: write exponents up to 10000.");
    assert_eq!(why("1001!"), "This factorial is too large: write factorials up to 1000!.");
    assert_eq!(
        why(&format!("{}x{}", "(".repeat(100), ")".repeat(100))),
        "This is nested more than 64 deep: write it with fewer brackets."
    );
    assert_eq!(why("__import__('os')"), "“'” can't stand in an answer: write it in numbers, letters and + - * / ^ ( ).");
    assert_eq!(why("1/0"), "This divides by zero, or has no value: write something that has one.");
}

#[test]
fn twenty_thousand_random_texts_are_read_without_a_panic() {
    let pieces: Vec<&str> = "x|y|n|2|3|0.5|10|+|-|*|/|^|(|)|[|]|{|}|,|;|=|<|>|≤| |\\frac|\\sqrt|\\sin|\\cos|\\ln|\\log|_|!|%|°|\\pi|e|i|\\pm|\\left|\
         \\right|\\begin{pmatrix}|\\end{pmatrix}|&|\\\\|\\cup|\\infty|or|and|mod|²|½|√|π|∞|C|P|\\binom|\\{|\\}|'|.|$|\\text{|é|𝑥|1e5|\\lfloor|\\rfloor|\\in|∅"
        .split('|')
        .chain(["|"])
        .collect();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let mut before = String::from("x");
    for _ in 0..20_000 {
        let text: String = (0..random(14)).map(|_| pieces[random(pieces.len())]).collect();
        let there = compare(&before, &text, &Rules::default());
        let back = compare(&text, &before, &Rules::default());
        assert_eq!(there.is_equal(), back.is_equal(), "{before}  |  {text}");
        if normalize(&text).is_ok() && !matches!(there, Verdict::Unreadable { .. }) {
            assert!(compare(&text, &text, &Rules::default()).is_equal(), "{text}");
        }
        let _ = to_mathml(&text);
        before = text;
    }
}
