//! An allow-list of the application's own takes what is inert, and names what is not.

use std::sync::LazyLock;

use palisade::Sanitizer;
use palisade::sanitize::AllowListError;

/// The elements that no preset has, and that can be added.
const ELEMENTS: &[&str] = &[
    "acronym", "address", "article", "aside", "big", "center", "data", "footer", "h1", "header", "hgroup",
    "main", "nav", "rp", "rt", "ruby", "search", "section", "strike", "tt",
];
const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["aria-label", "aria-hidden", "hreflang", "target", "translate"]),
    ("blockquote", &["cite"]),
    ("data", &["value"]),
    ("del", &["cite"]),
    ("div", &["align"]),
    ("h1", &["align", "aria-label"]),
    ("img", &["align", "border"]),
    ("ins", &["cite"]),
    ("mtext", &["aria-label", "aria-hidden"]),
    ("q", &["cite"]),
    ("table", &["align", "border", "width", "height", "valign"]),
    ("td", &["abbr", "align", "valign", "width", "height"]),
];
/// Schemes that can be added.
pub const ADDED_SCHEMES: &[&str] = &["tel", "sms", "geo", "xmpp", "sip", "magnet", "ftp", "irc", "webcal"];

/// Returns the sanitizer that allows as much as can be allowed.
pub fn widest() -> Sanitizer {
    static WIDEST: LazyLock<Sanitizer> = LazyLock::new(make_widest);
    WIDEST.clone()
}

fn make_widest() -> Sanitizer {
    let elements = Sanitizer::rich().allow_elements(ELEMENTS).unwrap();
    let attributes = ATTRIBUTES
        .iter()
        .fold(elements, |sanitizer, (element, names)| sanitizer.allow_attributes(element, *names).unwrap());
    attributes.allow_link_schemes(ADDED_SCHEMES).unwrap()
}

fn clean(sanitizer: Result<Sanitizer, AllowListError>, html: &str) -> String {
    sanitizer.unwrap().clean(html).unwrap().into_string()
}

#[test]
fn added_elements_stay_and_others_go() {
    let html = "<h1 id=a class=b>A</h1><p>b <b>c</b> <img src=/d.png></p><script>e</script>";
    let headings = Sanitizer::text_only().allow_elements(["H1", "img"]);
    assert_eq!(clean(headings, html), "<h1 id=\"user-a\">A</h1>b c <img src=\"/d.png\">");
    let formula = "<math><mfrac><mn>1</mn><mi>x</mi></mfrac></math>";
    assert_eq!(clean(Sanitizer::plain().allow_elements(["math"]), formula), formula);
    assert_eq!(clean(Sanitizer::plain().allow_elements([""; 0]), html), "A<p>b <b>c</b> </p>");
}

#[test]
fn removed_elements_leave_their_text() {
    let fewer = Sanitizer::rich().without_elements(["h2", "math", "a"]);
    let html = "<h2>A</h2><p><a href=/b>b</a> <math><mi>x</mi></math><i>c</i></p>";
    assert_eq!(clean(fewer, html), "A<p>b <i>c</i></p>");
}

#[test]
fn added_attributes_take_safe_values_only() {
    let tables = || Sanitizer::rich().allow_attributes("td", ["align", "abbr"]);
    let cell = |html: &str| {
        let table = clean(tables(), &format!("<table><tbody><tr>{html}</tr></tbody></table>"));
        table.split_once("<tr>").unwrap().1.split_once("</tr>").unwrap().0.to_owned()
    };
    assert_eq!(cell("<td align=right abbr='a b'>x</td>"), "<td align=\"right\" abbr=\"a b\">x</td>");
    assert_eq!(cell("<td align='x;y' onclick='run()'>x</td>"), "<td>x</td>");
    assert_eq!(cell("<th align=right>x</th>"), "<th>x</th>", "another element");

    let quotes = || Sanitizer::plain().allow_attributes("blockquote", ["cite"]);
    assert_eq!(
        clean(quotes(), "<blockquote cite='/a'>x</blockquote>"),
        "<blockquote cite=\"/a\">x</blockquote>"
    );
    for cite in ["javascript:run()", "//elsewhere.example", "data:text/html,x", "https://a@elsewhere.example"]
    {
        let html = format!("<blockquote cite='{cite}'>x</blockquote>");
        assert_eq!(clean(quotes(), &html), "<blockquote>x</blockquote>", "{cite}");
    }

    let targets = Sanitizer::plain().allow_attributes("a", ["target"]);
    let link = clean(targets, "<a href=/b target=_blank>b</a><a href=/c target=frame>c</a>");
    let rel = "rel=\"noopener nofollow\"";
    assert_eq!(link, format!("<a href=\"/b\" target=\"_blank\" {rel}>b</a><a href=\"/c\" {rel}>c</a>"));
}

