//! A server program of this workspace, started as a process.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running server. It is killed on drop.
pub struct Program {
    process: Child,
    lines: Box<dyn Iterator<Item = String> + Send>,
    /// The line of output with its address.
    pub start_line: String,
    /// Host and port.
    pub address: String,
}

impl Program {
    /// Starts the program, and waits until it prints its address on standard output.
    ///
    /// # Panics
    ///
    /// If the program ends before.
    pub fn start(mut command: Command) -> Self {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut lines: Box<dyn Iterator<Item = String> + Send> = Box::new(lines);
        let start_line = line_with(&mut lines, "http://");
        let address = address_in(&start_line);
        Self { process, lines, start_line, address }
    }

    /// Returns the next line of its output that contains this text.
    pub fn next_line_with(&mut self, part: &str) -> String {
        line_with(&mut self.lines, part)
    }

    /// Closes the reading end of its standard output.
    pub fn close_output(&mut self) {
        self.lines = Box::new(std::iter::empty());
    }

    /// Sends a GET, and returns the raw response.
    pub fn get(&self, path: &str) -> String {
        get(&self.address, path)
    }

    /// Sends SIGTERM.
    pub fn ask_to_stop(&self) {
        signal("-TERM", self.process.id());
    }

    /// Waits until the process ends.
    pub fn wait(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Sends SIGTERM, and waits until the process ends.
    pub fn stop(self) -> ExitStatus {
        self.ask_to_stop();
        self.wait()
    }

    /// Sends SIGKILL, and waits until the process ends.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Returns `true` until the process ends.
    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Returns the most memory that the process has had at once, in bytes (`VmHWM`).
    pub fn memory_peak(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Returns the memory that the process has now, in bytes (`VmRSS`).
    pub fn memory_now(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal, such as `-STOP`, to a process.
pub(crate) fn signal(signal: &str, process: u32) {
    let words = ["-c", "kill \"$1\" \"$2\"", "sh", signal, &process.to_string()];
    assert!(Command::new("sh").args(words).status().unwrap().success(), "kill {signal} {process}");
}

fn line_with(lines: &mut impl Iterator<Item = String>, part: &str) -> String {
    lines.find(|line| line.contains(part)).expect("the program ended without saying so")
}

/// Returns the host and port of the URL in a line.
pub fn address_in(line: &str) -> String {
    let address = line.split("http://").nth(1).unwrap();
    address.split(|c: char| !c.is_ascii_digit() && !".:[]".contains(c)).next().unwrap().to_owned()
}

/// Sends a GET, and returns the raw response.
pub fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
