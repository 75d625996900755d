//! What an HTML page loads, runs and sends: its tags, as a browser's tokenizer reads them.
//!
//! A page of a stranger may be anything, so reading it is bounded: after [`MOST`] things of a kind no more are kept, and
//! what could be one tag with tens of thousands of attributes ends it.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// How many of each kind are kept.
const MOST: usize = 5_000;
/// How much is read before it is asked how far that came.
const BYTES_AT_ONCE: usize = 4_096;
/// How many spaces, slashes and quotes one tag may have: its attributes are compared with each other.
const MOST_ATTRIBUTES: usize = 20_000;

/// What an HTML page loads, runs and sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// Its script elements.
    pub scripts: Vec<Script>,
    /// Event handlers in attributes, such as `onclick on button`.
    pub handlers: Vec<String>,
    /// Addresses that are scripts: `javascript:…`.
    pub script_links: Vec<String>,
    /// Whatever else it loads.
    pub loads: Vec<Load>,
    /// Where its forms send.
    pub forms: Vec<String>,
    /// Where it links to.
    pub links: Vec<String>,
    /// Style elements without a nonce, and style attributes.
    pub inline_styles: usize,
    /// Whether it asks for a password.
    pub asks_password: bool,
    /// The nonces in it, each once.
    pub nonces: Vec<String>,
    /// Policies in `<meta http-equiv>`.
    pub policies: Vec<String>,
    /// The last `<meta name="referrer">`.
    pub referrer: Option<String>,
    /// The character set in a `<meta>`.
    pub charset: Option<String>,
    pub(super) base: Option<String>,
}

/// A script element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Script {
    /// Its address, where it has one.
    pub src: Option<String>,
    /// Its `integrity`, where it is not empty.
    pub integrity: Option<String>,
    /// Its nonce, where it is not empty.
    pub nonce: Option<String>,
    /// Whether it runs: data blocks, such as JSON, do not.
    pub runs: bool,
}

/// Something that a page loads besides its scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// The element.
    pub element: String,
    /// The address as it is written.
    pub address: String,
    /// Whether it can change the page: frames, style sheets and plug-ins can, pictures cannot.
    pub active: bool,
    /// Whether it has an `integrity`.
    pub integrity: bool,
}

impl Page {
    /// Reads HTML.
    pub fn read(html: &str) -> Self {
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        let (mut rest, mut in_one_tag, mut known) = (html, 0, 0);
        while !rest.is_empty() {
            let mut end = rest.len().min(BYTES_AT_ONCE);
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            let (now, later) = rest.split_at(end);
            input.push_back(StrTendril::from_slice(now));
            let _ = tokenizer.feed(&input);
            rest = later;
            let seen = tokenizer.sink.0.borrow().tokens;
            let between = |byte: &u8| matches!(byte, b'/' | b'"' | b'\'') || byte.is_ascii_whitespace();
            in_one_tag = if seen == known { in_one_tag + now.bytes().filter(between).count() } else { 0 };
            known = seen;
            if in_one_tag > MOST_ATTRIBUTES {
                break;
            }
        }
        tokenizer.end();
        tokenizer.sink.0.into_inner().page
    }

