//! A node as a process of its own, which can be killed and stopped.

use std::{
    net::SocketAddr,
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::watch,
};

use crate::support::soon;

pub struct Node {
    child: Child,
    pub addr: SocketAddr,
    /// The lines that it has printed so far.
    told: watch::Receiver<Vec<String>>,
}

impl Node {
    /// One with its log at this URL, and these variables.
    pub async fn start(url: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_node"))
            .env("REDIS_URL", url)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = soon("the node's address", lines.next_line()).await.unwrap().expect("the node did not start");
        let addr = line.strip_prefix("listening on ").unwrap().parse().unwrap();
        let (tell, told) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                tell.send_modify(|told| told.push(line));
            }
        });
        Self { child, addr, told }
    }

    pub async fn signal(&self, signal: &str) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    }

    /// Kills it, as `kill -9` does.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// How often it has printed this.
    pub fn count(&self, what: &str) -> usize {
        self.told.borrow().iter().filter(|line| *line == what).count()
    }

    /// Waits until it has printed this, and returns how long that took.
    pub async fn tells(&self, what: &str) -> Duration {
        let start = Instant::now();
        let mut told = self.told.clone();
        let telling = told.wait_for(|told| told.iter().any(|line| line == what));
        let told = soon(format_args!("`{what}` from the node"), telling).await;
        assert!(told.is_ok(), "the node ended without `{what}`");
        start.elapsed()
    }

    /// Waits until it has ended by itself.
    pub async fn exits_well(&mut self) {
        let status = soon("the end of the node", self.child.wait()).await.unwrap();
        assert!(status.success(), "{status}");
    }
}
