//! The scripts, subresources, forms and links of an HTML page, read from its tags.
//!
//! ```
//! use palisade_audit::{Page, Script, Subresource};
//!
//! let page = Page::parse("<script src=/a.js nonce=N></script><img src=/p.png onerror=x()>");
//! let script: &Script = &page.scripts[0];
//! assert_eq!(script.src.as_deref(), Some("/a.js"));
//! let image: &Subresource = &page.subresources[0];
//! assert_eq!((&*image.element, &*image.url), ("img", "/p.png"));
//! assert_eq!(page.event_handlers, ["onerror on img"]);
//! ```
//!
//! # What happens, in order
//! 1. The text passes through html5ever's tokenizer, 4,096 bytes at a time.
//! 2. Each start tag adds to the lists of [`Page`]; the content of scripts, styles and text areas
//!    is skipped.
//! 3. Reading stops early in a tag with too many attributes, since they are compared in pairs.
//!
//! # Defaults
//!
//! | limit | value |
//! |---|---|
//! | items in each list of [`Page`] | 5,000; later ones are ignored |
//! | spaces, slashes and quotes in one tag | 20,000; the rest of the page is ignored |
//!
//! # What it does not do
//! It builds no tree, runs no script and loads nothing. URLs stay as they are written.
//!
//! # References
//! The HTML standard, §13.2.5 (tokenization).

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// The number of items in each list.
const MAX_ITEMS: usize = 5_000;
/// The bytes between two checks of [`MAX_SEPARATORS`].
const CHUNK_BYTES: usize = 4_096;
/// The number of spaces, slashes and quotes in one tag: html5ever compares each attribute with
/// all others.
const MAX_SEPARATORS: usize = 20_000;

/// The contents of an HTML page that matter to the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The script elements.
    pub scripts: Vec<Script>,
    /// The event handlers in attributes, such as `onclick on button`.
    pub event_handlers: Vec<String>,
    /// The attributes with a `javascript:` URL, such as `href on a`.
    pub javascript_urls: Vec<String>,
    /// The subresources besides scripts.
    pub subresources: Vec<Subresource>,
    /// The URLs that forms submit to.
    pub forms: Vec<String>,
    /// The URLs of links.
    pub links: Vec<String>,
    /// The number of style attributes, and of style elements without a nonce.
    pub inline_styles: usize,
    /// Set if the page has a password field.
    pub has_password_field: bool,
    /// The nonces in attributes, each once.
    pub nonces: Vec<String>,
    /// The policies in `<meta http-equiv>`.
    pub policies: Vec<String>,
    /// The content of the last `<meta name="referrer">`.
    pub referrer: Option<String>,
    /// The character encoding in a `<meta>`.
    pub charset: Option<String>,
    pub(crate) base: Option<String>,
}

/// A script element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Script {
    /// The `src`; `None` for an inline script.
    pub src: Option<String>,
    /// The `integrity`, if it is not empty.
    pub integrity: Option<String>,
    /// The `nonce`, if it is not empty.
    pub nonce: Option<String>,
    /// Set if browsers run it; not set for a data block such as JSON.
    pub runs: bool,
}

/// An image, style sheet, frame or other resource that a page loads, except scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subresource {
    /// The name of the element, such as `img`.
    pub element: String,
    /// The URL as it is written.
    pub url: String,
    /// Set if it can change the page, as frames, style sheets and plug-ins can.
    pub active: bool,
    /// Set if it has an `integrity` that is not empty.
    pub integrity: bool,
}

impl Page {
    /// Parses HTML, within the limits that the [module](self) lists.
    pub fn parse(html: &str) -> Self {
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        let (mut rest, mut separators, mut tokens_before) = (html, 0, 0);
        while !rest.is_empty() {
            let mut end = rest.len().min(CHUNK_BYTES);
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            let (chunk, later) = rest.split_at(end);
            input.push_back(StrTendril::from_slice(chunk));
            let _ = tokenizer.feed(&input);
            rest = later;
            let tokens = tokenizer.sink.0.borrow().tokens;
            let is_separator = |byte: &u8| matches!(byte, b'/' | b'"' | b'\'') || byte.is_ascii_whitespace();
            let in_one_tag = tokens == tokens_before;
            separators = if in_one_tag { separators + chunk.bytes().filter(is_separator).count() } else { 0 };
            tokens_before = tokens;
            if separators > MAX_SEPARATORS {
                break;
            }
        }
        tokenizer.end();
        tokenizer.sink.0.into_inner().page
    }

