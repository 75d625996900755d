//! Fuzzes every rule of the audit and the score with headers, an empty line and a body.
#![no_main]

use std::time::SystemTime;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use libfuzzer_sys::fuzz_target;
use palisade_audit::{Observation, ObservedResponse, Tls, findings, score};

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
    let url = "https://www.example.co.uk/a/b";
    let response = ObservedResponse::new(url, StatusCode::OK, headers).expect("the URL is https");
    let page = response.clone().body(&String::from_utf8_lossy(body));
    let _ = (page.links(), page.redirect_target());
    let observation = Observation::new(page.clone(), SystemTime::now())
        .second_response(page.clone())
        .plain_http(vec![response.clone(), page])
        .preflight(response.clone())
        .security_txt(response, &String::from_utf8_lossy(body))
        .tls(Tls { version: String::new(), certificate_error: None, not_after: Some(0) });
    assert!(findings(&observation).iter().all(|finding| finding.evidence.chars().count() <= 501));
    assert!(score(&observation).is_some());
});
