//! Compares the site with a Flask site with the same queries, markup and database: 10,000 users,
//! 1,000 challenges, and a million submissions in SQLite. `scripts/bench-site` builds, fills and
//! pins.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::load::{self, Shot};
use bench::results::{Cell, median};
use bench::server::{PORT, Server};
use bench::wire::Wire;
use bench::work::{self, Visitor};

const CONNECTIONS: u32 = 32;

/// A page, whether the visitor is signed in, and the factor over Flask that is the goal.
const PAGES: [(&str, bool, Option<f64>); 3] =
    [("/", false, Some(50.0)), ("/", true, None), ("/challenges/500", true, Some(30.0))];

const INTRODUCTION: &str = "# The site compared with a Flask site

Written by `scripts/bench-site`: 10,000 users, 1,000 challenges and 1,000,000 submissions in SQLite, read by
the same queries and rendered with the same markup. Flask uses SQLAlchemy, Talisman, Limiter, Login and WTF's
CSRF under gunicorn with two workers. 32 connections; the server has the first core, the load the second. The
sites alternate, and the numbers are medians. Compare the ratios, not the numbers.

| page | mathsoc, responses/s | Flask, responses/s | ratio | goal | core of mathsoc, µs |
|---|--:|--:|--:|--:|--:|
";

struct Site {
    name: &'static str,
    server: Server,
    visitor: Visitor,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(program), Some(folder)) = (args.next(), args.next()) else {
        return Err("write: site PATH-OF-MATHSOC FOLDER-WITH-ITS-DATABASE".into());
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(&program, folder.into()))
}

async fn run(program: &str, folder: PathBuf) -> Result<(), Box<dyn Error>> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let quick = std::env::var_os("QUICK").is_some();
    let (rounds, round) = if quick { (4, 400) } else { (8, 1000) };
    let ours: Vec<String> = [
        "env",
        "-C",
        &folder.display().to_string(),
        "DATA_DIR=.",
        "PORT={port}",
        "SERVER_NAME=bench.example",
        "TRUSTED_PROXIES=127.0.0.1",
        "RATELIMIT_PAGES=1000000000/hour",
        "RATELIMIT_MEMBERS=1000000000/hour",
        "RATELIMIT_ENABLED=true",
        program,
    ]
    .map(str::to_owned)
    .into();
    let database = format!("BENCH_DATABASE={}", folder.join("mathsoc.db").display());
    let script = bench.join("contestants/flask/start-site").display().to_string();
    let flask: Vec<String> = vec!["env".to_owned(), database, script, PORT.to_owned()];

    let mut ready = Vec::new();
    for _ in 0..5 {
        ready.push(Server::start(&ours, "/").await?.ready.as_secs_f64() * 1e3);
    }
    let mut sites = Vec::new();
    // Each site has its own pupil: ours rehashes the password in a format that Flask cannot read.
    for (name, line, pupil) in [("mathsoc", &ours, "ada"), ("Flask", &flask, "grace")] {
        let server = Server::start(line, "/").await?;
        let login = format!("email={pupil}%40example.org&password=correct+horse+battery&next=");
        let visitor = Visitor::by(server.address, "/login", &login)
            .await
            .map_err(|error| format!("{name}: {error}"))?;
        sites.push(Site { name, server, visitor });
    }
    let idle = sites[0].server.memory() as f64 / 1e6;

    let mut text = String::from(INTRODUCTION);
    for (path, signed_in, goal) in PAGES {
        let mut cells = [Cell::default(), Cell::default()];
        for turn in 0..rounds {
            for (site, cell) in sites.iter().zip(&mut cells) {
                let cookies = if signed_in { site.visitor.cookie_line() } else { String::new() };
                let request = Arc::from(work::get(path, &cookies));
                let shot = Shot { address: site.server.address, request, statuses: [200, 200] };
                let (busy, since) = (site.server.busy(), Instant::now());
                let done = load::flat_out(&shot, CONNECTIONS, Duration::from_millis(round)).await;
                let done = done.map_err(|error| format!("{}, {path}: {error}", site.name))?;
                if turn > 0 {
                    cell.push(done, since.elapsed(), site.server.busy() - busy);
                }
            }
        }
        let [ours, flask] = &cells;
        let who = if signed_in { "signed in" } else { "a visitor" };
        let ratio = ours.rate() / flask.rate();
        let goal = goal.map_or("–".to_owned(), |goal| {
            format!("≥ {goal}, {}", if ratio >= goal { "met" } else { "missed" })
        });
        writeln!(
            text,
            "| `{path}`, {who} | {:.0} | {:.0} | {ratio:.1} | {goal} | {:.0} |",
            ours.rate(),
            flask.rate(),
            ours.cost()
        )?;
    }
    let leaderboard = leaderboard(&sites[0]).await?;
    let ready = median(&ready);
    writeln!(
        text,
        "\n| mathsoc | measured | goal |\n|---|--:|--:|\n\
         | uncached page of the leaderboard, whole, ms | {leaderboard:.2} | ≤ 2 |\n\
                  | first response after the start, ms | {ready:.0} | ≤ 150 |\n\
         | memory when idle, MB | {idle:.1} | ≤ 40 |"
    )?;
    println!("{text}");
    if !quick {
        std::fs::write(bench.join("site.md"), text)?;
    }
    Ok(())
}

/// Returns the milliseconds until an uncached page of the leaderboard arrives.
async fn leaderboard(site: &Site) -> Result<f64, Box<dyn Error>> {
    let (mut wire, mut times) = (Wire::to(site.server.address), Vec::new());
    for page in 1..=200 {
        let request = work::get(&format!("/leaderboard?page={page}"), &site.visitor.cookie_line());
        let begin = Instant::now();
        let status = wire.exchange(&request).await?.status;
        if status != 200 {
            return Err(format!("page {page} of the leaderboard: {status}").into());
        }
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(&times))
}
