//! What people write is shown without what could run, track or mislead.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};
use palisade::{SafeHtml, SanitizeError, Sanitizer};
use url::Url;

fn rich(html: &str) -> String {
    Sanitizer::rich().clean(html).unwrap().into_string()
}

fn plain(html: &str) -> String {
    Sanitizer::plain().clean(html).unwrap().into_string()
}

/// Every tag and comment of HTML, as a browser's tokeniser sees them.
#[derive(Default)]
struct Tags {
    tags: RefCell<Vec<Tag>>,
    others: RefCell<Vec<String>>,
}

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => self.tags.borrow_mut().push(tag),
            Token::CommentToken(_) | Token::DoctypeToken(_) => {
                self.others.borrow_mut().push(format!("{token:?}"))
            }
            Token::CharacterTokens(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

/// Fails unless nothing in this HTML runs, fetches from elsewhere, or covers the page.
pub fn assert_harmless(html: &str, from: &str) {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Tags::default(), Default::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let here = Url::parse("https://site.example/app/page").unwrap();
    assert!(tokenizer.sink.others.borrow().is_empty(), "{from:?} left {html:?}");
    for tag in tokenizer.sink.tags.borrow().iter().filter(|tag| tag.kind == TagKind::StartTag) {
        let name: &str = &tag.name;
        let inert = [
            "a",
            "abbr",
            "b",
            "bdi",
            "bdo",
            "blockquote",
            "br",
            "caption",
            "cite",
            "code",
            "col",
            "colgroup",
            "dd",
            "del",
            "details",
            "dfn",
            "div",
            "dl",
            "dt",
            "em",
            "figcaption",
            "figure",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "hr",
            "i",
            "img",
            "ins",
            "kbd",
            "li",
            "mark",
            "math",
            "none",
            "ol",
            "p",
            "pre",
            "q",
            "s",
            "samp",
            "semantics",
            "small",
            "span",
            "strong",
            "sub",
            "summary",
            "sup",
            "table",
            "tbody",
            "td",
            "tfoot",
            "th",
            "thead",
            "time",
            "tr",
            "u",
            "ul",
            "var",
            "wbr",
        ];
        let maths = name.starts_with('m')
            && !["maction", "mglyph", "malignmark", "marquee", "meta", "menu"].contains(&name);
        assert!(inert.contains(&name) || maths, "{from:?} left <{name}>: {html:?}");
        for attribute in &tag.attrs {
            let (named, value): (&str, &str) = (&attribute.name.local, &attribute.value);
            match named {
                "href" => {
                    let goes =
                        here.join(value).unwrap_or_else(|error| panic!("{from:?}: {value:?}: {error}"));
                    assert_eq!(name, "a", "{from:?} left {html:?}");
                    assert!(["https", "http", "mailto"].contains(&goes.scheme()), "{from:?} left {html:?}");
                    assert!(goes.username().is_empty(), "{from:?} left {html:?}");
                }
                "src" => {
                    let goes = here.join(value).unwrap();
                    assert_eq!((name, goes.origin()), ("img", here.origin()), "{from:?} left {html:?}");
                }
                "id" => assert!(value.starts_with("user-"), "{from:?} left {html:?}"),
                "rel" => assert_eq!(value, "noopener nofollow"),
                other => {
                    let known = [
                        "accent",
                        "accentunder",
                        "alt",
                        "alttext",
                        "colspan",
                        "columnalign",
                        "columnspan",
                        "datetime",
                        "decoding",
                        "depth",
                        "dir",
                        "display",
                        "displaystyle",
                        "fence",
                        "form",
                        "height",
                        "lang",
                        "largeop",
                        "linethickness",
                        "loading",
                        "lspace",
                        "mathvariant",
                        "maxsize",
                        "minsize",
                        "movablelimits",
                        "open",
                        "reversed",
                        "rowspan",
                        "rspace",
                        "scope",
                        "scriptlevel",
                        "separator",
                        "span",
                        "start",
                        "stretchy",
                        "symmetric",
                        "title",
                        "type",
                        "xml:lang",
                        "xlink:title",
                        "value",
                        "width",
                    ];
                    assert!(known.contains(&other), "{from:?} left {other}: {html:?}");
                }
            }
        }
    }
}

/// Fails unless each preset makes something harmless of it that stays as it is.
pub fn assert_cleaned(html: &str) {
    for sanitizer in [Sanitizer::rich(), Sanitizer::plain(), Sanitizer::none()] {
        let Ok(cleaned) = sanitizer.clean(html) else { continue };
        assert_harmless(cleaned.as_str(), html);
        assert_eq!(
            sanitizer.clean(cleaned.as_str()).as_ref(),
            Ok(&cleaned),
            "{html:?} changes when it is cleaned again"
        );
        assert_harmless(SafeHtml::text(&cleaned.excerpt(100)).as_str(), html);
    }
}

#[test]
fn no_hostile_html_survives() {
    let vectors = include_str!("data/hostile.html.txt");
    for html in vectors.lines() {
        assert_cleaned(html);
        assert!(
            !rich(html).contains("elsewhere.example") || html.contains("&"),
            "{html:?} still asks elsewhere"
        );
    }
    assert_cleaned(vectors);
}

#[test]
#[should_panic(expected = "left onerror")]
fn the_check_itself_sees_what_runs() {
    assert_harmless("<img src=\"/a\" onerror=\"run()\">", "a page");
}

#[test]
fn hostile_pieces_in_any_order_do_not_survive() {
    let pieces = [
        "<math>",
        "</math>",
        "<mtext>",
        "<mi>",
        "<mglyph>",
        "<malignmark>",
        "<annotation-xml encoding=text/html>",
        "<svg>",
        "</svg>",
        "<foreignObject>",
        "<desc>",
        "<title>",
        "<style>",
        "</style>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<table>",
        "</table>",
        "<td>",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<a href=javascript:run()>",
        "<a id=x href=#x title='",
        "'",
        "\"",
        "<img src=x onerror=run()>",
        "<form>",
        "</form>",
        "<select>",
        "<template>",
        "</template>",
        "<noscript>",
        "<script>",
        "</script>",
        "<textarea>",
        "</textarea>",
        "&lt;img src onerror=run()&gt;",
        "x",
        "<li>",
        "<ul>",
        "<mrow>",
        "<msup>",
    ];
    let mut random = 0xD1B5_4A32_D192_ED03_u64;
    for _ in 0..1_500 {
        let mut html = String::new();
        for _ in 0..12 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            html.push_str(pieces[(random >> 11) as usize % pieces.len()]);
        }
        assert_cleaned(&html);
    }
}

