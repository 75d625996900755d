//! The `palisade` command: how a site stands and what to type to mend it; policies, secrets and password hashes.
//!
//! Exit codes: 0 clean, 1 there is something to mend (or a password does not match), 2 it could not be checked, or the
//! command line is wrong. Standard output carries what was asked for; everything else goes to standard error.

mod args;
mod audit;
mod csp;
mod fetch;
mod headers;
mod password;
mod secret;
mod style;

use std::io::{self, Write};
use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    Findings,
    /// Something could not be checked.
    Unknown,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Findings) => ExitCode::from(1),
        Ok(Verdict::Unknown) => ExitCode::from(2),
        // Whoever reads us has read enough.
        Err(error) if is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "palisade: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Verdict> {
    match cli.command {
        Command::Audit(options) => audit::run(&options),
        Command::Csp(command) => csp::run(command),
        Command::Secret(command) => secret::run(&command),
        Command::Password(command) => password::run(command),
        Command::Headers { preset, nginx } => headers::run(preset, nginx),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "palisade", &mut text);
            io::stdout().write_all(&text)?;
            Ok(Verdict::Clean)
        }
        Command::Man => {
            let mut text = Vec::new();
            for page in pages(Cli::command()) {
                clap_mangen::Man::new(page).render(&mut text)?;
            }
            io::stdout().write_all(&text)?;
            Ok(Verdict::Clean)
        }
    }
}

/// The command and those under it, one page each.
fn pages(command: clap::Command) -> Vec<clap::Command> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = vec![command];
    let mut at = 0;
    while at < pages.len() {
        let below: Vec<_> = pages[at].get_subcommands().cloned().collect();
        pages.extend(below);
        at += 1;
    }
    pages
}

fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
