//! Which elements and attributes pass, and what their values may be.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use ammonia::{Builder, Url, UrlRelative};

use crate::core::safe_path::SafePath;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preset {
    Rich,
    Plain,
    None,
}

#[derive(Clone, Debug)]
pub(super) struct Rules {
    preset: Preset,
    pub(super) classes: BTreeSet<Box<str>>,
    pub(super) id_prefix: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// Anything: it is shown, or read out, and nothing more.
    Words,
    /// A name that other places refer to; gets the prefix.
    Id,
    /// The classes of the list.
    Classes,
    /// Where a link leads.
    Link,
    /// A picture of this site.
    Picture,
    /// Up to four digits, perhaps below zero.
    Number,
    /// As long as a few letters, so that nothing leaves its place.
    Length,
    /// One of these, in lower case.
    One(&'static [&'static str]),
}

const PLAIN: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "cite",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "strong",
    "sub",
    "sup",
    "u",
    "ul",
];
const RICH: &[&str] = &[
    "bdi",
    "bdo",
    "caption",
    "col",
    "colgroup",
    "dd",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "mark",
    "samp",
    "small",
    "span",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "var",
    "wbr",
];
/// MathML Core without `maction`, which has actions, and without annotations, which hold whatever they like.
const MATHS: &[&str] = &[
    "math",
    "merror",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mprescripts",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
    "none",
    "semantics",
];
/// What is in these goes with them.
const EMPTIED: &[&str] = &[
    "annotation",
    "annotation-xml",
    "applet",
    "audio",
    "canvas",
    "embed",
    "frameset",
    "head",
    "iframe",
    "math-field",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "option",
    "plaintext",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "video",
    "xmp",
];

const SWITCH: Value = Value::One(&["", "true", "false"]);
const LISTS: &[&str] = &["1", "a", "i"];

/// An attribute, on which elements it passes (on all, where none is named), and with which value.
const ATTRIBUTES: &[(&str, &[&str], Value)] = &[
    ("class", &[], Value::Classes),
    ("dir", &[], Value::One(&["ltr", "rtl", "auto"])),
    ("id", &[], Value::Id),
    ("lang", &[], Value::Words),
    ("title", &[], Value::Words),
    ("href", &["a"], Value::Link),
    ("alt", &["img"], Value::Words),
    ("decoding", &["img"], Value::One(&["async", "auto", "sync"])),
    ("height", &["img"], Value::Number),
    ("loading", &["img"], Value::One(&["lazy", "eager"])),
    ("src", &["img"], Value::Picture),
    ("width", &["img"], Value::Number),
    ("datetime", &["del", "ins", "time"], Value::Words),
    ("open", &["details"], Value::One(&["", "open"])),
    ("reversed", &["ol"], Value::One(&["", "reversed"])),
    ("start", &["ol"], Value::Number),
    ("type", &["ol"], Value::One(LISTS)),
    ("value", &["li"], Value::Number),
    ("colspan", &["td", "th"], Value::Number),
    ("rowspan", &["td", "th"], Value::Number),
    ("scope", &["th"], Value::One(&["col", "colgroup", "row", "rowgroup"])),
    ("span", &["col", "colgroup"], Value::Number),
    ("accent", &["mover", "munder", "munderover"], SWITCH),
    ("accentunder", &["munder", "munderover"], SWITCH),
    ("alttext", &["math"], Value::Words),
    ("columnalign", &["mtable", "mtd", "mtr"], Value::Words),
    ("columnspan", &["mtd"], Value::Number),
    ("display", &["math"], Value::One(&["block", "inline"])),
    ("displaystyle", &["math", "mstyle", "mtable"], SWITCH),
    ("fence", &["mo"], SWITCH),
    ("form", &["mo"], Value::One(&["infix", "postfix", "prefix"])),
    ("height", &["mpadded", "mspace"], Value::Length),
    ("depth", &["mpadded", "mspace"], Value::Length),
    ("largeop", &["mo"], SWITCH),
    ("linethickness", &["mfrac"], Value::Length),
    ("lspace", &["mo"], Value::Length),
    (
        "mathvariant",
        &["mi", "mn", "mo", "ms", "mtext"],
        Value::One(&["normal", "bold", "italic", "bold-italic"]),
    ),
    ("maxsize", &["mo"], Value::Length),
    ("minsize", &["mo"], Value::Length),
    ("movablelimits", &["mo"], SWITCH),
    ("rowspan", &["mtd"], Value::Number),
    ("rspace", &["mo"], Value::Length),
    ("scriptlevel", &["math", "mstyle"], Value::Number),
    ("separator", &["mo"], SWITCH),
    ("stretchy", &["mo"], SWITCH),
    ("symmetric", &["mo"], SWITCH),
    ("width", &["mpadded", "mspace"], Value::Length),
];

impl Rules {
    pub(super) fn new(preset: Preset) -> Self {
        Self { preset, classes: BTreeSet::new(), id_prefix: "user-" }
    }

