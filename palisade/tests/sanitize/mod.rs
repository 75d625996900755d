//! The sanitizer keeps formatting, and removes what could run, track or mislead.

pub mod custom;
pub mod hostile;

use palisade::Sanitizer;
use palisade::sanitize::{SafeHtml, SanitizeError};

fn rich(html: &str) -> String {
    Sanitizer::rich().clean(html).unwrap().into_string()
}

fn plain(html: &str) -> String {
    Sanitizer::plain().clean(html).unwrap().into_string()
}

#[test]
fn allowed_formatting_stays_unchanged() {
    for html in [
        "<h2>Primes</h2><p>There are <em>infinitely</em> many &amp; more.</p>",
        "<ul><li>one</li><li>two<ol start=\"3\"><li>three</li></ol></li></ul>",
        "<figure><img src=\"/uploads/a%20b.png\" alt=\"A graph\" width=\"640\" height=\"480\"><figcaption>x</figcaption></figure>",
        "<table><thead><tr><th scope=\"col\">n</th></tr></thead><tbody><tr><td colspan=\"2\">1</td></tr></tbody></table>",
        "<math display=\"block\"><mrow><mo stretchy=\"true\">(</mo><mfrac><mn>1</mn><mi mathvariant=\"normal\">x</mi></mfrac><mo>)</mo></mrow></math>",
        "<math><munderover><mo movablelimits=\"false\">∑</mo><mi>i</mi><mi>n</mi></munderover><mspace width=\"-0.1667em\"></mspace></math>",
        "<p dir=\"rtl\" lang=\"ar\">نص</p>",
        "<details open=\"\"><summary>Hint</summary>x</details>",
    ] {
        assert_eq!(rich(html), html);
    }
}

