//! A contestant as a process: started on the first core, observed, stopped.

use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::wire::Wire;
use crate::work::get;

/// The standard error of all contestants.
const LOG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/contestants.log");

/// The placeholder for the port in a command.
pub const PORT: &str = "{port}";

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// The time from the start to the first response.
    pub ready: Duration,
}

impl Server {
    /// Starts the command with a free port for [`PORT`], and waits for the first response.
    pub async fn start(line: &[String], path: &str) -> Result<Self, Box<dyn Error>> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let line: Vec<String> = line.iter().map(|it| it.replace(PORT, &address.port().to_string())).collect();
        let begin = Instant::now();
        let child = Command::new("taskset")
            .args(["-c", "0"])
            .args(&line)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::options().create(true).append(true).open(LOG)?)
            .process_group(0)
            .spawn()?;
        let mut server = Self { child, address, ready: Duration::ZERO };
        let request = get(path, "");
        loop {
            if let Ok(response) = Wire::to(address).exchange(&request).await {
                if response.status != 200 {
                    return Err(format!("{line:?} answers {}", response.status).into());
                }
                break;
            }
            if let Some(ended) = server.child.try_wait()? {
                return Err(format!("{line:?} ended: {ended}; {LOG} says why").into());
            }
            if begin.elapsed() > Duration::from_secs(30) {
                return Err(format!("{line:?} does not answer within 30 seconds").into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.ready = begin.elapsed();
        Ok(server)
    }

    /// Returns the CPU time of its processes, in nanoseconds.
    pub fn busy(&self) -> u64 {
        let threads = self
            .processes()
            .flat_map(|process| fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten());
        threads
            .flatten()
            .filter_map(|thread| {
                fs::read_to_string(thread.path().join("schedstat"))
                    .ok()?
                    .split(' ')
                    .next()?
                    .parse::<u64>()
                    .ok()
            })
            .sum()
    }

    /// Returns its proportional set size, in bytes.
    pub fn memory(&self) -> u64 {
        self.processes()
            .filter_map(|process| {
                let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
                let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
                line.split_whitespace().nth(1)?.parse::<u64>().ok()
            })
            .sum::<u64>()
            * 1024
    }

    /// Returns the processes of its process group.
    fn processes(&self) -> impl Iterator<Item = u32> {
        let group = self.child.id();
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(move |entry| {
            let process: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            let of: u32 = stat.rsplit(')').next()?.split_whitespace().nth(2)?.parse().ok()?;
            (of == group).then_some(process)
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Kills the group, since gunicorn and nginx have workers.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let begin = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begin.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

fn free_port() -> Result<u16, Box<dyn Error>> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
