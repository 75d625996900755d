//! Building, parsing, merging and rendering a Content-Security-Policy.

use palisade::csp::{Csp, Directive, Source, none};

#[test]
fn report_uri_is_a_directive_never_a_host() {
    let policy = Csp::new()
        .connect_src([Source::host("https://report-uri.com").unwrap()])
        .report_uri("/reports")
        .unwrap();
    assert_eq!(policy.to_string(), "connect-src https://report-uri.com; report-uri /reports");
}

#[test]
fn the_nonce_appears_in_listed_directives_only() {
    let policy = Csp::new()
        .default_src([Source::SELF])
        .script_src([Source::SELF, Source::NONCE])
        .style_src([Source::NONCE]);
    assert_eq!(
        policy.render(Some("abc")),
        "default-src 'self'; script-src 'self' 'nonce-abc'; style-src 'nonce-abc'"
    );
    assert_eq!(policy.render(None), "default-src 'self'; script-src 'self'; style-src 'none'");
    assert!(policy.prepare().uses_nonce());
    assert!(!Csp::talisman().prepare().uses_nonce());
    assert_eq!(Csp::talisman().render(Some("abc")), "default-src 'self'; object-src 'none'");
}

#[test]
fn an_invalid_nonce_is_omitted() {
    let policy = Csp::new().script_src([Source::NONCE]);
    for text in ["a\r\nX-Evil: 1", "a' * 'unsafe-inline", "a'; script-src *; b", "a b", "é", ""] {
        assert_eq!(policy.render(Some(text)), "script-src 'none'", "{text:?}");
    }
    assert_eq!(policy.render(Some("aZ0+/-_=")), "script-src 'nonce-aZ0+/-_='");
}

#[test]
fn unsafe_inline_stays_inactive_without_the_nonce() {
    for (text, with, without) in [
        ("script-src 'nonce' 'unsafe-inline'", "script-src 'nonce-n' 'unsafe-inline'", "script-src 'none'"),
        (
            "style-src 'self' 'unsafe-inline' 'nonce'",
            "style-src 'self' 'unsafe-inline' 'nonce-n'",
            "style-src 'self'",
        ),
        // Without a nonce in the policy, 'unsafe-inline' is intended and stays.
        ("style-src 'unsafe-inline'", "style-src 'unsafe-inline'", "style-src 'unsafe-inline'"),
    ] {
        let policy: Csp = text.parse().unwrap();
        assert_eq!(policy.render(Some("n")), with);
        assert_eq!(policy.render(None), without);
    }
}

#[test]
fn a_value_cannot_break_out_of_its_directive() {
    let other = |word| {
        [
            Csp::strict().report_uri(word).is_err(),
            Csp::strict().report_to(word).is_err(),
            Csp::strict().sandbox([word]).is_err(),
            Csp::strict().trusted_types([word]).is_err(),
        ]
    };
    for word in
        ["allow-forms; script-src *", "allow-forms,default-src", "allow-forms allow-forms", "a\r\nb", ""]
    {
        assert_eq!(other(word), [true; 4], "{word:?}");
    }
    let error = Csp::new().report_uri("/a;b").unwrap_err().to_string();
    assert!(error.contains("`%3B`"), "{error}");
    assert!(Csp::new().report_uri("https://r.example/a%3Bb?c=d").is_ok());
}

#[test]
fn setting_a_directive_again_replaces_it_in_place() {
    let policy = Csp::new()
        .img_src([Source::SELF])
        .font_src([Source::SELF, Source::DATA, Source::SELF])
        .img_src([Source::HTTPS]);
    assert_eq!(policy.to_string(), "img-src https:; font-src 'self' data:");
    assert_eq!(policy.without(Directive::ImgSrc).to_string(), "font-src 'self' data:");
}