#[test]
fn added_schemes_are_links() {
    let phones = || Sanitizer::plain().allow_link_schemes(["tel"]);
    assert!(clean(phones(), "<a href='tel:+4420'>a</a>").contains("href=\"tel:+4420\""));
    for href in ["sms:+4420", "javascript:run()", "data:text/html,x"] {
        assert!(!clean(phones(), &format!("<a href='{href}'>a</a>")).contains("href"), "{href}");
    }
}

#[test]
fn active_elements_cannot_be_allowed() {
    for element in [
        "script",
        "SCRIPT",
        "style",
        "iframe",
        "object",
        "embed",
        "svg",
        "form",
        "input",
        "button",
        "select",
        "textarea",
        "template",
        "base",
        "link",
        "meta",
        "noscript",
        "title",
        "xmp",
        "plaintext",
        "video",
        "audio",
        "canvas",
        "dialog",
        "frameset",
        "marquee",
        "maction",
        "annotation-xml",
        "mi",
        "my-widget",
        "math-field",
        "html",
        "body",
        "slot",
        "portal",
        "",
        "b>",
    ] {
        let error = Sanitizer::text_only().allow_elements([element]).unwrap_err();
        assert_eq!(error, AllowListError::Element(element.to_ascii_lowercase().into()));
        assert!(error.to_string().contains("elements that structure text"), "{error}");
    }
}

#[test]
fn active_attributes_cannot_be_allowed() {
    let sanitizer = || Sanitizer::rich().allow_elements(ELEMENTS).unwrap();
    for element in ["a", "img", "p", "h1", "td", "math", "data"] {
        for name in [
            "onclick",
            "ONERROR",
            "style",
            "srcdoc",
            "formaction",
            "action",
            "srcset",
            "ping",
            "background",
            "name",
            "for",
            "form",
            "nonce",
            "xlink:href",
            "data-x",
            "hx-get",
            "is",
            "slot",
            "contenteditable",
            "autofocus",
            "popover",
            "rel",
            "role",
            "",
        ] {
            let error = sanitizer().allow_attributes(element, [name]).unwrap_err();
            let expected = (element.into(), name.to_ascii_lowercase().into());
            assert_eq!(error, AllowListError::Attribute { element: expected.0, name: expected.1 });
            assert!(error.to_string().contains("safe values for"), "{error}");
        }
    }
    assert!(sanitizer().allow_attributes("p", ["href"]).is_err(), "links are for `a`");
    let error = sanitizer().allow_attributes("p", ["class"]).unwrap_err().to_string();
    assert!(error.contains("`.classes("), "{error}");
}

#[test]
fn active_schemes_cannot_be_allowed() {
    for scheme in ["javascript", "JavaScript", "data", "vbscript", "blob", "file", "about", "javascript:", ""]
    {
        let error = Sanitizer::rich().allow_link_schemes([scheme]).unwrap_err();
        assert_eq!(error, AllowListError::Scheme(scheme.to_ascii_lowercase().into()));
    }
}

#[test]
fn misspelt_elements_are_an_error() {
    let error = Sanitizer::plain().without_elements(["image"]).unwrap_err();
    assert_eq!(error, AllowListError::NotOnTheList("image".into()));
    let error = Sanitizer::plain().allow_attributes("h1", ["align"]).unwrap_err().to_string();
    assert!(error.contains("write `.allow_elements([\"h1\"])?` before"), "{error}");
}

#[test]
fn a_change_keeps_the_other_settings() {
    let sanitizer = Sanitizer::plain().classes(["note"]).id_prefix("a-").max_bytes(60);
    let sanitizer = sanitizer.allow_elements(["h1"]).unwrap().classes(["note", "big"]);
    let html = "<h1 class='big x' id=y>A</h1>";
    assert_eq!(sanitizer.clean(html).unwrap().as_str(), "<h1 class=\"big\" id=\"a-y\">A</h1>");
    assert!(sanitizer.clean(&html.repeat(3)).is_err());
}
