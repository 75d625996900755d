//! The command line: reads the settings, opens the database, runs a subcommand or serves.
//!
//! Exit codes: 0 success, 1 failure, 2 wrong command line or settings; `check` defines its own.
//! Standard output carries the result; everything else goes to standard error.

mod commands;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use commands::admin::AdminCommand;
use commands::backup::BackupCommand;
use commands::check::CheckCommand;
use commands::csp::CspCommand;
use commands::import::ImportCommand;
use commands::restore::RestoreCommand;
use commands::school::SchoolCommand;
use mathsoc::config::{self, Config, Vars};
use mathsoc::db::{self, Db, users};
use mathsoc::limits::{self, Caller, Report};
use mathsoc::observe::logging;
use mathsoc::observe::storage::StorageCheck;
use mathsoc::operate::checklist::{self, Severity};
use mathsoc::operate::demo::{self, Demo};
use mathsoc::state::App;
use mathsoc::web::policy;
use mathsoc::{pages, routes};
use palisade::serve::shutdown_signal;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// A response takes hundreds of small allocations, and glibc's allocator an eighth of the time of
/// a page. See `docs/decisions/0077-allocator.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The Maths Society Platform.
#[derive(Parser)]
#[command(
    version,
    after_help = "Settings come from the environment and .env: see `mathsoc config` and .env.example."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site (the default).
    Serve,
    /// Bring the tables of the database up to date.
    Migrate {
        /// Also load the demo content, if the database is empty.
        #[arg(long)]
        demo: bool,
    },
    /// Create and list admin accounts, and reset passwords.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Add and list the schools whose pupils may register.
    #[command(subcommand)]
    School(SchoolCommand),
    /// Import the database of the Flask site.
    Import(ImportCommand),
    /// Save the database and the uploaded files into one file. The site may be running.
    Backup(BackupCommand),
    /// Restore a backup into the database and the place of uploads. Stop the site first.
    Restore(RestoreCommand),
    /// Check that the data are consistent, or with --deploy that the site is ready for production.
    /// Exit codes: 0 nothing found; 1 findings; 2 the check failed.
    Check(CheckCommand),
    /// Show what browsers report of the Content-Security-Policy, and how to allow it.
    #[command(subcommand)]
    Csp(CspCommand),
    /// Print the effective settings and their sources, with secrets hidden.
    Config {
        /// Print the text of .env.example instead.
        #[arg(long)]
        example: bool,
    },
    /// Print every route.
    Routes,
    /// Print the rate limits of every route.
    #[command(args_conflicts_with_subcommands = true)]
    Limits {
        /// Print JSON: an array with an object for each route.
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        change: Option<LimitsChange>,
    },
}

#[derive(Subcommand)]
enum LimitsChange {
    /// Reset the counts of one caller, so that it may send requests again at once.
    Clear {
        /// An address such as 192.0.2.7 or 2001:db8::/64, or an account.
        #[arg(value_name = "KEY")]
        caller: Caller,
    },
}

const NO_LOG: &str = "cannot start the log";

/// The file of settings that the environment does not set.
const ENV_FILE: &str = ".env";