#[test]
fn what_an_author_writes_stays() {
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
    for (href, kept) in [
        ("/articles?page=2#top", "/articles?page=2#top"),
        ("page", "page"),
        ("#intro", "#user-intro"),
        ("#user-intro", "#user-intro"),
        ("https://example.org", "https://example.org/"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
    ] {
        assert_eq!(rich(&format!("<a href=\"{href}\">x</a>")), format!("<a href=\"{kept}\" {rel}>x</a>"));
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
fn a_formula_stays_in_its_place() {
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
fn classes_and_ids_are_the_sites_own_choice() {
    let html = "<p class=\"note big\" id=\"intro\" style=\"color:red\">x</p>";
    assert_eq!(rich(html), "<p id=\"user-intro\">x</p>");
    let choice = Sanitizer::rich().classes(["note"]).id_prefix("a-");
    assert_eq!(choice.clean(html).unwrap().as_str(), "<p class=\"note\" id=\"a-intro\">x</p>");
}

#[test]
fn presets_differ_in_what_they_keep() {
    let html = "<h2>A</h2><p>b <b>c</b><img src=\"/a.png\"><script>d</script></p>";
    assert_eq!(rich(html), "<h2>A</h2><p>b <b>c</b><img src=\"/a.png\"></p>");
    assert_eq!(plain(html), "A<p>b <b>c</b></p>");
    assert_eq!(Sanitizer::none().clean(html).unwrap().as_str(), "Ab c");
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
    let html = SafeHtml::dangerous_trusted(
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
    assert_eq!(Sanitizer::rich().most_bytes(2).clean("abc").map(|_| ()), Err(SanitizeError::TooLong(2)));

    let nested = |many: usize| "<div>".repeat(many) + &"</div>".repeat(many);
    assert_eq!(clean(&nested(200)), Ok(()));
    assert_eq!(clean(&nested(20_000)), Err(SanitizeError::TooDeep));
    assert_eq!(
        Sanitizer::rich().most_bytes(usize::MAX).clean(&nested(100_000)).map(|_| ()),
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
        Err(SanitizeError::TooMany),
        "each p takes up 200 open b"
    );
    let attributes: String = (0..5_000).map(|many| format!(" a{many}")).collect();
    assert_eq!(clean(&(format!("<p><b{attributes}>") + &"<p>x".repeat(20_000))), Err(SanitizeError::TooMany));
    let in_the_wrong_place = "<table>".to_owned() + &"x<i></i>".repeat(20_000);
    assert_eq!(clean(&in_the_wrong_place), Err(SanitizeError::TooMany), "each is moved before the table");
    let one_tag: String = (0..40_000).map(|many| format!(" {many:x}")).collect();
    assert_eq!(clean(&format!("<b{one_tag}>")), Err(SanitizeError::TooMany));
    let quoted: String = (0..20_000).map(|many| format!(" {many:x}='>'")).collect();
    assert_eq!(clean(&format!("<b{quoted}>")), Err(SanitizeError::TooMany));
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
