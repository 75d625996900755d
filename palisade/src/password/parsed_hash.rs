//! How a hash was made: read from its text, made again from a password, compared.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use pbkdf2::pbkdf2_hmac;
use subtle::ConstantTimeEq;

use super::{Argon2Params, PasswordHash};

/// How a hash was made, and the hash.
pub(super) struct Scheme {
    kind: Kind,
    salt: Vec<u8>,
    sum: Vec<u8>,
}

enum Kind {
    Argon2 { algorithm: Algorithm, version: Version, cost: Argon2Params },
    Scrypt(scrypt::Params),
    Pbkdf2 { digest: Digest, rounds: u32 },
}

#[derive(Clone, Copy)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

/// A text that is longer is no hash.
const LONGEST: usize = 512;
/// Hashes that would cost more are not tried: somebody has put them there to keep us busy.
const MOST_KIB: u64 = 262_144;
const MOST_KIB_PASSES: u64 = 1 << 20;
const MOST_ROUNDS: u32 = 3_000_000;
/// Of Argon2, whose sums have any length: shorter ones would be met by chance, longer ones take longer.
const SUMS: std::ops::RangeInclusive<usize> = 16..=64;
const SHORTEST_SALT: usize = 8;
const SALT: usize = 16;
const SUM: usize = 32;

impl Scheme {
    /// A new hash of this password.
    pub(super) fn new(cost: Argon2Params, password: &[u8]) -> Self {
        let mut salt = vec![0; SALT];
        getrandom::fill(&mut salt).expect("the operating system's random generator works");
        let kind = Kind::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, cost };
        let sum = kind.sum(password, &salt, SUM).expect("a cost that is in its range");
        Self { kind, salt, sum }
    }

    /// The text to store.
    pub(super) fn text(&self) -> PasswordHash {
        let Kind::Argon2 { cost: Argon2Params { memory, passes, lanes }, .. } = self.kind else {
            unreachable!("new hashes are Argon2")
        };
        let (salt, sum) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.sum));
        format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${sum}").into()
    }

    /// Whether the password has this hash.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let sum = self.kind.sum(password, &self.salt, self.sum.len());
        sum.is_some_and(|sum| sum.ct_eq(&self.sum).into())
    }

    /// Whether it is what we would make today.
    pub(super) fn is(&self, ours: Argon2Params) -> bool {
        let argon2id = matches!(
            self.kind,
            Kind::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, cost } if cost == ours
        );
        argon2id && self.salt.len() >= SALT && self.sum.len() >= SUM
    }

    /// Reads any format that is known; nothing for any other, and for one that would cost too much.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let scheme = match text.split_once('$')? {
            ("", _) => Self::phc(text),
            ("argon2", _) => Self::phc(text.strip_prefix("argon2")?),
            ("scrypt", rest) if rest.matches('$').count() == 4 => Self::django_scrypt(rest),
            ("pbkdf2_sha256", rest) => Self::django_pbkdf2(Digest::Sha256, rest),
            ("pbkdf2_sha1", rest) => Self::django_pbkdf2(Digest::Sha1, rest),
            (method, rest) => Self::werkzeug(method, rest),
        }?;
        (scheme.fits() && scheme.kind.is_affordable()).then_some(scheme)
    }

    /// Whether some password can have this hash: its sum is as long as it is made, and its numbers can be computed with.
    fn fits(&self) -> bool {
        let length = self.sum.len();
        match self.kind {
            Kind::Argon2 { cost: Argon2Params { memory, passes, lanes }, .. } => {
                let computable = Params::new(memory, passes, lanes, Some(length)).is_ok();
                SUMS.contains(&length) && self.salt.len() >= SHORTEST_SALT && computable
            }
            Kind::Scrypt(_) => length == 64,
            Kind::Pbkdf2 { digest: Digest::Sha1, .. } => length == 20,
            Kind::Pbkdf2 { digest: Digest::Sha256, .. } => length == 32,
            Kind::Pbkdf2 { digest: Digest::Sha512, .. } => length == 64,
        }
    }

    /// Whether somebody else's program has made it.
    pub(super) fn is_foreign(&self) -> bool {
        !matches!(self.kind, Kind::Argon2 { .. })
    }

    /// `$argon2id$v=19$m=19456,t=2,p=1$salt$sum`
    fn phc(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('$')?.split('$');
        let algorithm = match parts.next()? {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            "argon2d" => Algorithm::Argon2d,
            _ => return None,
        };
        let mut next = parts.next()?;
        let version = match next.strip_prefix("v=") {
            Some("19") => Version::V0x13,
            Some("16") => Version::V0x10,
            Some(_) => return None,
            None => Version::V0x10,
        };
        if next.starts_with("v=") {
            next = parts.next()?;
        }
        let mut numbers = next.split(',');
        let mut number = |name: &str| numbers.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let cost = Argon2Params { memory: number("m=")?, passes: number("t=")?, lanes: number("p=")? };
        let decode = |part: &str| STANDARD_NO_PAD.decode(part).ok();
        let (salt, sum) = (decode(parts.next()?)?, decode(parts.next()?)?);
        let whole = parts.next().is_none() && numbers.next().is_none();
        whole.then_some(Self { kind: Kind::Argon2 { algorithm, version, cost }, salt, sum })
    }

    /// `scrypt:32768:8:1$salt$hex` and `pbkdf2:sha256:1000000$salt$hex`; what is left out is as Werkzeug 3 has it.
    fn werkzeug(method: &str, rest: &str) -> Option<Self> {
        let (salt, sum) = rest.split_once('$')?;
        let mut parts = method.split(':');
        let kind = match parts.next()? {
            "scrypt" => {
                let numbers: Vec<&str> = parts.by_ref().collect();
                match numbers[..] {
                    [] => scrypt_params("32768", "8", "1")?,
                    [n, r, p] => scrypt_params(n, r, p)?,
                    _ => return None,
                }
            }
            "pbkdf2" => {
                let digest = match parts.next().unwrap_or("sha256") {
                    "sha1" => Digest::Sha1,
                    "sha256" => Digest::Sha256,
                    "sha512" => Digest::Sha512,
                    _ => return None,
                };
                Kind::Pbkdf2 { digest, rounds: parts.next().unwrap_or("1000000").parse().ok()? }
            }
            _ => return None,
        };
        let whole = parts.next().is_none() && !salt.is_empty();
        let sum = unhex(sum)?;
        whole.then(|| Self { kind, salt: salt.as_bytes().to_vec(), sum })
    }

    /// `iterations$salt$base64`
    fn django_pbkdf2(digest: Digest, rest: &str) -> Option<Self> {
        let mut parts = rest.split('$');
        let (rounds, salt, sum) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let sum = STANDARD.decode(sum).ok()?;
        let kind = Kind::Pbkdf2 { digest, rounds };
        parts.next().is_none().then(|| Self { kind, salt: salt.as_bytes().to_vec(), sum })
    }

    /// `N$salt$r$p$base64`
    fn django_scrypt(rest: &str) -> Option<Self> {
        let mut parts = rest.split('$');
        let (n, salt, r, p) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (kind, sum) = (scrypt_params(n, r, p)?, STANDARD.decode(parts.next()?).ok()?);
        Some(Self { kind, salt: salt.as_bytes().to_vec(), sum })
    }
}

