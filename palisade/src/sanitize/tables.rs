//! The tables: elements, attributes, and the values of attributes.

/// An attribute, the elements that may have it (all elements if the list is empty), and its values.
pub(super) type Attribute = (&'static str, &'static [&'static str], AllowedValue);

/// The values that an attribute may have.
#[derive(Clone, Copy, Debug)]
pub(super) enum AllowedValue {
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

pub(super) const PLAIN: &[&str] = &[
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
pub(super) const RICH: &[&str] = &[
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
/// HTML elements that no preset allows, and that an application may add: they only structure text.
pub(super) const ON_REQUEST: &[&str] = &[
    "acronym", "address", "article", "aside", "big", "center", "data", "footer", "h1", "header", "hgroup",
    "main", "nav", "rp", "rt", "ruby", "search", "section", "strike", "tt",
];
/// MathML Core without `maction`, which has actions, and without annotations, which contain any
/// markup.
pub(super) const MATHML: &[&str] = &[
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
pub(super) const REMOVED_WITH_CONTENT: &[&str] = &[
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

/// The attributes of the presets.
pub(super) const ATTRIBUTES: &[Attribute] = &[
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

/// Attributes that no preset allows, and that an application may add.
pub(super) const ATTRIBUTES_ON_REQUEST: &[Attribute] = &[
    ("aria-hidden", &[], AllowedValue::OneOf(&["true", "false"])),
    ("aria-label", &[], AllowedValue::Text),
    ("translate", &[], AllowedValue::OneOf(&["yes", "no"])),
    ("abbr", &["td", "th"], AllowedValue::Text),
    ("align", ALIGNED, AllowedValue::OneOf(&["left", "right", "center", "justify"])),
    ("border", &["img", "table"], AllowedValue::Number),
    ("cite", &["blockquote", "del", "ins", "q"], AllowedValue::Link),
    ("height", TABLE, AllowedValue::Number),
    ("hreflang", &["a"], AllowedValue::Text),
    ("target", &["a"], AllowedValue::OneOf(&["_blank"])),
    ("valign", TABLE, AllowedValue::OneOf(&["top", "middle", "bottom", "baseline"])),
    ("value", &["data"], AllowedValue::Text),
    ("width", TABLE, AllowedValue::Number),
];
const ALIGNED: &[&str] = &[
    "caption", "col", "colgroup", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "p", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr",
];
const TABLE: &[&str] = &["col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"];

/// The schemes of links in every preset.
pub(super) const SCHEMES: &[&str] = &["http", "https", "mailto"];
/// The schemes that an application may add: a browser hands them to another program.
pub(super) const SCHEMES_ON_REQUEST: &[&str] = &[
    "ftp", "ftps", "geo", "irc", "ircs", "magnet", "matrix", "news", "sip", "sips", "sms", "tel", "webcal",
    "xmpp",
];
