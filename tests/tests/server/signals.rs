//! A process that signals stop: it always ends, also where something blocks its threads.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::{io::AsyncReadExt as _, time::sleep};

use super::process::{Process, open};
use crate::support::soon;

/// `#[tokio::main]` with one thread, and with workers.
const FLAVOURS: [&[(&str, &str)]; 2] = [&[], &[("WORKERS", "1")]];

async fn start(env: &[&[(&str, &str)]]) -> Process {
    Process::start(env!("CARGO_BIN_EXE_stubborn"), &env.concat()).await
}

/// A process of each flavour with this grace period, in which an action blocks a thread for an hour.
async fn blocked(path: &str, grace: &str) -> Vec<Process> {
    blocked_with(path, &[("GRACE", grace)]).await
}

async fn blocked_with(path: &str, env: &[(&str, &str)]) -> Vec<Process> {
    join_all(FLAVOURS.map(async |flavour| {
        let mut server = start(&[flavour, env]).await;
        let _client = server.ask(path).await;
        assert_eq!(server.line().await.unwrap(), "blocked");
        server
    }))
    .await
}

impl Process {
    /// Sends a signal to a server that has nothing to do.
    async fn cleans_up(&mut self) {
        // It answers, so it listens for signals.
        self.open("/stubborn/quick").await;
        self.signal("-TERM").await;
        assert_eq!(self.line().await.unwrap(), "cleaning up");
    }
}

/// Sends signals until the process has ended. One that comes too soon after another is not seen.
async fn signal_until_it_ends(mut server: Process) {
    let signals = async {
        while !server.has_exited() {
            server.signal("-TERM").await;
            sleep(Duration::from_millis(20)).await;
        }
    };
    soon("the end of the server", signals).await;
    server.exits_with(143).await;
}

#[tokio::test]
async fn blocking_work_is_given_up_after_the_grace_period() {
    let servers = blocked("/stubborn/background", "0").await;
    join_all(servers.into_iter().map(async |server| {
        server.signal("-TERM").await;
        server.exits_with(1).await;
    }))
    .await;
}

#[tokio::test]
async fn a_thread_that_is_blocked_is_given_up_after_the_grace_period() {
    let servers = blocked("/stubborn/worker", "0").await;
    join_all(servers.into_iter().map(async |server| {
        server.signal("-INT").await;
        server.exits_with(1).await;
    }))
    .await;
}

#[tokio::test]
async fn a_further_signal_ends_a_process_that_is_blocked() {
    for path in ["/stubborn/background", "/stubborn/worker"] {
        join_all(blocked(path, "3600").await.into_iter().map(signal_until_it_ends)).await;
    }
}

/// The lines that say why the process ends can't be written.
#[tokio::test]
async fn a_log_that_is_stuck_does_not_keep_the_process() {
    let servers = blocked_with("/stubborn/worker", &[("GRACE", "0"), ("STUCK_LOG", "1")]).await;
    join_all(servers.into_iter().map(async |server| {
        server.signal("-TERM").await;
        server.exits_with(1).await;
    }))
    .await;
    let servers = blocked_with("/stubborn/worker", &[("GRACE", "3600"), ("STUCK_LOG", "1")]).await;
    join_all(servers.into_iter().map(signal_until_it_ends)).await;
}

/// Longer than a process has if it only hangs.
#[tokio::test]
async fn an_application_cleans_up_for_as_long_as_it_takes() {
    join_all(FLAVOURS.map(async |flavour| {
        let mut server = start(&[flavour, &[("CLEAN_UP", "8")]]).await;
        server.cleans_up().await;
        assert_eq!(server.line().await.unwrap(), "clean");
        server.exits_with(0).await;
    }))
    .await;
}

#[tokio::test]
async fn a_further_signal_ends_the_clean_up() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut server = start(&[&[("CLEAN_UP", "3600"), ("GRACE", "3600")]]).await;
        server.cleans_up().await;
        server.signal(signal).await;
        server.exits_with(code).await;
    }
}

#[tokio::test]
async fn a_signal_stops_all_servers_of_a_process() {
    let mut server = start(&[&[("SERVERS", "2")]]).await;
    let second = server.next_addr().await;
    let mut streams = [server.open("/stubborn/endless").await, open(&second, "/stubborn/endless").await];
    server.signal("-TERM").await;
    for stream in &mut streams {
        let mut rest = String::new();
        soon("the end of the stream", stream.read_to_string(&mut rest)).await.unwrap();
        assert!(rest.contains("event: error\ndata: ") && rest.ends_with("\r\n0\r\n\r\n"), "{rest}");
    }
    server.exits_with(0).await;
}
