//! The `palisade` command: audits websites, reads policies, makes secrets and password hashes.
//!
//! Exit codes: 0 no findings; 1 findings, or a password that does not match; 2 an error. Standard
//! output carries the result, standard error everything else.

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExitStatus {
    Clean,
    Findings,
    /// A target could not be checked.
    Error,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(ExitStatus::Clean) => ExitCode::SUCCESS,
        Ok(ExitStatus::Findings) => ExitCode::from(1),
        Ok(ExitStatus::Error) => ExitCode::from(2),
        // The reader of a pipe, such as `head`, has closed it.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "palisade: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitStatus> {
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
            Ok(ExitStatus::Clean)
        }
        Command::Man => {
            let mut text = Vec::new();
            for command in with_subcommands(Cli::command()) {
                clap_mangen::Man::new(command).render(&mut text)?;
            }
            io::stdout().write_all(&text)?;
            Ok(ExitStatus::Clean)
        }
    }
}

/// Returns the command and all its subcommands, each of which has a manual page.
fn with_subcommands(command: clap::Command) -> Vec<clap::Command> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut commands = vec![command];
    let mut at = 0;
    while at < commands.len() {
        let subcommands: Vec<_> = commands[at].get_subcommands().cloned().collect();
        commands.extend(subcommands);
        at += 1;
    }
    commands
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
