//! A form that was sent and not taken, for the page that shows its texts again.
//!
//! ```
//! use mathsoc::domain::unsent_form::{UnsentForm, owner_field};
//! use palisade::Keyring;
//!
//! let keyring = Keyring::random();
//! let owner = owner_field(&keyring, 7);
//! let typed = [("title", "Primes"), ("password", "secret"), ("form_owner", &*owner)];
//! let typed = typed.map(|(name, text)| (name.to_owned(), text.to_owned()));
//! let form = UnsentForm::new("/admin/articles/new", typed.to_vec(), &keyring);
//! assert_eq!((form.owner, form.text("title")), (Some(7), Some("Primes")));
//! assert_eq!(form.text("password"), None, "no password is carried");
//!
//! let sealed = form.seal(&keyring, 1_000_000);
//! assert_eq!(UnsentForm::open(&keyring, &sealed, 1_003_600), Some(form));
//! assert_eq!(UnsentForm::open(&keyring, &sealed, 1_003_601), None, "an hour has passed");
//! ```
//!
//! While its sender logs in again, the form travels through the pages of the log-in, sealed. It is
//! shown to the account whose page it was typed on, and to no other, since people share computers.
//! The page tells its account by a signed field, [`owner_field`].
//!
//! | default | value | reason |
//! |---|---|---|
//! | lifetime of the seal | an hour | time to find a password; a page that stays open shows it to no one later |
//! | left out | passwords, one-time codes, the CSRF token | secrets are typed again |
//! | unpacked size | 2 MiB | the forms that are recorded have 256 KiB |

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use palisade::Keyring;
use serde::{Deserialize, Serialize};

/// The name of the field with the signed account.
pub const OWNER: &str = "form_owner";
/// The name of the field with a sealed form, in the forms of the log-in.
pub const SEALED: &str = "unsent";

/// The seconds in which a sealed form can be opened.
const LIFETIME: i64 = 60 * 60;
const MAX_UNPACKED_BYTES: u64 = 2 << 20;
/// Fields that a page sends and its reader does not type.
const NOT_TYPED: &[&str] = &[
    SEALED, "next", "box", "plan", "key", "id", "do", "to", "version", "base", "draft", "more", "back",
    "sure",
];

/// A form that was sent and not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsentForm {
    /// The path and query that it was sent to.
    pub path: String,
    /// The account whose page it was typed on.
    pub owner: Option<i64>,
    /// The names and texts in their order, without secrets.
    pub fields: Vec<(String, String)>,
    /// It is sent as `multipart/form-data`.
    pub is_multipart: bool,
    /// It had a file, which has to be chosen again.
    pub has_files: bool,
    /// It had a password or a code, which has to be typed again.
    pub lacks_secret: bool,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    /// Unix seconds.
    at: i64,
    form: UnsentForm,
}

impl UnsentForm {
    /// Creates a form from the fields that were sent.
    #[must_use]
    pub fn new(path: &str, sent: Vec<(String, String)>, keyring: &Keyring) -> Self {
        let owner = sent.iter().find(|(name, _)| name == OWNER).and_then(|(_, text)| owner(keyring, text));
        let is_secret = |name: &str| name == "code" || name.contains("password");
        let lacks_secret = sent.iter().any(|(name, _)| is_secret(name));
        let is_kept = |name: &str| name != "csrf_token" && name != OWNER && !is_secret(name);
        let fields = sent.into_iter().filter(|(name, _)| is_kept(name)).collect();
        let path = path.to_owned();
        Self { path, owner, fields, is_multipart: false, has_files: false, lacks_secret }
    }

