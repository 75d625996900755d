//! `palisade password`: hashes passwords and verifies hashes, as the library does.

use std::io::{self, IsTerminal, Read, Write};

use anyhow::{Context, bail};
use palisade::Passwords;
use palisade::password::{Password, PasswordHash, StoredCredential};

use crate::ExitStatus;
use crate::args::PasswordCommand;

/// The bytes of stdin that are read.
const MAX_BYTES: u64 = 64 << 10;

pub(crate) fn run(command: PasswordCommand) -> anyhow::Result<ExitStatus> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let passwords = Passwords::new();
    match command {
        PasswordCommand::Hash => {
            let hash = runtime.block_on(passwords.hash(read_password(true)?));
            let hash = hash.map_err(|_| anyhow::anyhow!("not enough memory to hash a password"))?;
            writeln!(io::stdout(), "{}", hash.hash.as_str())?;
            Ok(ExitStatus::Clean)
        }
        PasswordCommand::Verify { hash } => {
            let hash = PasswordHash::from(hash);
            if !hash.is_usable() {
                bail!(
                    "not a password hash: write one that begins with $argon2id$, scrypt: or pbkdf2:, in single quotes"
                );
            }
            let stored = StoredCredential { user: "one".into(), epoch: 0, hash };
            let verified = runtime.block_on(passwords.verify(read_password(false)?, Some(stored)));
            let verified = verified.map_err(|_| anyhow::anyhow!("not enough memory to hash a password"))?;
            let (text, status) = match verified {
                Some(_) => ("The password matches.", ExitStatus::Clean),
                None => ("The password does not match.", ExitStatus::Findings),
            };
            writeln!(io::stdout(), "{text}")?;
            Ok(status)
        }
    }
}

/// Reads a password from the terminal without echo, or one line of stdin.
///
/// With `twice`, the terminal asks again, since a typing mistake in a new hash cannot be seen.
fn read_password(twice: bool) -> anyhow::Result<Password> {
    if !io::stdin().is_terminal() {
        let mut text = String::new();
        io::stdin().lock().take(MAX_BYTES).read_to_string(&mut text).context("standard input")?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        return Ok(Password::from(line.strip_suffix('\r').unwrap_or(line).to_owned()));
    }
    let password = Password::from(rpassword::prompt_password("Password: ")?);
    if twice && !password.is_same(&Password::from(rpassword::prompt_password("Again: ")?)) {
        bail!("the two passwords differ");
    }
    Ok(password)
}
