//! The report in Markdown.

use std::fmt::Write;
use std::time::Duration;

use super::STEADY_CONNECTIONS;
use super::contestants::{ALL, ASSEMBLED, BARE, FLASK, FLOOR, PALISADE};
use bench::results::Results;
use bench::work::Work;

/// Formats all measurements as Markdown.
pub fn text(results: &Results, connections: &[u32], clients: u32, took: Duration) -> String {
    let clients = format!("{},{:03}", clients / 1000, clients % 1000);
    let mut text = format!(
        "# The cost of layers\n\nWritten by `make bench`: {} seconds on {}. Compare the ratios, not the numbers; \
              each contestant has the first core, the load the second.\n\n",
        took.as_secs(),
        machine()
    );
    goals(&mut text, results, connections, &clients);
    for work in Work::ALL {
        rates(&mut text, results, work, connections);
    }
    whole(&mut text, results, &clients);
    text.push_str("\n## Contestants\n\n");
    for contestant in &ALL {
        let _ = writeln!(text, "- **{}**: {}.", contestant.name, contestant.description);
    }
    text
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').nth(1).unwrap_or("unknown").to_owned();
    format!("{} (load of the last five minutes: {load})", model.map_or("an unnamed processor", |it| it.1))
}

fn goals(text: &mut String, results: &Results, connections: &[u32], clients: &str) {
    text.push_str("## Goals\n\n| goal | work | measured | |\n|---|---|--:|---|\n");
    let most = STEADY_CONNECTIONS.min(*connections.last().unwrap_or(&1)).max(connections[0]);
    let rate = |name, work| results.at(name, work, most).map_or(f64::NAN, |cell| cell.rate());
    let mut line = |goal: &str, work: &str, value: f64, met: bool| {
        let _ = writeln!(text, "| {goal} | {work} | {value:.2} | {} |", if met { "met" } else { "missed" });
    };
    for work in Work::ALL {
        let ratio = rate(PALISADE, work) / rate(FLOOR, work);
        line("≥ 0.95 × the floor", work.name(), ratio, ratio >= 0.95);
    }
    for work in Work::ALL {
        let ratio = rate(PALISADE, work) / rate(ASSEMBLED, work);
        line("≥ 1.1 × the assembled stack", work.name(), ratio, ratio >= 1.1);
    }
    for work in Work::ALL {
        let ratio = rate(PALISADE, work) / rate(FLASK, work);
        line("≥ 30 × Flask", work.name(), ratio, ratio >= 30.0);
    }
    for work in Work::ALL {
        let late = |name| results.lateness(name, work).map_or(f64::NAN, |late| late.1);
        let ratio = late(PALISADE) / late(FLOOR);
        line("p99 ≤ 1.2 × the floor's", work.name(), ratio, ratio <= 1.2);
    }
    let refusal = rate(PALISADE, Work::Json) / rate(PALISADE, Work::RateLimited);
    line("a 429 costs no more than a 200", "small JSON", refusal, refusal <= 1.0);
    let more = (results.bytes(PALISADE).1 as f64 - results.bytes(BARE).0 as f64) / 1e6;
    line(&format!("≤ bare + 10 MB with {clients} clients"), "memory", more, more <= 10.0);
}

fn rates(text: &mut String, results: &Results, work: Work, connections: &[u32]) {
    let _ = writeln!(text, "\n## {}\n", capitalised(work.name()));
    text.push_str("| contestant |");
    for number in connections {
        let _ = write!(text, " responses/s at {number} | of the floor | core, µs |");
    }
    let _ = write!(text, " p50, µs | p99, µs |\n|---|{}--:|--:|\n", "--:|--:|--:|".repeat(connections.len()));
    for contestant in ALL.iter().filter(|it| it.does(work)) {
        let _ = write!(text, "| {} |", contestant.name);
        for &number in connections {
            let (cell, floor) = (results.at(contestant.name, work, number), results.at(FLOOR, work, number));
            if let Some((cell, floor)) = cell.zip(floor) {
                let _ = write!(
                    text,
                    " {:.0} | {:.2} | {:.1} |",
                    cell.rate(),
                    cell.rate() / floor.rate(),
                    cell.cost()
                );
            }
        }
        let (median, late) = results.lateness(contestant.name, work).unwrap_or((f64::NAN, f64::NAN));
        let _ = writeln!(text, " {median:.0} | {late:.0} |");
    }
}

fn whole(text: &mut String, results: &Results, clients: &str) {
    let _ = writeln!(
        text,
        "\nLatency is measured at half of the contestant's own rate at 32 connections, from the time when each request was due.\n\n\
              ## Memory and start\n\n| contestant | memory, MB | after {clients} clients, MB | first response, ms |\n|---|--:|--:|--:|"
    );
    for contestant in &ALL {
        let (begin, end) = results.bytes(contestant.name);
        let end = if end == 0 { "–".to_owned() } else { format!("{:.1}", end as f64 / 1e6) };
        let ready = results.first_answer(contestant.name);
        let _ = writeln!(text, "| {} | {:.1} | {end} | {ready:.0} |", contestant.name, begin as f64 / 1e6);
    }
}

fn capitalised(text: &str) -> String {
    text.chars().take(1).flat_map(char::to_uppercase).chain(text.chars().skip(1)).collect()
}