#[test]
fn every_directive_is_written_and_read_back() {
    let digest = [7; 32];
    let policy = Csp::new()
        .default_src([Source::ANY, Source::REPORT_SAMPLE])
        .script_src([
            Source::NONCE,
            Source::STRICT_DYNAMIC,
            Source::UNSAFE_EVAL,
            Source::WASM_UNSAFE_EVAL,
            Source::sha256(&digest),
        ])
        .script_src_elem([Source::INLINE_SPECULATION_RULES, Source::sha384(&[1; 48])])
        .script_src_attr([Source::UNSAFE_HASHES, Source::sha512(&[2; 64]), Source::TRUSTED_TYPES_EVAL])
        .style_src([Source::UNSAFE_INLINE])
        .style_src_elem([Source::SELF])
        .style_src_attr(none())
        .img_src([Source::BLOB, Source::HTTP])
        .font_src([Source::host("*.fonts.example:*").unwrap()])
        .connect_src([Source::WSS, Source::scheme("mediastream:").unwrap()])
        .media_src([Source::host("localhost:3000").unwrap()])
        .object_src(none())
        .frame_src([Source::host("https://video.example/embed/").unwrap()])
        .fenced_frame_src([Source::HTTPS])
        .child_src([Source::SELF])
        .worker_src([Source::SELF])
        .manifest_src([Source::SELF])
        .prefetch_src([Source::SELF])
        .base_uri(none())
        .form_action([Source::SELF])
        .frame_ancestors([Source::SELF])
        .sandbox(["allow-forms", "allow-scripts"])
        .unwrap()
        .upgrade_insecure_requests()
        .block_all_mixed_content()
        .require_trusted_types()
        .trusted_types(["default", "'allow-duplicates'"])
        .unwrap()
        .block_webrtc()
        .report_uri("/reports")
        .unwrap()
        .report_to("csp")
        .unwrap();
    let text = policy.to_string();
    assert_eq!(text.split("; ").count(), 29);
    assert_eq!(text.parse::<Csp>().unwrap(), policy);
    assert!(
        text.contains("upgrade-insecure-requests; block-all-mixed-content;"),
        "no trailing spaces: {text}"
    );
    assert_eq!(Csp::new().sandbox([]).unwrap().to_string(), "sandbox");
    let locked = "require-trusted-types-for 'script'; trusted-types 'none'";
    assert_eq!(Csp::new().no_trusted_types().to_string(), locked);
    assert_eq!(locked.parse::<Csp>().unwrap(), Csp::new().no_trusted_types());
}

#[test]
fn flasks_policies_parse_with_any_spacing() {
    for text in [
        "default-src 'self';object-src  'none'; ",
        ";default-src\t'self'; object-src 'none';;",
        "DEFAULT-SRC 'SELF'; object-src 'None'",
    ] {
        assert_eq!(text.parse::<Csp>().unwrap(), Csp::talisman(), "{text:?}");
    }
}

