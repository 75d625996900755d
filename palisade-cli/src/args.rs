//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use palisade::csp::Severity;

/// How a site stands and what to type to mend it; policies, secrets and password hashes.
#[derive(Parser)]
#[command(name = "palisade", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 clean, 1 something to mend, 2 could not check.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say what is wrong with a site, and what to write instead.
    Audit(AuditOptions),
    /// Read Content-Security-Policies.
    #[command(subcommand)]
    Csp(CspCommand),
    /// Make secrets.
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Make and try password hashes.
    #[command(subcommand)]
    Password(PasswordCommand),
    /// Print the headers of a preset.
    Headers {
        /// Which one.
        preset: Preset,
        /// As lines for nginx.
        #[arg(long)]
        nginx: bool,
    },
    /// Print the completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual pages.
    Man,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct AuditOptions {
    /// Addresses that begin with https:// or http://; files with the head of an answer, as `curl -i` prints it; or - for stdin.
    #[arg(required = true, value_name = "URL|FILE|-")]
    pub(crate) targets: Vec<String>,
    /// How to write the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// How bad a finding has to be to end with 1.
    #[arg(long, value_name = "SEVERITY", default_value = "low", value_parser = threshold)]
    pub(crate) fail_on: Threshold,
    /// A report in JSON from before: what stands there is known, and fails nothing.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Also look at so many pages that the first one links to, of the same origin.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=500))]
    pub(crate) crawl: u16,
    /// Also believe the certificates in this PEM file.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// How many seconds one request may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub(crate) timeout: u64,
    /// Where http:// is answered, if the address has a port of its own.
    #[arg(long, value_name = "PORT")]
    pub(crate) http_port: Option<u16>,
    /// The host is on the browsers' preload list: see hstspreload.org.
    #[arg(long)]
    pub(crate) preloaded: bool,
    /// For which address the headers of a file are.
    #[arg(long, value_name = "URL", default_value = "https://example.org/")]
    pub(crate) url: String,
}

/// How bad a finding has to be to count; nothing: none counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threshold(pub(crate) Option<Severity>);

fn threshold(text: &str) -> Result<Threshold, String> {
    if text == "never" {
        return Ok(Threshold(None));
    }
    let severity: Severity = text.parse().map_err(|error| format!("{error}, or never"))?;
    Ok(Threshold(Some(severity)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs, and as a baseline.
    Json,
    /// For code scanning.
    Sarif,
    /// One page with a chart.
    Html,
}

#[derive(Subcommand)]
pub(crate) enum CspCommand {
    /// Say what a policy does not stop; without one, read it from stdin.
    Lint {
        /// The policy, as in the header.
        policy: Option<String>,
    },
    /// Say in words what a policy allows.
    Explain {
        /// The policy, as in the header.
        policy: Option<String>,
    },
    /// Say what changes from one policy to another.
    Diff {
        /// The policy before.
        old: String,
        /// The policy after.
        new: String,
    },
    /// Write a policy for what a browser loaded: a HAR file of its network panel.
    FromHar {
        /// The file; - for stdin.
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum SecretCommand {
    /// Print a new secret, such as SECRET_KEY wants.
    New {
        /// How many random bytes it has.
        #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u16).range(32..=1024))]
        bytes: u16,
    },
}

#[derive(Subcommand)]
pub(crate) enum PasswordCommand {
    /// Print the hash of a password that is typed, or comes from stdin.
    Hash,
    /// Say whether the password that is typed, or comes from stdin, has this hash.
    Verify {
        /// The hash: Argon2, or as Werkzeug or Django writes it.
        hash: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// A site whose own scripts carry the nonce.
    Strict,
    /// What only programs read.
    Api,
    /// Flask-Talisman's defaults.
    Talisman,
}
