//! Cookies and records of earlier versions: XChaCha20-Poly1305 around JSON.

use std::sync::Arc;
use std::time::Duration;

use palisade::clock::Clock;
use palisade::session::SessionProtection;
use palisade::session::store::{SessionId, SessionRecord, SessionStore};

use super::{Site, memory, sealed, stored};

/// A whole session in a cookie, written on 1 January 2026: account `ada`, `theme` and `cart`.
const WHOLE: &str = "3Yd2MJZXeg13XN9a6HgA4Afw7Id7tibBxPYabThOAFQ_ktTTu75WX49TcmOzMb6yqjXHxvWVYwjZ-xAreNp8GqznkpTLq_jr9rUY9EcLRYFtnBHzj23O2tobcvKow98OySjlS68xjMpQCMUHrtuZC5D41iLXFWEnrV1C-7y4p6fxMW08l0H8bOVVV24bCNT9T-dFruj44oqsdrMSU1OE8g-B2hXxKMy_CuwXlbuACb4e4oWfr-oHNuzxDUusRB0NIYrtDFBYHRMxvYteJV7p_ISM-hxjVe90Ts2_od9J3SwE_KDAoauNWNBP4f_uY_-AaVhDgAxkldb6lfXTTkTq3Ew4_EOMOKCHvn0-LZYk4HiSXmfrNkc1LOrDlhBMfm-gaTRC_f-AkQ";

/// The cookie and the record of a session in a store.
const NAME: &str = "3Yd2MO0d14WYj2_B3xyI7TrKCQGzYl52UwmyAT_8XlecGnsGUk98ziB0i4I8zH64jvdgS0otHzWPefmp";
const ID: u128 = 0xab2e_464e_043c_62cd_5fae_956c_3f4f_f116;
const RECORD: &str = r#"p{"m":1767225600,"s":1767225600,"l":{"u":"ada","e":1,"s":1767225600,"p":1767225600,"a":"Mozilla/5.0","f":[144,69,81,50,178,16,62,176],"r":[107,42,192,132,177,233,46,72,141,156,215,216,139,49,221,122]},"v":{"cart":[1,2],"theme":"dark"}}"#;

#[tokio::test]
async fn an_earlier_cookie_opens_and_is_sealed_anew() {
    let (clock, manual) = Clock::manual();
    let site = Site::of(sealed(memory(&clock), clock).protection(SessionProtection::None), manual);
    let mut browser = site.browser();
    browser.jar.insert("__Host-session".into(), WHOLE.into());
    assert_eq!(browser.get("/get/theme").await.body, "dark");
    let renewed = browser.cookie().unwrap().clone();
    assert_ne!(renewed, WHOLE, "the first response seals it in the form of this version");
    assert!(renewed.len() < WHOLE.len() * 2 / 3, "{} of {}", renewed.len(), WHOLE.len());
    assert_eq!(
        (browser.who().await.as_str(), browser.get("/get/theme").await.body.as_str()),
        ("ada", "dark")
    );
    assert_eq!(browser.cookie(), Some(&renewed), "once is enough");
    browser.post("/logout").await;
    for copy in [WHOLE.to_owned(), renewed] {
        browser.jar.insert("__Host-session".into(), copy);
        assert_eq!(browser.who().await, "anonymous", "log-out ends both forms");
    }
}

#[tokio::test]
async fn an_earlier_record_in_a_store_is_kept() {
    let (clock, manual) = Clock::manual();
    let store = Arc::new(memory(&clock));
    let id = SessionId::from_bytes(ID.to_be_bytes());
    let record = SessionRecord { version: 1, user: Some("ada".into()), bytes: RECORD.into() };
    store.save(id, None, record, Duration::from_secs(600)).await.unwrap();
    let site = Site::of(stored(Arc::clone(&store), clock).protection(SessionProtection::None), manual);
    let mut browser = site.browser();
    browser.jar.insert("__Host-session".into(), NAME.into());
    let seen = (browser.who().await, browser.get("/get/theme").await.body);
    assert_eq!(seen, ("ada".into(), "dark".into()));
    let record = store.load(id).await.unwrap().unwrap();
    assert_eq!((record.version, record.bytes[0]), (2, b'b'), "the first response stores the binary form");
    assert_ne!(browser.cookie().unwrap(), NAME);
    browser.post("/set/theme/light").await;
    assert_eq!(browser.get("/get/theme").await.body, "light");
}
