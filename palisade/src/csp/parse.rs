//! The parser, with errors that name the position and the correction.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::directive::{Directive, ValueType};
use super::grammar::{is_host, is_scheme};
use super::token::{NONCE, Token};
use super::{Csp, Entry};

/// The reason why a text is not a policy, directive or source: the position, the text there, and
/// what to write instead.
///
/// ```
/// use palisade::csp::Csp;
///
/// let error = "script-src self".parse::<Csp>().unwrap_err();
/// assert_eq!(error.at(), 11);
/// assert!(error.to_string().ends_with("write `'self'`, with quotes"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: `{token}` {advice}", at + 1)]
pub struct CspError {
    at: usize,
    token: String,
    advice: Cow<'static, str>,
}

impl CspError {
    pub(super) fn invalid_source(text: &str) -> Self {
        Self { at: 0, token: text.to_owned(), advice: Cow::Borrowed(INVALID_SOURCE) }
    }

    /// The position of the error: the number of bytes before it.
    pub fn at(&self) -> usize {
        self.at
    }
}

const INVALID_SOURCE: &str = "is not a source: write a host such as `cdn.example`, `https://cdn.example:8443/lib/` or `*.example`, or a scheme such as `data:`";

const NONE_IS_A_LIST: &str = "is a list without sources: write `none()` in place of the whole list";

const NOT_ONE_WORD: &str =
    "is not one word: remove spaces, `;` and `,` (in a URL, write `%20`, `%3B`, `%2C`)";

/// Schemes whose name without the colon is surely a mistake, not a host.
const SCHEMES: [&str; 8] = ["blob", "data", "filesystem", "http", "https", "mediastream", "ws", "wss"];

/// Keywords in quotes, each with two flags: it needs a source list for inline code; it needs one
/// for scripts.
const KEYWORDS: [(&str, bool, bool); 11] = [
    ("self", false, false),
    ("none", false, false),
    ("unsafe-inline", true, false),
    ("unsafe-hashes", true, false),
    ("report-sample", true, false),
    ("nonce", true, false),
    ("unsafe-eval", true, true),
    ("wasm-unsafe-eval", true, true),
    ("strict-dynamic", true, true),
    ("trusted-types-eval", true, true),
    ("inline-speculation-rules", true, true),
];

/// A part of the text, and what to write instead of it.
type ParseError<'a> = (&'a str, Advice);
type Advice = Cow<'static, str>;

/// Parses the text of a header. `'nonce'` stands for the nonce of each response. A trailing `;` is
/// accepted.
impl FromStr for Csp {
    type Err = CspError;

    fn from_str(text: &str) -> Result<Self, CspError> {
        policy(text).map_err(|(token, advice)| CspError {
            at: token.as_ptr() as usize - text.as_ptr() as usize,
            token: token.to_owned(),
            advice,
        })
    }
}

fn policy(text: &str) -> Result<Csp, ParseError<'_>> {
    if let Some((at, bad)) = text.char_indices().find(|(_, c)| !matches!(c, ' ' | '\t' | '!'..='~')) {
        let advice = "is not allowed in a header: write the policy in one line of ASCII, hosts as `xn--…`";
        return Err((&text[at..at + bad.len_utf8()], advice.into()));
    }
    if let Some(at) = text.find(',') {
        return Err((&text[at..=at], "would begin another policy: write each policy on its own".into()));
    }
    let mut entries = Vec::new();
    for part in text.split(';').map(str::trim_ascii).filter(|part| !part.is_empty()) {
        let entry = entry(part, &entries)?;
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err((text, "has no directive: write at least `default-src 'self'`".into()));
    }
    Ok(Csp { entries })
}

/// Parses a directive with its value; `before` contains the directives before it.
fn entry<'a>(part: &'a str, before: &[Entry]) -> Result<Entry, ParseError<'a>> {
    let (name, rest) = part.split_once([' ', '\t']).unwrap_or((part, ""));
    let directive = directive(name).map_err(|advice| (name, advice))?;
    if before.iter().any(|entry| entry.directive == directive) {
        let advice = format!(
            "is a duplicate, and browsers ignore the second: write one `{directive}` with all its sources"
        );
        return Err((name, advice.into()));
    }
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    Ok(Entry { directive, tokens: tokens(directive, name, &words)? })
}

