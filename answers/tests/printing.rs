//! Canonical forms and MathML.

use answers::{normalize, to_mathml};

use crate::table::{hostile, table};

#[test]
fn equal_expressions_have_one_canonical_form() {
    for (text, form) in [
        ("(x+1)^2", "x^2 + 2*x + 1"),
        ("1 + 2x + x²", "x^2 + 2*x + 1"),
        ("\\frac{x^2-1}{x-1}", "x + 1"),
        ("\\frac{x}{2}+\\frac13", "(3*x + 2)/6"),
        ("\\frac{1}{x}+\\frac{1}{y}", "(x + y)/(x*y)"),
        ("2/4", "1/2"),
        ("0.75", "3/4"),
        ("-x", "-x"),
        ("b-a", "-a + b"),
        ("1/(1-x)", "-1/(x - 1)"),
        ("\\sqrt8", "2*sqrt(2)"),
        ("(1+i)^2", "2*i"),
        ("\\sin(x+x)", "sin(2*x)"),
        ("x-x", "0"),
        ("\\theta^{12}", "θ^(12)"),
        ("3, 1, 2, 1", "1, 1, 2, 3"),
        ("Hello   World", "hello world"),
        ("x=2 or x=1", "x = 1 or x = 2"),
        ("]1,2]", "(1, 2]"),
    ] {
        assert_eq!(normalize(text).unwrap(), form, "{text}");
    }
}

#[test]
fn canonical_forms_equal_their_answers() {
    for (expected, given, _, rules) in table() {
        if rules.to_string().contains("units") || rules.to_string().contains("variables") {
            continue;
        }
        for text in [expected, given] {
            // The unit of money is before the value.
            if text.contains(['£', '$', '€']) {
                continue;
            }
            let Ok(printed) = normalize(&text) else { continue };
            let again = answers::compare(&text, &printed, &Default::default());
            assert!(again.is_equal(), "{text}  →  {printed}: {again:?}");
        }
    }
}

#[test]
fn mathml_shows_the_parsed_answer() {
    for (text, shown) in [
        ("2x", "<mrow><mn>2</mn><mo>\u{2062}</mo><mi>x</mi></mrow>"),
        ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
        ("(x+1)/2", "<mfrac><mrow><mi>x</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac>"),
        ("sqrt(2)", "<msqrt><mn>2</mn></msqrt>"),
        ("x_1", "<msub><mi>x</mi><mn>1</mn></msub>"),
        ("2.50", "<mn>2.50</mn>"),
        ("x<2", "<mrow><mi>x</mi><mo>&lt;</mo><mn>2</mn></mrow>"),
        (
            "-(x-1)",
            "<mrow><mo>−</mo><mrow><mo>(</mo><mrow><mi>x</mi><mo>−</mo><mn>1</mn></mrow><mo>)</mo></mrow></mrow>",
        ),
        ("it's \"so\"", ""),
    ] {
        match to_mathml(text) {
            Ok(found) => assert_eq!(found, format!("<math>{shown}</math>"), "{text}"),
            Err(_) => assert_eq!(shown, "", "{text}"),
        }
    }
}

/// The elements of MathML Core that the crate prints.
const ELEMENTS: &[&str] = &[
    "math", "mi", "mn", "mo", "mtext", "mrow", "mfrac", "msqrt", "mroot", "mover", "msup", "msub", "mtable",
    "mtr", "mtd",
];

#[test]
fn mathml_is_well_formed_and_core_only() {
    let texts = table().into_iter().flat_map(|(a, b, ..)| [a, b]).chain(hostile());
    for text in
        texts.chain(["<script>alert(1)</script>".into(), "\\text{<b>&x</b>}".into(), "R\\text{<i>}".into()])
    {
        let Ok(shown) = to_mathml(&text) else { continue };
        let mut open: Vec<String> = Vec::new();
        for piece in shown.split('<').skip(1) {
            let (tag, rest) = piece.split_once('>').unwrap_or_else(|| panic!("{text}: {shown}"));
            assert!(!rest.contains(['>', '"', '\'']), "{text}: {shown}");
            let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
            assert!(ELEMENTS.contains(&name), "{text}: {shown}");
            assert!(tag == name || tag == format!("/{name}") || tag == "mfrac linethickness=\"0\"", "{tag}");
            if tag.starts_with('/') {
                assert_eq!(open.pop().as_deref(), Some(name), "{text}: {shown}");
            } else {
                open.push(name.to_owned());
            }
        }
        assert!(open.is_empty(), "{text}: {shown}");
    }
}
