//! The tests of one header each.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

use super::{Observation, csp, is_html, media_type};

const PRIVATE: [&str; 4] = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const UNSAFE: [&str; 4] = ["origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"];

pub(super) fn content_type_options(observation: &Observation) -> &'static str {
    match observation.page.header(&X_CONTENT_TYPE_OPTIONS).filter(|text| !text.is_empty()) {
        None => "x-content-type-options-not-implemented",
        Some(text) if text.trim().eq_ignore_ascii_case("nosniff") => "x-content-type-options-nosniff",
        Some(_) => "x-content-type-options-header-invalid",
    }
}

pub(super) fn frame_options(observation: &Observation) -> &'static str {
    if csp::has_frame_ancestors(observation) {
        return "x-frame-options-implemented-via-csp";
    }
    match observation.page.header(&X_FRAME_OPTIONS).filter(|text| !text.is_empty()) {
        None => "x-frame-options-not-implemented",
        Some(text) => match &*text.trim().to_lowercase() {
            "deny" | "sameorigin" => "x-frame-options-sameorigin-or-deny",
            text if text.starts_with("allow-from") => "x-frame-options-allow-from-origin",
            _ => "x-frame-options-header-invalid",
        },
    }
}

pub(super) fn referrer(observation: &Observation) -> &'static str {
    let meta = observation.page.page().filter(|_| is_html(&media_type(&observation.page)));
    let meta = meta.and_then(|html| html.referrer.clone());
    let all: Vec<String> = observation.page.values(&REFERRER_POLICY).chain(meta).collect();
    if all.is_empty() {
        return "referrer-policy-not-implemented";
    }
    let all = all.join(", ");
    let mut words = all.split(',').map(|word| word.trim().to_lowercase());
    let last = words.rfind(|word| PRIVATE.contains(&&**word) || UNSAFE.contains(&&**word));
    match last {
        Some(word) if PRIVATE.contains(&&*word) => "referrer-policy-private",
        Some(_) => "referrer-policy-unsafe",
        None => "referrer-policy-header-invalid",
    }
}

pub(super) fn sharing(observation: &Observation) -> &'static str {
    let Some(response) = &observation.preflight else {
        return "cross-origin-resource-sharing-not-implemented";
    };
    let credentials = response.header(&ACCESS_CONTROL_ALLOW_CREDENTIALS).unwrap_or_default();
    match response.header(&ACCESS_CONTROL_ALLOW_ORIGIN).filter(|text| !text.is_empty()) {
        None => "cross-origin-resource-sharing-not-implemented",
        Some(origin) if origin.trim() == "*" => {
            "cross-origin-resource-sharing-implemented-with-public-access"
        }
        Some(origin)
            if origin == Observation::FOREIGN_ORIGIN && credentials.trim().eq_ignore_ascii_case("true") =>
        {
            "cross-origin-resource-sharing-implemented-with-universal-access"
        }
        Some(_) => "cross-origin-resource-sharing-implemented-with-restricted-access",
    }
}

pub(super) fn resource(observation: &Observation) -> &'static str {
    let text = observation.page.named("cross-origin-resource-policy").unwrap_or_default();
    match &*text.trim().to_lowercase() {
        "" => "corp-not-implemented",
        "same-site" => "corp-implemented-with-same-site",
        "same-origin" => "corp-implemented-with-same-origin",
        "cross-origin" => "corp-implemented-with-cross-origin",
        _ => "corp-header-invalid",
    }
}

pub(super) fn embedder(observation: &Observation) -> &'static str {
    match item(observation, "cross-origin-embedder-policy") {
        Item::Missing => "coep-not-implemented",
        Item::Token(word) => match &*word {
            "require-corp" => "coep-implemented-with-require-corp",
            "credentialless" => "coep-implemented-with-credentialless",
            "unsafe-none" => "coep-implemented-with-unsafe-none",
            _ => "coep-header-invalid",
        },
        Item::Invalid => "coep-header-invalid",
    }
}

pub(super) fn opener(observation: &Observation) -> &'static str {
    match item(observation, "cross-origin-opener-policy") {
        Item::Missing => "coop-not-implemented",
        Item::Token(word) => match &*word {
            "same-origin" => "coop-implemented-with-same-origin",
            "same-origin-allow-popups" => "coop-implemented-with-same-origin-allow-popups",
            "noopener-allow-popups" => "coop-implemented-with-noopener-allow-popups",
            "unsafe-none" => "coop-implemented-with-unsafe-none",
            _ => "coop-header-invalid",
        },
        Item::Invalid => "coop-header-invalid",
    }
}

/// A header that is one item of RFC 8941, which must be a token.
enum Item {
    Missing,
    Token(String),
    Invalid,
}

fn item(observation: &Observation, name: &'static str) -> Item {
    match observation.page.named(name).filter(|text| !text.is_empty()) {
        None => Item::Missing,
        Some(text) => token(text.trim()).map_or(Item::Invalid, |word| Item::Token(word.to_owned())),
    }
}

/// Returns the token of an item if its parameters are valid too.
fn token(text: &str) -> Option<&str> {
    let (word, mut rest) = split_token(text)?;
    while let Some(parameter) = rest.strip_prefix(';') {
        let parameter = parameter.trim_start_matches(' ');
        let is_key = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.*".contains(c);
        if !parameter.starts_with(|c: char| c.is_ascii_lowercase() || c == '*') {
            return None;
        }
        rest = parameter.trim_start_matches(is_key);
        if let Some(value) = rest.strip_prefix('=') {
            rest = after_bare_item(value)?;
        }
    }
    rest.is_empty().then_some(word)
}

fn split_token(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:/".contains(c);
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*');
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    first.then(|| text.split_at(end))
}

fn after_bare_item(text: &str) -> Option<&str> {
    let mut letters = text.char_indices();
    match letters.next()?.1 {
        '"' => {
            let mut escaped = false;
            for (at, letter) in letters {
                match letter {
                    '\\' | '"' if escaped => escaped = false,
                    _ if escaped => return None,
                    '\\' => escaped = true,
                    '"' => return Some(&text[at + 1..]),
                    ' '..='~' => {}
                    _ => return None,
                }
            }
            None
        }
        '?' => text.strip_prefix("?0").or_else(|| text.strip_prefix("?1")),
        ':' => text[1..].split_once(':').map(|(_, rest)| rest),
        '-' | '0'..='9' => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            digits.starts_with(|c: char| c.is_ascii_digit()).then_some(rest)
        }
        _ => split_token(text).map(|(_, rest)| rest),
    }
}
