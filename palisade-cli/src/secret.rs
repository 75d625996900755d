//! `palisade secret`: random bytes in base64.

use std::io::{self, Write};

use anyhow::Context;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::ExitStatus;
use crate::args::SecretCommand;

pub(crate) fn run(command: &SecretCommand) -> anyhow::Result<ExitStatus> {
    let SecretCommand::New { bytes } = command;
    let mut secret = vec![0; usize::from(*bytes)];
    getrandom::fill(&mut secret).context("the system has no source of random bytes")?;
    writeln!(io::stdout(), "{}", BASE64_URL_SAFE_NO_PAD.encode(&secret))?;
    Ok(ExitStatus::Clean)
}
