//! Comparison with Flask-Talisman 1.1.0, byte for byte: `data/talisman.json` holds its headers.

use std::time::Duration;

use palisade::SecurityHeaders;
use palisade::csp::{Csp, Source, none};
use palisade::front_door::Guards;
use palisade::headers::permissions::{Allow, DocumentPolicy, FeaturePolicy, PermissionsPolicy};
use palisade::headers::{DownloadOptions, FrameOptions, ReferrerPolicy, XssProtection};
use palisade::https::{Hsts, Https};
use palisade::proxy::Proxies;
use serde_json::Value;

use crate::support::{PROXY, ask, get_from, https_get, site};

fn vectors() -> Value {
    serde_json::from_str(include_str!("data/talisman.json")).unwrap()
}

fn sources<P: palisade::csp::SourceList>(texts: &[&str]) -> Vec<Source<P>> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn and<P: palisade::csp::SourceList>(
    words: impl IntoIterator<Item = Source<P>>,
    texts: &[&str],
) -> Vec<Source<P>> {
    words.into_iter().chain(sources(texts)).collect()
}

const JSDELIVR: &str = "https://cdn.jsdelivr.net";
const CDNJS: &str = "https://cdnjs.cloudflare.com";
const UNPKG: &str = "https://unpkg.com";
const CKEDITOR: &str = "https://cdn.ckeditor.com";

/// Returns the Maths Society Platform's policy, as its security page lists it.
fn original(unsafe_eval: bool) -> Csp {
    let mut scripts = vec![Source::SELF, Source::UNSAFE_INLINE];
    scripts.extend(unsafe_eval.then_some(Source::UNSAFE_EVAL));
    let connects =
        [JSDELIVR, CDNJS, UNPKG, CKEDITOR, "https://cke4.ckeditor.com", "https://maths.example.org"];
    Csp::new()
        .default_src([Source::SELF])
        .script_src(and(scripts, &[JSDELIVR, CDNJS, UNPKG, CKEDITOR, "https://polyfill.io"]))
        .style_src(and(
            [Source::SELF, Source::UNSAFE_INLINE],
            &[JSDELIVR, CDNJS, "https://fonts.googleapis.com", UNPKG, CKEDITOR],
        ))
        .font_src(and([Source::SELF], &["https://fonts.gstatic.com", CDNJS, UNPKG, CKEDITOR, "data:"]))
        .img_src(and([Source::SELF, Source::DATA, Source::BLOB], &[CKEDITOR]))
        .connect_src(and([Source::SELF], &connects))
        .frame_ancestors([Source::SELF])
        .object_src(none())
}

fn guide() -> Csp {
    Csp::new()
        .default_src([Source::SELF])
        .script_src(and([Source::SELF, Source::UNSAFE_INLINE], &[JSDELIVR, "https://cdn.tailwindcss.com"]))
        .style_src(and([Source::SELF, Source::UNSAFE_INLINE], &[JSDELIVR]))
        .img_src([Source::SELF, Source::DATA, Source::HTTPS])
        .font_src(and([Source::SELF, Source::DATA], &["https://fonts.gstatic.com"]))
        .connect_src([Source::SELF])
        .frame_ancestors(none())
        .base_uri([Source::SELF])
        .form_action([Source::SELF])
}

#[test]
fn preset_policies_match_talisman_byte_for_byte() {
    let policies = &vectors()["policies"];
    for (name, policy) in [
        ("original, production", original(false)),
        ("original, development", original(true)),
        ("seed 002", guide()),
        (
            "seed 002, embed",
            Csp::new()
                .default_src([Source::SELF])
                .frame_ancestors(and([Source::SELF], &["https://trusted-site.com"])),
        ),
        ("seed 004", Csp::new().default_src([Source::SELF]).script_src([Source::SELF])),
        ("google", Csp::google()),
        ("default", Csp::talisman()),
    ] {
        let sent = policies[name].as_str().unwrap();
        assert_eq!(policy.render(None).to_str().unwrap(), sent, "{name}");
        assert_eq!(sent.parse::<Csp>().unwrap(), policy, "{name} as text");
    }
    assert_eq!(policies.as_object().unwrap().len(), 7, "data/talisman.json has another policy");
}