fn main() -> ExitCode {
    let command = Cli::parse().command.unwrap_or(Command::Serve);
    let done = match command {
        Command::Routes => print(&routes::map().to_string()),
        Command::Config { example: true } => print(&config::example_file()),
        configured => {
            let vars = Vars::of_process(Path::new(ENV_FILE));
            let config = match Config::load(&vars) {
                Ok(config) => config,
                Err(error) => {
                    logging::tell(format_args!("{error}"));
                    return ExitCode::from(2);
                }
            };
            match configured {
                Command::Check(check) => {
                    return match logging::start(&config) {
                        Ok(_log) => check.run(&config, Path::new(ENV_FILE)),
                        Err(error) => {
                            logging::tell(format_args!("mathsoc: {NO_LOG}: {error}"));
                            ExitCode::from(2)
                        }
                    };
                }
                Command::Serve if stops_serving(&config) => return ExitCode::from(2),
                configured => run(configured, &vars, config),
            }
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logging::tell(format_args!("mathsoc: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Returns `true`, and prints the reasons, if the settings are unfit for production.
fn stops_serving(config: &Config) -> bool {
    let findings = if config.is_production() { checklist::of_settings(config) } else { Vec::new() };
    let errors: Vec<_> = findings.iter().filter(|it| it.severity == Severity::Error).collect();
    for error in &errors {
        logging::tell(format_args!("{error}"));
    }
    !errors.is_empty()
}

fn run(command: Command, vars: &Vars, config: Config) -> anyhow::Result<()> {
    match command {
        Command::Config { .. } => return print(&config.table(vars)),
        Command::Limits { change: None, json } => {
            let report = Report::new(&routes::map(), &config.ratelimit);
            return print(&if json { report.json() } else { report.to_string() });
        }
        _ => {}
    }
    let _log = logging::start(&config).context(NO_LOG)?;
    for stranger in vars.strangers() {
        tracing::warn!("{stranger} in .env is not a setting of this program");
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    match command {
        Command::Migrate { demo } => runtime.block_on(migrate(&config, demo)),
        Command::Admin(command) => runtime.block_on(command.run(&config)),
        Command::School(command) => runtime.block_on(command.run(&config)),
        Command::Import(command) => runtime.block_on(command.run(&config)),
        Command::Backup(command) => runtime.block_on(command.run(&config)),
        Command::Csp(command) => runtime.block_on(command.run(&config)),
        Command::Restore(command) => runtime.block_on(command.run(&config)),
        Command::Limits { change: Some(LimitsChange::Clear { caller }), .. } => {
            let cleared = runtime.block_on(async {
                let db = Db::connect(&config.database_url).await?;
                anyhow::Ok(limits::clear(&caller, &config.ratelimit, &db).await?)
            });
            print(&cleared?)
        }
        _ => runtime.block_on(serve(config)),
    }
}

async fn migrate(config: &Config, with_demo: bool) -> anyhow::Result<()> {
    let db = Db::connect(&config.database_url).await?;
    db.migrate().await?;
    let mut report = format!("The tables of {} are up to date.\n", config.database_url);
    if with_demo {
        report.push_str(match demo::load(&db).await? {
            Demo::Loaded => "The demo content is loaded.\n",
            Demo::NotNeeded => "The database has content; the demo content was left out.\n",
        });
    }
    db.close().await;
    print(&report)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    #[cfg(unix)]
    survive_file_size_limits()?;
    let app = App::open(config).await?;
    let address = SocketAddr::new(app.config.host, app.config.port);
    let listener = listen(address, "HOST and PORT").await?;
    let watched = match app.config.metrics_addr {
        Some(address) => Some(listen(address, "METRICS_ADDR").await?),
        None => None,
    };
    let (stop_requested, live) = (shutdown_signal()?, app.live.clone());
    let stop = async move {
        stop_requested.await;
        live.end();
    };
    let address = listener.local_addr()?;
    announce(&app.config, "Maths Society Platform", address, "");
    if let Some(listener) = &watched {
        announce_metrics(&app.config, listener.local_addr()?);
    }
    if !users::has_admin(&app.db).await? {
        invite_first_admin(&app, address);
    }
    if !app.config.is_production() {
        policy::log_lint(&app.config);
    } else {
        let findings = checklist::of_settings(&app.config);
        for finding in findings.iter().filter(|it| it.severity == Severity::Warning) {
            tracing::warn!(id = finding.id, fix = finding.fix, "{}", finding.what);
        }
    }
    let maintenance = [
        tokio::spawn(run_maintenance(app.clone())),
        tokio::spawn(check_storage(app.clone())),
        tokio::spawn(limits::run_releases(app.db.clone(), app.limits.clone())),
    ];

    // The metrics endpoint outlives the site, so that monitoring sees it stop.
    let (stopped, site_stopped) = oneshot::channel::<()>();
    let site = async {
        let server = palisade::serve::Serve::new().proxies(&app.config.trusted_proxies.proxies());
        let served = server.serve(listener, mathsoc::app(app.clone())).until(stop).await;
        drop(stopped);
        served
    };
    let metrics = async {
        let Some(listener) = watched else { return };
        let bounds =
            palisade::serve::Serve::new().max_connections(32).shutdown_timeout(Duration::from_secs(1));
        let serving = bounds.serve(listener, routes::metrics(&app));
        if let Err(error) = serving.until(async { drop(site_stopped.await) }).await {
            tracing::warn!(%error, "metrics");
        }
    };
    let (served, ()) = tokio::join!(site, metrics);
    maintenance.iter().for_each(JoinHandle::abort);
    if tokio::time::timeout(FLUSH_TIMEOUT, app.mailer.flush()).await.is_err() {
        tracing::warn!("some letters were not sent before shutdown and are lost");
    }
    served?;
    app.db.close().await;
    Ok(())
}

/// Turns a write beyond `ulimit -f` into an error of that write. By default the signal SIGXFSZ ends
/// the process.
#[cfg(unix)]
fn survive_file_size_limits() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    // The number on Linux (other than MIPS), macOS and the BSDs.
    const SIGXFSZ: i32 = 25;
    // The handler stays installed when the stream is dropped.
    signal(SignalKind::from_raw(SIGXFSZ)).map(drop).context("cannot handle SIGXFSZ")
}

/// The time that the program waits for unsent letters on shutdown.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// Tells the operator how to become the first admin. The link is not logged: others may read the
/// log.
fn invite_first_admin(app: &App, address: SocketAddr) {
    let path = app.links.issue_set_up();
    let link = match app.config.port {
        0 => format!("http://{address}{path}"),
        _ => app.config.site_url.link(&path),
    };
    let text = format!(
        "There is no admin yet. To become one, open this link within two hours:\n  {link}\n\
         Or run `mathsoc admin create`. A restart prints a new link."
    );
    if app.config.log_to_stdout {
        logging::tell(format_args!("{text}"));
    } else {
        print_or_warn(&format!("{text}\n"));
    }
}

/// Deletes expired rows and scans waiting files, at once and then every minute.
async fn run_maintenance(app: App) {
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        minutes.tick().await;
        match db::retention::delete_expired(&app.db).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "deleted expired rows"),
            Err(error) => tracing::warn!(%error, "cannot delete expired rows"),
        }
        if let Err(error) = pages::files::rescan_quarantined(&app).await {
            tracing::warn!(%error, "cannot rescan the files that wait for the virus scanner");
        }
    }
}

/// Checks that the database takes writes, at once and then at intervals.
async fn check_storage(app: App) {
    let mut ticks = tokio::time::interval(StorageCheck::INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.storage.run().await;
    }
}

async fn listen(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; set {setting} to another address"))
}

/// Prints the address of a service, for people and scripts. If stdout carries the JSON log, it is
/// logged instead.
fn announce(config: &Config, what: &str, address: SocketAddr, path: &str) {
    if config.log_to_stdout {
        tracing::info!("{what} at http://{address}{path}");
    } else {
        print_or_warn(&format!("{what} at http://{address}{path}\n"));
    }
}

/// Prints text that the site can do without.
fn print_or_warn(text: &str) {
    if let Err(error) = print(text) {
        tracing::warn!("{error:#}");
    }
}

fn announce_metrics(config: &Config, address: SocketAddr) {
    if !address.ip().is_loopback() && !config.is_production() {
        tracing::warn!(%address, "METRICS_ADDR: anyone who reaches this address can read the metrics");
    }
    announce(config, "Metrics", address, "/metrics");
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
