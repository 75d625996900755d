//! A parsed password hash: function, salt and digest. Parses, computes and compares.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use pbkdf2::pbkdf2_hmac;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::params::Argon2Params;

/// A password hash: function, salt and digest.
pub(super) struct ParsedHash {
    function: HashFunction,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

enum HashFunction {
    Argon2 { algorithm: Algorithm, version: Version, params: Argon2Params },
    Scrypt(scrypt::Params),
    Pbkdf2 { hmac: HmacDigest, rounds: u32 },
}

#[derive(Clone, Copy)]
enum HmacDigest {
    Sha1,
    Sha256,
    Sha512,
}

/// The maximum length of a hash's text.
const MAX_TEXT_BYTES: usize = 512;
/// The limits of cost: a more expensive hash is an attack on availability.
const MAX_KIB: u64 = 262_144;
const MAX_KIB_PASSES: u64 = 1 << 20;
const MAX_ROUNDS: u32 = 3_000_000;
/// The accepted lengths of Argon2 digests. A shorter digest matches by chance, a longer one is
/// slow.
const ARGON2_DIGEST_BYTES: std::ops::RangeInclusive<usize> = 16..=64;
const MIN_ARGON2_SALT_BYTES: usize = 8;
/// The lengths in new hashes.
const SALT_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;

/// Returns the first eight bytes of a digest, as a number.
pub(super) fn epoch_of(bytes: &[u8]) -> u64 {
    let digest = Sha256::new().chain_update(b"palisade epoch ").chain_update(bytes).finalize();
    u64::from_be_bytes(*digest.first_chunk().expect("SHA-256 has 32 bytes"))
}

impl ParsedHash {
    /// Hashes a new password, with a new salt.
    pub(super) fn new(params: Argon2Params, password: &[u8]) -> Self {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).expect("the operating system has a random generator");
        Self::with_salt(params, password, salt)
    }

    /// Hashes the same password again. The epoch stays, unless the old salt is too short to keep.
    pub(super) fn again(&self, params: Argon2Params, password: &[u8]) -> Self {
        match self.salt_of_epoch() {
            Some(salt) => Self::with_salt(params, password, salt),
            None => Self::new(params, password),
        }
    }

