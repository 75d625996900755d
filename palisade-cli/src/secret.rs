//! `palisade secret`: bytes that nobody guesses.

use std::io::{self, Write};

use anyhow::Context;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::Verdict;
use crate::args::SecretCommand;

pub(crate) fn run(command: &SecretCommand) -> anyhow::Result<Verdict> {
    let SecretCommand::New { bytes } = command;
    let mut secret = vec![0; usize::from(*bytes)];
    getrandom::fill(&mut secret).context("this machine has no randomness")?;
    writeln!(io::stdout(), "{}", BASE64_URL_SAFE_NO_PAD.encode(&secret))?;
    Ok(Verdict::Clean)
}
