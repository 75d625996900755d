//! The `mathsoc` program, started as a process.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use test_support::program::Program;
pub(crate) use test_support::program::{address_in, get};

/// Returns the command, in this folder and with only these environment variables.
pub(crate) fn mathsoc(folder: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mathsoc"));
    command.env_clear().current_dir(folder).envs(settings.iter().copied()).stdin(Stdio::null());
    command
}

/// A running server.
pub(crate) struct Site(Program);

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
    pub(crate) fn spawn(command: Command) -> Self {
        Self(Program::start(command))
    }

    /// Waits until the process ends.
    pub(crate) fn wait(self) -> ExitStatus {
        self.0.wait()
    }

    /// Sends SIGTERM, and waits until the process ends.
    pub(crate) fn stop(self) -> ExitStatus {
        self.0.stop()
    }
}

impl Deref for Site {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.0
    }
}

impl DerefMut for Site {
    fn deref_mut(&mut self) -> &mut Program {
        &mut self.0
    }
}
