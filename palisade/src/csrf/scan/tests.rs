//! The result of a scan does not depend on the pieces in which the body arrives.

use http::HeaderValue;

use super::*;

const FIELD: &str = "csrf_token";

fn scan(content_type: &str) -> Option<TokenScan> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).unwrap());
    TokenScan::of(&headers)
}

/// Scans the body up to each of these ends, and then the whole body.
fn scan_pieces(content_type: &str, body: &[u8], ends: impl IntoIterator<Item = usize>) -> ScanResult {
    let mut scan = scan(content_type).unwrap();
    for end in ends {
        match scan.advance(&body[..end], FIELD, false) {
            ScanResult::Incomplete => {}
            result => return result,
        }
    }
    scan.advance(body, FIELD, true)
}

fn scan_whole(content_type: &str, body: &str) -> Option<String> {
    match scan_pieces(content_type, body.as_bytes(), []) {
        ScanResult::Value(value) => Some(String::from_utf8_lossy(&value).into_owned()),
        ScanResult::Absent => None,
        ScanResult::Incomplete => panic!("a complete body has a result"),
    }
}

#[test]
fn decodes_fields_and_returns_the_first() {
    for (body, expected) in [
        ("csrf_token=abc", Some("abc")),
        ("a=b&csrf_token=abc&c=d", Some("abc")),
        ("csrf%5Ftoken=a%62c", Some("abc")),
        ("csrf_token=a+b%2bc", Some("a b+c")),
        ("csrf_token=%zz%4", Some("%zz%4")),
        ("csrf_token=a=b", Some("a=b")),
        ("csrf_token=one&csrf_token=two", Some("one")),
        ("csrf_token=", Some("")),
        ("csrf_token", Some("")),
        ("&&csrf_token=abc", Some("abc")),
        ("x_csrf_token=abc&csrf_token_x=abc&CSRF_TOKEN=abc", None),
        ("a=csrf_token=abc", None),
        ("a=b;csrf_token=abc", None),
        ("", None),
    ] {
        assert_eq!(scan_whole("application/x-www-form-urlencoded", body).as_deref(), expected, "{body}");
    }
}

const MULTIPART: &str = "multipart/form-data; boundary=\"B B\"";

#[test]
fn returns_the_first_part_of_the_name() {
    let ours = "Content-Disposition: form-data; name=\"csrf_token\"\r\n\r\n";
    for (body, expected) in [
        (format!("--B B\r\n{ours}abc\r\n--B B--\r\n"), Some("abc")),
        (format!("preamble\r\n--B B  \r\n{ours}abc\r\n--B B--"), Some("abc")),
        (
            "\r\n--B B\r\nX: y\r\ncontent-disposition:form-data;name=csrf_token\r\n\r\na\r\nb\r\n--B B"
                .to_owned(),
            Some("a\r\nb"),
        ),
        (format!("--B B\r\n{ours}one\r\n--B B\r\n{ours}two\r\n--B B--"), Some("one")),
        (format!("--B B\r\n\r\nnameless\r\n--B B\r\n{ours}abc\r\n--B B--"), Some("abc")),
        (format!("--B B\r\nX: y\r\n\r\n--B B\r\n{ours}\r\n--B B--"), Some("")),
        (format!("--B B\r\n{ours}--B B--"), Some("")),
        (format!("--B B\r\n{ours}abc"), None),
        (format!("--B B\n{}abc\n--B B--", ours.replace("\r\n", "\n")), None),
        (format!("--B B--\r\n--B B\r\n{ours}abc\r\n--B B--"), None),
        (format!("--B BB\r\n{ours}abc\r\n--B BB--"), None),
        (format!("--B B\r\n{}abc\r\n--B B--", ours.replace("\r\n\r\n", "; filename=\"x\"\r\n\r\n")), None),
        (format!("--B B\r\n{}abc\r\n--B B--", ours.replace("form-data", "attachment")), None),
        (format!("--B B\r\nX: y\r\n\r\n{ours}abc\r\n--B B--"), None),
        (String::new(), None),
    ] {
        assert_eq!(scan_whole(MULTIPART, &body).as_deref(), expected, "{body}");
    }
}

#[test]
fn scans_only_forms_with_a_valid_boundary() {
    let longest = format!("multipart/form-data; boundary={}", "b".repeat(70));
    for kind in [
        longest.as_str(),
        "MULTIPART/Form-Data; charset=utf-8; Boundary=x",
        "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
    ] {
        assert!(scan(kind).is_some(), "{kind}");
    }
    let longer = format!("{longest}b");
    for kind in [
        longer.as_str(),
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"x",
        "multipart/form-data; boundary=\"\t\"",
        "multipart/mixed; boundary=x",
        "application/json",
        "text/plain",
        "",
    ] {
        assert!(scan(kind).is_none(), "{kind}");
    }
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("Identity"));
    assert!(TokenScan::of(&headers).is_some());
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert!(TokenScan::of(&headers).is_none());
}

#[test]
fn cuts_values_longer_than_a_token() {
    let body = format!("csrf_token={}", "a".repeat(60_000));
    assert_eq!(scan_whole("application/x-www-form-urlencoded", &body).unwrap().len(), MAX_VALUE_LEN);
}

/// A small random generator with a fixed seed, so that failures can be reproduced.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

#[test]
fn pieces_do_not_change_the_result() {
    let words = [
        (
            "application/x-www-form-urlencoded",
            ["&", "=", "csrf_token", "csrf%5ftoken", "+", "%", "a", "%2", "csrf"],
        ),
        (
            "multipart/form-data; boundary=b",
            [
                "\r\n--b",
                "--b",
                "\r\n",
                "\r",
                "-",
                " ",
                "\r\n\r\n",
                "a",
                "\r\n--b\r\nContent-Disposition: form-data; name=\"csrf_token\"\r\n\r\n",
            ],
        ),
    ];
    let (mut random, mut found) = (Random(0x9e37_79b9_7f4a_7c15), 0);
    for round in 0..10_000 {
        let (content_type, words) = words[round % 2];
        let body: String = (0..random.below(12)).map(|_| words[random.below(words.len())]).collect();
        let body = body.as_bytes();
        let expected = scan_pieces(content_type, body, []);
        found += usize::from(expected != ScanResult::Absent);
        assert_eq!(scan_pieces(content_type, body, 0..=body.len()), expected, "byte by byte: {body:?}");
        for end in 0..=body.len() {
            assert_eq!(scan_pieces(content_type, body, [end]), expected, "cut at {end}: {body:?}");
        }
    }
    assert!((1_000..9_000).contains(&found), "about half of the bodies have the field: {found}");
}
