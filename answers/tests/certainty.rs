//! Pairs of the kinds that sample points or a limited precision used to decide wrongly.

use answers::{AnswerRules, Comparison, compare};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn result(a: &str, b: &str) -> Comparison {
    compare(a, b, &AnswerRules::default())
}

fn same(a: &str, b: &str) -> bool {
    result(a, b).is_equal()
}

/// Returns `true` if the comparison says in both directions that the answers differ.
fn differ(a: &str, b: &str) -> bool {
    [result(a, b), result(b, a)].iter().all(|result| matches!(result, Comparison::NotEqual { .. }))
}

/// A number such as `3\pi-5\sqrt{7}+2`.
fn irrational() -> impl Strategy<Value = String> {
    let root = prop_oneof![Just(2), Just(3), Just(7), Just(30), Just(101)];
    (1..2000i64, -50..50i64, root, -999..999i64)
        .prop_map(|(a, b, c, d)| format!("({a}\\pi+{b}\\sqrt{{{c}}}+{d})"))
}

/// Real expressions in x and y, for identities.
fn term() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("x".to_owned()),
        Just("y".to_owned()),
        (1..9i64).prop_map(|n| n.to_string()),
        (1..9i64, 2..9i64).prop_map(|(a, b)| format!("\\frac{{{a}x}}{{{b}}}")),
        (1..12i64, 1..13i64).prop_map(|(a, b)| format!("\\frac{{{a}\\pi}}{{{b}}}")),
    ];
    leaf.prop_recursive(2, 5, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}+{b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}-{b})")),
            (2..9i64, inner).prop_map(|(n, a)| format!("{n}({a})")),
        ]
    })
}

/// A positive argument of a logarithm.
fn positive() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("x".to_owned()),
        Just("y".to_owned()),
        (2..200i64).prop_map(|n| n.to_string()),
        Just("(x^2+1)".to_owned()),
        (1..5i64).prop_map(|n| format!("e^{{{n}x}}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_130),
        ..ProptestConfig::default()
    })]

    #[test]
    fn corners_at_irrational_places_are_found(at in irrational(), factor in 1..9i64) {
        let inside = format!("{factor}x-{at}");
        prop_assert!(differ(&format!("\\left|{inside}\\right|"), &inside), "{}", inside);
        prop_assert!(differ(&format!("\\left|{inside}\\right|"), &format!("{at}-{factor}x")), "{}", inside);
        prop_assert!(differ(&format!("\\max(x,{at})"), "x"), "{}", at);
        prop_assert!(differ(&format!("\\max(x,{at})"), &at), "{}", at);
        prop_assert!(differ(&format!("\\sqrt{{({inside})^2}}"), &inside), "{}", inside);
    }

    #[test]
    fn high_frequencies_are_told_apart(factor in 1..50u64, power in 0..16u32, other in 0..16u32) {
        let (first, second) = (factor << power, factor << other);
        prop_assert!(differ(&format!("\\sin({first}\\pi t)"), "0"), "{}", first);
        prop_assert!(differ(&format!("y=\\sin({first}\\pi t)"), "y=0"), "{}", first);
        prop_assert!(differ(&format!("\\cos({first}\\pi t)"), "1"), "{}", first);
        let (a, b) = (format!("\\sin({first}\\pi t)"), format!("\\sin({second}\\pi t)"));
        prop_assert_eq!(same(&a, &b), first == second);
    }

    #[test]
    fn floors_with_a_shift_differ(n in 2..60i64, a in 0..60i64, b in 0..60i64) {
        let floor = |shift: i64| format!("\\lfloor\\frac{{n+{shift}}}{{{n}}}\\rfloor");
        prop_assert_eq!(same(&floor(a), &floor(b)), a == b);
        prop_assert_eq!(differ(&floor(a), &floor(b)), a != b);
        let wholes = format!("{}+1", floor(a));
        prop_assert!(same(&floor(a + n), &wholes));
    }

    #[test]
    fn common_divisors_depend_on_the_number(k in 2..2000u64, other in 1..2000u64) {
        let (a, b) = (format!("\\gcd(n,{k})"), format!("\\gcd(n,{other})"));
        prop_assert_eq!(same(&a, &b), k == other);
        prop_assert_eq!(differ(&a, &b), k != other);
        let multiple = format!("\\operatorname{{lcm}}(n,{k})");
        prop_assert!(differ(&multiple, &format!("{k}n")), "{}", k);
    }

    #[test]
    fn tiny_differences_are_seen(of in term(), tiny in 20..300u32, analytic in 0..3usize) {
        let base = [format!("\\sin({of})"), format!("e^{{{of}}}"), format!("{of}+\\sqrt{{17}}")][analytic].clone();
        for small in [format!("e^{{-{tiny}}}"), format!("10^{{-{tiny}}}"), format!("e^{{-{tiny}(1+x^2)}}")] {
            prop_assert!(differ(&base, &format!("{base}+{small}")), "{} {}", base, small);
        }
    }

    #[test]
    fn identities_of_angles_hold(a in term(), b in term()) {
        let pairs = [
            (format!("\\sin({a}+{b})"), format!("\\sin({a})\\cos({b})+\\cos({a})\\sin({b})")),
            (format!("\\cos({a}-{b})"), format!("\\cos({a})\\cos({b})+\\sin({a})\\sin({b})")),
            (format!("\\cos(2({a}))"), format!("2\\cos^2({a})-1")),
            (format!("\\sin(3({a}))"), format!("3\\sin({a})-4\\sin^3({a})")),
            (format!("\\cosh({a}+{b})"), format!("\\cosh({a})\\cosh({b})+\\sinh({a})\\sinh({b})")),
            (format!("\\sinh(2({a}))"), format!("2\\sinh({a})\\cosh({a})")),
            (format!("\\cosh^2({a})-\\sinh^2({a})"), "1".to_owned()),
            (format!("e^{{{a}+{b}}}"), format!("e^{{{a}}}e^{{{b}}}")),
        ];
        for (left, right) in pairs {
            prop_assert!(same(&left, &right), "{} | {}", left, right);
            prop_assert!(differ(&left, &format!("{right}+10^{{-90}}")), "{} | {}", left, right);
        }
    }

    #[test]
    fn laws_of_logarithms_hold(a in positive(), b in positive(), n in 2..9i64) {
        let pairs = [
            (format!("\\ln({a}\\cdot {b})"), format!("\\ln({a})+\\ln({b})")),
            (format!("\\ln\\frac{{{a}}}{{{b}}}"), format!("\\ln({a})-\\ln({b})")),
            (format!("\\ln(({a})^{n})"), format!("{n}\\ln({a})")),
            (format!("\\log({a}\\cdot {b})"), format!("\\log({a})+\\log({b})")),
            (format!("({a})^{{x+{n}}}"), format!("({a})^x({a})^{n}")),
        ];
        for (left, right) in pairs {
            prop_assert!(same(&left, &right), "{} | {}", left, right);
        }
    }

    #[test]
    fn long_lists_are_compared_in_any_order(roots in prop::collection::btree_set(2..400u32, 6..14), shift in 0..14usize) {
        let mut elements: Vec<String> = roots.iter().map(|n| format!("\\sqrt{{{n}}}+\\cos({n}x)")).collect();
        let list = elements.join(",");
        let len = elements.len();
        elements.rotate_left(shift % len);
        prop_assert!(same(&list, &elements.join(",")), "{}", list);
        elements[0] += "+1";
        prop_assert!(differ(&list, &elements.join(",")), "{}", list);
    }
}
