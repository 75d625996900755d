//! Fuzzes every kind of answer with one text as both sides: an answer is never a wrong one for itself.
#![no_main]

use answers::{Checker, Kind, Outcome};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for name in Kind::names() {
        let Ok(kind) = name.parse::<Kind>() else { continue };
        assert_eq!(kind.to_string().parse::<Kind>().as_ref(), Ok(&kind));
        if let Ok(checker) = Checker::new(text, kind)
            && name != "words"
        {
            assert_ne!(checker.check(text).outcome, Outcome::Incorrect, "{name}: {text}");
        }
    }
});