fn talisman_hsts() -> Hsts {
    Hsts::new(Duration::from_secs(31_556_926))
}

fn hardened() -> SecurityHeaders {
    SecurityHeaders::talisman()
        .feature_policy(FeaturePolicy::new().set("geolocation", "'none'").unwrap())
        .permissions_policy(
            PermissionsPolicy::new().deny("geolocation").unwrap().allow("camera", [Allow::This]).unwrap(),
        )
        .document_policy(DocumentPolicy::new().set("oversized-images", "?0").unwrap())
        .frame_options(FrameOptions::Deny)
        .xss_protection(XssProtection::Block)
        .download_options(DownloadOptions::Noopen)
        .referrer_policy(ReferrerPolicy::NoReferrer)
}

fn reporting() -> SecurityHeaders {
    let policy = Csp::new().default_src([Source::SELF]).report_to("grp").unwrap();
    SecurityHeaders::talisman()
        .dangerous_disable_csp()
        .csp_report_only(policy.report_uri("https://r.example/c").unwrap())
}

fn features() -> SecurityHeaders {
    let off = |policy: FeaturePolicy, feature| policy.set(feature, "'none'").unwrap();
    let features = ["geolocation", "camera", "microphone"].into_iter().fold(FeaturePolicy::new(), off);
    SecurityHeaders::talisman().feature_policy(features.set("payment", "'self'").unwrap())
}

#[tokio::test]
async fn header_sets_match_talisman_byte_for_byte() {
    let year = Duration::from_secs(31_536_000);
    let two_years = Duration::from_secs(63_072_000);
    let off = SecurityHeaders::none().referrer_policy(ReferrerPolicy::StrictOriginWhenCrossOrigin);
    let default = || Https::new().hsts(talisman_hsts());
    for (name, headers, https) in [
        ("defaults", SecurityHeaders::talisman(), default()),
        ("hardened", hardened(), Https::new().permanent().hsts(Hsts::preloaded(two_years).unwrap())),
        ("report only", reporting(), default()),
        ("everything off", off, Https::new().dangerous_allow_http().dangerous_disable_hsts()),
        ("seed 002, features", features(), default()),
        ("seed 002, preload", SecurityHeaders::talisman(), Https::new().hsts(Hsts::preloaded(year).unwrap())),
    ] {
        let palisade = Guards::new().hosts(["example.org"]).unwrap().trusted_proxies(Proxies::hops(1));
        let app = site().layer(palisade.headers(headers).https(https));
        for (scheme, request) in [("https", https_get("/")), ("http", get_from(PROXY, "/"))] {
            let sent = &vectors()["configurations"][name][scheme];
            let answer = ask(&app, request).await;
            assert_eq!(
                answer.status.as_u16(),
                sent["status"].as_u64().unwrap() as u16,
                "{name} over {scheme}"
            );
            let mut lines: Vec<String> = sent["headers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| format!("{}: {}", line[0].as_str().unwrap(), line[1].as_str().unwrap()))
                .collect();
            lines.sort();
            assert_eq!(answer.header_set(), lines, "{name} over {scheme}");
        }
    }
}

#[tokio::test]
async fn allow_from_becomes_frame_ancestors() {
    let sent = vectors()["configurations"]["google, allow-from, this host only"]["https"].to_string();
    assert!(
        sent.contains("ALLOW-FROM https://p.example"),
        "browsers ignore ALLOW-FROM, so Flask-Talisman lets every site frame the page"
    );
    let page = palisade::PageHeaders::new().frame_ancestors(["https://p.example".parse().unwrap()]);
    let app = site().layer(page).layer(SecurityHeaders::talisman().csp(Csp::google()));
    let answer = ask(&app, get_from(PROXY, "/")).await;
    assert_eq!(answer.header("x-frame-options"), None);
    let policy = answer.header("content-security-policy").unwrap();
    assert_eq!(policy, format!("{}; frame-ancestors https://p.example", Csp::google()));
}
