//! `palisade password`: hashes as the library makes them, of what is typed unseen.

use std::io::{self, IsTerminal, Read, Write};

use anyhow::{Context, bail};
use palisade::{Password, PasswordHash, Passwords, Stored};

use crate::Verdict;
use crate::args::PasswordCommand;

/// How much of stdin is taken for a password.
const MOST: u64 = 64 << 10;

pub(crate) fn run(command: PasswordCommand) -> anyhow::Result<Verdict> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let passwords = Passwords::new();
    match command {
        PasswordCommand::Hash => {
            let hash = runtime.block_on(passwords.hash(typed(true)?));
            let hash =
                hash.map_err(|_| anyhow::anyhow!("this machine has no room to hash a password now"))?;
            writeln!(io::stdout(), "{}", hash.as_str())?;
            Ok(Verdict::Clean)
        }
        PasswordCommand::Verify { hash } => {
            let hash = PasswordHash::from(hash);
            if !hash.is_usable() {
                bail!(
                    "that is no hash of a password: write one that begins with $argon2id$, scrypt: or pbkdf2:, in single quotes"
                );
            }
            let stored = Stored { user: "one".into(), epoch: 0, hash };
            let verified = runtime.block_on(passwords.verify(typed(false)?, Some(stored)));
            let verified =
                verified.map_err(|_| anyhow::anyhow!("this machine has no room to hash a password now"))?;
            let (said, verdict) = match verified {
                Some(_) => ("The password has this hash.", Verdict::Clean),
                None => ("The password does not have this hash.", Verdict::Findings),
            };
            writeln!(io::stdout(), "{said}")?;
            Ok(verdict)
        }
    }
}

/// What is typed unseen, twice where a mistake would cost; or one line of stdin.
fn typed(twice: bool) -> anyhow::Result<Password> {
    if !io::stdin().is_terminal() {
        let mut text = String::new();
        io::stdin().lock().take(MOST).read_to_string(&mut text).context("standard input")?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        return Ok(Password::from(line.strip_suffix('\r').unwrap_or(line).to_owned()));
    }
    let password = Password::from(rpassword::prompt_password("Password: ")?);
    if twice && !password.is_same(&Password::from(rpassword::prompt_password("Again: ")?)) {
        bail!("those are two different passwords");
    }
    Ok(password)
}
