//! A policy from text, with errors that point at the place.

use std::borrow::Cow;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::directive::{Directive, Takes};
use super::source::{NONCE, Token};
use super::{Csp, Entry};

/// Why a text is no policy, or no source: the place, what stands there, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {}: `{token}` {advice}", at + 1)]
pub struct CspError {
    at: usize,
    token: String,
    advice: Cow<'static, str>,
}

impl CspError {
    pub(super) fn no_host(text: &str) -> Self {
        Self { at: 0, token: text.to_owned(), advice: Cow::Borrowed(HOST) }
    }

    /// How many bytes of the text stand before the place.
    pub fn at(&self) -> usize {
        self.at
    }
}

const HOST: &str = "is no source: write a host such as `cdn.example`, `https://cdn.example:8443/lib/` or `*.example`, or a scheme such as `data:`";

const ONE_WORD: &str = "is not one word: leave out spaces, `;` and `,` (in a URL, write `%20`, `%3B`, `%2C`)";

/// Schemes whose name, without the colon, nobody means as a host.
const SCHEMES: [&str; 8] = ["blob", "data", "filesystem", "http", "https", "mediastream", "ws", "wss"];

/// Words that stand in quotes, and whether they need a place where inline code counts, or one where code runs.
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

/// A place in the text, and what to write there.
type Wrong<'a> = (&'a str, Advice);
type Advice = Cow<'static, str>;

/// A policy in the form of the header. `'nonce'` stands for the nonce of each response. A trailing `;` is fine.
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

fn policy(text: &str) -> Result<Csp, Wrong<'_>> {
    if let Some((at, bad)) = text.char_indices().find(|(_, c)| !matches!(c, ' ' | '\t' | '!'..='~')) {
        let advice = "has no place in a header: write the policy in one line of ASCII, hosts as `xn--…`";
        return Err((&text[at..at + bad.len_utf8()], advice.into()));
    }
    if let Some(at) = text.find(',') {
        return Err((&text[at..=at], "would begin another policy: give each policy on its own".into()));
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

/// A directive and what it takes; `before` are those that have been read.
fn entry<'a>(part: &'a str, before: &[Entry]) -> Result<Entry, Wrong<'a>> {
    let (name, rest) = part.split_once([' ', '\t']).unwrap_or((part, ""));
    let directive = directive(name).map_err(|advice| (name, advice))?;
    if before.iter().any(|entry| entry.directive == directive) {
        let advice = format!(
            "is there twice, and browsers ignore the second: write one `{directive}` with all its sources"
        );
        return Err((name, advice.into()));
    }
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    Ok(Entry { directive, tokens: tokens(directive, name, &words)? })
}

/// What these words say behind a directive, where each is given on its own: none of them may be more than a word.
pub(super) fn words(directive: Directive, words: &[&str]) -> Result<Vec<Token>, CspError> {
    let one = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic() && !b";,".contains(&byte))
    };
    let read = match words.iter().find(|word| !one(word)) {
        Some(word) => Err((*word, ONE_WORD.into())),
        None => tokens(directive, directive.name(), words),
    };
    read.map_err(|(token, advice)| CspError { at: 0, token: token.escape_default().to_string(), advice })
}

fn tokens<'a>(directive: Directive, name: &'a str, words: &[&'a str]) -> Result<Vec<Token>, Wrong<'a>> {
    let mut tokens = Vec::new();
    for word in words {
        match directive.reads(word, words.len()) {
            Err(advice) => return Err((word, advice)),
            Ok(Some(token)) if tokens.contains(&token) => {
                return Err((word, "is there twice: write it once".into()));
            }
            Ok(token) => tokens.extend(token),
        }
    }
    match directive.lacks(words) {
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
    Err(format!("is no directive: write `{nearest}`, or put `;` before the next directive").into())
}

/// The name of a directive: `img-src`.
impl FromStr for Directive {
    type Err = CspError;

    fn from_str(name: &str) -> Result<Self, CspError> {
        directive(name).map_err(|advice| CspError { at: 0, token: name.escape_default().to_string(), advice })
    }
}

impl Directive {
    /// The token of this word, `None` for `'none'`, or what to write instead.
    fn reads(self, word: &str, words: usize) -> Result<Option<Token>, Advice> {
        let token = || Ok(Some(Cow::Owned(word.to_owned())));
        match self.takes() {
            Takes::Sources { inline, executes } => source(self, word, words, inline, executes),
            Takes::Nothing => {
                Err(format!("stands behind `{self}`, which takes nothing: put `;` between them").into())
            }
            Takes::Flags(_) if words > 1 && self != Self::Sandbox => {
                Err(format!("is one too many: `{self}` takes one word").into())
            }
            Takes::Flags(known) if known.contains(&word) => token(),
            Takes::Flags(known) => {
                Err(format!("is nothing that `{self}` takes: write {}", known.join(", ")).into())
            }
            Takes::PolicyNames => match word {
                "'none'" if words == 1 => token(),
                "'none'" => Err("allows nothing, and so stands alone: leave it out".into()),
                "'allow-duplicates'" | "*" => token(),
                _ if word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-#=_/@.%".contains(&byte)) => {
                    token()
                }
                _ => Err("is no name of a policy: write letters, digits and -#=_/@.%".into()),
            },
            Takes::Urls | Takes::Endpoint if word.starts_with('\'') => {
                Err("is a source, and this directive takes none".into())
            }
            Takes::Endpoint if words > 1 => {
                Err("is one too many: `report-to` takes the name of one endpoint".into())
            }
            Takes::Urls | Takes::Endpoint => token(),
        }
    }

    fn lacks(self, words: &[&str]) -> Option<&'static str> {
        match self.takes() {
            Takes::Sources { .. } if words.is_empty() => {
                Some("has no sources: write `'none'` if it shall have none")
            }
            Takes::Urls | Takes::Endpoint if words.is_empty() => {
                Some("does not say where to: write a URL, or the name of an endpoint")
            }
            Takes::Flags(_) if words.is_empty() && self != Self::Sandbox => {
                Some("takes a word, and has none")
            }
            _ => None,
        }
    }

    /// Whether a source of this text may stand here.
    pub(super) fn admits(self, token: &str) -> bool {
        self.reads(token, 1).is_ok()
    }
}