    /// Returns the text of the first field of this name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, text)| &**text)
    }

    /// Returns the fields with a text that a person may have typed.
    pub fn typed(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.fields.iter().map(|(name, text)| (&**name, &**text));
        fields.filter(|(name, text)| !text.trim().is_empty() && !is_behind(name))
    }

    /// Seals the form for the pages of the log-in. `now` is Unix seconds.
    #[must_use]
    pub fn seal(&self, keyring: &Keyring, now: i64) -> String {
        let sealed = Sealed { at: now, form: self.clone() };
        let json = serde_json::to_vec(&sealed).expect("a form is numbers and texts");
        let mut packed = Vec::new();
        let mut packer = DeflateEncoder::new(&*json, Compression::fast());
        packer.read_to_end(&mut packed).expect("memory is written without errors");
        URL_SAFE_NO_PAD.encode(keyring.derive(PURPOSE).seal(&packed, b""))
    }

    /// Opens a sealed form. Returns `None` if it is not one of this site, or an hour has passed.
    #[must_use]
    pub fn open(keyring: &Keyring, sealed: &str, now: i64) -> Option<Self> {
        let packed = keyring.derive(PURPOSE).open(&URL_SAFE_NO_PAD.decode(sealed).ok()?, b"")?;
        let mut json = Vec::new();
        DeflateDecoder::new(packed.bytes()).take(MAX_UNPACKED_BYTES).read_to_end(&mut json).ok()?;
        let Sealed { at, form } = serde_json::from_slice(&json).ok()?;
        (now - at <= LIFETIME).then_some(form)
    }
}

/// Returns `true` for a field behind the form. Those of a box end in `-id`.
fn is_behind(name: &str) -> bool {
    NOT_TYPED.contains(&name) || name.ends_with("-id")
}

const PURPOSE: &str = "unsent form";
const OWNER_PURPOSE: &str = "owner of a form";

/// Returns the value of the field [`OWNER`] for the forms of an account.
#[must_use]
pub fn owner_field(keyring: &Keyring, user: i64) -> String {
    let signature = keyring.derive(OWNER_PURPOSE).sign(&[&user.to_be_bytes()]);
    format!("{user}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn owner(keyring: &Keyring, field: &str) -> Option<i64> {
    let (user, signature) = field.split_once('.')?;
    let user: i64 = user.parse().ok()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    keyring.derive(OWNER_PURPOSE).verify(&[&user.to_be_bytes()], &signature).then_some(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(keyring: &Keyring, fields: &[(&str, &str)]) -> UnsentForm {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        UnsentForm::new("/x", fields, keyring)
    }

    #[test]
    fn the_owner_is_who_the_site_has_signed() {
        let keyring = Keyring::random();
        let field = owner_field(&keyring, 7);
        assert_eq!(form(&keyring, &[(OWNER, &field)]).owner, Some(7));
        for forged in ["7", "7.", &field.replacen('7', "8", 1), &owner_field(&Keyring::random(), 7)] {
            assert_eq!(form(&keyring, &[(OWNER, forged)]).owner, None, "{forged}");
        }
    }

    #[test]
    fn secrets_are_left_out_and_said() {
        let keyring = Keyring::random();
        let sent = [("email", "a@b"), ("new_password", "x"), ("code", "123456"), ("csrf_token", "t")];
        let form = form(&keyring, &sent);
        assert_eq!(form.fields, [("email".to_owned(), "a@b".to_owned())]);
        assert!(form.lacks_secret);
    }

    #[test]
    fn only_typed_texts_are_shown() {
        let fields = [("box", "3"), ("answer", "x^2"), ("box-1-id", "4"), ("teaser", " "), ("next", "/")];
        let form = form(&Keyring::random(), &fields);
        assert_eq!(form.typed().collect::<Vec<_>>(), [("answer", "x^2")]);
    }

    #[test]
    fn long_texts_are_packed() {
        let keyring = Keyring::random();
        let form = form(&keyring, &[("body", &"<p>They never end.</p>".repeat(10_000))]);
        let sealed = form.seal(&keyring, 0);
        assert!(sealed.len() < 20_000, "{}", sealed.len());
        assert_eq!(UnsentForm::open(&keyring, &sealed, 1), Some(form));
        assert_eq!(UnsentForm::open(&Keyring::random(), &sealed, 1), None);
    }
}