    pub(super) fn cleaner(&self) -> Builder<'static> {
        let lists: &[&[&str]] = match self.preset {
            Preset::Rich => &[PLAIN, RICH, MATHS],
            Preset::Plain => &[PLAIN],
            Preset::None => &[],
        };
        let elements: HashSet<&str> = lists.iter().copied().flatten().copied().collect();
        let mut everywhere = HashSet::new();
        let mut here: HashMap<&str, HashSet<&str>> = HashMap::new();
        for (name, on, _) in ATTRIBUTES {
            if on.is_empty() {
                everywhere.insert(*name);
            }
            for element in on.iter().filter(|element| elements.contains(**element)) {
                here.entry(element).or_default().insert(name);
            }
        }
        let rules = self.clone();
        let mut cleaner = Builder::empty();
        cleaner
            .tags(elements)
            .clean_content_tags(EMPTIED.iter().copied().collect())
            .generic_attributes(everywhere)
            .tag_attributes(here)
            .attribute_filter(move |element, name, value| rules.value(element, name, value))
            .url_schemes(SCHEMES.iter().copied().collect())
            .url_relative(UrlRelative::PassThrough)
            .link_rel(Some("noopener nofollow"))
            .strip_comments(true);
        cleaner
    }

    /// The value that an attribute keeps, if any.
    fn value<'a>(&self, element: &str, name: &str, value: &'a str) -> Option<Cow<'a, str>> {
        if (element, name) == ("a", "rel") {
            return Some(value.into());
        }
        let (_, _, kind) = ATTRIBUTES
            .iter()
            .find(|(known, on, _)| *known == name && (on.is_empty() || on.contains(&element)))?;
        match kind {
            Value::Words => Some(value.into()),
            Value::Id => self.id(value).map(Cow::Owned),
            Value::Classes => {
                let known = value.split_ascii_whitespace().filter(|class| self.classes.contains(*class));
                let classes = known.collect::<Vec<_>>().join(" ");
                if classes.is_empty() { None } else { Some(classes.into()) }
            }
            Value::Link => self.link(value).map(Cow::Owned),
            Value::Picture => own_address(value).map(Cow::Owned),
            Value::Number => is_small_number(value).then_some(value.into()),
            Value::Length => is_small_length(value).then_some(value.into()),
            Value::One(words) => words.contains(&&*value.to_ascii_lowercase()).then_some(value.into()),
        }
    }

    fn id(&self, value: &str) -> Option<String> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        let id = value.strip_prefix(self.id_prefix).unwrap_or(value);
        (!id.is_empty() && id.len() <= 100 && id.bytes().all(known))
            .then(|| format!("{}{id}", self.id_prefix))
    }

    fn link(&self, value: &str) -> Option<String> {
        if let Some(id) = value.strip_prefix('#') {
            return Some(format!("#{}", self.id(id)?));
        }
        match Url::parse(value) {
            // Written as it was understood; who names a user before the host wants to be mistaken for another.
            Ok(url) => {
                let listed =
                    SCHEMES.contains(&url.scheme()) && url.username().is_empty() && url.password().is_none();
                listed.then(|| url.into())
            }
            Err(_) => own_address(value),
        }
    }
}

const SCHEMES: &[&str] = &["http", "https", "mailto"];

/// An address on this site: a path, or what goes on from this page without going up.
fn own_address(value: &str) -> Option<String> {
    if value.starts_with('/') {
        return Some(value.parse::<SafePath>().ok()?.to_string());
    }
    let before_query = value.split(['/', '?', '#']).next()?;
    if value.is_empty() || before_query.contains(':') {
        return None;
    }
    let path = format!("/{value}").parse::<SafePath>().ok()?;
    path.as_str().strip_prefix('/').map(str::to_owned)
}

fn is_small_number(value: &str) -> bool {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// From -1 to 20 em, or as much in a smaller unit.
fn is_small_length(value: &str) -> bool {
    let value = value.trim_ascii();
    if matches!(value, "0" | "thin" | "medium" | "thick") {
        return true;
    }
    let split = value.find(|char: char| char.is_ascii_alphabetic() || char == '%').unwrap_or(value.len());
    let (number, unit) = value.split_at(split);
    let most = match unit {
        "em" => 20.0,
        "ex" | "ch" => 40.0,
        "px" => 320.0,
        "pt" => 240.0,
        "%" => 100.0,
        _ => return false,
    };
    let plain = number.len() <= 10 && number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    plain && number.parse().is_ok_and(|number: f64| (-most / 20.0..=most).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_on_the_site() {
        for (value, kept) in [
            ("/a b", Some("/a%20b")),
            ("uploads/a.png?x=1", Some("uploads/a.png?x=1")),
            ("?page=2", Some("?page=2")),
            ("", None),
            ("//evil.example/a", None),
            ("\\\\evil.example", None),
            ("../a", None),
            ("evil:a", None),
            (" javascript:a", None),
            ("java\nscript:a", None),
        ] {
            assert_eq!(own_address(value).as_deref(), kept, "{value:?}");
        }
    }

    #[test]
    fn lengths_are_small() {
        for value in ["0", "1em", "-0.1667em", "100%", "2.5px", "thick"] {
            assert!(is_small_length(value), "{value}");
        }
        for value in ["", "em", "-5em", "99em", "1e3px", "calc(1px)", "1vw", "NaNem", "infem", "1 em"] {
            assert!(!is_small_length(value), "{value}");
        }
    }
}