    fn with_salt(params: Argon2Params, password: &[u8], salt: [u8; SALT_BYTES]) -> Self {
        let function =
            HashFunction::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, params };
        let digest = function.digest(password, &salt, DIGEST_BYTES).expect("`Argon2Params` are in range");
        Self { function, salt: salt.to_vec(), digest }
    }

    /// Returns the salt in the length of new hashes. A salt of less than eight bytes may be that of
    /// many accounts, so it is not kept.
    fn salt_of_epoch(&self) -> Option<[u8; SALT_BYTES]> {
        match <[u8; SALT_BYTES]>::try_from(&self.salt[..]) {
            Ok(salt) => Some(salt),
            Err(_) if self.salt.len() < MIN_ARGON2_SALT_BYTES => None,
            Err(_) => Sha256::digest(&self.salt).first_chunk().copied(),
        }
    }

    /// Returns a number that a new password changes, and a new hash of the same password does not.
    pub(super) fn epoch(&self) -> u64 {
        epoch_of(&self.salt_of_epoch().map_or_else(|| self.salt.clone(), Vec::from))
    }

    /// Returns the PHC string of a hash from [`new`](Self::new).
    pub(super) fn text(&self) -> String {
        let HashFunction::Argon2 { params: Argon2Params { memory, passes, lanes }, .. } = self.function
        else {
            unreachable!("new hashes are Argon2id")
        };
        let (salt, digest) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&self.digest));
        format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${digest}")
    }

    /// Returns `true` if the password has this hash. Compares in constant time.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let digest = self.function.digest(password, &self.salt, self.digest.len());
        digest.is_some_and(|digest| digest.ct_eq(&self.digest).into())
    }

    /// Returns `true` if a new hash with these parameters would be no stronger.
    pub(super) fn is_made_with(&self, expected: Argon2Params) -> bool {
        let argon2id = matches!(
            self.function,
            HashFunction::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, params }
                if params == expected
        );
        argon2id && self.salt.len() >= SALT_BYTES && self.digest.len() >= DIGEST_BYTES
    }

    /// Parses a hash. Returns `None` for an unknown format, and for a hash that is too expensive.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT_BYTES {
            return None;
        }
        let hash = match text.split_once('$')? {
            ("", _) => Self::phc(text),
            ("argon2", _) => Self::phc(text.strip_prefix("argon2")?),
            ("scrypt", rest) if rest.matches('$').count() == 4 => Self::django_scrypt(rest),
            ("pbkdf2_sha256", rest) => Self::django_pbkdf2(HmacDigest::Sha256, rest),
            ("pbkdf2_sha1", rest) => Self::django_pbkdf2(HmacDigest::Sha1, rest),
            (method, rest) => Self::werkzeug(method, rest),
        }?;
        (hash.is_computable() && hash.function.is_affordable()).then_some(hash)
    }

    /// Returns `true` if a password can match: the digest has the function's length, and the
    /// parameters are valid.
    fn is_computable(&self) -> bool {
        let length = self.digest.len();
        match self.function {
            HashFunction::Argon2 { params: Argon2Params { memory, passes, lanes }, .. } => {
                let valid = Params::new(memory, passes, lanes, Some(length)).is_ok();
                ARGON2_DIGEST_BYTES.contains(&length) && self.salt.len() >= MIN_ARGON2_SALT_BYTES && valid
            }
            HashFunction::Scrypt(_) => length == 64,
            HashFunction::Pbkdf2 { hmac: HmacDigest::Sha1, .. } => length == 20,
            HashFunction::Pbkdf2 { hmac: HmacDigest::Sha256, .. } => length == 32,
            HashFunction::Pbkdf2 { hmac: HmacDigest::Sha512, .. } => length == 64,
        }
    }

    /// Returns `true` for formats of other programs.
    pub(super) fn is_foreign(&self) -> bool {
        !matches!(self.function, HashFunction::Argon2 { .. })
    }

    /// Parses `$argon2id$v=19$m=19456,t=2,p=1$salt$digest`.
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
        let params = Argon2Params { memory: number("m=")?, passes: number("t=")?, lanes: number("p=")? };
        let decode = |part: &str| STANDARD_NO_PAD.decode(part).ok();
        let (salt, digest) = (decode(parts.next()?)?, decode(parts.next()?)?);
        let complete = parts.next().is_none() && numbers.next().is_none();
        let function = HashFunction::Argon2 { algorithm, version, params };
        complete.then_some(Self { function, salt, digest })
    }

    /// Parses `scrypt:32768:8:1$salt$hex` and `pbkdf2:sha256:1000000$salt$hex`. Missing parameters
    /// have Werkzeug 3's defaults.
    fn werkzeug(method: &str, rest: &str) -> Option<Self> {
        let (salt, digest) = rest.split_once('$')?;
        let mut parts = method.split(':');
        let function = match parts.next()? {
            "scrypt" => {
                let numbers: Vec<&str> = parts.by_ref().collect();
                match numbers[..] {
                    [] => scrypt_params("32768", "8", "1")?,
                    [n, r, p] => scrypt_params(n, r, p)?,
                    _ => return None,
                }
            }
            "pbkdf2" => {
                let hmac = match parts.next().unwrap_or("sha256") {
                    "sha1" => HmacDigest::Sha1,
                    "sha256" => HmacDigest::Sha256,
                    "sha512" => HmacDigest::Sha512,
                    _ => return None,
                };
                HashFunction::Pbkdf2 { hmac, rounds: parts.next().unwrap_or("1000000").parse().ok()? }
            }
            _ => return None,
        };
        let complete = parts.next().is_none() && !salt.is_empty();
        let digest = hex::decode(digest).ok()?;
        complete.then(|| Self { function, salt: salt.as_bytes().to_vec(), digest })
    }

    /// Parses `iterations$salt$base64`.
    fn django_pbkdf2(hmac: HmacDigest, rest: &str) -> Option<Self> {
        let mut parts = rest.split('$');
        let (rounds, salt, digest) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let digest = STANDARD.decode(digest).ok()?;
        let function = HashFunction::Pbkdf2 { hmac, rounds };
        parts.next().is_none().then(|| Self { function, salt: salt.as_bytes().to_vec(), digest })
    }

    /// Parses `N$salt$r$p$base64`.
    fn django_scrypt(rest: &str) -> Option<Self> {
        let mut parts = rest.split('$');
        let (n, salt, r, p) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (function, digest) = (scrypt_params(n, r, p)?, STANDARD.decode(parts.next()?).ok()?);
        Some(Self { function, salt: salt.as_bytes().to_vec(), digest })
    }
}