impl Kind {
    fn sum(&self, password: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut sum = vec![0; length];
        match *self {
            Self::Argon2 { algorithm, version, cost: Argon2Params { memory, passes, lanes } } => {
                let params = Params::new(memory, passes, lanes, Some(length)).ok()?;
                Argon2::new(algorithm, version, params).hash_password_into(password, salt, &mut sum).ok()?;
            }
            Self::Scrypt(params) => scrypt::scrypt(password, salt, &params, &mut sum).ok()?,
            Self::Pbkdf2 { digest: Digest::Sha1, rounds } => {
                pbkdf2_hmac::<sha1::Sha1>(password, salt, rounds, &mut sum);
            }
            Self::Pbkdf2 { digest: Digest::Sha256, rounds } => {
                pbkdf2_hmac::<sha2::Sha256>(password, salt, rounds, &mut sum);
            }
            Self::Pbkdf2 { digest: Digest::Sha512, rounds } => {
                pbkdf2_hmac::<sha2::Sha512>(password, salt, rounds, &mut sum);
            }
        }
        Some(sum)
    }

    fn is_affordable(&self) -> bool {
        match *self {
            Self::Argon2 { cost: Argon2Params { memory, passes, lanes }, .. } => {
                let memory = u64::from(memory);
                memory <= MOST_KIB && memory * u64::from(passes) <= MOST_KIB_PASSES && lanes <= 64
            }
            Self::Scrypt(params) => {
                let kib = (params.n() * u64::from(params.r())) >> 3;
                kib <= MOST_KIB && kib * u64::from(params.p()) <= MOST_KIB_PASSES
            }
            Self::Pbkdf2 { rounds, .. } => (1..=MOST_ROUNDS).contains(&rounds),
        }
    }
}

fn scrypt_params(n: &str, r: &str, p: &str) -> Option<Kind> {
    let n: u64 = n.parse().ok()?;
    let (r, p) = (r.parse().ok()?, p.parse().ok()?);
    // Beyond these the products below could overflow.
    if !n.is_power_of_two() || n > 1 << 24 || r > 1 << 10 || p > 1 << 10 {
        return None;
    }
    let log_n = u8::try_from(n.trailing_zeros()).ok()?;
    scrypt::Params::new(log_n, r, p).ok().map(Kind::Scrypt)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
    text.len().is_multiple_of(2).then(|| text.as_bytes().chunks_exact(2).map(pair).collect())?
}
