//! Rules as text, as a database keeps them.

use answers::{Rules, RulesError, Tolerance};

#[test]
fn rules_come_back_as_they_were_stored() {
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
        let rules: Rules = text.parse().unwrap();
        assert_eq!(rules.to_string(), text);
        assert_eq!(rules.to_string().parse::<Rules>().unwrap(), rules);
    }
    assert_eq!(" exact ; ".parse::<Rules>().unwrap(), Rules::default());
}

#[test]
fn setters_and_text_say_the_same() {
    let set = Rules::new()
        .tolerance(Tolerance::relative(0.01).unwrap())
        .simplified()
        .variables(["x", "x"])
        .unwrap();
    assert_eq!(set, "tolerance=1%; simplified; variables=x".parse().unwrap());
    assert_eq!(Rules::new().tolerance(Tolerance::figures(3).unwrap()), "figures=3".parse().unwrap());
}

#[test]
fn errors_say_what_to_write() {
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
        let error = text.parse::<Rules>().unwrap_err().to_string();
        assert!(error.contains("write"), "{text}: {error}");
    }
    assert_eq!("order=1".parse::<Rules>().unwrap_err(), RulesError::Rule("order=1".into()));
    assert!("fuzzy".parse::<Rules>().unwrap_err().to_string().contains("write tolerance=0.01"));
    assert_eq!("variables=x,2".parse::<Rules>().unwrap_err(), RulesError::Variable("2".into()));
    assert!(Tolerance::absolute(f64::NAN).is_err() && Tolerance::absolute(-1.0).is_err());
    assert!(Tolerance::relative(f64::INFINITY).is_err() && Tolerance::figures(0).is_err());
}