#[test]
fn a_parse_error_points_at_its_position() {
    for (text, at, advice) in [
        ("", 0, "at least `default-src 'self'`"),
        (" ; ", 0, "at least `default-src 'self'`"),
        ("img-src 'self'; img-src data:", 16, "is a duplicate"),
        ("scrpt-src 'self'", 0, "write `script-src`"),
        ("script-source 'self'", 0, "write `script-src`"),
        ("img-src data: data:", 14, "write it once"),
        ("img-src 'none' data:", 8, "cannot be combined"),
        ("img-src data: 'none'", 14, "cannot be combined"),
        ("img-src 'nonce'", 8, "script-src, style-src and default-src only"),
        ("img-src 'sha256-AAAA'", 8, "script-src, style-src and default-src only"),
        ("style-src 'unsafe-eval'", 10, "script-src and default-src only"),
        ("style-src 'strict-dynamic'", 10, "script-src and default-src only"),
        ("frame-ancestors 'unsafe-inline'", 16, "style-src and default-src only"),
        ("script-src 'nonce-abc'", 11, "write `'nonce'`"),
        ("script-src self", 11, "write `'self'`, with quotes"),
        ("script-src unsafe-inline", 11, "write `'unsafe-inline'`, with quotes"),
        ("script-src 'unsafe-inlin'", 11, "write `'unsafe-inline'`, if"),
        ("script-src 'sha256-abc'", 11, "32 bytes in base64"),
        ("img-src data", 8, "write `data:`, with the colon"),
        ("script-src https://", 11, "is not a source"),
        ("script-src https://a.example/?q", 11, "is not a source"),
        ("script-src //a.example", 11, "is not a source"),
        ("script-src a..example", 11, "is not a source"),
        ("script-src a.example:0", 11, "is not a source"),
        ("script-src a.example:99999", 11, "is not a source"),
        ("script-src 'self' object-src 'none'", 18, "put `;` before `object-src`"),
        ("script-src", 0, "write `'none'`"),
        ("upgrade-insecure-requests 1", 26, "takes no value"),
        ("sandbox allow-everything", 8, "allow-forms"),
        ("require-trusted-types-for script", 26, "write 'script'"),
        ("require-trusted-types-for", 0, "has no value"),
        ("trusted-types a 'none'", 16, "cannot be combined"),
        ("report-to a b", 10, "second endpoint"),
        ("webrtc 'allow' 'block'", 7, "second value"),
        ("report-uri", 0, "has no target"),
        ("img-src 'self'\r\nSet-Cookie: a=b", 14, "one line"),
        ("img-src https://exämple.org", 18, "xn--"),
        ("img-src 'self', default-src *", 14, "another policy"),
    ] {
        let error = text.parse::<Csp>().unwrap_err();
        assert_eq!(error.at(), at, "{text:?}: {error}");
        assert!(error.to_string().contains(advice), "{text:?}: {error}");
    }
}

#[test]
fn hosts_and_schemes_are_validated_on_construction() {
    for text in [
        "cdn.example",
        "*.example",
        "https://cdn.example:8443/lib/",
        "http://*",
        "wss://a_b.example",
        "*:8000",
        "localhost:*",
    ] {
        assert!(Source::<palisade::csp::ResourceSrc>::host(text).is_ok(), "{text}");
    }
    for text in ["", "'self'", "a b", "a;b", "a,b", "https:", "*.*.example", "a*b", "https://a\"b", "[::1]"] {
        assert!(Source::<palisade::csp::ResourceSrc>::host(text).is_err(), "{text}");
    }
    assert!(Source::<palisade::csp::ResourceSrc>::scheme("https").is_err());
}

#[test]
fn merging_extends_existing_directives() {
    let merge =
        |one: &str, other: &str| one.parse::<Csp>().unwrap().merge(&other.parse().unwrap()).to_string();
    for (site, more, merged) in [
        ("img-src 'self'", "img-src https://a.example 'self'", "img-src 'self' https://a.example"),
        ("object-src 'none'", "object-src 'self'", "object-src 'self'"),
        ("object-src 'self'", "object-src 'none'", "object-src 'self'"),
        ("default-src 'self'", "img-src data:", "default-src 'self'; img-src 'self' data:"),
        ("default-src 'none'", "img-src data:", "default-src 'none'; img-src data:"),
        (
            "script-src 'nonce'",
            "script-src-elem https://a.example",
            "script-src 'nonce'; script-src-elem 'nonce' https://a.example",
        ),
        ("default-src 'self' 'nonce'", "img-src data:", "default-src 'self' 'nonce'; img-src 'self' data:"),
        ("child-src 'self'", "worker-src blob:", "child-src 'self'; worker-src 'self' blob:"),
        (
            "default-src 'none'; script-src 'self'",
            "worker-src blob:",
            "default-src 'none'; script-src 'self'; worker-src 'self' blob:",
        ),
        ("default-src 'self'", "form-action 'self'", "default-src 'self'; form-action 'self'"),
        (
            "style-src 'self' 'nonce'",
            "style-src-attr 'unsafe-inline'",
            "style-src 'self' 'nonce'; style-src-attr 'unsafe-inline'",
        ),
        ("style-src-attr 'self'", "style-src-attr 'unsafe-inline'", "style-src-attr 'self' 'unsafe-inline'"),
        ("report-to a", "report-to b", "report-to b"),
        ("webrtc 'block'", "webrtc 'allow'", "webrtc 'allow'"),
        ("trusted-types 'none'", "trusted-types a", "trusted-types a"),
        ("trusted-types a", "trusted-types 'none'", "trusted-types a"),
        ("sandbox allow-forms", "sandbox allow-scripts", "sandbox allow-forms allow-scripts"),
    ] {
        assert_eq!(merge(site, more), merged, "{site} and {more}");
        assert!(merged.parse::<Csp>().is_ok(), "{merged} does not parse");
    }
}

