//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use palisade::csp::Severity;

/// Audits websites, reads Content-Security-Policies, and makes secrets and password hashes.
#[derive(Parser)]
#[command(name = "palisade", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 no findings, 1 findings, 2 error.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Report the faults of a website, and the line that fixes each.
    Audit(AuditOptions),
    /// Check, explain, compare and generate Content-Security-Policies.
    #[command(subcommand)]
    Csp(CspCommand),
    /// Generate secrets.
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Hash passwords and verify hashes.
    #[command(subcommand)]
    Password(PasswordCommand),
    /// Print the headers of a preset.
    Headers {
        /// The preset.
        preset: Preset,
        /// Print nginx configuration.
        #[arg(long)]
        nginx: bool,
    },
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual pages.
    Man,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct AuditOptions {
    /// URLs (https:// or http://), files with the output of `curl -i`, or - for stdin.
    #[arg(required = true, value_name = "URL|FILE|-")]
    pub(crate) targets: Vec<String>,
    /// Report format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Lowest severity that ends with exit code 1, or never.
    #[arg(long, value_name = "SEVERITY", default_value = "low", value_parser = threshold)]
    pub(crate) fail_on: Threshold,
    /// Earlier JSON report; its findings are marked as known and do not fail the audit.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Also check up to N pages of the same origin that the first page links to.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=500))]
    pub(crate) crawl: u16,
    /// Also trust the CA certificates in this PEM file.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Timeout of one request, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    pub(crate) timeout: u64,
    /// Port of http://, if the URL has a port.
    #[arg(long, value_name = "PORT")]
    pub(crate) http_port: Option<u16>,
    /// The host is on the HSTS preload list: see hstspreload.org.
    #[arg(long)]
    pub(crate) preloaded: bool,
    /// URL of the response in a file.
    #[arg(long, value_name = "URL", default_value = "https://example.org/")]
    pub(crate) url: String,
}

/// The lowest severity that fails an audit; `None` if no finding does.
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
    /// Text for people.
    Text,
    /// JSON for programs, and for --baseline.
    Json,
    /// SARIF for code scanning.
    Sarif,
    /// One HTML page with a chart.
    Html,
}

#[derive(Subcommand)]
pub(crate) enum CspCommand {
    /// Report the attacks that a policy does not block.
    Lint {
        /// The policy, as in the header; read from stdin if it is missing.
        policy: Option<String>,
    },
    /// Explain in words what a policy allows.
    Explain {
        /// The policy, as in the header; read from stdin if it is missing.
        policy: Option<String>,
    },
    /// Compare two policies.
    Diff {
        /// The old policy.
        old: String,
        /// The new policy.
        new: String,
    },
    /// Generate a policy for the requests in a HAR file, saved from a browser's network panel.
    FromHar {
        /// The HAR file, or - for stdin.
        file: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum SecretCommand {
    /// Print a new random secret, for SECRET_KEY for example.
    New {
        /// Number of random bytes.
        #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u16).range(32..=1024))]
        bytes: u16,
    },
}

#[derive(Subcommand)]
pub(crate) enum PasswordCommand {
    /// Print the hash of a password, read from the terminal or stdin.
    Hash,
    /// Check a password, read from the terminal or stdin, against a hash.
    Verify {
        /// The hash: Argon2, Werkzeug's or Django's.
        hash: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// A site whose scripts carry the nonce.
    Strict,
    /// An API for programs.
    Api,
    /// The defaults of Flask-Talisman.
    Talisman,
}
