//! Files, tables, cycles and numbers.

use house_checks::architecture::numbers::numbers;
use house_checks::floors::Floors;
use house_checks::package::Package;

use crate::violations;

#[test]
fn rejects_a_module_without_a_floor() {
    let lib = "//! Demo.\nmod core;\nmod csrf;\nmod pages;\nmod session;\nmod util;";
    assert_eq!(
        violations(&[("demo/src/lib.rs", lib), ("demo/src/util/mod.rs", "//! Utilities.")]),
        ["demo/src/util/mod.rs: util has no floor: add it to the table of demo"]
    );
}

#[test]
fn rejects_a_file_that_nothing_declares() {
    assert_eq!(
        violations(&[("demo/src/csrf/old.rs", "//! Old.")]),
        ["demo/src/csrf/old.rs: no `mod` declares this file"]
    );
}

#[test]
fn rejects_a_table_with_an_unknown_module() {
    let lib = "//! Demo.\nmod core;\nmod pages;\nmod session;";
    let found = violations(&[("demo/src/lib.rs", lib), ("demo/src/csrf.rs", "//! CSRF.")]);
    assert!(found.iter().any(|text| text.contains("names csrf, which is no module")), "{found:?}");
}

#[test]
fn rejects_long_files_and_missing_captions() {
    let long = format!("//! CSRF.\n{}", "fn f() {}\n".repeat(400));
    assert_eq!(violations(&[("demo/src/csrf.rs", &long)]), ["demo/src/csrf.rs: 401 lines; 400 at most"]);
    assert_eq!(
        violations(&[("demo/src/csrf.rs", "fn f() {}\n")]),
        ["demo/src/csrf.rs:1: starts without a `//!` line"]
    );
}

#[test]
fn an_example_has_shorter_files() {
    let example = |lines| violations(&[("demo/examples/login/main.rs", &"fn f() {}\n".repeat(lines))]);
    assert_eq!(example(120), [""; 0]);
    assert_eq!(example(121), ["demo/examples/login/main.rs: 121 lines; 120 at most"]);
}

#[test]
fn rejects_a_cycle_inside_a_folder() {
    let found = violations(&[
        ("demo/src/pages/mod.rs", "//! Pages.\nmod home;\nmod list;\npub use self::list::List;"),
        ("demo/src/pages/home.rs", "//! Home.\nuse super::List;\npub struct Home;"),
        ("demo/src/pages/list.rs", "//! List.\nuse crate::pages::home::Home;\npub struct List;"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("demo: cycle in pages: home, list"), "{found:?}");
    assert!(found[0].contains("demo/src/pages/home.rs:2: home imports list (`super::List`)"), "{found:?}");
}

#[test]
fn accepts_a_cycle_of_module_and_part() {
    let found = violations(&[
        ("demo/src/pages/mod.rs", "//! Pages.\nmod home;\nuse home::Home;\npub struct Page;"),
        ("demo/src/pages/home.rs", "//! Home.\nuse super::Page;\npub struct Home;"),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn rejects_a_cycle_on_one_floor() {
    let floors = &Floors::parse("```floors demo\nlib\na · b (import each other)\n```").unwrap()["demo"];
    let package = Package::parse(
        "demo",
        [
            ("demo/src/lib.rs", "//! Demo.\nmod a;\nmod b;"),
            ("demo/src/a.rs", "//! A.\nuse crate::b::B;\npub struct A;"),
            ("demo/src/b.rs", "//! B.\nuse crate::a::A;\npub struct B;"),
        ],
    )
    .unwrap();
    let found = house_checks::architecture::check(&package, floors);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("demo: cycle in the crate: a, b"), "{found:?}");
}

#[test]
fn measures_modules_floors_arrows_and_cycles() {
    let package = Package::parse(
        "demo",
        [
            ("demo/src/lib.rs", "//! Demo.\npub mod a;\nmod b;\nmod c;\nmod d;"),
            ("demo/src/a.rs", "//! A.\nuse crate::b::B;"),
            ("demo/src/b.rs", "//! B.\nuse crate::c::C;\nuse crate::d::D;\npub struct B;"),
            ("demo/src/c.rs", "//! C.\nuse crate::b::B;\npub struct C;"),
            ("demo/src/d.rs", "//! D.\npub struct D;"),
            ("demo/src/main.rs", "//! The command.\nmod run;"),
            ("demo/src/run.rs", "//! Run.\nuse demo::a;"),
        ],
    )
    .unwrap();
    let found = numbers(&package);
    // run → a → (b, c) → d
    assert_eq!((found.modules, found.floors, found.arrows, found.cycles), (5, 4, 5, 1));
}

#[test]
fn table_errors_name_the_line() {
    let error = |text: &str| format!("{:#}", Floors::parse(text).unwrap_err());
    assert_eq!(
        error("```floors demo\na\nb · a\n```"),
        "line 3: `b · a`: `a` stands on two floors: remove one"
    );
    assert!(error("```floors\na\n```").contains("name the package"));
    assert!(error("```floors demo\na").contains("no closing fence"));
    assert!(error("```floors demo\nonly a has axum\n```").contains("end it with `name`"));
}
