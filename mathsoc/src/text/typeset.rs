//! Converts LaTeX between `\(…\)` and `\[…\]` to MathML Core, so that pages show formulas without
//! a script.
//!
//! ```
//! let line = mathsoc::text::typeset::text(r"Is \(1 < 2\) & why?").to_string();
//! assert!(line.starts_with("Is <math><mn>1</mn>"));
//! assert!(line.ends_with("</math> &amp; why?"));
//! ```
//!
//! # Rules
//!
//! 1. `\(…\)` is an inline formula and `\[…\]` a display formula on its own line. An opening
//!    delimiter without its closing one is text.
//! 2. Punctuation after an inline formula stays on the same line: `<span class="joined">` holds
//!    both.
//! 3. A formula longer than [`LONGEST_FORMULA`] bytes, or one that does not parse, is shown as
//!    source in `<code class="tex-error">`.
//! 4. A formula with a link (`\href`, `\url`) is shown as source too: formulas never contain
//!    links.
//! 5. Every inline `style` becomes one class per declaration, because the site's policy allows no
//!    inline styles: `text-align: left` becomes `tex-text-align-left`, styled in
//!    `static/math.css`.
//!
//! # Defaults
//!
//! | setting | value | reason |
//! |---|---|---|
//! | longest formula | 2000 bytes | the parser is recursive: this bounds the stack that it uses |
//! | formulas over 64 bytes | their own thread, 64 MiB stack | 1000 nested braces take 25 MiB |
//! | unknown commands | the formula is rejected | a visible mistake is found sooner |
//!
//! # Limitations
//!
//! It does not make HTML safe: [`html`] takes the output of a sanitizer, see
//! [`rich_text`](crate::text::rich_text). It ignores `<code>` and `<pre>`: a formula inside them
//! is typeset too. Declarations without a rule in `static/math.css`, such as colours, have no
//! effect.
//!
//! # References
//!
//! [MathML Core](https://www.w3.org/TR/mathml-core/) ·
//! [CSP `style-src`](https://www.w3.org/TR/CSP3/#directive-style-src)

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::thread;

use askama::filters::HtmlSafe;
use math_core::{LatexToMathML, MathDisplay};
use palisade::sanitize::SafeHtml;

use crate::text::typeset_cache::TypesetCache;

/// The longest formula that is typeset, in bytes.
pub const LONGEST_FORMULA: usize = 2000;

/// The longest formula that is parsed on the current thread. The parser is recursive, and nesting
/// within this length cannot exhaust a server thread's stack.
const SHORT_FORMULA: usize = 64;

/// The stack size for the deepest nesting that fits into the longest formula.
const ROOMY_STACK: usize = 64 << 20;

/// Punctuation that stays on the line of the formula before it. None of it needs HTML escaping.
const CLOSING: [char; 10] = ['.', ',', ';', ':', '!', '?', ')', ']', '’', '”'];

/// HTML with its formulas in MathML. Templates print it without escaping, as [`SafeHtml`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typeset(Arc<str>);

impl Typeset {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Typeset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Typeset {}

/// Typesets the formulas in sanitized HTML and leaves the rest unchanged.
///
/// Inside a formula, `&lt;`, `&gt;`, `&amp;`, `&quot;` and `&#39;` stand for their characters.
#[must_use]
pub fn html(safe: &SafeHtml) -> Typeset {
    let safe = safe.as_str();
    let mut out = String::with_capacity(safe.len() * 2);
    for piece in Pieces(safe) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Formula { tex, display, after } => formula(&mut out, &unescape(tex), display, after),
        }
    }
    Typeset(out.into())
}

impl AsRef<str> for Typeset {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Typesets the formulas in plain text and escapes everything else. Results are cached.
#[must_use]
pub fn text(plain: &str) -> Typeset {
    static CACHE: LazyLock<TypesetCache<Typeset>> = LazyLock::new(TypesetCache::default);
    CACHE.of(plain, || set(plain))
}

fn set(plain: &str) -> Typeset {
    let mut out = String::with_capacity(plain.len() * 2);
    for piece in Pieces(plain) {
        match piece {
            Piece::Text(text) => escape(&mut out, text),
            Piece::Formula { tex, display, after } => formula(&mut out, tex, display, after),
        }
    }
    Typeset(out.into())
}

/// A piece of the source: text, or the content between a formula's delimiters.
enum Piece<'a> {
    Text(&'a str),
    Formula { tex: &'a str, display: MathDisplay, after: &'a str },
}

/// An iterator over the pieces of the remaining source.
struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.0.is_empty() {
            return None;
        }
        if let Some((tex, rest, display)) = leading_formula(self.0) {
            let (after, rest) = match display {
                MathDisplay::Inline => rest.split_at(rest.len() - rest.trim_start_matches(CLOSING).len()),
                MathDisplay::Block => ("", rest),
            };
            self.0 = rest;
            return Some(Piece::Formula { tex, display, after });
        }
        // The source does not start with a formula, so the text is at least one character long.
        let end = self
            .0
            .match_indices('\\')
            .map(|(at, _)| at)
            .find(|&at| at > 0 && leading_formula(&self.0[at..]).is_some())
            .unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(Piece::Text(text))
    }
}

