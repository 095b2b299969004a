//! A server as a process of its own. Nothing here is a test.

use std::process::{ExitStatus, Stdio};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
};

use crate::support::soon;

pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    addr: String,
}

impl Process {
    /// Starts a program, which has to print the address that it listens on.
    pub async fn start(program: &str, env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(program);
        command.envs(env.iter().copied()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut process = Self { child, lines, addr: String::new() };
        process.addr = process.next_addr().await;
        process
    }

    /// The first address that it listens on.
    pub fn addr(&self) -> &str {
        &self.addr
    }

    /// The next address that it prints.
    pub async fn next_addr(&mut self) -> String {
        let line = self.line().await.unwrap();
        line.strip_prefix("listening on http://").unwrap().to_owned()
    }

    /// The next line that it prints; `None` when it has ended.
    pub async fn line(&mut self) -> Option<String> {
        soon("a line of the server", self.lines.next_line()).await.unwrap()
    }

    /// Opens a stream, and waits for its head.
    pub async fn open(&self, path: &str) -> TcpStream {
        open(&self.addr, path).await
    }

    /// Sends a request, whose answer may never come.
    pub async fn ask(&self, path: &str) -> TcpStream {
        ask(&self.addr, path).await
    }

    pub async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("the server has not ended").to_string();
        assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
    }

    pub fn has_exited(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// How the process ends.
    pub async fn exit(&mut self) -> ExitStatus {
        soon("the end of the server", self.child.wait()).await.unwrap()
    }

    pub async fn exits_with(mut self, code: i32) {
        assert_eq!(self.exit().await.code(), Some(code));
    }
}

/// Opens a stream, and waits for its head.
pub async fn open(addr: &str, path: &str) -> TcpStream {
    let mut client = ask(addr, path).await;
    assert!(soon("the head", client.read(&mut [0; 16])).await.unwrap() > 0);
    client
}

async fn ask(addr: &str, path: &str) -> TcpStream {
    let mut client = TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    client
}
