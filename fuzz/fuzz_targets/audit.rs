//! The audit: headers, an empty line, a body; every rule and the score.
#![no_main]

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use libfuzzer_sys::fuzz_target;
use palisade_audit::{Answer, Seen, Tls, findings, score};

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(end);
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n').take(100) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii())) {
            headers.append(name, value);
        }
    }
    let answer = Answer::new("https://www.example.co.uk/a/b", StatusCode::OK, headers).expect("an address");
    let page = answer.clone().body(&String::from_utf8_lossy(body));
    let _ = (page.links(), page.redirects_to());
    let seen = Seen::new(page.clone(), SystemTime::now())
        .again(page.clone())
        .clear(vec![answer.clone(), page])
        .preflight(answer.clone())
        .security_txt(answer, &String::from_utf8_lossy(body))
        .tls(Tls { version: String::new(), distrust: None, not_after: Some(0) });
    assert!(findings(&seen).iter().all(|finding| finding.saw.chars().count() <= 501));
    assert!(score(&seen).is_some());
});
