//! Public attack corpora, which are not part of this repository. `make check-corpora DIR=…` runs
//! these tests.

use std::path::Path;

use palisade::redirect::{RedirectSites, SafePath};
use serde_json::Value;
use url::Url;

use crate::sanitize::hostile::assert_cleaned;

fn corpus(name: &str) -> Value {
    let folder = std::env::var("PALISADE_CORPORA")
        .expect("PALISADE_CORPORA is not set: run `make check-corpora DIR=…`");
    let text = std::fs::read_to_string(Path::new(&folder).join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
#[ignore = "reads the folder that PALISADE_CORPORA names"]
fn no_corpus_redirect_leaves_the_site_in_chromium() {
    let sites = RedirectSites::new(["testserver"]).unwrap();
    let corpus = corpus("redirects.json");
    let (mut passed, mut leaving) = (0, 0);
    for attack in corpus["attacks"].as_array().unwrap() {
        let text = attack["url"].as_str().unwrap();
        let browser = &attack["browser"];
        let leaves = browser.is_null() || browser["offsite"] == true;
        leaving += usize::from(leaves);
        let accepted = text.parse::<SafePath>();
        assert!(!leaves || accepted.is_err(), "{text:?} leads to {}", browser["href"]);
        // `https://testserver` is the corpus's own site, which the list of sites allows.
        assert!(!leaves || sites.check(text).is_err() || text.starts_with("https://testserver"), "{text:?}");
        passed += usize::from(accepted.is_ok());
    }
    assert!(leaving > 100 && passed > 10, "{leaving} leave the site, {passed} passed");
}

#[test]
#[ignore = "reads the folder that PALISADE_CORPORA names"]
fn no_corpus_html_stays_harmful() {
    let corpus = corpus("xss.json");
    let vectors = corpus["vectors"].as_array().unwrap();
    for vector in vectors {
        assert_cleaned(vector["html"].as_str().unwrap());
    }
    assert!(vectors.len() > 1_000);
}

#[test]
#[ignore = "reads the folder that PALISADE_CORPORA names"]
fn no_whatwg_url_leaves_the_site() {
    let here = Url::parse("http://site.example/foo/bar").unwrap();
    let corpus = corpus("urltestdata.json");
    let inputs = corpus.as_array().unwrap().iter().filter_map(|case| case["input"].as_str());
    let mut passed = 0;
    for text in inputs {
        if let Ok(path) = text.parse::<SafePath>() {
            let goes = here.join(path.as_str()).unwrap();
            assert_eq!(goes.origin(), here.origin(), "{text:?} leads to {goes}");
            passed += 1;
        }
    }
    assert!(passed > 10, "{passed} passed");
}