const SRI: &str = "sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC";

#[test]
fn a_source_reads_every_text_of_a_policy() {
    let scripts: Vec<Source<palisade::csp::ScriptSrc>> = [
        "'self'",
        "'nonce'",
        "'strict-dynamic'",
        "'unsafe-inline'",
        "'WASM-unsafe-eval'",
        "*",
        "https:",
        "cdn.example:8443/lib/",
        &format!("'{SRI}'"),
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect();
    assert_eq!(scripts[..4], [Source::SELF, Source::NONCE, Source::STRICT_DYNAMIC, Source::UNSAFE_INLINE]);
    assert_eq!(scripts[4..7], [Source::WASM_UNSAFE_EVAL, Source::ANY, Source::HTTPS]);
    assert_eq!(scripts[8], Source::integrity(SRI).unwrap());
    let policy = Csp::new().script_src(scripts);
    assert_eq!(policy.to_string().parse::<Csp>().unwrap(), policy);
}

#[test]
fn a_source_error_says_what_to_write() {
    type Images = Source<palisade::csp::ResourceSrc>;
    type Scripts = Source<palisade::csp::ScriptSrc>;
    let images = |text: &str| text.parse::<Images>().unwrap_err().to_string();
    let scripts = |text: &str| text.parse::<Scripts>().unwrap_err().to_string();
    for (error, advice) in [
        (scripts("'nonce-abc123'"), "write `'nonce'`, and each response gets its own"),
        (scripts("'none'"), "write `none()` in place of the whole list"),
        (scripts("self"), "write `'self'`, with quotes"),
        (scripts(SRI), "with quotes"),
        (scripts("'sha384-abc'"), "write 48 bytes in base64 after the dash"),
        (scripts("a b"), "is not one word"),
        (scripts("cdn.example; img-src *"), "is not one word"),
        (scripts("'strict-dynamc'"), "write `'strict-dynamic'`"),
        (images("'unsafe-inline'"), "has no meaning in this directive"),
        (images("'nonce'"), "write it in script-src, style-src and default-src only"),
        (images("data"), "write `data:`, with the colon"),
        (images(""), "is not one word"),
    ] {
        assert!(error.contains(advice), "{error}");
    }
    assert!("'self'".parse::<Source<palisade::csp::FrameAncestors>>().is_ok());
    assert!("'unsafe-eval'".parse::<Source<palisade::csp::StyleSrc>>().is_err());
}

#[test]
fn integrity_reads_what_cdns_print() {
    type Scripts = Source<palisade::csp::ScriptSrc>;
    let quoted: Scripts = format!("'{SRI}'").parse().unwrap();
    for text in [SRI.to_owned(), format!("'{SRI}'"), format!(" {SRI}?option ")] {
        assert_eq!(Scripts::integrity(&text).unwrap(), quoted, "{text}");
    }
    for (text, advice) in [
        ("sha1-abc", "write one hash such as `sha384-…`"),
        ("sha384-abc", "of 48 bytes in base64"),
        (&format!("{SRI} {SRI}"), "write a source for each"),
        ("", "write one hash"),
    ] {
        let error = Scripts::integrity(text).unwrap_err().to_string();
        assert!(error.contains(advice), "{error}");
    }
    assert!(Scripts::host(&format!("sha256-{}", "A".repeat(43))).is_err(), "a hash is no host");
}
