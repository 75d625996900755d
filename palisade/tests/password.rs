//! Passwords: verification, rehashing, cost, the bound on concurrent hashing, and the policy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use palisade::Passwords;
use palisade::password::{
    Argon2Params, Password, PasswordHash, PasswordPolicy, PasswordRejected, StoredCredential,
    VerifiedPassword,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    by: String,
    password: String,
    hash: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("data/passwords.json")).unwrap()
}

fn passwords() -> Passwords {
    Passwords::new().params(Argon2Params::dangerous_minimum())
}

fn stored(hash: &str) -> Option<StoredCredential> {
    Some(StoredCredential { user: "7".into(), epoch: 3, hash: PasswordHash::from(hash) })
}

async fn verify(password: &str, hash: &str) -> Option<VerifiedPassword> {
    passwords().verify(password.into(), stored(hash)).await.unwrap()
}

#[tokio::test]
async fn foreign_hashes_verify_and_are_rehashed() {
    let vectors = vectors();
    assert!(vectors.len() >= 40);
    for Vector { by, password, hash } in vectors {
        let verified = verify(&password, &hash).await.unwrap_or_else(|| panic!("{by}: {password} {hash}"));
        assert_eq!((verified.proof.user(), verified.proof.epoch()), ("7", 3));
        let ours = verified.rehash.expect("a foreign hash is rehashed");
        assert!(ours.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$") && ours.as_str().len() <= 100);
        let again = verify(&password, ours.as_str()).await.expect("the new hash verifies the same password");
        assert!(again.rehash.is_none(), "our own hash is not rehashed");
        for wrong in [format!("{password} "), password.to_uppercase() + "!", String::new()] {
            assert!(verify(&wrong, &hash).await.is_none(), "{by}: {wrong} {hash}");
        }
    }
}

#[tokio::test]
async fn an_invalid_hash_never_verifies_or_panics() {
    // Werkzeug raises an exception for most of these, so a login with such a hash was a 500.
    let sum = "ab".repeat(64);
    for odd in [
        "",
        "$",
        "$$$",
        "plain$salt$password",
        "sha256$salt$5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
        "md5$salt$hash",
        "argon2$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ",
        "$argon2id$v=18$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=1,p=1$!!!$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$",
        &format!("scrypt:1000:8:1$salt${sum}"),
        &format!("scrypt:0:8:1$salt${sum}"),
        &format!("scrypt:1024:8$salt${sum}"),
        &format!("scrypt:1024:8:1:9$salt${sum}"),
        &format!("scrypt:1024:8:1$${sum}"),
        "scrypt:1024:8:1$salt$xyz",
        "scrypt:1024:8:1$salt$",
        "scrypt:1024:8:1$salt$é",
        &format!("pbkdf2:sha256:0$salt${sum}"),
        &format!("pbkdf2:sha256:-1$salt${sum}"),
        &format!("pbkdf2:whirlpool:7$salt${sum}"),
        &format!("pbkdf2:sha256:7:7$salt${sum}"),
        &format!("pbkdf2:sha1:7$salt${sum}"),
        &format!("pbkdf2:sha256:7$salt${}", "ab".repeat(16)),
        &format!("scrypt:1024:8:1$salt${}", "ab".repeat(32)),
        "$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=1,p=0$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=8,t=1,p=1$YQ$AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "pbkdf2_sha256$7$salt",
        "pbkdf2_sha256$x$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "bcrypt$$2b$12$abcdefghijklmnopqrstuv",
        "!unusable0123456789012345678901234567890",
        &"x".repeat(100_000),
        "пароль$соль$хеш",
    ] {
        assert!(verify("password", odd).await.is_none(), "{odd}");
        assert!(!PasswordHash::from(odd).is_usable(), "{odd}");
    }
}

#[tokio::test]
async fn a_hash_of_excessive_cost_is_rejected() {
    let sum = "ab".repeat(64);
    for (dear, cheaper) in [
        ("scrypt:16777216:8:1", "scrypt:1024:8:1"),
        ("scrypt:1024:1024:1024", "scrypt:1024:8:1"),
        ("pbkdf2:sha512:4000000000", "pbkdf2:sha512:1000"),
        ("pbkdf2:sha512:3000001", "pbkdf2:sha512:3000000"),
    ] {
        assert!(!PasswordHash::from(format!("{dear}$salt${sum}")).is_usable(), "{dear}");
        assert!(PasswordHash::from(format!("{cheaper}$salt${sum}")).is_usable(), "{cheaper}");
    }
    let argon2 = |cost: &str| {
        PasswordHash::from(format!("$argon2id$v=19${cost}$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAAAAAAA"))
    };
    assert!(!argon2("m=4194304,t=1,p=1").is_usable());
    assert!(!argon2("m=65536,t=4000,p=1").is_usable());
    assert!(argon2("m=65536,t=3,p=4").is_usable());
}

#[tokio::test]
async fn a_hash_of_other_cost_is_rehashed() {
    let password = || Password::from("correct horse");
    let costs = [(8_192, 1), (16_384, 1), (8_192, 2)]
        .map(|(memory, passes)| Argon2Params::new(memory, passes, 1).unwrap());
    let hash = passwords().params(costs[1]).hash(password()).await.unwrap().hash;
    for (cost, unchanged) in costs.into_iter().zip([false, true, false]) {
        let verified =
            passwords().params(cost).verify(password(), stored(hash.as_str())).await.unwrap().unwrap();
        assert_eq!(verified.rehash.is_none(), unchanged, "{cost:?}");
    }
    assert!(Argon2Params::new(1_024, 2, 1).is_err() && Argon2Params::new(19_456, 0, 1).is_err());
}

#[tokio::test]
async fn the_epoch_follows_the_password_not_the_hash() {
    for vector in vectors() {
        let hash = PasswordHash::from(vector.hash.as_str());
        let stored = StoredCredential::new(7, hash.clone());
        let verified =
            passwords().verify(vector.password.as_str().into(), Some(stored)).await.unwrap().unwrap();
        assert_eq!((verified.proof.user(), verified.proof.epoch()), ("7", hash.epoch()));
        if let Some(rehash) = verified.rehash {
            assert_eq!(rehash.epoch(), hash.epoch(), "{}", vector.hash);
        }
    }
    let passwords = passwords();
    let [one, two] = [passwords.hash("correct horse".into()), passwords.hash("correct horse".into())];
    let (one, two) = (one.await.unwrap(), two.await.unwrap());
    assert_ne!(one.hash.epoch(), two.hash.epoch(), "the same password, set again");
    assert_eq!(one.proof("ada").epoch(), one.hash.epoch());
    assert_eq!(one.proof_with_epoch(7, 3).epoch(), 3);
    assert_ne!(PasswordHash::from("!").epoch(), PasswordHash::from("!x").epoch());
}

#[tokio::test]
async fn an_unknown_user_costs_a_full_check() {
    let default = passwords();
    assert!(default.verify("correct horse".into(), None).await.unwrap().is_none());
    assert_eq!(default.computed(), 1, "an unknown user costs one hash, as a known one does");
    let like = vectors().remove(0);
    let passwords = passwords().equalize_timing(&like.hash.clone().into());
    let unknown = passwords.verify(like.password.as_str().into(), None).await.unwrap();
    assert!(unknown.is_none(), "the password of the reference hash signs no one in");
    assert!(passwords.verify(like.password.as_str().into(), stored(&like.hash)).await.unwrap().is_some());
}

#[tokio::test]
async fn an_overlong_password_is_never_truncated() {
    let long = "x".repeat(1024);
    let hash = passwords().hash(long.as_str().into()).await.unwrap().hash;
    assert!(verify(&long, hash.as_str()).await.is_some());
    let rejected = passwords().hash(format!("{long}y").into()).await;
    assert!(
        matches!(rejected, Err(palisade::password::HashingError::TooLong)),
        "a password that cannot be verified is not hashed"
    );
    let empty = passwords().hash("".into()).await.unwrap().hash;
    assert!(verify(&format!("{long}y"), empty.as_str()).await.is_none());
    assert!(verify(&format!("{long}y"), hash.as_str()).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_hashing_is_bounded_and_surplus_gets_503() {
    let passwords =
        Passwords::new().params(Argon2Params::new(8_192, 4, 1).unwrap()).max_concurrent(2).max_queued(20);
    let (done, busy) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (passwords, done, busy) = (passwords.clone(), Arc::clone(&done), Arc::clone(&busy));
        tasks.spawn(async move {
            match passwords.hash("correct horse".into()).await {
                Ok(_) => done.fetch_add(1, Ordering::SeqCst),
                Err(palisade::password::HashingError::Busy { .. }) => busy.fetch_add(1, Ordering::SeqCst),
                Err(other) => panic!("{other:?}"),
            };
            assert!(passwords.running() <= 2, "{}", passwords.running());
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    let (done, busy) = (done.load(Ordering::SeqCst), busy.load(Ordering::SeqCst));
    assert_eq!(done + busy, 200);
    assert!(done >= 22 && busy > 0, "{done} done, {busy} busy");
    assert!(passwords.hash("correct horse".into()).await.is_ok(), "every place in the queue is free again");
    let busy = palisade::password::HashingError::Busy { retry_after: std::time::Duration::from_secs(2) };
    let rejected = palisade::Rejection::from(busy).into_response::<String>();
    assert_eq!(
        (rejected.status().as_u16(), &rejected.headers()["retry-after"]),
        (503, &http::HeaderValue::from(2))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_callers_do_not_raise_the_bound() {
    let passwords =
        Passwords::new().params(Argon2Params::new(65_536, 8, 1).unwrap()).max_concurrent(1).max_queued(1);
    let leaving = passwords.clone();
    let task = tokio::spawn(async move { leaving.hash("correct horse".into()).await });
    while passwords.running() == 0 {
        tokio::task::yield_now().await;
    }
    task.abort();
    let _ = task.await;
    assert_eq!(passwords.running(), 1, "the hash is still computed and holds its slot");
    assert!(passwords.hash("next".into()).await.is_ok(), "the next caller gets the slot afterwards");
}

#[test]
fn weak_passwords_are_rejected_with_advice() {
    let policy = PasswordPolicy::new();
    let about = ["Ada Lovelace", "ada.l@uptonschool.example"];
    let check = |text: &str| policy.check(&text.into(), &about);
    for good in [
        "seven purple otters",
        "correcthorsebatterystaple",
        "ümläüte sind schöne zeichen",
        "h7#kQ0z!pW2x",
        "🦊🐻🐼 walk home",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    assert_eq!(check("short"), Err(PasswordRejected::TooShort { characters: 8 }));
    assert_eq!(
        check("äöüäöüä"),
        Err(PasswordRejected::TooShort { characters: 8 }),
        "seven characters of two bytes"
    );
    assert_eq!(check(&"purple otters ".repeat(10)), Err(PasswordRejected::TooLong { bytes: 128 }));
    for common in ["password", "12345678", "qwertyuiop", "iloveyou", "football"] {
        assert!(matches!(check(common), Err(PasswordRejected::Common)), "{common}: {:?}", check(common));
    }
    for own in ["adalovelace", "Ada Lovelace", "Lovelace2026", "uptonschool1", "ada.l@uptonschool.example"] {
        assert_eq!(check(own), Err(PasswordRejected::AboutYou), "{own}");
    }
    for (weak, because) in [
        ("aaaaaaaaaaaaaaa", "Saying the same thing again"),
        ("abcdefghijk", "Sequences"),
        ("14.07.2009", "Years and dates"),
    ] {
        let advice = check(weak).unwrap_err().to_string();
        assert!(advice.contains(because) && advice.contains("Three or four words"), "{weak}: {advice}");
    }
    assert!(policy.strict(true).check(&"purple otter".into(), &[]).is_err());
    assert!(policy.min_length(20).check(&"seven purple otters".into(), &[]).is_err());
    assert_eq!(
        policy.min_length(1).check(&"a7#kQ".into(), &[]),
        Err(PasswordRejected::TooShort { characters: 8 }),
        "the minimum is never below 8"
    );
}

#[test]
fn debug_shows_neither_password_nor_hash() {
    let stored = stored("scrypt:1024:8:1$salt$abcd").unwrap();
    assert_eq!(format!("{:?}", Password::from("correct horse")), "Password(hidden)");
    assert_eq!(
        format!("{stored:?}"),
        "StoredCredential { user: \"7\", epoch: 3, hash: PasswordHash(hidden) }"
    );
    assert!(Password::from("a").is_same(&"a".into()) && !Password::from("a").is_same(&"b".into()));
}

#[test]
fn the_policy_check_is_fast_for_any_password() {
    // Each of these characters stands for several letters, and zxcvbn tries them all.
    let leet = "4@8({[<369&#!1|0$5+7%2".repeat(5);
    let began = std::time::Instant::now();
    let result = PasswordPolicy::new().check(&leet.as_str().into(), &[]);
    // The check takes seconds if it reads the whole text. The bound allows for a busy machine.
    assert!(began.elapsed() < std::time::Duration::from_secs(5), "{result:?} after {:?}", began.elapsed());
}
