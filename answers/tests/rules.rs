//! Rules as text, in the form in which a database stores them.

use answers::{AnswerRules, AnswerRulesError, Tolerance};

#[test]
fn rules_round_trip_through_text() {
    for text in [
        "",
        "simplified",
        "tolerance=0.01",
        "tolerance=2.5%",
        "figures=3; order; case",
        "natural-log; degrees; units",
        "simplified; variables=x,y,x_1",
        "tolerance=0.000001; simplified; order; case; natural-log; degrees; units; variables=α",
    ] {
        let rules: AnswerRules = text.parse().unwrap();
        assert_eq!(rules.to_string(), text);
        assert_eq!(rules.to_string().parse::<AnswerRules>().unwrap(), rules);
    }
    assert_eq!(" exact ; ".parse::<AnswerRules>().unwrap(), AnswerRules::default());
}

#[test]
fn setters_and_text_agree() {
    let set = AnswerRules::new()
        .tolerance(Tolerance::relative(0.01).unwrap())
        .form(answers::Form::Simplified)
        .variables(["x", "x"])
        .unwrap();
    assert_eq!(set, "tolerance=1%; simplified; variables=x".parse().unwrap());
    assert_eq!(AnswerRules::new().tolerance(Tolerance::figures(3).unwrap()), "figures=3".parse().unwrap());
}

#[test]
fn errors_tell_what_to_write() {
    for text in [
        "tolerance",
        "tolerance=",
        "tolerance=x",
        "tolerance=-1",
        "tolerance=0",
        "tolerance=1e5",
        "figures=0",
        "figures=99",
    ] {
        let error = text.parse::<AnswerRules>().unwrap_err().to_string();
        assert!(error.contains("write"), "{text}: {error}");
    }
    assert_eq!("order=1".parse::<AnswerRules>().unwrap_err(), AnswerRulesError::Rule("order=1".into()));
    assert!("fuzzy".parse::<AnswerRules>().unwrap_err().to_string().contains("tolerance=0.01"));
    assert_eq!("variables=x,2".parse::<AnswerRules>().unwrap_err(), AnswerRulesError::Variable("2".into()));
    assert!(Tolerance::absolute(f64::NAN).is_err() && Tolerance::absolute(-1.0).is_err());
    assert!(Tolerance::relative(f64::INFINITY).is_err() && Tolerance::figures(0).is_err());
}
