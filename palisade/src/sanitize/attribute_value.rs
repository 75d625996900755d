//! Checks of attribute values.

use crate::core::safe_path::SafePath;

/// Checks a URL on this site: a safe path, or a relative URL that does not go up.
pub(super) fn same_site_url(value: &str) -> Option<String> {
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

/// Returns `true` for up to four digits with an optional sign.
pub(super) fn is_small_number(value: &str) -> bool {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns `true` for lengths from -1em to 20em, or as much in another unit.
pub(super) fn is_small_length(value: &str) -> bool {
    let value = value.trim_ascii();
    if matches!(value, "0" | "thin" | "medium" | "thick") {
        return true;
    }
    let split = value.find(|char: char| char.is_ascii_alphabetic() || char == '%').unwrap_or(value.len());
    let (number, unit) = value.split_at(split);
    let max = match unit {
        "em" => 20.0,
        "ex" | "ch" => 40.0,
        "px" => 320.0,
        "pt" => 240.0,
        "%" => 100.0,
        _ => return false,
    };
    let is_plain = number.len() <= 10 && number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    is_plain && number.parse().is_ok_and(|number: f64| (-max / 20.0..=max).contains(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_stay_on_the_site() {
        for (value, url) in [
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
            assert_eq!(same_site_url(value).as_deref(), url, "{value:?}");
        }
    }

    #[test]
    fn accepts_small_lengths_only() {
        for value in ["0", "1em", "-0.1667em", "100%", "2.5px", "thick"] {
            assert!(is_small_length(value), "{value}");
        }
        for value in ["", "em", "-5em", "99em", "1e3px", "calc(1px)", "1vw", "NaNem", "infem", "1 em"] {
            assert!(!is_small_length(value), "{value}");
        }
    }
}
