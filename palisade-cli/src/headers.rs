//! `palisade headers`: what a preset sends, to read or to paste.

use std::io::{self, Write};

use http::{Request, Response};
use palisade::{Guard, Hsts, SecurityHeaders};

use crate::Verdict;
use crate::args::Preset;

/// What is left of the strict policy where no page asked for a nonce.
const NONCE_LESS: &str = "script-src 'strict-dynamic'";
/// What it is with one; a file of nginx's has the same text for every answer, so none.
const WITH_NONCE: &str = "script-src 'nonce-…' 'strict-dynamic'";

pub(crate) fn run(preset: Preset, nginx: bool) -> anyhow::Result<Verdict> {
    let headers = match preset {
        Preset::Strict => SecurityHeaders::strict(),
        Preset::Api => SecurityHeaders::api(),
        Preset::Talisman => SecurityHeaders::talisman(),
    };
    let mut request = Request::new(());
    let mut response = Response::new(());
    let kept = headers.begin(&mut request);
    headers.finish(&kept, &mut response);
    let hsts = http::HeaderValue::from(Hsts::default());
    let hsts = (&http::header::STRICT_TRANSPORT_SECURITY, &hsts);
    let mut stdout = io::stdout().lock();
    for (name, value) in response.headers().iter().chain([hsts]) {
        let value = value.to_str()?.replace(NONCE_LESS, if nginx { "script-src 'self'" } else { WITH_NONCE });
        if nginx {
            writeln!(stdout, "add_header {} \"{value}\" always;", titled(name.as_str()))?;
        } else {
            writeln!(stdout, "{}: {value}", titled(name.as_str()))?;
        }
    }
    Ok(Verdict::Clean)
}

/// `X-Frame-Options` of `x-frame-options`.
fn titled(name: &str) -> String {
    let part = |part: &str| match part {
        "xss" | "dns" => part.to_ascii_uppercase(),
        _ => part[..1].to_ascii_uppercase() + &part[1..],
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}
