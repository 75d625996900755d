//! Assertions that hold for every page. The unit tests of each page call them.

use palisade::CspNonce;

use super::layout::{Layout, Section};

pub(crate) fn layout() -> Layout {
    Layout::new(Section::Other, CspNonce::default())
}

/// Asserts the markup rules of every page, and that its only `h1` is `heading`.
pub(crate) fn check(page: &str, heading: &str) {
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en-GB\">"), "{page}");
    assert!(page.contains(&format!("<h1>{heading}</h1>")), "{heading} in {page}");
    for once in
        ["<h1", "<title>", "<main id=\"main\"", "class=\"skip\" href=\"#main\"", "name=\"description\""]
    {
        assert_eq!(page.matches(once).count(), 1, "{once} in {page}");
    }
    assert!(!page.contains(" style=") && !page.contains("tex-error"), "{page}");
    assert!(!page.contains("content=\"\"") && !page.contains("<title> "), "{page}");
    for script in page.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').expect("a tag ends");
        assert!(tag.contains("src=\"/static/") && tag.contains("nonce=\""), "{tag}");
        assert!(rest.starts_with("</script>"), "a script comes from a file");
    }
    let levels: Vec<u32> =
        page.match_indices("<h").filter_map(|(at, _)| page[at + 2..].chars().next()?.to_digit(10)).collect();
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "headings in order: {levels:?}");
}
