//! `palisade headers`: the headers of a preset, to read or to paste.

use std::io::{self, Write};

use http::{Request, Response};
use palisade::SecurityHeaders;
use palisade::guard::Guard;
use palisade::https::Hsts;

use crate::ExitStatus;
use crate::args::Preset;

/// The part of the strict policy that holds the nonce, in a response without one.
const WITHOUT_NONCE: &str = "script-src 'strict-dynamic'";
/// The same part with a nonce. nginx sends the same text in each response, so it has none.
const WITH_NONCE: &str = "script-src 'nonce-…' 'strict-dynamic'";

pub(crate) fn run(preset: Preset, nginx: bool) -> anyhow::Result<ExitStatus> {
    let headers = match preset {
        Preset::Strict => SecurityHeaders::strict(),
        Preset::Api => SecurityHeaders::api(),
        Preset::Talisman => SecurityHeaders::talisman(),
    };
    let mut request = Request::new(());
    let mut response = Response::new(());
    let state = headers.begin(&mut request);
    headers.finish(&state, &mut response);
    let hsts = http::HeaderValue::from(Hsts::default());
    let hsts = (&http::header::STRICT_TRANSPORT_SECURITY, &hsts);
    let mut stdout = io::stdout().lock();
    for (name, value) in response.headers().iter().chain([hsts]) {
        let value =
            value.to_str()?.replace(WITHOUT_NONCE, if nginx { "script-src 'self'" } else { WITH_NONCE });
        if nginx {
            writeln!(stdout, "add_header {} \"{value}\" always;", title_case(name.as_str()))?;
        } else {
            writeln!(stdout, "{}: {value}", title_case(name.as_str()))?;
        }
    }
    Ok(ExitStatus::Clean)
}

/// Returns `X-Frame-Options` for `x-frame-options`.
fn title_case(name: &str) -> String {
    let part = |part: &str| match part {
        "xss" | "dns" => part.to_ascii_uppercase(),
        _ => part[..1].to_ascii_uppercase() + &part[1..],
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}
