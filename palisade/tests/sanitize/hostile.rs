//! Hostile HTML: no preset leaves active, tracking or misleading content.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};
use palisade::Sanitizer;
use palisade::sanitize::SafeHtml;
use url::Url;

use super::custom::{ADDED_SCHEMES, widest};
use super::rich;

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

/// Asserts that this HTML runs nothing, loads nothing from other sites and covers nothing.
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
            "acronym",
            "address",
            "article",
            "aside",
            "b",
            "bdi",
            "bdo",
            "big",
            "blockquote",
            "br",
            "caption",
            "center",
            "cite",
            "code",
            "col",
            "colgroup",
            "data",
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
            "footer",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hgroup",
            "hr",
            "i",
            "img",
            "ins",
            "kbd",
            "li",
            "main",
            "mark",
            "math",
            "nav",
            "none",
            "ol",
            "p",
            "pre",
            "q",
            "rp",
            "rt",
            "ruby",
            "s",
            "samp",
            "search",
            "section",
            "semantics",
            "small",
            "span",
            "strike",
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
            "tt",
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
                "href" | "cite" => {
                    let goes =
                        here.join(value).unwrap_or_else(|error| panic!("{from:?}: {value:?}: {error}"));
                    assert_eq!(name == "a", named == "href", "{from:?} left {html:?}");
                    let mut schemes = ["https", "http", "mailto"].iter().chain(ADDED_SCHEMES);
                    assert!(schemes.any(|scheme| *scheme == goes.scheme()), "{from:?} left {html:?}");
                    assert!(goes.username().is_empty(), "{from:?} left {html:?}");
                }
                "src" => {
                    let goes = here.join(value).unwrap();
                    assert_eq!((name, goes.origin()), ("img", here.origin()), "{from:?} left {html:?}");
                }
                "id" => assert!(value.starts_with("user-"), "{from:?} left {html:?}"),
                "rel" => assert_eq!(value, "noopener nofollow"),
                "target" => assert_eq!(value, "_blank"),
                other => {
                    let known = [
                        "abbr",
                        "accent",
                        "accentunder",
                        "align",
                        "alt",
                        "alttext",
                        "aria-hidden",
                        "aria-label",
                        "border",
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
                        "hreflang",
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
                        "translate",
                        "type",
                        "xml:lang",
                        "xlink:title",
                        "valign",
                        "value",
                        "width",
                    ];
                    assert!(known.contains(&other), "{from:?} left {other}: {html:?}");
                }
            }
        }
    }
}

/// Asserts that the output of each preset is harmless, and stable when it is cleaned again.
pub fn assert_cleaned(html: &str) {
    for sanitizer in [Sanitizer::rich(), Sanitizer::plain(), Sanitizer::text_only(), widest()] {
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
    let vectors = include_str!("../data/hostile.html.txt");
    for html in vectors.lines() {
        assert_cleaned(html);
        assert!(
            !rich(html).contains("elsewhere.example") || html.contains("&"),
            "{html:?} still loads from another site"
        );
    }
    assert_cleaned(vectors);
}

#[test]
#[should_panic(expected = "left onerror")]
fn the_check_itself_detects_event_handlers() {
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
        "<ruby><rt>",
        "<center align=center>",
        "<section>",
        "<blockquote cite=javascript:run()>",
        "<a target=_top href=tel:1>",
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