/// Parses the value of a directive from separate words, each of which must be a single word.
pub(super) fn words(directive: Directive, words: &[&str]) -> Result<Vec<Token>, CspError> {
    let parsed = match words.iter().find(|word| !is_one_word(word)) {
        Some(word) => Err((*word, NOT_ONE_WORD.into())),
        None => tokens(directive, directive.name(), words),
    };
    parsed.map_err(|(token, advice)| CspError { at: 0, token: token.escape_default().to_string(), advice })
}

fn is_one_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() && !b";,".contains(&byte))
}

fn tokens<'a>(directive: Directive, name: &'a str, words: &[&'a str]) -> Result<Vec<Token>, ParseError<'a>> {
    let mut tokens = Vec::new();
    for word in words {
        match directive.parse_word(word, words.len()) {
            Err(advice) => return Err((word, advice)),
            Ok(Some(token)) if tokens.contains(&token) => {
                return Err((word, "is a duplicate: write it once".into()));
            }
            Ok(token) => tokens.extend(token),
        }
    }
    match directive.missing_value(words) {
        Some(advice) => Err((name, advice.into())),
        None => Ok(tokens),
    }
}

fn directive(name: &str) -> Result<Directive, Advice> {
    if let Some(known) = Directive::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(name)) {
        return Ok(known);
    }
    let nearest = Directive::ALL.into_iter().min_by_key(|known| distance(known.name(), name));
    let nearest = nearest.unwrap_or(Directive::DefaultSrc);
    Err(format!("is not a directive: write `{nearest}`, or put `;` before the next directive").into())
}

/// Parses the name of a directive, such as `img-src`.
impl FromStr for Directive {
    type Err = CspError;

    fn from_str(name: &str) -> Result<Self, CspError> {
        directive(name).map_err(|advice| CspError { at: 0, token: name.escape_default().to_string(), advice })
    }
}

impl Directive {
    /// Parses one word of the value. Returns `None` for `'none'`, and the advice as the error.
    fn parse_word(self, word: &str, words: usize) -> Result<Option<Token>, Advice> {
        let token = || Ok(Some(Cow::Owned(word.to_owned())));
        match self.value_type() {
            ValueType::Sources { .. } => source(self, format_args!("`{self}`"), word, words),
            ValueType::Empty => {
                Err(format!("follows `{self}`, which takes no value: put `;` between them").into())
            }
            ValueType::Flags(_) if words > 1 && self != Self::Sandbox => {
                Err(format!("is a second value: `{self}` takes one; write only that").into())
            }
            ValueType::Flags(known) if known.contains(&word) => token(),
            ValueType::Flags(known) => {
                Err(format!("is not a value of `{self}`: write {}", known.join(", ")).into())
            }
            ValueType::PolicyNames => match word {
                "'none'" if words == 1 => token(),
                "'none'" => Err("cannot be combined with names: remove it".into()),
                "'allow-duplicates'" | "*" => token(),
                _ if word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-#=_/@.%".contains(&byte)) => {
                    token()
                }
                _ => Err("is not the name of a policy: write letters, digits and -#=_/@.%".into()),
            },
            ValueType::Urls | ValueType::Endpoint if word.starts_with('\'') => {
                Err("is a source: write a URL or the name of an endpoint".into())
            }
            ValueType::Endpoint if words > 1 => {
                Err("is a second endpoint: `report-to` takes one; write only that".into())
            }
            ValueType::Urls | ValueType::Endpoint => token(),
        }
    }

    fn missing_value(self, words: &[&str]) -> Option<&'static str> {
        match self.value_type() {
            ValueType::Sources { .. } if words.is_empty() => {
                Some("has no sources: write `'none'` to allow none")
            }
            ValueType::Urls | ValueType::Endpoint if words.is_empty() => {
                Some("has no target: write a URL, or the name of an endpoint")
            }
            ValueType::Flags(_) if words.is_empty() && self != Self::Sandbox => {
                Some("has no value: write one")
            }
            _ => None,
        }
    }

    /// Returns `true` if the directive accepts a source of this text.
    pub(super) fn admits(self, token: &str) -> bool {
        self.parse_word(token, 1).is_ok()
    }
}

/// Parses one source for the list of a directive.
pub(super) fn source_in(directive: Directive, text: &str) -> Result<Token, CspError> {
    let parsed = match is_one_word(text) {
        false => Err(NOT_ONE_WORD.into()),
        true => source(directive, format_args!("this directive"), text, 1),
    };
    let token = parsed.and_then(|token| token.ok_or_else(|| NONE_IS_A_LIST.into()));
    token.map_err(|advice| CspError { at: 0, token: text.escape_default().to_string(), advice })
}

