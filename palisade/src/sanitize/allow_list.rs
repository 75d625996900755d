//! The allow-lists: elements, attributes, and the values of attributes.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use ammonia::{Builder, Url, UrlRelative};

use super::attribute_value::{is_small_length, is_small_number, same_site_url};

const SCHEMES: &[&str] = &["http", "https", "mailto"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preset {
    Rich,
    Plain,
    TextOnly,
}

#[derive(Clone, Debug)]
pub(super) struct AllowList {
    preset: Preset,
    pub(super) classes: BTreeSet<Box<str>>,
    pub(super) id_prefix: &'static str,
}

/// The values that an attribute may have.
#[derive(Clone, Copy, Debug)]
enum AllowedValue {
    /// Any text: it is displayed or read out only.
    Text,
    /// An id; it gets the prefix.
    Id,
    /// Classes of the allow-list.
    Classes,
    /// The target of a link.
    Link,
    /// An image of this site.
    Image,
    /// Up to four digits and a sign.
    Number,
    /// A length of a few letters, so that nothing covers the page.
    Length,
    /// One of these words, in lower case.
    OneOf(&'static [&'static str]),
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
/// MathML Core without `maction`, which has actions, and without annotations, which contain any
/// markup.
const MATHML: &[&str] = &[
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
/// Elements that are removed with their content.
const REMOVED_WITH_CONTENT: &[&str] = &[
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

const SWITCH: AllowedValue = AllowedValue::OneOf(&["", "true", "false"]);
const LIST_TYPES: &[&str] = &["1", "a", "i"];

/// Attributes, the elements that may have them (all elements if the list is empty), and the
/// allowed values.
const ATTRIBUTES: &[(&str, &[&str], AllowedValue)] = &[
    ("class", &[], AllowedValue::Classes),
    ("dir", &[], AllowedValue::OneOf(&["ltr", "rtl", "auto"])),
    ("id", &[], AllowedValue::Id),
    ("lang", &[], AllowedValue::Text),
    ("title", &[], AllowedValue::Text),
    ("href", &["a"], AllowedValue::Link),
    ("alt", &["img"], AllowedValue::Text),
    ("decoding", &["img"], AllowedValue::OneOf(&["async", "auto", "sync"])),
    ("height", &["img"], AllowedValue::Number),
    ("loading", &["img"], AllowedValue::OneOf(&["lazy", "eager"])),
    ("src", &["img"], AllowedValue::Image),
    ("width", &["img"], AllowedValue::Number),
    ("datetime", &["del", "ins", "time"], AllowedValue::Text),
    ("open", &["details"], AllowedValue::OneOf(&["", "open"])),
    ("reversed", &["ol"], AllowedValue::OneOf(&["", "reversed"])),
    ("start", &["ol"], AllowedValue::Number),
    ("type", &["ol"], AllowedValue::OneOf(LIST_TYPES)),
    ("value", &["li"], AllowedValue::Number),
    ("colspan", &["td", "th"], AllowedValue::Number),
    ("rowspan", &["td", "th"], AllowedValue::Number),
    ("scope", &["th"], AllowedValue::OneOf(&["col", "colgroup", "row", "rowgroup"])),
    ("span", &["col", "colgroup"], AllowedValue::Number),
    ("accent", &["mover", "munder", "munderover"], SWITCH),
    ("accentunder", &["munder", "munderover"], SWITCH),
    ("alttext", &["math"], AllowedValue::Text),
    ("columnalign", &["mtable", "mtd", "mtr"], AllowedValue::Text),
    ("columnspan", &["mtd"], AllowedValue::Number),
    ("display", &["math"], AllowedValue::OneOf(&["block", "inline"])),
    ("displaystyle", &["math", "mstyle", "mtable"], SWITCH),
    ("fence", &["mo"], SWITCH),
    ("form", &["mo"], AllowedValue::OneOf(&["infix", "postfix", "prefix"])),
    ("height", &["mpadded", "mspace"], AllowedValue::Length),
    ("depth", &["mpadded", "mspace"], AllowedValue::Length),
    ("largeop", &["mo"], SWITCH),
    ("linethickness", &["mfrac"], AllowedValue::Length),
    ("lspace", &["mo"], AllowedValue::Length),
    (
        "mathvariant",
        &["mi", "mn", "mo", "ms", "mtext"],
        AllowedValue::OneOf(&["normal", "bold", "italic", "bold-italic"]),
    ),
    ("maxsize", &["mo"], AllowedValue::Length),
    ("minsize", &["mo"], AllowedValue::Length),
    ("movablelimits", &["mo"], SWITCH),
    ("rowspan", &["mtd"], AllowedValue::Number),
    ("rspace", &["mo"], AllowedValue::Length),
    ("scriptlevel", &["math", "mstyle"], AllowedValue::Number),
    ("separator", &["mo"], SWITCH),
    ("stretchy", &["mo"], SWITCH),
    ("symmetric", &["mo"], SWITCH),
    ("width", &["mpadded", "mspace"], AllowedValue::Length),
];

impl AllowList {
    pub(super) fn new(preset: Preset) -> Self {
        Self { preset, classes: BTreeSet::new(), id_prefix: "user-" }
    }

    pub(super) fn cleaner(&self) -> Builder<'static> {
        let lists: &[&[&str]] = match self.preset {
            Preset::Rich => &[PLAIN, RICH, MATHML],
            Preset::Plain => &[PLAIN],
            Preset::TextOnly => &[],
        };
        let elements: HashSet<&str> = lists.iter().copied().flatten().copied().collect();
        let mut everywhere = HashSet::new();
        let mut by_element: HashMap<&str, HashSet<&str>> = HashMap::new();
        for (name, on, _) in ATTRIBUTES {
            if on.is_empty() {
                everywhere.insert(*name);
            }
            for element in on.iter().filter(|element| elements.contains(**element)) {
                by_element.entry(element).or_default().insert(name);
            }
        }
        let allow_list = self.clone();
        let mut cleaner = Builder::empty();
        cleaner
            .tags(elements)
            .clean_content_tags(REMOVED_WITH_CONTENT.iter().copied().collect())
            .generic_attributes(everywhere)
            .tag_attributes(by_element)
            .attribute_filter(move |element, name, value| allow_list.value(element, name, value))
            .url_schemes(SCHEMES.iter().copied().collect())
            .url_relative(UrlRelative::PassThrough)
            .link_rel(Some("noopener nofollow"))
            .strip_comments(true);
        cleaner
    }

    /// Returns the value that an attribute keeps, or `None` to remove the attribute.
    fn value<'a>(&self, element: &str, name: &str, value: &'a str) -> Option<Cow<'a, str>> {
        if (element, name) == ("a", "rel") {
            return Some(value.into());
        }
        let (_, _, allowed) = ATTRIBUTES
            .iter()
            .find(|(listed, on, _)| *listed == name && (on.is_empty() || on.contains(&element)))?;
        match allowed {
            AllowedValue::Text => Some(value.into()),
            AllowedValue::Id => self.id(value).map(Cow::Owned),
            AllowedValue::Classes => {
                let allowed = value.split_ascii_whitespace().filter(|class| self.classes.contains(*class));
                let classes = allowed.collect::<Vec<_>>().join(" ");
                if classes.is_empty() { None } else { Some(classes.into()) }
            }
            AllowedValue::Link => self.link(value).map(Cow::Owned),
            AllowedValue::Image => same_site_url(value).map(Cow::Owned),
            AllowedValue::Number => is_small_number(value).then_some(value.into()),
            AllowedValue::Length => is_small_length(value).then_some(value.into()),
            AllowedValue::OneOf(words) => {
                words.contains(&&*value.to_ascii_lowercase()).then_some(value.into())
            }
        }
    }

    fn id(&self, value: &str) -> Option<String> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        let id = value.strip_prefix(self.id_prefix).unwrap_or(value);
        (!id.is_empty() && id.len() <= 100 && id.bytes().all(is_allowed))
            .then(|| format!("{}{id}", self.id_prefix))
    }

    fn link(&self, value: &str) -> Option<String> {
        if let Some(id) = value.strip_prefix('#') {
            return Some(format!("#{}", self.id(id)?));
        }
        match Url::parse(value) {
            // Written in normal form. A user name before the host is a spoof of another host.
            Ok(url) => {
                let listed =
                    SCHEMES.contains(&url.scheme()) && url.username().is_empty() && url.password().is_none();
                listed.then(|| url.into())
            }
            Err(_) => same_site_url(value),
        }
    }
}
