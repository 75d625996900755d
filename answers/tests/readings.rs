//! Properties of reading: a change of meaning is never read away.

use answers::{AnswerRules, Comparison, compare};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn same(expected: &str, given: &str) -> bool {
    compare(expected, given, &AnswerRules::default()).is_equal()
}

fn same_by(expected: &str, given: &str, rules: &str) -> bool {
    compare(expected, given, &rules.parse().expect("rules")).is_equal()
}

fn function() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["f", "g", "h", "F", "G", "f'", "g'", "f^{-1}"])
}

fn variable() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["x", "t", "n", "\\theta"])
}

fn capitals(count: usize) -> impl Strategy<Value = Vec<char>> {
    prop::sample::subsequence(('A'..='Z').collect::<Vec<char>>(), count).prop_shuffle()
}

fn text(letters: &[char]) -> String {
    letters.iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_130),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_digit_before_e_counts(mantissa in 100..999u32, change in 1..90u32, power in -40..40i32) {
        prop_assume!(power != 0);
        let write = |digits: u32, sign: &str| format!("{}.{:02}{sign}{power}", digits / 100, digits % 100);
        let other = 100 + (mantissa - 100 + change) % 899;
        prop_assume!(other != mantissa);
        let expected = write(mantissa, "e");
        let by_ten = format!("{}.{:02}*10^{{{power}}}", mantissa / 100, mantissa % 100);
        for rules in ["", "figures=3", "tolerance=0.05%"] {
            assert!(same_by(&expected, &write(mantissa, "E"), rules), "{}", expected);
            assert!(same_by(&expected, &by_ten, rules), "{} | {}", expected, by_ten);
            assert!(!same_by(&expected, &write(other, "e"), rules), "{} | {}", expected, write(other, "e"));
        }
    }

    #[test]
    fn functions_are_not_factors(f in function(), x in variable(), a in 2..9u32, b in 1..9u32) {
        for (expected, given) in [
            (format!("{f}({a}{x})"), format!("{a}{f}({x})")),
            (format!("{f}({x}+{b})"), format!("{f}({x})+{b}")),
            (format!("{f}(-{x})"), format!("-{f}({x})")),
            (format!("{f}({x}^2)"), format!("({f}({x}))^2")),
            (format!("{f}(\\frac{{{x}}}{{{a}}})"), format!("\\frac{{{f}({x})}}{{{a}}}")),
            (format!("{f}({a})"), format!("{a}{f}(1)")),
            (format!("y={f}({a}{x}+{b})"), format!("y={a}{f}({x})+{b}")),
        ] {
            assert!(same(&expected, &expected), "{}", expected);
            assert!(!same(&expected, &given), "{} | {}", expected, given);
            assert!(!same(&given, &expected), "{} | {}", given, expected);
        }
        let (one, two) = (format!("{f}({a}{x}+{b})+{x}"), format!("{x}+{f}({b}+{x}*{a})"));
        assert!(same(&one, &two), "{} | {}", one, two);
    }

    #[test]
    fn composites_have_an_order(pair in prop::sample::subsequence(vec!["f", "g", "h"], 2).prop_shuffle(), a in 1..9u32) {
        let (f, g) = (pair[0], pair[1]);
        for argument in ["x".to_owned(), a.to_string(), format!("x+{a}")] {
            let expected = format!("{f}{g}({argument})");
            let nested = format!("{f}({g}({argument}))");
            let circle = format!("{f}\\circ {g}({argument})");
            let other = format!("{g}{f}({argument})");
            assert!(same(&expected, &nested), "{} | {}", expected, nested);
            assert!(same(&expected, &circle), "{} | {}", expected, circle);
            assert!(!same(&expected, &other), "{} | {}", expected, other);
            assert!(!same(&nested, &other), "{} | {}", nested, other);
            let product = format!("{f}({argument})*{g}({argument})");
            assert!(!same(&expected, &product), "{} | {}", expected, product);
        }
    }

    #[test]
    fn expectations_are_not_factors(
        of in prop::sample::select(vec!["E", "Var", "\\operatorname{Var}"]),
        letter in prop::sample::select(vec!['X', 'Y', 'Z']),
        a in 2..9u32,
    ) {
        let expected = format!("{of}({a}{letter})");
        for given in [format!("{a}{of}({letter})"), format!("{of}({letter})"), format!("{of}({letter}^{a})")] {
            assert!(!same(&expected, &given), "{} | {}", expected, given);
        }
    }

    #[test]
    fn events_keep_their_structure(letters in capitals(2)) {
        let (a, b) = (letters[0], letters[1]);
        let events = [
            format!("P({a})"),
            format!("P({b})"),
            format!("P({a}')"),
            format!("P({a}\\cap {b})"),
            format!("P({a}\\cup {b})"),
            format!("P({a}|{b})"),
            format!("P({b}|{a})"),
            format!("P({a}\\cap {b}')"),
            format!("P(({a}\\cap {b})')"),
            format!("P({a})P({b})"),
        ];
        for (first, expected) in events.iter().enumerate() {
            for (second, given) in events.iter().enumerate() {
                assert_eq!(same(expected, given), first == second, "{} | {}", expected, given);
            }
        }
        assert!(same(&events[2], &format!("P(\\overline{{{a}}})")));
        assert!(same(&events[3], &format!("P({b}∩{a})")));
    }

    #[test]
    fn vertices_have_an_order(letters in capitals(3)) {
        let (a, b, c) = (letters[0], letters[1], letters[2]);
        assert!(same(&format!("\\angle {a}{b}{c}"), &format!("∠{c}{b}{a}")));
        assert!(!same(&format!("\\angle {a}{b}{c}"), &format!("\\angle {a}{c}{b}")));
        assert!(!same(&format!("\\angle {a}{b}{c}=60°"), &format!("\\angle {b}{a}{c}=60°")));
        assert!(!same(&format!("\\triangle {a}{b}{c}"), &format!("\\angle {a}{b}{c}")));
        for mark in ["vec", "overrightarrow"] {
            assert!(!same(&format!("\\{mark}{{{a}{b}}}"), &format!("\\{mark}{{{b}{a}}}")));
        }
        assert!(same(&format!("{a}{b}=5"), &format!("{b}{a}=5")));
    }

    #[test]
    fn marks_are_part_of_the_name(
        letter in prop::sample::select(('a'..='z').filter(|c| !"dei".contains(*c)).collect::<Vec<char>>()),
        mark in prop::sample::select(vec!["bar", "overline", "tilde", "vec", "hat"]),
    ) {
        let marked = format!("\\{mark}{{{letter}}}");
        assert!(same(&format!("{marked}+2"), &format!("2+\\{mark} {letter}")));
        assert!(!same(&format!("{letter}+{marked}"), &format!("2{letter}")));
        assert!(!same(&letter.to_string(), &marked));
        let plain_is_read = matches!(mark, "vec" | "hat");
        assert_eq!(same(&format!("3{marked}"), &format!("3{letter}")), plain_is_read);
    }

    #[test]
    fn derivatives_are_symbols(
        names in prop::sample::subsequence(vec!['v', 's', 'y', 'x', 't', 'P', 'V', 'r'], 2).prop_shuffle(),
        a in 2..9u32,
    ) {
        let (y, x) = (names[0], names[1]);
        let quotient = format!("\\frac{{d{y}}}{{d{x}}}");
        let second = format!("\\frac{{d^2{y}}}{{d{x}^2}}");
        assert!(same(&quotient, &format!("d{y}/d{x}")));
        assert!(same(&format!("{quotient}={a}{x}"), &format!("{a}{x}")));
        for (expected, given) in [
            (quotient.clone(), format!("\\frac{{{y}}}{{{x}}}")),
            (quotient.clone(), second.clone()),
            (quotient.clone(), format!("\\frac{{d{x}}}{{d{y}}}")),
            (format!("{quotient}={a}{x}"), format!("{y}={a}{x}")),
            (format!("{second}={a}{x}"), format!("{quotient}={a}{x}")),
            (format!("{quotient}+{y}={x}"), format!("\\frac{{{y}}}{{{x}}}+{y}={x}")),
            (format!("\\frac{{\\Delta {y}}}{{\\Delta {x}}}"), format!("\\frac{{{y}}}{{{x}}}")),
        ] {
            assert!(same(&expected, &expected), "{}", expected);
            assert!(!same(&expected, &given), "{} | {}", expected, given);
        }
    }

    #[test]
    fn times_are_not_ratios(hour in 0..24u32, minute in 0..60u32, factor in 2..6u32, later in 1..1439u32) {
        let time = format!("{hour}:{minute:02}");
        let sum = (hour * 60 + minute + later) % 1440;
        assert!(!same(&time, &format!("{}:{:02}", sum / 60, sum % 60)), "{}", time);
        assert!(!same(&time, &format!("{}:{}", hour * factor, minute * factor)) || hour + minute == 0);
        let half = if hour < 12 { "am" } else { "pm" };
        let clock = if hour % 12 == 0 { 12 } else { hour % 12 };
        assert!(same(&time, &format!("{clock}.{minute:02} {half}")), "{}", time);
        assert!(same(&time, &format!("{hour:02}:{minute:02}")), "{}", time);
    }

    #[test]
    fn dates_ranges_and_remainders_are_not_computed(
        a in 1..28u32, b in 1..12u32, c in 2000..2030u32, d in 1..9u32,
    ) {
        assert!(!same(&format!("{a}/{b}/{c}"), &format!("{}/{}/{c}", 2 * a, 2 * b)));
        assert!(!same(&format!("{a}/{b}/{c}"), &format!("{}/{b}/{}", 2 * a, 2 * c)));
        assert!(same(&format!("{a}/{b}/{c}"), &format!("{a:02}/{b:02}/{c}")));
        for dash in ["-", "–", " to "] {
            assert!(!same(&format!("{a}{dash}{b}"), &format!("{}-{}", a + d, b + d)));
            assert!(same(&format!("{a}{dash}{b}"), &format!("{a} - {b}")));
        }
        assert!(!same(&format!("{a}-{b}"), &(i64::from(a) - i64::from(b)).to_string()));
        assert_eq!(same(&format!("{a} r {b}"), &format!("{b} r {a}")), a == b);
        assert!(same(&format!("{a} r {b}"), &format!("{a} remainder {b}")));
    }

    #[test]
    fn letters_and_words_have_an_order(letters in capitals(4), swap in 0..3usize) {
        let mut other = letters.clone();
        other.swap(swap, swap + 1);
        assert!(!same(&text(&letters), &text(&other)));
        assert!(same(&text(&letters), &text(&letters).to_lowercase()));
        assert!(!same(&text(&letters[..3]), &text(&[letters[0], letters[2], letters[1]])));
    }

    #[test]
    fn words_of_three_letters_are_words(
        word in prop::sample::select(vec!["arc", "arm", "rod", "add", "top", "ray", "net", "row", "pie", "dot", "bar", "map"]),
        swap in 0..2usize,
    ) {
        let mut letters: Vec<char> = word.chars().collect();
        letters.swap(swap, swap + 1);
        prop_assume!(text(&letters) != word);
        assert!(!same(word, &text(&letters)), "{}", word);
    }

    #[test]
    fn products_of_letters_have_no_order(
        letters in prop::sample::subsequence(('j'..='z').filter(|c| !"lnou".contains(*c)).collect::<Vec<char>>(), 3),
        swap in 0..2usize,
    ) {
        let mut other = letters.clone();
        other.swap(swap, swap + 1);
        assert!(same(&text(&letters), &text(&other)), "{}", text(&letters));
    }

    #[test]
    fn commas_in_points_and_before_spaces_separate(a in 1..999u32, b in 100..999u32) {
        let joined = format!("{a}{b}");
        assert!(!same(&format!("({a},{b})"), &joined));
        assert!(!same(&joined, &format!("({a},{b})")));
        assert!(!same(&format!("{a}, {b}"), &joined));
        assert!(!same(&joined, &format!("{a}, {b}")));
        assert!(same(&joined, &format!("{a},{b}")));
        assert!(same(&format!("{a},{b}"), &joined));
    }

    #[test]
    fn names_of_points_count(letters in capitals(2), (x, y) in (0..9u32, 0..9u32), (z, w) in (0..9u32, 10..19u32)) {
        let (a, b) = (letters[0], letters[1]);
        let expected = format!("{a}({x},{y}), {b}({z},{w})");
        assert!(!same(&expected, &format!("{b}({x},{y}), {a}({z},{w})")), "{}", expected);
        assert!(same(&expected, &format!("{b}({z},{w}), {a}({x},{y})")), "{}", expected);
        assert!(!same(&format!("{a}({x},{w})"), &format!("{b}({x},{w})")));
        assert!(same(&format!("{a}({x},{w})"), &format!("({x},{w})")));
    }

    #[test]
    fn sums_of_vectors_are_computed(a in prop::array::uniform4(-9..9i32), k in 2..9i32) {
        let [x, y, z, w] = a;
        let sum = format!("({},{})", x + k * z, y + k * w);
        let written = format!("({x},{y})+{k}({z},{w})");
        let column = format!("\\begin{{pmatrix}}{x}\\\\{y}\\end{{pmatrix}}+{k}\\begin{{pmatrix}}{z}\\\\{w}\\end{{pmatrix}}");
        assert!(same(&sum, &written), "{} | {}", sum, written);
        assert!(same(&sum, &column), "{} | {}", sum, column);
        assert!(same(&column, &written), "{} | {}", column, written);
        assert!(!same(&sum, &format!("({x},{y})+{k}({z},{})", w + 1)));
    }
}

#[test]
fn unreadable_texts_say_what_to_write() {
    for (expected, given, wanted) in [
        ("2.5", "2,5", "write 2.5"),
        ("5", "5,0", "write 5.0"),
        ("x=3, x=-2", "x1=3, x2=-2", "write x = …"),
        ("x^2", "x2", "write x = … or x^2"),
        ("10", "1O", "write the digit 0"),
        ("x^2", "\\int 2x dx", "without the integral sign"),
        ("55", "\\sum n", "A sum sign can't be read"),
        ("3", "\\lim_{x\\to0} 3", "A limit can't be read"),
        ("2x", "\\frac{d}{dx}x^2", "write the derivative itself"),
        ("(1,2)", "(1,2) (3,4)", "put a comma between them"),
        ("(1,5)", "(1,2)+3", "A vector and a number can't be added"),
        ("x", "\\begin{cases}x&x>0\\\\-x&x<0\\end{cases}", "one formula"),
    ] {
        match compare(expected, given, &AnswerRules::default()) {
            Comparison::Unreadable { message, .. } => {
                assert!(message.contains(wanted), "{expected} | {given}: {message}");
            }
            other => panic!("{expected} | {given}: {other:?}"),
        }
    }
}
