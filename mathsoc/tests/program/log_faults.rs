//! A log that cannot be written: pages are answered, readiness names it, and shutdown is orderly.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use test_support::Folder;

use crate::support::program::{Site, address_in, get, mathsoc};

const SETTINGS: &[(&str, &str)] =
    &[("PORT", "0"), ("METRICS_ADDR", "127.0.0.1:0"), ("RATELIMIT_ENABLED", "false")];

/// Requests pages until readiness says that the log is degraded; then stops the site.
fn serves_and_stops(site: Site, metrics: Option<&str>) {
    let start = Instant::now();
    loop {
        for path in ["/", "/challenges", "/login", "/robots.txt", "/nowhere"] {
            let status = if path == "/nowhere" { "404" } else { "200" };
            let answer = site.get(path);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        }
        let ready = site.get("/readyz");
        assert!(ready.starts_with("HTTP/1.1 200 "), "{ready}");
        if ready.contains(r#""log": "degraded""#) {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{ready}");
    }
    if let Some(metrics) = metrics {
        let text = get(metrics, "/metrics");
        let line = text.lines().find(|line| line.starts_with("log_lines_dropped_total ")).expect(&text);
        assert_ne!(line, "log_lines_dropped_total 0");
    }
    assert_eq!(site.stop().code(), Some(0), "the shutdown is orderly");
}

fn start_with_stderr(folder: &Folder, stderr: impl Into<Stdio>) -> (Site, String) {
    let mut command = mathsoc(folder, SETTINGS);
    command.stderr(stderr);
    let mut site = Site::spawn(command);
    let metrics = address_in(&site.next_line_with("Metrics at http://"));
    (site, metrics)
}

#[test]
fn pages_survive_a_closed_log_pipe() {
    let folder = Folder::new();
    let (reader, writer) = io::pipe().unwrap();
    let (site, metrics) = start_with_stderr(&folder, writer);
    drop(reader);
    serves_and_stops(site, Some(&metrics));
}

#[test]
fn pages_survive_a_full_disk_under_the_log() {
    let folder = Folder::new();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (site, metrics) = start_with_stderr(&folder, full);
    serves_and_stops(site, Some(&metrics));
}

#[test]
fn pages_survive_a_closed_stdout_and_stderr() {
    let folder = Folder::new();
    let (reader, writer) = io::pipe().unwrap();
    let settings = [SETTINGS, &[("LOG_TO_STDOUT", "true")]].concat();
    let mut command = mathsoc(&folder, &settings);
    command.stderr(writer);
    drop(reader);
    let mut site = Site::spawn(command);
    site.close_output();
    serves_and_stops(site, None);
}

/// The limit raises SIGXFSZ, which ends a process that does not handle it.
#[test]
fn pages_survive_a_file_size_limit() {
    let folder = Folder::new();
    let log = File::options().append(true).create(true).open(folder.join("log")).unwrap();
    log.set_len(16 << 20).unwrap();
    let program = mathsoc(&folder, SETTINGS);
    let mut command = Command::new("/bin/sh");
    // The unit is 512 or 1024 bytes: the log is beyond the limit, and the database is not.
    command.args(["-c", "ulimit -f 16384 && exec \"$0\""]).arg(program.get_program());
    command.env_clear().current_dir(&*folder).envs(SETTINGS.iter().copied()).stdin(Stdio::null()).stderr(log);
    let mut site = Site::spawn(command);
    let metrics = address_in(&site.next_line_with("Metrics at http://"));
    serves_and_stops(site, Some(&metrics));
}

/// The pipe is full and stays full, so that the thread of the log waits for ever.
#[test]
fn a_stuck_log_reader_delays_neither_pages_nor_shutdown() {
    let folder = Folder::new();
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&vec![b'x'; 64 << 10]).unwrap();
    let (site, _) = start_with_stderr(&folder, writer);
    for path in ["/", "/challenges", "/readyz"] {
        assert!(site.get(path).starts_with("HTTP/1.1 200 "), "{path}");
    }
    assert_eq!(site.stop().code(), Some(0));
    drop(reader);
}

#[test]
fn the_last_log_lines_are_written_at_exit() {
    let folder = Folder::new();
    let path = folder.join("log");
    let (site, _) = start_with_stderr(&folder, File::create(&path).unwrap());
    for _ in 0..20 {
        site.get("/about");
    }
    assert_eq!(site.stop().code(), Some(0));
    let log = std::fs::read_to_string(path).unwrap();
    assert_eq!(log.matches("path=\"/about\"").count(), 20, "{log}");
}
