//! What is said of near misses.

use answers::{Hint, Rules, Verdict, compare};

fn hint(expected: &str, given: &str, rules: &str) -> Option<Hint> {
    match compare(expected, given, &rules.parse().expect("rules")) {
        Verdict::NotEqual { hint } => hint,
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
fn hints_are_sentences_that_keep_the_answer_to_themselves() {
    for hint in [Hint::Rounded, Hint::Sign, Hint::NotSimplified, Hint::MissingSolution, Hint::Boundary] {
        let text = hint.to_string();
        assert!(text.ends_with('.') && !text.chars().any(|c| c.is_ascii_digit()), "{text}");
    }
}

#[test]
fn what_cannot_be_read_says_where_and_what_to_write() {
    for (given, place, says) in [
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
        match compare("1", given, &Rules::default()) {
            Verdict::Unreadable { which: answers::Side::Given, at, why } => {
                assert!(why.starts_with(says), "{given}: {why}");
                assert_eq!(at, place, "{given}: {why}");
            }
            other => panic!("{given}: {other:?}"),
        }
    }
}

#[test]
fn a_mistake_in_the_expected_answer_is_the_admins() {
    let verdict = compare("2+", "x", &Rules::default());
    assert!(matches!(verdict, Verdict::Unreadable { which: answers::Side::Expected, at: 2, .. }));
}

#[test]
fn only_the_letters_of_the_box_may_stand_in_an_answer() {
    let rules = Rules::new().variables(["x"]).unwrap();
    assert!(compare("x+1", "1+x", &rules).is_equal());
    let Verdict::Unreadable { why, .. } = compare("x+1", "1+z", &rules) else { panic!("z isn't known") };
    assert_eq!(why, "“z” isn't used here: write the answer with x.");
    // What the admin wrote is known, and words still are words.
    assert!(compare("y=x+1", "y-1=x", &rules).is_equal());
}
