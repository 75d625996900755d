//! The demo's pages: formulas as MathML, classes instead of inline styles, and safe templates.

use std::collections::BTreeSet;

use mathsoc::text::rich_text;
use mathsoc::text::typeset::text;
use mathsoc::web::assets;

const DEMO: &str = include_str!("../demo/demo.toml");

fn demo() -> toml::Table {
    DEMO.parse().expect("the demo is TOML")
}

fn rows<'a>(demo: &'a toml::Table, table: &str) -> &'a [toml::Value] {
    demo[table].as_array().expect("an array of tables")
}

fn string<'a>(row: &'a toml::Value, key: &str) -> &'a str {
    row[key].as_str().expect("a string")
}

fn boxes(row: &toml::Value) -> &[toml::Value] {
    row["boxes"].as_array().expect("an array of boxes")
}

/// Returns everything that the site typesets of the demo content.
fn typeset_demo() -> Vec<String> {
    let demo = demo();
    let plain = |row: &toml::Value, key: &str| text(string(row, key)).to_string();
    let trusted = |row: &toml::Value, key: &str| rich_text::shown(string(row, key)).to_string();
    let mut all: Vec<_> = rows(&demo, "announcements").iter().map(|row| plain(row, "body")).collect();
    for row in rows(&demo, "challenges") {
        all.extend([plain(row, "summary"), trusted(row, "statement")]);
        all.extend(boxes(row).iter().map(|answer| plain(answer, "label")));
    }
    for row in rows(&demo, "articles") {
        all.extend([plain(row, "teaser"), trusted(row, "body")]);
    }
    all
}

#[test]
fn every_demo_formula_is_typeset_without_inline_style() {
    let all = typeset_demo();
    for shown in &all {
        assert!(!shown.contains("tex-error"), "{shown}");
        assert!(!shown.contains(" style="), "{shown}");
        assert!(!shown.contains(r"\(") && !shown.contains(r"\["), "{shown}");
    }
    assert!(all.iter().map(|shown| shown.matches("<math").count()).sum::<usize>() > 200);
}

#[test]
fn every_typeset_class_has_a_style_rule() {
    let rules = include_str!("../static/math.css");
    let mut classes = BTreeSet::new();
    for shown in typeset_demo() {
        for attribute in shown.split("class=\"").skip(1) {
            let names = attribute.split('"').next().unwrap().to_owned();
            classes.extend(names.split(' ').filter(|name| name.starts_with("tex-")).map(str::to_owned));
        }
    }
    assert!(classes.contains("tex-text-align-right"), "{classes:?}");
    for class in classes {
        assert!(rules.contains(&format!(".{class} {{")), "static/math.css has no rule for .{class}");
    }
}

#[test]
fn the_demo_is_large_enough_for_pagination() {
    let demo = demo();
    let challenges = rows(&demo, "challenges");
    assert!(challenges.len() > 20);
    for stage in ["KS3", "KS4", "KS5"] {
        assert!(challenges.iter().filter(|row| row["key_stage"].as_str() == Some(stage)).count() >= 6);
    }
    for row in challenges {
        let boxes = boxes(row);
        assert!((1..=3).contains(&boxes.len()), "{}", row["title"]);
        assert!(boxes.iter().all(|answer| !answer["answer"].as_str().unwrap().is_empty()));
    }
    assert!(rows(&demo, "articles").len() >= 5);
}

#[test]
fn templates_have_no_unescaped_output_or_inline_code() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue; // e-mails, which are plain text
        }
        let template = std::fs::read_to_string(&path).unwrap();
        let name = path.display();
        assert!(!template.contains("|safe"), "{name}: only `Typeset` may be printed unescaped");
        assert!(!template.contains(" style=") && !template.contains("<style"), "{name}");
        assert!(!template.contains(" onclick=") && !template.contains(" onload="), "{name}");
        assert!(
            template.split("<script").skip(1).all(|script| script
                .split('>')
                .next()
                .unwrap()
                .contains("src=")),
            "{name}: scripts must be files"
        );
    }
}

#[test]
fn style_sheets_load_nothing_from_elsewhere() {
    assert!(assets::url("site.css").is_some());
    for sheet in [include_str!("../static/site.css"), include_str!("../static/math.css")] {
        assert!(!sheet.contains("//") && !sheet.contains("@import"));
    }
}