impl HashFunction {
    fn digest(&self, password: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut digest = vec![0; length];
        match *self {
            Self::Argon2 { algorithm, version, params: Argon2Params { memory, passes, lanes } } => {
                let params = Params::new(memory, passes, lanes, Some(length)).ok()?;
                let mut memory = blocks(params.block_count());
                Argon2::new(algorithm, version, params)
                    .hash_password_into_with_memory(password, salt, &mut digest, &mut memory[..])
                    .ok()?;
            }
            Self::Scrypt(params) => scrypt::scrypt(password, salt, &params, &mut digest).ok()?,
            Self::Pbkdf2 { hmac: HmacDigest::Sha1, rounds } => {
                pbkdf2_hmac::<sha1::Sha1>(password, salt, rounds, &mut digest);
            }
            Self::Pbkdf2 { hmac: HmacDigest::Sha256, rounds } => {
                pbkdf2_hmac::<sha2::Sha256>(password, salt, rounds, &mut digest);
            }
            Self::Pbkdf2 { hmac: HmacDigest::Sha512, rounds } => {
                pbkdf2_hmac::<sha2::Sha512>(password, salt, rounds, &mut digest);
            }
        }
        Some(digest)
    }

    fn is_affordable(&self) -> bool {
        match *self {
            Self::Argon2 { params: Argon2Params { memory, passes, lanes }, .. } => {
                let memory = u64::from(memory);
                memory <= MAX_KIB && memory * u64::from(passes) <= MAX_KIB_PASSES && lanes <= 64
            }
            Self::Scrypt(params) => {
                let kib = (params.n() * u64::from(params.r())) >> 3;
                kib <= MAX_KIB && kib * u64::from(params.p()) <= MAX_KIB_PASSES
            }
            Self::Pbkdf2 { rounds, .. } => (1..=MAX_ROUNDS).contains(&rounds),
        }
    }
}

/// Returns the memory of a hash. It goes back to the operating system after the hash, which clears
/// it before another use.
///
/// glibc's allocator does that for blocks above 32 MiB (`DEFAULT_MMAP_THRESHOLD_MAX`). Smaller ones
/// would stay in the arena of each thread: 600 MiB after a burst of sign-ins. So the room is
/// reserved, but the part that is not used is never touched, and takes no memory.
fn blocks(count: usize) -> Vec<Block> {
    const RETURNED: usize = (33 << 20) / size_of::<Block>();
    // Tests and short hashes: not worth a system call.
    const SMALL: usize = (1 << 20) / size_of::<Block>();
    let mut blocks = Vec::with_capacity(if count > SMALL { count.max(RETURNED) } else { count });
    blocks.resize(count, Block::default());
    blocks
}

fn scrypt_params(n: &str, r: &str, p: &str) -> Option<HashFunction> {
    let n: u64 = n.parse().ok()?;
    let (r, p) = (r.parse().ok()?, p.parse().ok()?);
    // Larger values could overflow the products in `is_affordable`.
    if !n.is_power_of_two() || n > 1 << 24 || r > 1 << 10 || p > 1 << 10 {
        return None;
    }
    let log_n = u8::try_from(n.trailing_zeros()).ok()?;
    scrypt::Params::new(log_n, r, p).ok().map(HashFunction::Scrypt)
}