    fn add_tag(&mut self, tag: &Tag) {
        let name = &*tag.name;
        let value = |wanted: &str| {
            let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == wanted);
            found.map(|attribute| attribute.value.to_string())
        };
        let filled = |wanted: &str| value(wanted).filter(|text| !text.is_empty());
        self.add_attributes(tag);
        match name {
            "script" => {
                let script = Script {
                    src: filled("src"),
                    integrity: filled("integrity"),
                    nonce: filled("nonce"),
                    runs: runs(value("type").as_deref()),
                };
                push(&mut self.scripts, script);
            }
            "style" if filled("nonce").is_none() => self.inline_styles += 1,
            "meta" => self.add_meta(value("http-equiv"), value("name"), value("content"), value("charset")),
            "base" if self.base.is_none() => self.base = value("href"),
            "a" | "area" => push_some(&mut self.links, value("href")),
            "form" => push_some(&mut self.forms, value("action")),
            "button" => push_some(&mut self.forms, value("formaction")),
            "input" => {
                self.has_password_field |=
                    value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("password"));
                push_some(&mut self.forms, value("formaction"));
            }
            _ => {}
        }
        let link = value("rel").unwrap_or_default().to_ascii_lowercase();
        for (element, attribute, active) in SUBRESOURCES {
            let wanted = *element == name && (name != "link" || loads(&link));
            if let Some(url) = filled(attribute).filter(|_| wanted) {
                let active = *active && (name != "link" || link.contains("stylesheet"));
                let (element, integrity) = (name.to_owned(), filled("integrity").is_some());
                push(&mut self.subresources, Subresource { element, url, active, integrity });
            }
        }
    }

    fn add_attributes(&mut self, tag: &Tag) {
        for attribute in &tag.attrs {
            let (name, text) = (&*attribute.name.local, attribute.value.trim());
            if name.starts_with("on") && name.len() > 3 && name.bytes().all(|byte| byte.is_ascii_lowercase())
            {
                push(&mut self.event_handlers, format!("{name} on {}", tag.name));
            } else if name == "style" {
                self.inline_styles += 1;
            } else if name == "nonce" && !text.is_empty() {
                if !self.nonces.iter().any(|known| known == text) {
                    push(&mut self.nonces, text.to_owned());
                }
            } else if matches!(name, "href" | "src" | "action" | "formaction")
                && text.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("javascript:"))
            {
                push(&mut self.javascript_urls, format!("{name} on {}", tag.name));
            }
        }
    }

    fn add_meta(
        &mut self,
        equivalent: Option<String>,
        name: Option<String>,
        content: Option<String>,
        charset: Option<String>,
    ) {
        self.charset = self.charset.take().or(charset);
        match (equivalent, content) {
            (Some(header), Some(content)) => match &*header.trim().to_lowercase() {
                "content-security-policy" if !content.is_empty() => push(&mut self.policies, content),
                "content-type" if content.contains("charset") => self.charset = Some(content),
                _ => {}
            },
            (_, content) => {
                let names_referrer = name.is_some_and(|name| name.trim().eq_ignore_ascii_case("referrer"));
                if let Some(content) = content.filter(|content| names_referrer && !content.is_empty()) {
                    self.referrer = Some(content);
                }
            }
        }
    }
}

/// Element, attribute with the URL, and `true` for active content.
const SUBRESOURCES: &[(&str, &str, bool)] = &[
    ("img", "src", false),
    ("audio", "src", false),
    ("video", "src", false),
    ("video", "poster", false),
    ("source", "src", false),
    ("track", "src", false),
    ("iframe", "src", true),
    ("frame", "src", true),
    ("embed", "src", true),
    ("object", "data", true),
    ("link", "href", true),
];

/// Returns `true` if a `<link>` with this `rel` loads its URL.
fn loads(relations: &str) -> bool {
    let loading = ["stylesheet", "icon", "preload", "modulepreload", "manifest", "apple-touch-icon"];
    relations.split_ascii_whitespace().any(|relation| loading.contains(&relation))
}

/// Returns `true` if browsers run a script of this type; others are data blocks.
fn runs(kind: Option<&str>) -> bool {
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    kind.is_empty()
        || kind == "module"
        || kind == "importmap"
        || kind == "speculationrules"
        || kind.contains("javascript")
        || kind.contains("ecmascript")
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < MAX_ITEMS {
        list.push(item);
    }
}

fn push_some<T>(list: &mut Vec<T>, item: Option<T>) {
    if let Some(item) = item {
        push(list, item);
    }
}

#[derive(Default)]
struct Sink(RefCell<State>);

#[derive(Default)]
struct State {
    page: Page,
    tokens: usize,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        // The tokenizer can report any number of errors within one tag.
        state.tokens += usize::from(!matches!(token, Token::ParseError(_)));
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        state.page.add_tag(&tag);
        match &*tag.name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            "plaintext" => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_scripts_as_a_browser_does() {
        let page = Page::parse(
            "<script src=/a.js integrity=sha384-x nonce=N></script><script>'<img src=no>'</script>\
             <SCRIPT type=application/json>{}</SCRIPT><!-- <script src=no></script> --><textarea><script></textarea>",
        );
        assert_eq!(page.scripts.len(), 3);
        assert_eq!(page.scripts[0].src.as_deref(), Some("/a.js"));
        assert_eq!(page.scripts.iter().filter(|script| script.runs).count(), 2);
        assert!(page.subresources.is_empty());
        assert_eq!(page.nonces, ["N"]);
    }

    #[test]
    fn lists_subresources_handlers_and_forms() {
        let page = Page::parse(
            "<base href=/b/><link rel=stylesheet href=http://a/x.css><link rel=canonical href=http://no/>\
             <img src=http://a/p.png onerror='x()'><form action=http://a/><input type=Password></form>\
             <a href=' JavaScript:x()'>x</a><p style='color:red' one=1 on=2>",
        );
        assert_eq!(page.subresources.len(), 2);
        assert!(page.subresources[0].active && !page.subresources[1].active);
        assert_eq!(page.event_handlers, ["onerror on img"]);
        assert_eq!(page.javascript_urls, ["href on a"]);
        assert_eq!((page.forms.len(), page.inline_styles, page.has_password_field), (1, 1, true));
    }

    #[test]
    fn stops_in_a_tag_with_too_many_attributes() {
        let mut html = String::from("<p ");
        (0..400_000).for_each(|number| html.push_str(&format!("a{number} ")));
        let started = std::time::Instant::now();
        assert_eq!(Page::parse(&html).event_handlers.len(), 0);
        assert!(started.elapsed().as_secs() < 20);
    }
}
