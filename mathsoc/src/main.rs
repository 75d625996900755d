//! Command line → configuration → database → serve.
//!
//! Exit codes: 0 done, 1 something failed, 2 the command line or the configuration is wrong. Standard output carries
//! what was asked for; everything else goes to standard error.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use mathsoc::config::{self, Config, Vars};
use mathsoc::db::Db;
use mathsoc::db::demo::{self, Demo};
use mathsoc::limits::{self, Caller, Report};
use mathsoc::state::App;
use mathsoc::{logging, policy, routes};
use tokio::net::TcpListener;

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
        /// Also put the demo content into the database, if it is empty.
        #[arg(long)]
        demo: bool,
    },
    /// Print the settings that hold and where they come from, secrets hidden.
    Config {
        /// Print the text of .env.example instead.
        #[arg(long)]
        example: bool,
    },
    /// Print the URL map.
    Routes,
    /// Print how often each route may be asked for.
    #[command(args_conflicts_with_subcommands = true)]
    Limits {
        /// As JSON: an array with an object for each route.
        #[arg(long)]
        json: bool,
        #[command(subcommand)]
        change: Option<LimitsChange>,
    },
}

#[derive(Subcommand)]
enum LimitsChange {
    /// Forget what was counted of one caller, so that it may ask again at once.
    Clear {
        /// An address such as 192.0.2.7 or 2001:db8::/64, or an account.
        #[arg(value_name = "KEY")]
        caller: Caller,
    },
}

fn main() -> ExitCode {
    let command = Cli::parse().command.unwrap_or(Command::Serve);
    let done = match command {
        Command::Routes => print(&routes::map().to_string()),
        Command::Config { example: true } => print(&config::example_file()),
        configured => {
            let vars = Vars::of_process(Path::new(".env"));
            let config = match Config::load(&vars) {
                Ok(config) => config,
                Err(error) => {
                    eprintln!("{error}");
                    return ExitCode::from(2);
                }
            };
            run(configured, &vars, config)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mathsoc: {error:#}");
            ExitCode::FAILURE
        }
    }
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
    logging::start(&config);
    for stranger in vars.strangers() {
        tracing::warn!("{stranger} in .env is no setting of this program");
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    match command {
        Command::Migrate { demo } => runtime.block_on(migrate(&config, demo)),
        Command::Limits { change: Some(LimitsChange::Clear { caller }), .. } => {
            print(&runtime.block_on(limits::clear(&caller, &config.ratelimit))?)
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
    let address = SocketAddr::new(config.host, config.port);
    let app = App::open(config).await?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; set HOST and PORT to another address"))?;
    let stop = stop_signal()?;
    announce(&app.config, listener.local_addr()?)?;
    policy::log_lint(&app.config);
    palisade::serve(listener, mathsoc::app(app.clone())).until(stop).await?;
    app.db.close().await;
    Ok(())
}

/// The one line that tells people and scripts where the site is. A stdout that carries JSON is left to the log.
fn announce(config: &Config, address: SocketAddr) -> anyhow::Result<()> {
    if config.log_to_stdout {
        tracing::info!("Maths Society Platform at http://{address}");
        Ok(())
    } else {
        print(&format!("Maths Society Platform at http://{address}\n"))
    }
}

/// Ends when the process is asked to stop: by SIGTERM or SIGINT, elsewhere than on unix by Ctrl-C. Asks that come
/// between this call and the first poll count too.
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let asked = {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
    };
    #[cfg(not(unix))]
    let asked = async { drop(tokio::signal::ctrl_c().await) };
    Ok(async {
        asked.await;
        tracing::info!("asked to stop: answering what is open, then leaving");
    })
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
