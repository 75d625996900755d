//! Compares the site, on SQLite and on PostgreSQL, with a Flask site on SQLite with the same
//! queries, markup and rows: 10,000 users, 1,000 challenges, and a million submissions.
//! `scripts/bench-site` builds, fills and pins.

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

/// A page, whether the visitor is signed in, and the goals on each database.
const PAGES: [(&str, bool, Goals); 3] = [
    ("/", false, Goals { over_flask: Some(60.0), postgres: Some(0.6) }),
    ("/", true, Goals { over_flask: None, postgres: None }),
    ("/challenges/500", true, Goals { over_flask: Some(40.0), postgres: None }),
];

/// The goals for a page.
#[derive(Clone, Copy)]
struct Goals {
    /// The rate on either database, as a multiple of Flask's.
    over_flask: Option<f64>,
    /// The rate on PostgreSQL, as a fraction of that on SQLite.
    postgres: Option<f64>,
}

const INTRODUCTION: &str = "# The site compared with a Flask site

Written by `scripts/bench-site`: 10,000 users, 1,000 challenges and 1,000,000 submissions, read by the same
queries and rendered with the same markup. The site runs on SQLite and on PostgreSQL, Flask on SQLite. Flask
uses SQLAlchemy, Talisman, Limiter, Login and WTF's CSRF under gunicorn with two workers. 32 connections; the
server has the first core, PostgreSQL included, and the load the second. The sites alternate, and the numbers
are medians. Compare the ratios, not the numbers. \"Core\" is the CPU time of a response in the process of
the site, without that of PostgreSQL.

| page | site on | responses/s | Flask, responses/s | × Flask | goal | × SQLite | goal | core, µs |
|---|---|--:|--:|--:|--:|--:|--:|--:|
";

struct Site {
    name: &'static str,
    server: Server,
    visitor: Visitor,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(program), Some(folder), Some(postgres)) = (args.next(), args.next(), args.next()) else {
        return Err("write: site PATH-OF-MATHSOC FOLDER-WITH-ITS-DATABASE URL-OF-POSTGRESQL".into());
    };
    let run = run(&program, folder.into(), &postgres);
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run)
}

async fn run(program: &str, folder: PathBuf, postgres: &str) -> Result<(), Box<dyn Error>> {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    let quick = std::env::var_os("QUICK").is_some();
    let (rounds, round) = if quick { (4, 400) } else { (8, 1000) };
    let sqlite = mathsoc(program, &folder, None);
    let database = format!("BENCH_DATABASE={}", folder.join("mathsoc.db").display());
    let script = bench.join("contestants/flask/start-site").display().to_string();
    let flask: Vec<String> = vec!["env".to_owned(), database, script, PORT.to_owned()];

    let mut ready = Vec::new();
    for _ in 0..5 {
        ready.push(Server::start(&sqlite, "/").await?.ready.as_secs_f64() * 1e3);
    }
    let mut sites = Vec::new();
    // Each site has its own pupil: ours rehashes the password in a format that Flask cannot read.
    let postgres = mathsoc(program, &folder, Some(postgres));
    for (name, line, pupil) in
        [("SQLite", &sqlite, "ada"), ("PostgreSQL", &postgres, "ada"), ("Flask", &flask, "grace")]
    {
        let server = Server::start(line, "/").await.map_err(|error| format!("{name}: {error}"))?;
        let login = format!("email={pupil}%40example.org&password=correct+horse+battery&next=");
        let visitor = Visitor::by(server.address, "/login", &login)
            .await
            .map_err(|error| format!("{name}: {error}"))?;
        sites.push(Site { name, server, visitor });
    }
    let idle = sites[0].server.memory() as f64 / 1e6;

    let mut text = String::from(INTRODUCTION);
    for (path, signed_in, goals) in PAGES {
        let cells = measure(&sites, path, signed_in, rounds, Duration::from_millis(round)).await?;
        write_page(&mut text, path, signed_in, goals, &cells)?;
    }
    let leaderboard = leaderboard(&sites[0]).await?;
    let ready = median(&ready);
    writeln!(
        text,
        "\n| the site on SQLite | measured | goal |\n|---|--:|--:|\n\
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

/// Returns the command that starts the site, on the SQLite file of the folder or on PostgreSQL.
fn mathsoc(program: &str, folder: &Path, postgres: Option<&str>) -> Vec<String> {
    let mut line = [
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
    ]
    .map(str::to_owned)
    .to_vec();
    line.extend(postgres.map(|url| format!("DATABASE_URL={url}")));
    line.push(program.to_owned());
    line
}

/// Loads each site in turn, and returns a cell for each.
async fn measure(
    sites: &[Site],
    path: &str,
    signed_in: bool,
    rounds: u32,
    round: Duration,
) -> Result<Vec<Cell>, Box<dyn Error>> {
    let mut cells: Vec<Cell> = sites.iter().map(|_| Cell::default()).collect();
    for turn in 0..rounds {
        for (site, cell) in sites.iter().zip(&mut cells) {
            let cookies = if signed_in { site.visitor.cookie_line() } else { String::new() };
            let request = Arc::from(work::get(path, &cookies));
            let shot = Shot { address: site.server.address, request, statuses: [200, 200] };
            let (busy, since) = (site.server.busy(), Instant::now());
            let done = load::flat_out(&shot, CONNECTIONS, round).await;
            let done = done.map_err(|error| format!("{}, {path}: {error}", site.name))?;
            if turn > 0 {
                cell.push(done, since.elapsed(), site.server.busy() - busy);
            }
        }
    }
    Ok(cells)
}

/// Writes the rows of a page: one for each database.
fn write_page(
    text: &mut String,
    path: &str,
    signed_in: bool,
    goals: Goals,
    cells: &[Cell],
) -> Result<(), Box<dyn Error>> {
    let [sqlite, postgres, flask] = cells else { return Err("three sites were measured".into()) };
    let who = if signed_in { "signed in" } else { "a visitor" };
    let flask = flask.rate();
    let over_sqlite = postgres.rate() / sqlite.rate();
    for (name, cell, over_sqlite) in [("SQLite", sqlite, None), ("PostgreSQL", postgres, Some(over_sqlite))] {
        let (rate, over_flask) = (cell.rate(), cell.rate() / flask);
        let first = judge(goals.over_flask, Some(over_flask));
        let second = judge(goals.postgres, over_sqlite);
        let over_sqlite = over_sqlite.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
        writeln!(
            text,
            "| `{path}`, {who} | {name} | {rate:.0} | {flask:.0} | {over_flask:.1} | {first} | {over_sqlite} | {second} | {:.0} |",
            cell.cost()
        )?;
    }
    Ok(())
}

/// Returns the goal, and whether the ratio meets it.
fn judge(goal: Option<f64>, ratio: Option<f64>) -> String {
    let Some((goal, ratio)) = goal.zip(ratio) else { return "–".to_owned() };
    format!("≥ {goal}, {}", if ratio >= goal { "met" } else { "missed" })
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