/// Parses the value of an `integrity` attribute with one hash.
pub(super) fn integrity(text: &str) -> Result<Token, CspError> {
    let text = text.trim_ascii();
    let hash = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(text);
    // The attribute may have options, which no browser knows.
    let hash = hash.split_once('?').map_or(hash, |(hash, _)| hash);
    if is_hash(hash) {
        return Ok(Cow::Owned(format!("'{hash}'")));
    }
    let advice = if hash.split_ascii_whitespace().count() > 1 {
        "has several hashes: write a source for each"
    } else {
        "is not the value of an `integrity` attribute: write one hash such as `sha384-…`, of 48 bytes in base64"
    };
    Err(CspError { at: 0, token: text.escape_default().to_string(), advice: advice.into() })
}

fn source(
    directive: Directive,
    place: fmt::Arguments<'_>,
    word: &str,
    words: usize,
) -> Result<Option<Token>, Advice> {
    let ValueType::Sources { inline, executes } = directive.value_type() else {
        return Err(format!("is a source, and {place} takes none").into());
    };
    let misplaced = |needs_eval: bool| {
        let places =
            if needs_eval { "script-src and default-src" } else { "script-src, style-src and default-src" };
        Err(format!("has no meaning in {place}: write it in {places} only").into())
    };
    let Some(quoted) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) else {
        if let Some((keyword, ..)) = KEYWORDS.iter().find(|(keyword, ..)| keyword.eq_ignore_ascii_case(word))
        {
            return Err(format!("would be a host of that name: write `'{keyword}'`, with quotes").into());
        }
        if SCHEMES.contains(&word) {
            return Err(format!("would be a host of that name: write `{word}:`, with the colon").into());
        }
        if let Some(next) = Directive::ALL.into_iter().find(|known| known.name() == word) {
            return Err(format!("is a directive: put `;` before `{next}`").into());
        }
        if is_hash(word) {
            return Err(format!("would be a host of that name: write `'{word}'`, with quotes").into());
        }
        let known = word == "*" || is_scheme(word) || is_host(word);
        return if known { Ok(Some(Cow::Owned(word.to_owned()))) } else { Err(INVALID_SOURCE.into()) };
    };
    if let Some((keyword, needs_inline, needs_eval)) =
        KEYWORDS.iter().find(|(keyword, ..)| keyword.eq_ignore_ascii_case(quoted))
    {
        return match *keyword {
            "none" if words == 1 => Ok(None),
            "none" => Err("cannot be combined with other sources: remove it, or remove the others".into()),
            _ if *needs_inline && !inline || *needs_eval && !executes => misplaced(*needs_eval),
            "nonce" => Ok(Some(Cow::Borrowed(NONCE))),
            _ => Ok(Some(Cow::Owned(format!("'{keyword}'")))),
        };
    }
    if quoted.starts_with("nonce-") {
        return Err(
            "would be the same in every response: write `'nonce'`, and each response gets its own".into()
        );
    }
    let hash = hash_parts(quoted);
    match hash {
        Some(_) if !inline => misplaced(false),
        Some((digest, bytes)) if decoded(digest) == Some(bytes) => Ok(Some(Cow::Owned(word.to_owned()))),
        Some((_, bytes)) => {
            Err(format!("is not a hash: write {bytes} bytes in base64 after the dash").into())
        }
        None => {
            let nearest = KEYWORDS
                .iter()
                .min_by_key(|(keyword, ..)| distance(keyword, quoted))
                .map_or("self", |(keyword, ..)| keyword);
            Err(format!("is not a keyword: write `'{nearest}'`, if that is what you mean").into())
        }
    }
}

/// Returns the digest of a hash source, and the number of bytes that it must have.
fn hash_parts(text: &str) -> Option<(&str, usize)> {
    [("sha256-", 32), ("sha384-", 48), ("sha512-", 64)]
        .into_iter()
        .find_map(|(prefix, bytes)| Some((text.strip_prefix(prefix)?, bytes)))
}

/// Returns `true` for a hash source without its quotes.
pub(super) fn is_hash(text: &str) -> bool {
    hash_parts(text).is_some_and(|(digest, bytes)| decoded(digest) == Some(bytes))
}

/// The number of bytes in a digest, in either alphabet of base64.
fn decoded(digest: &str) -> Option<usize> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE]
        .iter()
        .find_map(|alphabet| Some(GeneralPurpose::new(alphabet, lenient).decode(digest).ok()?.len()))
}

/// The Levenshtein distance between two names, ignoring case.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(!a.eq_ignore_ascii_case(&b));
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

crate::core::error_text::debug_is_text!(CspError);