#[test]
fn links_are_kept_without_opener_access() {
    let rel = "rel=\"noopener nofollow\"";
    for (href, expected) in [
        ("/articles?page=2#top", "/articles?page=2#top"),
        ("page", "page"),
        ("#intro", "#user-intro"),
        ("#user-intro", "#user-intro"),
        ("https://example.org", "https://example.org/"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
    ] {
        assert_eq!(rich(&format!("<a href=\"{href}\">x</a>")), format!("<a href=\"{expected}\" {rel}>x</a>"));
    }
    for href in [
        "//example.org",
        "javascript:run()",
        "ftp://example.org",
        "tel:1",
        "https://a@example.org",
        "/\\example.org",
    ] {
        assert_eq!(rich(&format!("<a href=\"{href}\">x</a>")), format!("<a {rel}>x</a>"));
    }
}

#[test]
fn a_formula_cannot_cover_other_text() {
    let spaced = |width: &str| rich(&format!("<math><mspace width=\"{width}\"></mspace></math>"));
    assert!(spaced("2em").contains("2em"));
    for width in ["-9em", "900em", "100vw"] {
        assert_eq!(spaced(width), "<math><mspace></mspace></math>");
    }
    let moved =
        rich("<math><mpadded voffset=\"1em\" lspace=\"1em\" mathcolor=\"red\"><mi>x</mi></mpadded></math>");
    assert_eq!(moved, "<math><mpadded><mi>x</mi></mpadded></math>");
}

#[test]
fn classes_and_ids_follow_the_settings() {
    let html = "<p class=\"note big\" id=\"intro\" style=\"color:red\">x</p>";
    assert_eq!(rich(html), "<p id=\"user-intro\">x</p>");
    let choice = Sanitizer::rich().classes(["note"]).id_prefix("a-");
    assert_eq!(choice.clean(html).unwrap().as_str(), "<p class=\"note\" id=\"a-intro\">x</p>");
}

#[test]
fn each_preset_keeps_its_own_elements() {
    let html = "<h2>A</h2><p>b <b>c</b><img src=\"/a.png\"><script>d</script></p>";
    assert_eq!(rich(html), "<h2>A</h2><p>b <b>c</b><img src=\"/a.png\"></p>");
    assert_eq!(plain(html), "A<p>b <b>c</b></p>");
    assert_eq!(Sanitizer::text_only().clean(html).unwrap().as_str(), "Ab c");
    assert_eq!(plain("1 <math><mi>x</mi></math> 2"), "1  2");
}

#[test]
fn an_excerpt_never_revives_entities() {
    let html =
        Sanitizer::rich().clean("<p>&lt;script&gt;run()&lt;/script&gt; &amp;lt;b&amp;gt;</p>").unwrap();
    let excerpt = html.excerpt(100);
    assert_eq!(excerpt, "<script>run()</script> &lt;b&gt;", "plain text, for a template to escape");
    assert_eq!(SafeHtml::text(&excerpt).as_str(), "&lt;script&gt;run()&lt;/script&gt; &amp;lt;b&amp;gt;");
}

#[test]
fn an_excerpt_reads_like_the_page() {
    let html = SafeHtml::dangerous_allow_unsanitized(
        "<h2>On\n primes</h2><ul><li>on<b>e</b></li><li>two</li></ul>a<br>b<style>c{}</style><math><mi>x</mi><mn>2</mn></math>",
    );
    assert_eq!(html.excerpt(100), "On primes one two a bx2");
    assert_eq!(html.excerpt(12), "On primes…");
    assert_eq!(SafeHtml::default().excerpt(5), "");
}

#[test]
fn safe_html_is_written_by_serde() {
    let html = Sanitizer::plain().clean("<b>x").unwrap();
    assert_eq!(serde_json::to_string(&html).unwrap(), r#""<b>x</b>""#);
    assert_eq!(html.to_string(), "<b>x</b>");
}

#[test]
fn oversized_html_is_rejected_with_the_reason() {
    let clean = |html: &str| Sanitizer::rich().clean(html).map(|_| ());
    assert_eq!(clean(&"a".repeat(262_144)), Ok(()));
    assert_eq!(clean(&"a".repeat(262_145)), Err(SanitizeError::TooLong(262_144)));
    assert_eq!(Sanitizer::rich().max_bytes(2).clean("abc").map(|_| ()), Err(SanitizeError::TooLong(2)));

    let nested = |many: usize| "<div>".repeat(many) + &"</div>".repeat(many);
    assert_eq!(clean(&nested(200)), Ok(()));
    assert_eq!(clean(&nested(20_000)), Err(SanitizeError::TooDeep));
    assert_eq!(
        Sanitizer::rich().max_bytes(usize::MAX).clean(&nested(100_000)).map(|_| ()),
        Err(SanitizeError::TooDeep)
    );

    let list = "<ul>".to_owned() + &"<li>x".repeat(40_000) + "</ul>";
    assert_eq!(clean(&list), Ok(()), "a long list is not deep");
}

#[test]
fn small_input_cannot_expand_to_millions_of_elements() {
    let clean = |html: &str| Sanitizer::rich().clean(html).map(|_| ());
    let open: String = (0..200).map(|many| format!("<b a={many}>")).collect();
    assert_eq!(
        clean(&("<p>".to_owned() + &open + &"<p>x".repeat(20_000))),
        Err(SanitizeError::TooManyNodes),
        "each p takes up 200 open b"
    );
    let attributes: String = (0..5_000).map(|many| format!(" a{many}")).collect();
    assert_eq!(
        clean(&(format!("<p><b{attributes}>") + &"<p>x".repeat(20_000))),
        Err(SanitizeError::TooManyNodes)
    );
    let in_the_wrong_place = "<table>".to_owned() + &"x<i></i>".repeat(20_000);
    assert_eq!(
        clean(&in_the_wrong_place),
        Err(SanitizeError::TooManyNodes),
        "each is moved before the table"
    );
    let one_tag: String = (0..40_000).map(|many| format!(" {many:x}")).collect();
    assert_eq!(clean(&format!("<b{one_tag}>")), Err(SanitizeError::TooManyNodes));
    let quoted: String = (0..20_000).map(|many| format!(" {many:x}='>'")).collect();
    assert_eq!(clean(&format!("<b{quoted}>")), Err(SanitizeError::TooManyNodes));
}

#[test]
fn a_pasted_picture_is_removed() {
    let base64 = "iVBORw0KGgo/".repeat(8_000);
    assert_eq!(
        rich(&format!("<p>a <img src=\"data:image/png;base64,{base64}\" alt=\"b\">")),
        "<p>a <img alt=\"b\"></p>"
    );
    let long = "word ".repeat(50_000);
    assert_eq!(plain(&long), long);
}