/// Returns the formula at the start of `source` and the rest after it, or `None` if `source`
/// starts with no complete formula.
fn leading_formula(source: &str) -> Option<(&str, &str, MathDisplay)> {
    let (inside, close, display) = match source.as_bytes() {
        [b'\\', b'(', ..] => (&source[2..], b')', MathDisplay::Inline),
        [b'\\', b'[', ..] => (&source[2..], b']', MathDisplay::Block),
        _ => return None,
    };
    let bytes = inside.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'\\', next) if next == close => return Some((&inside[..at], &inside[at + 2..], display)),
            // `\\` ends a matrix row, so a bracket after it does not close the formula.
            (b'\\', _) => at += 2,
            _ => at += 1,
        }
    }
    None
}

fn formula(out: &mut String, tex: &str, display: MathDisplay, after: &str) {
    match (mathml(tex, display), display) {
        (Some(mathml), MathDisplay::Inline) if after.is_empty() => styles_to_classes(out, &mathml),
        (Some(mathml), MathDisplay::Inline) => {
            // A line may break after any formula, and a line that starts with a comma looks wrong.
            out.push_str(r#"<span class="joined">"#);
            styles_to_classes(out, &mathml);
            out.push_str(after);
            out.push_str("</span>");
        }
        (Some(mathml), MathDisplay::Block) => {
            // A `span`, not a `div`: the formula may stand inside a paragraph. It scrolls on
            // narrow screens.
            out.push_str(r#"<span class="formula">"#);
            styles_to_classes(out, &mathml);
            out.push_str("</span>");
        }
        (None, _) => {
            out.push_str(r#"<code class="tex-error">"#);
            escape(out, tex);
            out.push_str("</code>");
            out.push_str(after);
        }
    }
}

fn mathml(tex: &str, display: MathDisplay) -> Option<String> {
    static CONVERTER: LazyLock<LatexToMathML> = LazyLock::new(LatexToMathML::default);

    let convert = || CONVERTER.convert_with_local_state(tex, display).ok().map(|result| result.mathml);
    let mathml = if tex.len() <= SHORT_FORMULA {
        convert()
    } else if tex.len() <= LONGEST_FORMULA {
        thread::scope(|scope| {
            let roomy = thread::Builder::new().stack_size(ROOMY_STACK).spawn_scoped(scope, convert);
            roomy.ok()?.join().ok()?
        })
    } else {
        None
    };
    mathml.filter(|mathml| !mathml.contains("<a "))
}

/// Copies `mathml` and replaces every `style` attribute by classes.
fn styles_to_classes(out: &mut String, mathml: &str) {
    for (index, part) in mathml.split('<').enumerate() {
        if index == 0 {
            out.push_str(part);
            continue;
        }
        // Text contains no `<`, so a part is the inside of a tag, `>`, and the text after it.
        let (tag, text) = part.split_once('>').unwrap_or((part, ""));
        out.push('<');
        tag_without_style(out, tag);
        out.push('>');
        out.push_str(text);
    }
}

fn tag_without_style(out: &mut String, tag: &str) {
    const ATTRIBUTE: &str = " style=\"";
    let Some((before, declarations, after)) = tag.split_once(ATTRIBUTE).and_then(|(before, rest)| {
        let (declarations, after) = rest.split_once('"')?;
        Some((before, declarations, after))
    }) else {
        out.push_str(tag);
        return;
    };
    out.push_str(before);
    out.push_str(" class=\"");
    for (index, declaration) in
        declarations.split(';').map(str::trim).filter(|each| !each.is_empty()).enumerate()
    {
        out.push_str(if index == 0 { "tex-" } else { " tex-" });
        let mut gap = false;
        for c in declaration.chars() {
            if c.is_ascii_alphanumeric() {
                out.push(c);
            } else if !gap {
                out.push('-');
            }
            gap = !c.is_ascii_alphanumeric();
        }
    }
    out.push('"');
    out.push_str(after);
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

fn unescape(html: &str) -> String {
    // `&amp;` must come last, or `&amp;lt;` would become `<`.
    html.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