    fn open(&mut self, tag: &Tag) {
        let name = &*tag.name;
        let value = |wanted: &str| {
            let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == wanted);
            found.map(|attribute| attribute.value.to_string())
        };
        let filled = |wanted: &str| value(wanted).filter(|text| !text.is_empty());
        self.attributes(tag);
        match name {
            "script" => {
                let script = Script {
                    src: filled("src"),
                    integrity: filled("integrity"),
                    nonce: filled("nonce"),
                    runs: runs(value("type").as_deref()),
                };
                keep(&mut self.scripts, script);
            }
            "style" if filled("nonce").is_none() => self.inline_styles += 1,
            "meta" => self.meta(value("http-equiv"), value("name"), value("content"), value("charset")),
            "base" if self.base.is_none() => self.base = value("href"),
            "a" | "area" => keep_some(&mut self.links, value("href")),
            "form" => keep_some(&mut self.forms, value("action")),
            "button" => keep_some(&mut self.forms, value("formaction")),
            "input" => {
                self.asks_password |= value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("password"));
                keep_some(&mut self.forms, value("formaction"));
            }
            _ => {}
        }
        let link = value("rel").unwrap_or_default().to_ascii_lowercase();
        for (element, attribute, active) in LOADS {
            let wanted = *element == name && (name != "link" || loads(&link));
            if let Some(address) = filled(attribute).filter(|_| wanted) {
                let active = *active && (name != "link" || link.contains("stylesheet"));
                let integrity = filled("integrity").is_some();
                keep(&mut self.loads, Load { element: name.to_owned(), address, active, integrity });
            }
        }
    }

    fn attributes(&mut self, tag: &Tag) {
        for attribute in &tag.attrs {
            let (name, text) = (&*attribute.name.local, attribute.value.trim());
            if name.starts_with("on") && name.len() > 3 && name.bytes().all(|byte| byte.is_ascii_lowercase())
            {
                keep(&mut self.handlers, format!("{name} on {}", tag.name));
            } else if name == "style" {
                self.inline_styles += 1;
            } else if name == "nonce" && !text.is_empty() {
                if !self.nonces.iter().any(|known| known == text) {
                    keep(&mut self.nonces, text.to_owned());
                }
            } else if matches!(name, "href" | "src" | "action" | "formaction")
                && text.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("javascript:"))
            {
                keep(&mut self.script_links, format!("{name} on {}", tag.name));
            }
        }
    }

    fn meta(
        &mut self,
        equivalent: Option<String>,
        name: Option<String>,
        content: Option<String>,
        charset: Option<String>,
    ) {
        self.charset = self.charset.take().or(charset);
        match (equivalent, content) {
            (Some(header), Some(content)) => match &*header.trim().to_lowercase() {
                "content-security-policy" if !content.is_empty() => keep(&mut self.policies, content),
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

/// What loads something, by which attribute, and whether that can change the page.
const LOADS: &[(&str, &str, bool)] = &[
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

/// Whether a `<link>` of these relations loads what it names.
fn loads(relations: &str) -> bool {
    let loading = ["stylesheet", "icon", "preload", "modulepreload", "manifest", "apple-touch-icon"];
    relations.split_ascii_whitespace().any(|relation| loading.contains(&relation))
}

/// Whether a script of this type runs; others are data blocks.
fn runs(kind: Option<&str>) -> bool {
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    kind.is_empty()
        || kind == "module"
        || kind == "importmap"
        || kind == "speculationrules"
        || kind.contains("javascript")
        || kind.contains("ecmascript")
}

fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() < MOST {
        list.push(item);
    }
}

fn keep_some<T>(list: &mut Vec<T>, item: Option<T>) {
    if let Some(item) = item {
        keep(list, item);
    }
}

#[derive(Default)]
struct Sink(RefCell<Reading>);

#[derive(Default)]
struct Reading {
    page: Page,
    tokens: usize,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reading = self.0.borrow_mut();
        // A tag can make any number of errors before it is one.
        reading.tokens += usize::from(!matches!(token, Token::ParseError(_)));
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind == TagKind::EndTag {
            return TokenSinkResult::Continue;
        }
        reading.page.open(&tag);
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
    fn scripts_are_read_as_a_browser_does() {
        let page = Page::read(
            "<script src=/a.js integrity=sha384-x nonce=N></script><script>'<img src=no>'</script>\
             <SCRIPT type=application/json>{}</SCRIPT><!-- <script src=no></script> --><textarea><script></textarea>",
        );
        assert_eq!(page.scripts.len(), 3);
        assert_eq!(page.scripts[0].src.as_deref(), Some("/a.js"));
        assert_eq!(page.scripts.iter().filter(|script| script.runs).count(), 2);
        assert!(page.loads.is_empty());
        assert_eq!(page.nonces, ["N"]);
    }

    #[test]
    fn what_a_page_loads_runs_and_sends_is_kept() {
        let page = Page::read(
            "<base href=/b/><link rel=stylesheet href=http://a/x.css><link rel=canonical href=http://no/>\
             <img src=http://a/p.png onerror='x()'><form action=http://a/><input type=Password></form>\
             <a href=' JavaScript:x()'>x</a><p style='color:red' one=1 on=2>",
        );
        assert_eq!(page.loads.len(), 2);
        assert!(page.loads[0].active && !page.loads[1].active);
        assert_eq!(page.handlers, ["onerror on img"]);
        assert_eq!(page.script_links, ["href on a"]);
        assert_eq!((page.forms.len(), page.inline_styles, page.asks_password), (1, 1, true));
    }

    #[test]
    fn a_tag_of_a_million_attributes_ends_soon() {
        let mut html = String::from("<p ");
        (0..400_000).for_each(|number| html.push_str(&format!("a{number} ")));
        let began = std::time::Instant::now();
        assert_eq!(Page::read(&html).handlers.len(), 0);
        assert!(began.elapsed().as_secs() < 20);
    }
}
