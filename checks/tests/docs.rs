//! Documentation: pages, links, examples.

use house_checks::docs::examples::examples;
use house_checks::docs::{Rule, check, html, lines};
use house_checks::package::Package;

const EXAMPLE: &str = "//! One.\n//!\n//! ```\n//! assert!(demo::a::Shown::new().is_ok());\n//! ```\n//!\n\
                       //! Two.\n//! Three.\n//! Four.\n//! Five.\n";

fn page(rest: &str) -> String {
    format!("{EXAMPLE}{rest}")
}

/// Returns the rules that a library with this module `a` breaks, and where.
fn broken(lib: &str, a: &str) -> Vec<(Rule, String)> {
    let (lib, a) = (page(lib), a.to_owned());
    let package =
        Package::parse("demo", [("demo/src/lib.rs", lib.as_str()), ("demo/src/a.rs", a.as_str())]).unwrap();
    check(&package).into_iter().map(|violation| (violation.rule, violation.text)).collect()
}

#[test]
fn accepts_a_page_with_an_example() {
    assert_eq!(broken("pub mod a;", &page("pub struct Shown;")), []);
}

#[test]
fn rejects_a_short_page() {
    let found = broken("pub mod a;", "//! Short.\n");
    assert_eq!(
        found,
        [
            (Rule::Page, "demo/src/a.rs:1: its page has 1 lines; 10 at least".to_owned()),
            (Rule::Page, "demo/src/a.rs:1: its page has no example".to_owned()),
        ]
    );
}

#[test]
fn rejects_a_page_in_a_private_module() {
    let private =
        (Rule::Private, "demo/src/a.rs:1: rustdoc renders no page for this private module".to_owned());
    assert_eq!(broken("mod a;", &page("")), [private]);
    assert_eq!(broken("mod a;", "//! A note."), []);
    // A re-exported module is rendered.
    assert_eq!(broken("mod b { pub use crate::a; }\nmod a;\npub use self::b::a;", &page("")), []);
}

#[test]
fn rejects_an_example_without_assertion() {
    let silent = "/// F.\n///\n/// ```\n/// demo::a::Shown::new();\n/// ```\npub fn f() {}";
    let place = (Rule::Assert, "demo/src/a.rs:13: the example asserts nothing".to_owned());
    assert!(broken("pub mod a;", &page(silent)).contains(&place));
    for info in ["text", "no_run", "compile_fail", "should_panic", "ignore", "toml"] {
        let other = silent.replacen("/// ```\n", &format!("/// ```{info}\n"), 1);
        assert!(!broken("pub mod a;", &page(&other)).iter().any(|(rule, _)| *rule == Rule::Assert), "{info}");
    }
}

#[test]
fn rejects_an_item_without_example() {
    let missing = (Rule::Example, "demo/src/a.rs:11: no example names Hidden".to_owned());
    assert_eq!(broken("pub mod a;", &page("pub struct Hidden;")), [missing]);
    assert_eq!(broken("pub mod a;", &page("pub(crate) struct Hidden;")), []);
    assert_eq!(broken("pub mod a;", &page("#[doc(hidden)]\npub struct Hidden;")), []);
    let method = "pub struct Hidden;\nimpl Hidden {\n/// F.\n/// ```\n/// assert!(Hidden.f());\n/// ```\npub fn f() {}\n}";
    assert_eq!(broken("pub mod a;", &page(method)), []);
}

#[test]
fn finds_items_behind_re_exports() {
    let missing = (Rule::Example, "demo/src/a.rs:2: no example names Hidden".to_owned());
    assert_eq!(broken("mod a;\npub use self::a::Hidden;", "//! A.\npub struct Hidden;"), [missing]);
}

#[test]
fn rejects_a_page_named_without_link() {
    let text = |link: &str| page(&format!("/// See the module's page{link}.\npub struct Shown;"));
    assert_eq!(broken("pub mod a;", &text("")).len(), 1);
    assert_eq!(broken("pub mod a;", &text(" [a](crate::a)")), []);
    assert_eq!(broken("pub mod a;", &text(" ([`self`])")), []);
    assert_eq!(broken("pub mod a;\nmod b {}", &text(" [b](crate::b)")).len(), 1);
}

#[test]
fn counts_rendered_and_private_lines() {
    let package = Package::parse(
        "demo",
        [
            ("demo/src/lib.rs", "//! One.\n//! Two.\npub mod a;\nmod b;"),
            ("demo/src/a.rs", "//! Three."),
            ("demo/src/b.rs", "//! Four."),
        ],
    )
    .unwrap();
    let found = lines(&package);
    assert_eq!((found.rendered, found.private), (3, 1));
}

#[test]
fn html_needs_pages_and_targets() {
    let folder = std::env::temp_dir().join(format!("house-checks-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("demo/a")).unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.join(path), text).unwrap();
    let package =
        Package::parse("demo", [("demo/src/lib.rs", "pub mod a;"), ("demo/src/a.rs", "//! A.")]).unwrap();
    write("demo/index.html", "<a href=\"a/index.html#why\">a</a>");
    let missing = html::check(&package, &folder).unwrap();
    assert_eq!(missing.len(), 2, "{missing:?}");
    write("demo/a/index.html", "<h2 id=\"why\">");
    let right = html::check(&package, &folder).unwrap();
    write("demo/a/index.html", "<h2 id=\"because\">");
    let moved = html::check(&package, &folder).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(right, [""; 0]);
    assert_eq!(moved.len(), 1);
}

#[test]
fn names_the_file_that_an_example_is_in() {
    let package = Package::parse(
        "demo",
        [
            ("demo/guide/start.md", "Start.\n\n```\nlet a = 1;\n```\n"),
            ("demo/src/lib.rs", "#[doc = include_str!(\"../guide/start.md\")]\npub mod guide {}"),
        ],
    )
    .unwrap();
    let found = check(&package);
    assert!(
        found.iter().any(|one| one.text == "demo/guide/start.md:3: the example asserts nothing"),
        "{found:?}"
    );
}

#[test]
fn longer_fences_hold_shorter_ones() {
    let text = "````\nlet a = \"\n```floors\n```\n\";\n````\n";
    assert_eq!(examples(text).len(), 1);
    assert!(examples(text)[0].code.contains("```floors"));
}
