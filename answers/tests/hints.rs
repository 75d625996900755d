//! Hints for near misses, and errors for texts that cannot be read.

use answers::{AnswerRules, Comparison, Hint, Side, compare};

fn hint(expected: &str, given: &str, rules: &str) -> Option<Hint> {
    match compare(expected, given, &rules.parse().expect("rules")) {
        Comparison::NotEqual { hint } => hint,
        other => panic!("{expected} | {given}: {other:?}"),
    }
}

#[test]
fn near_misses_get_their_hints() {
    for (expected, given, rules, wanted) in [
        ("1/3", "0.333", "", Some(Hint::Rounded)),
        ("\\pi", "3.14", "", Some(Hint::Rounded)),
        ("x=\\sqrt2", "x=1.41", "", Some(Hint::Rounded)),
        ("-\\sqrt2", "-1.414", "", Some(Hint::Rounded)),
        ("1/3", "0.4", "", None),
        ("x^2+C", "x^2", "", Some(Hint::MissingConstant)),
        ("x^2+C", "x^3", "", None),
        ("\\ln x+k", "\\ln x", "", Some(Hint::MissingConstant)),
        ("x-1", "1-x", "", Some(Hint::Sign)),
        ("5", "-5", "", Some(Hint::Sign)),
        ("\\frac{\\pi}{6}", "30", "", Some(Hint::AngleUnit)),
        ("30", "\\frac{\\pi}{6}", "", Some(Hint::AngleUnit)),
        ("\\sin(30°)", "\\sin(30)", "", Some(Hint::AngleUnit)),
        ("2\\sqrt2", "\\sqrt8", "simplified", Some(Hint::NotSimplified)),
        ("2\\sqrt2", "\\sqrt7", "simplified", None),
        ("5 cm", "5", "units", Some(Hint::MissingUnit)),
        ("5 cm", "6", "units", None),
        ("1,2,3", "3,2,1", "order", Some(Hint::Order)),
        ("(1,2)", "(2,1)", "", Some(Hint::Order)),
        ("x=2,x=3", "x=2", "", Some(Hint::MissingSolution)),
        ("x=\\pm2", "2", "", Some(Hint::MissingSolution)),
        ("x=2", "x=2,x=3", "", Some(Hint::ExtraSolution)),
        ("x=2,x=3", "x=2,x=4", "", None),
        ("x<3", "x\\le3", "", Some(Hint::Boundary)),
        ("[1,2]", "[1,2)", "", Some(Hint::Boundary)),
        ("x<3", "x<4", "", None),
        ("yes", "no", "", None),
        ("x+1", "x+2", "", None),
    ] {
        assert_eq!(hint(expected, given, rules), wanted, "{expected} | {given}");
    }
}

#[test]
fn hints_do_not_reveal_the_answer() {
    for hint in [Hint::Rounded, Hint::Sign, Hint::NotSimplified, Hint::MissingSolution, Hint::Boundary] {
        let text = hint.to_string();
        assert!(text.ends_with('.') && !text.chars().any(|c| c.is_ascii_digit()), "{text}");
    }
}

#[test]
fn errors_have_a_position_and_a_message() {
    for (given, expected_position, start) in [
        ("2+", 2, "Something is missing after the +"),
        ("(x+1", 0, "This bracket is open"),
        ("x+1)", 3, "This bracket was never opened"),
        ("|x", 0, "This bar is open"),
        ("2@3", 1, "“@” can't stand in an answer"),
        ("", 0, "There is nothing here"),
        ("\\foo x", 0, "“\\foo” isn't known here"),
        ("\\frac{1}{\\placeholder{}}", 9, "A box is still empty"),
        ("1.2.3", 3, "A number has one decimal point"),
        ("x = ", 4, "Something is missing after the sign"),
        ("3*", 2, "Something is missing after the times sign"),
        ("(1,2", 0, "This bracket is open"),
    ] {
        match compare("1", given, &AnswerRules::default()) {
            Comparison::Unreadable { side: Side::Given, position, message } => {
                assert!(message.starts_with(start), "{given}: {message}");
                assert_eq!(position, expected_position, "{given}: {message}");
            }
            other => panic!("{given}: {other:?}"),
        }
    }
}

#[test]
fn reports_an_unreadable_expected_answer() {
    let result = compare("2+", "x", &AnswerRules::default());
    assert!(matches!(result, Comparison::Unreadable { side: Side::Expected, position: 2, .. }));
}

#[test]
fn rejects_undeclared_variables() {
    let rules = AnswerRules::new().variables(["x"]).unwrap();
    assert!(compare("x+1", "1+x", &rules).is_equal());
    let result = compare("x+1", "1+z", &rules);
    let Comparison::Unreadable { message, .. } = result else { panic!("{result:?}") };
    assert_eq!(message, "“z” isn't used here: write the answer with x.");
    // The variables of the expected answer are always allowed.
    assert!(compare("y=x+1", "y-1=x", &rules).is_equal());
}
