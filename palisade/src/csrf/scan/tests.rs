//! In whatever pieces a body comes, what is found in it is the same.

use http::HeaderValue;

use super::*;

const FIELD: &str = "csrf_token";

fn scan(kind: &str) -> Option<Scan> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
    Scan::of(&headers)
}

/// Looks as often as the body has grown by one of the pieces.
fn look(kind: &str, body: &[u8], pieces: impl IntoIterator<Item = usize>) -> Found {
    let mut scan = scan(kind).unwrap();
    for end in pieces {
        match scan.look(&body[..end], FIELD, false) {
            Found::Later => {}
            found => return found,
        }
    }
    scan.look(body, FIELD, true)
}

fn whole(kind: &str, body: &str) -> Option<String> {
    match look(kind, body.as_bytes(), []) {
        Found::Value(value) => Some(String::from_utf8_lossy(&value).into_owned()),
        Found::Absent => None,
        Found::Later => panic!("there is no later"),
    }
}

#[test]
fn fields_are_decoded_and_the_first_counts() {
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
        assert_eq!(whole("application/x-www-form-urlencoded", body).as_deref(), expected, "{body}");
    }
}

const MULTIPART: &str = "multipart/form-data; boundary=\"B B\"";

#[test]
fn parts_are_told_apart_and_the_first_of_the_name_counts() {
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
        assert_eq!(whole(MULTIPART, &body).as_deref(), expected, "{body}");
    }
}

#[test]
fn only_forms_with_a_boundary_that_can_be_one_are_looked_through() {
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
    assert!(Scan::of(&headers).is_some());
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert!(Scan::of(&headers).is_none());
}

#[test]
fn a_value_is_kept_no_longer_than_a_token_can_be() {
    let body = format!("csrf_token={}", "a".repeat(60_000));
    assert_eq!(whole("application/x-www-form-urlencoded", &body).unwrap().len(), LONGEST);
}

/// A small generator of numbers that anybody can run again.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }
}

#[test]
fn ten_thousand_bodies_give_the_same_in_one_piece_in_two_and_byte_by_byte() {
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
    let (mut dice, mut found) = (Dice(0x9e37_79b9_7f4a_7c15), 0);
    for round in 0..10_000 {
        let (kind, words) = words[round % 2];
        let body: String = (0..dice.throw(12)).map(|_| words[dice.throw(words.len())]).collect();
        let body = body.as_bytes();
        let expected = look(kind, body, []);
        found += usize::from(expected != Found::Absent);
        assert_eq!(look(kind, body, 0..=body.len()), expected, "byte by byte: {body:?}");
        for end in 0..=body.len() {
            assert_eq!(look(kind, body, [end]), expected, "cut at {end}: {body:?}");
        }
    }
    assert!((1_000..9_000).contains(&found), "the dice are loaded: {found}");
}
