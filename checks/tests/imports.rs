//! Imports in every spelling.

use crate::{assert_imports_session, violations};

#[test]
fn accepts_imports_of_lower_floors() {
    assert_eq!(violations(&[]), [""; 0]);
}

#[test]
fn rejects_a_full_path() {
    assert_imports_session(2, "//! Core.\nuse crate::session::Session;");
    assert_imports_session(2, "//! Core.\npub(crate) use crate::session::Session as Visit;");
    assert_imports_session(2, "//! Core.\nuse crate::session;");
}

#[test]
fn rejects_a_re_export_of_the_root() {
    assert_imports_session(2, "//! Core.\nuse crate::Session;");
    assert_imports_session(2, "//! Core.\nfn f(_: &crate::Session) {}");
}

#[test]
fn rejects_a_group() {
    assert_imports_session(2, "//! Core.\nuse crate::{core as c, session::{Session as S}};");
    assert_imports_session(2, "//! Core.\nuse crate::{session::{self}};");
    assert_imports_session(3, "//! Core.\nuse crate::{\n    session::Session,\n};");
}

#[test]
fn rejects_relative_paths() {
    assert_imports_session(2, "//! Core.\nuse super::session::Session;");
    assert_imports_session(2, "//! Core.\nuse self::super::session::*;");
    assert_imports_session(2, "//! Core.\nmod deep { use super::super::session::Session; }");
}

#[test]
fn rejects_paths_in_code() {
    assert_imports_session(2, "//! Core.\nfn f() { crate::session::Session::new(); }");
    assert_imports_session(2, "//! Core.\nfn f() { let _: Vec<Option<super::session::Session>>; }");
    assert_imports_session(2, "//! Core.\nimpl Clone for crate::session::Session {}");
    assert_imports_session(2, "//! Core.\nfn f() { use crate::session::Session; }");
    assert_imports_session(3, "//! Core.\nuse crate as c;\nfn f() { c::session::f(); }");
}

#[test]
fn rejects_paths_in_macros() {
    assert_imports_session(2, "//! Core.\nfn f() { assert!(crate::session::Session::new().is_ok()); }");
    assert_imports_session(2, "//! Core.\nmacro_rules! m { () => { $crate::session::Session::new() } }");
    assert_imports_session(2, "//! Core.\nmacro_rules! m { () => { use crate::{core, session::Session}; } }");
    assert_imports_session(2, "//! Core.\ncrate::session::make!();");
}

#[test]
fn accepts_a_visibility_in_a_macro() {
    let macros = "//! Core.\nstruct Plain;\nnamed! { pub(crate) enum Name { First } }";
    assert_eq!(violations(&[("demo/src/core.rs", macros)]), [""; 0]);
}

#[test]
fn rejects_paths_in_attributes() {
    assert_imports_session(2, "//! Core.\n#[serde(with = \"crate::session::text\")]\nstruct Field;");
    assert_imports_session(2, "//! Core.\n#[derive(Debug, crate::session::Derived)]\nstruct Field;");
}

#[test]
fn rejects_names_that_a_glob_brings() {
    let found = violations(&[("demo/src/core.rs", "//! Core.\nuse crate::*;\nfn f() { Session::new(); }")]);
    assert!(found.iter().any(|text| text.starts_with("demo/src/core.rs:2: core imports lib")), "{found:?}");
    assert!(
        found.iter().any(|text| text.starts_with("demo/src/core.rs:3: core imports session")),
        "{found:?}"
    );
}

#[test]
fn follows_re_exports_between_modules() {
    // `pages` re-exports Csrf; session imports it under that name.
    let found = violations(&[
        ("demo/src/pages/mod.rs", "//! Pages.\npub use crate::csrf::*;"),
        ("demo/src/session.rs", "//! Sessions.\nuse crate::pages::Csrf;\npub struct Session;"),
    ]);
    assert_eq!(
        found,
        ["demo/src/session.rs:2: session imports csrf (`crate::pages::Csrf`); it may import core"]
    );
}

#[test]
fn reads_files_that_path_names() {
    assert_eq!(
        violations(&[
            ("demo/src/core.rs", "//! Core.\n#[path = \"odd.rs\"]\nmod deep;"),
            ("demo/src/odd.rs", "//! Odd.\nuse super::super::csrf::Csrf;"),
        ]),
        ["demo/src/odd.rs:2: core imports csrf (`super::super::csrf::Csrf`); it may import nothing"]
    );
}

#[test]
fn reads_on_after_a_test_module() {
    assert_imports_session(
        4,
        "//! Core.\n#[cfg(test)]\nmod tests { use crate::pages::Home; }\nuse crate::session::Session;",
    );
    assert_imports_session(3, "//! Core.\n#[cfg(test)]\nuse crate::session::Session;");
}

#[test]
fn skips_files_of_tests() {
    let test = "//! Tests.\nuse crate::session::Session;\nuse axum::Router;";
    let core = "//! Core.\n#[cfg(all(test, feature = \"axum\"))]\nmod tests;";
    assert_eq!(violations(&[("demo/src/core.rs", core), ("demo/src/core/tests.rs", test)]), [""; 0]);
}

#[test]
fn ignores_words_in_comments_and_strings() {
    let core =
        "//! See [`crate::session`].\n// use crate::session::Session;\nconst A: &str = \"crate::session\";";
    assert_eq!(violations(&[("demo/src/core.rs", core)]), [""; 0]);
}

#[test]
fn limits_who_names_a_crate() {
    for text in ["use axum::Router;", "use ::axum::Router;", "fn f() { m!(axum::x()) }", "use axum;"] {
        let found = violations(&[("demo/src/csrf.rs", &format!("//! CSRF.\n{text}"))]);
        assert_eq!(found, ["demo/src/csrf.rs:2: csrf names axum; only pages may"], "{text}");
    }
}
