//! LaTeX commands that are no tokens: layout, text, marks over letters, and operations that are not read.

/// Commands that change the layout only.
pub(super) const LAYOUT_COMMANDS: &[&str] = &[
    "therefore",
    "displaystyle",
    "textstyle",
    "limits",
    "nolimits",
    "quad",
    "qquad",
    "big",
    "Big",
    "bigg",
    "Bigg",
    "bigl",
    "bigr",
    "Bigl",
    "Bigr",
    "biggl",
    "biggr",
    "Biggl",
    "Biggr",
    "thinspace",
    "medspace",
    "thickspace",
    "negthinspace",
    "negmedspace",
    "negthickspace",
    "space",
    "hspace",
    "nobreakspace",
    "enspace",
];

/// Commands with text or a name in braces.
pub(super) const TEXT_COMMANDS: &[&str] = &[
    "text",
    "textrm",
    "textit",
    "textbf",
    "mathrm",
    "mathbf",
    "mathit",
    "mathsf",
    "boldsymbol",
    "bm",
    "operatorname",
    "mbox",
    "mathbb",
    "mathcal",
];

/// Marks over letters, which are part of the name.
pub(super) const MARKS: &[&str] =
    &["vec", "hat", "bar", "tilde", "dot", "ddot", "underline", "overrightarrow", "overline"];

/// Returns a sentence for a command whose operation is not read.
pub(super) fn operation(name: &str) -> Option<&'static str> {
    Some(match name {
        "int" | "iint" | "oint" => "An integral can't be read: write its value, without the integral sign.",
        "sum" => "A sum sign can't be read: write the value of the sum, or its terms.",
        "prod" => "A product sign can't be read: write the value of the product, or its factors.",
        "lim" => "A limit can't be read: write its value, without lim.",
        _ => return None,
    })
}
