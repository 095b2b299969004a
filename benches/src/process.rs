//! A server in a process of its own, and what the operating system says it costs.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result};
use nix::{
    sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit},
    time::clock_getcpuclockid,
    unistd::Pid,
};

use crate::peers::Peer;

/// A running server. Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) addr: SocketAddr,
}

impl Server {
    /// Starts this peer's server and waits until it listens.
    pub(crate) fn start(peer: Peer) -> Result<Self> {
        Self::spawn(peer.command()?)
            .with_context(|| format!("cannot start the server of `{}`{}", peer.name(), peer.hint()))
    }

    /// Starts a server that prints its address once it listens, and waits for that.
    pub(crate) fn spawn(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("the server's output is not piped")?;
        let mut server = Self { child, addr: SocketAddr::from(([127, 0, 0, 1], 0)) };
        BufReader::new(stdout).read_line(&mut line)?;
        let addr = line.trim().parse();
        server.addr = addr.with_context(|| format!("it printed `{}` in place of its address", line.trim()))?;
        Ok(server)
    }

    /// The CPU time of all its threads since its start, in user and in system mode.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let clock = clock_getcpuclockid(Pid::from_raw(self.child.id().cast_signed()))?;
        Ok(clock.now()?.into())
    }

    /// The bytes of its resident memory.
    pub(crate) fn resident(&self) -> Result<u64> {
        // `status` and `statm` count in batches of pages for each thread; this counts the pages.
        self.memory("smaps_rollup", "Rss:")
    }

    /// The most bytes that its resident memory has had.
    pub(crate) fn peak(&self) -> Result<u64> {
        self.memory("status", "VmHWM:")
    }

    fn memory(&self, file: &str, name: &str) -> Result<u64> {
        let path = format!("/proc/{}/{file}", self.child.id());
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))?;
        let kilobytes = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
        let kilobytes: u64 = kilobytes.with_context(|| format!("`{path}` has no line `{name}`"))?.trim().parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is over.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The CPU time of this process, which is the client.
pub(crate) fn own_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let micros = |time: nix::sys::time::TimeVal| (time.tv_sec() * 1_000_000 + time.tv_usec()).cast_unsigned();
    Ok(Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time())))
}

/// Lets this process, and the servers it starts, hold this many connections.
pub(crate) fn allow_connections(wanted: u64) -> Result<()> {
    // A server has a few files of its own.
    let needed = wanted + 100;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < needed {
        setrlimit(Resource::RLIMIT_NOFILE, needed, hard.max(needed)).with_context(|| {
            format!("{wanted} connections need as many open files, and {hard} are allowed: raise `ulimit -Hn`")
        })?;
    }
    Ok(())
}
