//! Kinds of answers: what each accepts and refuses, forms, units, and hints.

use answers::{Checker, ExpectedError, Form, Hint, Kind, Outcome};
use proptest::prelude::*;

fn checker(expected: &str, kind: &str) -> Checker {
    let kind = kind.parse().unwrap_or_else(|error| panic!("{kind}: {error}"));
    Checker::new(expected, kind).unwrap_or_else(|error| panic!("{expected}: {error}"))
}

/// Returns the rows whose outcome is another one, so that one run shows them all.
fn wrong(rows: &[(&str, &str, &str, bool)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (kind, expected, given, right) in rows {
        let verdict = checker(expected, kind).check(given);
        if verdict.is_correct() != *right {
            wrong.push(format!("{kind} | {expected} | {given} => {:?} {:?}", verdict.outcome, verdict.hint));
        }
    }
    wrong
}

#[test]
fn kinds_decide_as_documented() {
    let rows = [
        ("inequality", "x>-3", "-2x<6", true),
        ("", "x>-3", "-2x<6", true),
        ("inequality; solved-for=x", "x>-3", "-2x<6", false),
        ("inequality; solved-for=x", "x>-3", "-3<x", true),
        ("", "-2<x<2", "x^2<4", true),
        ("", "x<-2 or x>2", "x^2>4", true),
        ("", "1<x<3", "x^2-4x+3<0", true),
        ("", "1\\le x\\le3", "x^2-4x+3<0", false),
        ("", "x\\in\\mathbb{R}", "x^2+1>0", true),
        ("", "x\\ne1", "x^2-2x+1>0", true),
        ("", "-\\sqrt2<x<\\sqrt2", "x^2<2", true),
        ("", "-1.4<x<1.4", "x^2<2", false),
        ("", "-2<x<4", "|x-1|<3", true),
        ("", "x<-2 or x>4", "|x-1|>3", true),
        ("", "-2<x<4", "|x-1|\\le3", false),
        ("", "x\\in\\mathbb{R}", "|x-1|>-3", true),
        ("", "1\\le|x|\\le2", "1\\le x\\le2 or -2\\le x\\le-1", true),
        ("equation", "x=2", "2x=4", true),
        ("", "x=2", "2x=4", false),
        ("equation; solved-for=x", "x=2", "2x=4", false),
        ("equation; solved-for=y", "y=2x+1", "y-2x=1", false),
        ("list", "2,2,2,3", "2,3", false),
        ("", "2,2,2,3", "2,3,2,2", true),
        ("list; order", "2,2,3", "2,3,2", false),
        ("", "x=3 or x=-2", "x=3 and x=-2", true),
        ("", "x=4 and y=1", "x=4 or y=1", false),
        ("", "E(2,5), F(1,4)", "F(2,5), E(1,4)", false),
        ("", "E(2,5), F(1,4)", "F(1,4), E(2,5)", true),
        ("", "x=2, y=5", "x=5, y=2", false),
        ("", "f(x)=2x+1", "f(t)=2t+1", true),
        ("", "f(x)=2x+1", "f(t)=2x+1", false),
        ("function", "f(x)=2x+1", "g(x)=2x+1", false),
        ("", "x^3+x+C", "x^3+x+k", true),
        ("", "x^3+x+C", "x^3+x", false),
        ("", "x^3+x+C", "x^3+2x+k", false),
        ("", "\\sin^2x+C", "-\\cos^2x+C", true),
        ("antiderivative", "\\sin^2x+C", "-\\frac12\\cos2x+c", true),
        ("antiderivative", "\\frac12\\ln(2x)+C", "\\frac12\\ln x+A", true),
        ("antiderivative", "\\arctan x+C", "-\\arctan\\frac1x+C", true),
        ("antiderivative", "xe^x-e^x+C", "e^x(x-1)+k", true),
        ("antiderivative", "xe^x-e^x+C", "e^x(x+1)+k", false),
        ("", "x=\\frac{\\pi}{6}+2k\\pi", "x=\\frac{\\pi}{6}+2n\\pi", true),
        ("", "x=\\frac{\\pi}{6}+2k\\pi", "x=\\frac{\\pi}{6}+n\\pi", false),
        ("", "x=\\frac{\\pi}{2}+k\\pi", "x=\\frac{(2k+1)\\pi}{2}", true),
        ("general-solution", "x=n\\pi", "x=2n\\pi or x=(2n+1)\\pi", true),
        ("general-solution", "x=n\\pi", "x=2n\\pi or x=4n\\pi", false),
        ("general-solution", "x=30°+360°n", "x=390°+360°m", true),
        ("general-solution", "Ae^{2x}+Be^{-x}", "Be^{2x}+Ae^{-x}", true),
        ("general-solution", "Ae^{2x}+Be^{-x}", "Ae^{2x}+Be^{x}", false),
        ("", "Ae^{2x}+Be^{-x}", "Be^{2x}+Ae^{-x}", false),
        ("words", "isosceles; equilateral", "Equilateral.", true),
        ("words; case", "pH", "PH", false),
        ("words", "right-angled triangle", "right angled triangle", true),
        ("choice", "A, C", "c and a", true),
        ("choice", "A, C", "A", false),
        ("number; decimal-comma", "2,5", "2,5", true),
        ("number; decimal-comma", "2,5", "5/2", true),
        ("number; places=2", "2/3", "0.67", true),
        ("number; places=2", "2/3", "0.66", false),
        ("number; places=2", "2/3", "0.667", true),
        ("number; places=2; as-written", "2/3", "0.667", false),
        ("number; places=2; as-written", "0.5", "0.50", true),
        ("number; places=2; as-written", "0.5", "0.5", false),
        ("figures=3; as-written", "0.05", "0.05", false),
        ("figures=3; as-written", "0.05", "0.0500", true),
        ("figures=2; as-written", "350", "350", true),
        ("figures=3; as-written", "35000", "3.50*10^4", true),
        ("figures=3", "6.63E-34", "6.62E-34", false),
    ];
    let wrong = wrong(&rows);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn forms_accept_and_refuse() {
    let rows = [
        ("form=factorised", "2x(x-3)", "2x(x-3)", true),
        ("form=factorised", "2x(x-3)", "x(2x-6)", false),
        ("form=factorised", "2x(x-3)", "2(x^2-3x)", false),
        ("form=factorised", "x^2-6x", "x(x-6)", true),
        ("form=factorised", "(x+1)(x+2)", "(2+x)(1+x)", true),
        ("form=factorised", "(x+1)(x+2)", "x^2+3x+2", false),
        ("form=factorised", "x^4-1", "(x^2+1)(x^2-1)", false),
        ("form=factorised", "x^4-1", "(x^2+1)(x-1)(x+1)", true),
        ("form=factorised", "x^4+4", "x^4+4", false),
        ("form=factorised", "x^4+4", "(x^2+2x+2)(x^2-2x+2)", true),
        ("form=factorised", "x^2-y^2", "x^2-y^2", false),
        ("form=factorised", "x^2-y^2", "(x-y)(x+y)", true),
        ("form=factorised", "x^2+y^2", "x^2+y^2", true),
        ("form=factorised", "x^2+2x+1", "(x+1)^2", true),
        ("form=factorised", "x^3-x+1", "x^3-x+1", true),
        ("form=factorised", "ab+ac", "a(b+c)", true),
        ("form=factorised", "ab+ac", "ab+ac", false),
        ("form=factorised", "-x^2+1", "-(x-1)(x+1)", true),
        ("form=expanded", "x^2+3x+2", "x^2+3x+2", true),
        ("form=expanded", "x^2+3x+2", "(x+1)(x+2)", false),
        ("form=expanded", "x^2+3x+2", "x(x+3)+2", false),
        ("form=completed-square", "(x-1)^2+1", "(x-1)^2+1", true),
        ("form=completed-square", "(x-1)^2+1", "1+(1-x)^2", true),
        ("form=completed-square", "(x-1)^2+1", "x^2-2x+2", false),
        ("form=completed-square", "2(x-1)^2+1", "2(x-1)^2+1", true),
        ("form=partial-fractions", "1/(x+1)-1/x", "1/(x+1)-1/x", true),
        ("form=partial-fractions", "1/(x+1)-1/x", "-1/(x(x+1))", false),
        ("form=partial-fractions", "2/((x-1)(x^2+1))", "1/(x-1)-(x+1)/(x^2+1)", true),
        ("form=single-fraction", "a+1/2", "(2a+1)/2", true),
        ("form=single-fraction", "a+1/2", "a+1/2", false),
        ("form=lowest-terms", "1/2", "2/4", false),
        ("form=lowest-terms", "1/2", "1/2", true),
        ("form=lowest-terms", "1/(x+1)", "(x-1)/(x^2-1)", false),
        ("form=lowest-terms", "1/(x+1)", "1/(1+x)", true),
        ("form=lowest-terms", "2:3", "4:6", false),
        ("form=fraction", "0.5", "1/2", true),
        ("form=fraction", "0.5", "0.5", false),
        ("form=mixed", "5/2", "2 1/2", true),
        ("form=mixed", "5/2", "5/2", false),
        ("form=mixed", "5/2", "2 2/4", false),
        ("form=decimal", "1/2", "0.5", true),
        ("form=decimal", "1/2", "1/2", false),
        ("form=percentage", "1/2", "50%", true),
        ("form=percentage", "1/2", "0.5", false),
        ("form=standard-form", "320000", "3.2*10^5", true),
        ("form=standard-form", "320000", "32*10^4", false),
        ("form=standard-form", "320000", "320000", false),
        ("form=standard-form", "0.00032", "3.2×10^{-4}", true),
        ("form=surd", "\\sqrt8", "2\\sqrt2", true),
        ("form=surd", "\\sqrt8", "\\sqrt8", false),
        ("form=surd", "1/\\sqrt2", "\\frac{\\sqrt2}{2}", true),
        ("form=surd", "1/\\sqrt2", "\\frac{1}{\\sqrt2}", false),
        ("form=same-up-to-order", "2x+1", "1+2x", true),
        ("form=same-up-to-order", "2x+1", "x+x+1", false),
        ("form=same-up-to-order", "\\sqrt8", "2\\sqrt2", false),
        ("simplified", "2\\sqrt2", "\\sqrt8", false),
    ];
    let wrong = wrong(&rows);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn units_have_one_meaning() {
    let equal = [
        ("20 m/s", "20 ms^-1"),
        ("9.8 m/s^2", "9.8 m s⁻²"),
        ("9.8 m/s²", "9.8ms⁻²"),
        ("9.8 m/s^2", "9.8 m/s/s"),
        ("5 cm", "5cms"),
        ("2 h", "2 hrs"),
        ("12 cm^2", "12cm2"),
        ("12 cm²", "12 square cm"),
        ("12 cm²", "12 cm squared"),
        ("5 cm", "5 cm."),
        ("100 J", "100 Nm"),
        ("50 N", "50 newtons"),
        ("5 \\Omega", "5 ohms"),
        ("400 cc", "0.4 l"),
        ("723 kVA", "0.723 MVA"),
        ("5 um", "0.005 mm"),
        ("5 m/s", "5\\frac{\\text{m}}{\\text{s}}"),
        ("20 m/s", "20 metres per second"),
        ("150 min", "2 h 30 min"),
        ("£0.05", "5p"),
        ("£1500000", "£1.5 million"),
        ("20 °C", "20°C"),
        ("6 cm, 8 cm", "8 cm, 6 cm"),
        ("6 cm, 8 cm", "80 mm and 60 mm"),
        ("x>5 cm", "x>50 mm"),
        ("5 cm", "x=5 cm"),
        ("2 min", "120 s"),
        ("1 kg", "1000 grams"),
        ("3 mm", "3\\,\\mathrm{mm}"),
        ("2.5 cm", "x=25 mm"),
        ("£12 per hour", "£12/h"),
        ("5 kg m^-3", "5 kg/m^3"),
        ("1000 kg/m^3", "1 g/cm^3"),
        ("1 mile", "1.609344 km"),
    ];
    let different = [
        ("4 mm", "4 m^2"),
        ("2 mJ", "2 MJ"),
        ("3 ms", "3 Ms"),
        ("5 N m", "5 nm"),
        ("5 g", "5 G"),
        ("5 cm", "5 cm^2"),
        ("20 °C", "20 K"),
        ("£5", "€5"),
        ("5 cm", "5"),
        ("6 cm, 8 cm", "6 mm, 8 cm"),
        ("x>5 cm", "x>5 mm"),
        ("5 m/s", "5 s/m"),
        ("2 h 30 min", "2.3 h"),
        ("5p", "£5"),
    ];
    let mut wrong = Vec::new();
    for (pairs, right) in [(&equal[..], true), (&different[..], false)] {
        for (expected, given) in pairs {
            let verdict = checker(expected, "units").check(given);
            if verdict.is_correct() != right {
                wrong.push(format!("{expected} | {given} => {:?} {:?}", verdict.outcome, verdict.hint));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn units_are_read_in_boxes_without_the_rule() {
    for (expected, given) in [("4 mm", "4 m^2"), ("2 mJ", "2 MJ"), ("3 ms", "3 Ms"), ("5 N m", "5 nm")] {
        assert!(!checker(expected, "").check(given).is_correct(), "{expected} | {given}");
        assert!(checker(expected, "").check(expected).is_correct(), "{expected}");
    }
    let verdict = checker("24", "").check("24 cm");
    assert!(matches!(verdict.outcome, Outcome::Unreadable(_)), "{verdict:?}");
}

#[test]
fn hints_claim_what_is_true() {
    for (kind, expected, given, hint) in [
        ("units", "5 cm", "5", Some(Hint::MissingUnit)),
        ("units", "5 cm", "6", None),
        ("units", "5 cm", "5 cm^2", Some(Hint::Unit)),
        ("", "x=36", "y=36", None),
        ("", "AB=14", "BC=14", None),
        ("figures=3", "6.63E-34", "6.62E-34", None),
        ("", "2.4", "2", None),
        ("", "0.125", "0.13", None),
        ("", "1/3", "0.34", None),
        ("", "2/3", "0.67", Some(Hint::Rounded)),
        ("", "2,2,3", "2,3", Some(Hint::Multiplicity)),
        ("inequality; solved-for=x", "x>1", "2x>2", Some(Hint::NotSolved)),
        ("form=factorised", "2x(x-3)", "x(2x-6)", Some(Hint::Form(Form::Factorised))),
        ("figures=3; as-written", "0.05", "0.05", Some(Hint::Digits)),
        ("antiderivative", "\\sin^2x+C", "-\\cos^2x", Some(Hint::MissingConstant)),
        ("antiderivative", "\\sin^2x+C", "\\cos^2x", None),
    ] {
        let verdict = checker(expected, kind).check(given);
        assert_eq!((verdict.is_correct(), verdict.hint), (false, hint), "{kind} | {expected} | {given}");
    }
}

#[test]
fn examples_are_what_the_checker_decides() {
    for (expected, kind) in [
        ("3/4", ""),
        ("x^2+3x+2", ""),
        ("(x+1)(x+2)", "form=factorised"),
        ("5 cm", "units"),
        ("x=3 or x=-2", ""),
        ("y=2x+1", ""),
        ("x>3", ""),
        ("{1,2,3}", "set"),
        ("2,2,3", "list"),
        ("(2,5)", ""),
        ("isosceles", "words"),
        ("A, C", "choice"),
        ("16:30", "time"),
        ("20-30", "range"),
        ("8 r 3", "remainder"),
        ("3/4/2025", "date"),
        ("2:3", "ratio"),
        ("x^3+x+C", "antiderivative"),
        ("0.05", "figures=3; as-written"),
        ("\\sqrt8", ""),
    ] {
        let checker = checker(expected, kind);
        let examples = checker.examples();
        assert!(!examples.accepted.is_empty() && !examples.refused.is_empty(), "{expected}: {examples:?}");
        assert!(examples.accepted.iter().all(|text| checker.check(text).is_correct()), "{examples:?}");
        assert!(examples.refused.iter().all(|text| !checker.check(text).is_correct()), "{examples:?}");
    }
}

#[test]
fn kinds_round_trip_through_text() {
    for name in Kind::names() {
        let kind: Kind = name.parse().unwrap();
        assert_eq!((kind.name(), kind.to_string().parse::<Kind>().unwrap()), (name, kind.clone()));
    }
    for form in Form::ALL {
        let kind = Kind::expression().form(*form);
        assert_eq!(kind.to_string().parse::<Kind>().unwrap(), kind);
    }
    let text = "number; figures=3; as-written; form=standard-form; units; decimal-comma";
    assert_eq!(text.parse::<Kind>().unwrap().to_string(), text);
    assert_eq!(
        "expression; form=factorised; case".parse::<Kind>().unwrap(),
        Kind::expression().form(Form::Factorised).case()
    );
}

#[cfg(feature = "serde")]
#[test]
fn serde_stores_a_kind_as_its_text() {
    let kind = Kind::expression().form(Form::Factorised);
    assert_eq!(serde_json::to_string(&kind).unwrap(), "\"expression; form=factorised\"");
    assert_eq!(serde_json::from_str::<Kind>("\"expression; form=factorised\"").unwrap(), kind);
    assert!(serde_json::from_str::<Kind>("\"poem\"").is_err());
}

#[test]
fn an_expected_answer_of_another_kind_is_an_error() {
    for (expected, kind) in [("x+1", "number"), ("3", "point"), ("x>3", "time"), ("2", "quantity")] {
        let error = Checker::new(expected, kind.parse().unwrap()).unwrap_err();
        assert!(matches!(error, ExpectedError::OtherKind { .. }), "{expected} | {kind}: {error}");
    }
    assert!(matches!(Checker::new("2+", Kind::infer()), Err(ExpectedError::Unreadable(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A wrong answer never gets a hint that says that its value is right.
    #[test]
    fn no_hint_praises_a_wrong_value(
        a in -50i64..50, b in 1i64..30, c in -50i64..50, d in 1i64..30, places in 0usize..4,
        pattern in 0usize..6, tolerance in 0usize..3,
    ) {
        let write = |n: i64, d: i64| match pattern {
            0 => format!("{n}/{d}"),
            1 => format!("{:.places$}", n as f64 / d as f64),
            2 => format!("x={n}"),
            3 => format!("{n}x+{d}"),
            4 => format!("{n},{d}"),
            _ => format!("x>{n}"),
        };
        let (expected, given) = (write(a, b), write(c, d));
        let kind = ["", "figures=3", "simplified"][tolerance];
        let verdict = checker(&expected, kind).check(&given);
        match verdict.hint {
            Some(Hint::Sign) => prop_assert!(!verdict.is_correct()),
            Some(Hint::Rounded) => {
                prop_assert!(kind.is_empty());
                let value: f64 = given.trim_start_matches("x=").parse().unwrap_or(f64::NAN);
                let error = (value - a as f64 / b as f64).abs();
                prop_assert!(error <= 0.5 * 10f64.powi(-(places as i32)) + 1e-9, "{} | {}", expected, given);
            }
            Some(Hint::NotSimplified) => {
                let exact = checker(&expected, "").check(&given);
                prop_assert!(exact.is_correct(), "{} | {}", expected, given);
            }
            Some(Hint::Boundary | Hint::MissingUnit | Hint::Order) => {
                prop_assert!(false, "{} | {}: {:?}", expected, given, verdict.hint);
            }
            _ => {}
        }
    }

    /// Solutions in any order are right; with one of them changed they are wrong.
    #[test]
    fn solutions_are_a_set(values in proptest::collection::btree_set(-30i64..30, 2..5), shift in 1i64..5) {
        let values: Vec<i64> = values.into_iter().collect();
        let texts = |values: &[i64]| values.iter().map(|v| format!("x={v}")).collect::<Vec<_>>().join(" or ");
        let expected = checker(&texts(&values), "");
        let mut back = values.clone();
        back.reverse();
        prop_assert!(expected.check(&texts(&back)).is_correct());
        if let Some(last) = back.last_mut() {
            *last -= 40 * shift;
        }
        prop_assert!(!expected.check(&texts(&back)).is_correct());
    }

    /// A plain list counts its elements: leaving one of two equal ones out is wrong.
    #[test]
    fn a_list_counts_its_elements(values in proptest::collection::vec(1i64..9, 2..6)) {
        let texts = |values: &[i64]| values.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let expected = checker(&texts(&values), "list");
        let mut longer = values.clone();
        longer.push(values[0]);
        prop_assert!(expected.check(&texts(&values)).is_correct());
        prop_assert!(!expected.check(&texts(&longer)).is_correct());
    }

    /// A quadratic inequality has the interval between its roots as solution.
    #[test]
    fn quadratic_inequalities_are_solved(a in -9i64..9, width in 1i64..9, factor in 1i64..4) {
        let (low, high) = (a, a + width);
        let (b, c) = (-factor * (low + high), factor * low * high);
        let text = format!("{factor}x^2+({b})x+({c})<0");
        let decides = |expected: &str| checker(expected, "").check(&text).is_correct();
        let (open, wider, closed) =
            (format!("{low}<x<{high}"), format!("{low}<x<{}", high + 1), format!("{low}\\le x<{high}"));
        prop_assert_eq!([decides(&open), decides(&wider), decides(&closed)], [true, false, false], "{}", text);
    }

    /// A product of linear factors is factorised; multiplied out, it is not.
    #[test]
    fn products_are_factorised(a in 1i64..9, b in -9i64..-1) {
        let product = format!("(x+{a})(x-{})", -b);
        let expanded = format!("x^2+({})x+({})", a + b, a * b);
        let checker = checker(&product, "form=factorised");
        prop_assert!(checker.check(&product).is_correct());
        prop_assert_eq!(checker.check(&expanded).hint, Some(Hint::Form(Form::Factorised)));
    }

    /// Units whose letters differ in case or order are different units.
    #[test]
    fn units_never_commute_by_letter(value in 1u32..99, pair in 0usize..8) {
        let (one, other) = [("mm", "Mm"), ("mW", "MW"), ("N m", "nm"), ("ms", "Ms"), ("mJ", "MJ"), ("mg", "Mg"),
            ("kW h", "k Wh^2"), ("cm^2", "cm^3")][pair];
        for kind in ["units", ""] {
            let (expected, given) = (format!("{value} {one}"), format!("{value} {other}"));
            let verdict = checker(&expected, kind).check(&given);
            prop_assert!(!verdict.is_correct(), "{} | {}", expected, given);
        }
    }
}