fn source(
    directive: Directive,
    word: &str,
    words: usize,
    inline: bool,
    executes: bool,
) -> Result<Option<Token>, Advice> {
    let misplaced = |needs_eval: bool| {
        let places =
            if needs_eval { "script-src and default-src" } else { "script-src, style-src and default-src" };
        Err(format!("means nothing in `{directive}`: only {places} take it").into())
    };
    let Some(quoted) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) else {
        if let Some((keyword, ..)) = KEYWORDS.iter().find(|(keyword, ..)| keyword.eq_ignore_ascii_case(word))
        {
            return Err(format!("is a host of that name: write `'{keyword}'`, with quotes").into());
        }
        if SCHEMES.contains(&word) {
            return Err(format!("is a host of that name: write `{word}:`, with the colon").into());
        }
        if let Some(next) = Directive::ALL.into_iter().find(|known| known.name() == word) {
            return Err(format!("is a directive: put `;` before `{next}`").into());
        }
        let known = word == "*" || is_scheme(word) || is_host(word);
        return if known { Ok(Some(Cow::Owned(word.to_owned()))) } else { Err(HOST.into()) };
    };
    if let Some((keyword, needs_inline, needs_eval)) =
        KEYWORDS.iter().find(|(keyword, ..)| keyword.eq_ignore_ascii_case(quoted))
    {
        return match *keyword {
            "none" if words == 1 => Ok(None),
            "none" => {
                Err("allows nothing, and so stands alone: leave it out, or leave the others out".into())
            }
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
    let hash = [("sha256-", 32), ("sha384-", 48), ("sha512-", 64)]
        .into_iter()
        .find_map(|(prefix, bytes)| Some((quoted.strip_prefix(prefix)?, bytes)));
    match hash {
        Some(_) if !inline => misplaced(false),
        Some((digest, bytes)) if decoded(digest) == Some(bytes) => Ok(Some(Cow::Owned(word.to_owned()))),
        Some((_, bytes)) => Err(format!("is no hash: write {bytes} bytes in base64 behind the dash").into()),
        None => {
            let nearest = KEYWORDS
                .iter()
                .min_by_key(|(keyword, ..)| distance(keyword, quoted))
                .map_or("self", |(keyword, ..)| keyword);
            Err(format!("is no keyword: did you mean `'{nearest}'`?").into())
        }
    }
}

/// How many bytes a digest has, in either alphabet of base64.
fn decoded(digest: &str) -> Option<usize> {
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE]
        .iter()
        .find_map(|alphabet| Some(GeneralPurpose::new(alphabet, lenient).decode(digest).ok()?.len()))
}

pub(super) fn is_scheme(text: &str) -> bool {
    let Some(name) = text.strip_suffix(':') else { return false };
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

pub(super) fn is_host(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    if scheme.is_some_and(|scheme| !is_scheme(&format!("{scheme}:"))) {
        return false;
    }
    let (site, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = site.split_once(':').map_or((site, None), |(host, port)| (host, Some(port)));
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let name = host.strip_prefix("*.").unwrap_or(host);
    let host_stands = (host == "*" && (scheme.is_some() || port.is_some())) || name.split('.').all(label);
    let port_stands = port.is_none_or(|port| port == "*" || port.parse::<u16>().is_ok_and(|port| port != 0));
    let path_stands =
        path.bytes().all(|byte| byte.is_ascii_graphic() && !b";,?#'\"<>\\^`{|}".contains(&byte));
    host_stands && port_stands && path_stands
}

/// How many letters must change, come or go (Levenshtein).
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
