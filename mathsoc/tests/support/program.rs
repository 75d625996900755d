//! The `mathsoc` program, started as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// Returns the command, in this folder and with only these environment variables.
pub(crate) fn mathsoc(folder: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mathsoc"));
    command.env_clear().current_dir(folder).envs(settings.iter().copied()).stdin(Stdio::null());
    command
}

/// A running server.
pub(crate) struct Site {
    process: Child,
    lines: Box<dyn Iterator<Item = String>>,
    /// The line of output with its address.
    pub(crate) start_line: String,
    /// Host and port.
    pub(crate) address: String,
}

impl Site {
    /// Starts a server on a free port, and waits until it prints its address.
    pub(crate) fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_on(0, folder, settings)
    }

    /// Starts a server on this port.
    pub(crate) fn start_on(port: u16, folder: &Path, settings: &[(&str, &str)]) -> Self {
        let mut command = mathsoc(folder, settings);
        command.env("PORT", port.to_string());
        Self::spawn(command)
    }

    /// Starts a server by this command, whose standard error may lead anywhere.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut lines: Box<dyn Iterator<Item = String>> = Box::new(lines);
        let start_line = line_with(&mut lines, "http://");
        let address = address_in(&start_line);
        Self { process, lines, start_line, address }
    }

    /// Returns the next line of its output that contains this text.
    pub(crate) fn next_line_with(&mut self, part: &str) -> String {
        line_with(&mut self.lines, part)
    }

    /// Closes the reading end of its standard output.
    pub(crate) fn close_output(&mut self) {
        self.lines = Box::new(std::iter::empty());
    }

    /// Sends a GET, and returns the raw response.
    pub(crate) fn get(&self, path: &str) -> String {
        get(&self.address, path)
    }

    /// Sends SIGTERM.
    pub(crate) fn ask_to_stop(&self) {
        let id = self.process.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until the process ends.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Sends SIGTERM, and waits until the process ends.
    pub(crate) fn stop(self) -> ExitStatus {
        self.ask_to_stop();
        self.wait()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn line_with(lines: &mut impl Iterator<Item = String>, part: &str) -> String {
    lines.find(|line| line.contains(part)).expect("the program ended without saying so")
}

/// Returns the host and port of the URL in a line.
pub(crate) fn address_in(line: &str) -> String {
    let address = line.split("http://").nth(1).unwrap();
    address.split(|c: char| !c.is_ascii_digit() && !".:[]".contains(c)).next().unwrap().to_owned()
}

/// Sends a GET, and returns the raw response.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
