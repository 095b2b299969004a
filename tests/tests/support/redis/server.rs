//! A Redis of the test's own, which ends with it.

use std::{
    env, fs,
    io::{ErrorKind, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use outflow::run::RedisLog;

use crate::support::{LIMIT, soon};

/// Stopped, and its folder removed, when it is dropped, so also when the test panics.
pub struct Redis {
    child: Child,
    pub port: u16,
    dir: PathBuf,
}

impl Redis {
    /// Starts one on a free port.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    pub fn start_with(options: &[&str]) -> Self {
        // Another process may take the port before Redis does.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let dir = env::temp_dir().join(format!("outflow-redis-{}-{port}", std::process::id()));
            fs::create_dir_all(&dir).unwrap();
            let mut redis = Self { child: spawn(port, &dir, options), port, dir };
            if redis.answers() {
                return redis;
            }
        }
        panic!("redis-server found no free port");
    }

    /// A copy of this one, which follows it until it is told not to.
    pub fn replica(&self) -> Self {
        let replica = Self::start_with(&["--replicaof", "127.0.0.1", &self.port.to_string()]);
        let since = Instant::now();
        while !replica.ask(&["INFO", "replication"]).contains("master_link_status:up") {
            assert!(since.elapsed() < LIMIT, "the replica does not reach its primary");
            thread::sleep(Duration::from_millis(10));
        }
        replica
    }

    /// Ends it, and starts it again at the same port. It has kept nothing.
    pub fn restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.port, &self.dir, &[]);
        assert!(self.answers(), "its port was taken");
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A node's log in it.
    pub async fn log(&self) -> RedisLog {
        soon("the connection to Redis", RedisLog::connect(&self.url())).await.unwrap()
    }

    /// The answer to a command, as `redis-cli` prints it.
    pub fn ask(&self, words: &[&str]) -> String {
        let port = self.port.to_string();
        let output = Command::new("redis-cli").args(["-p", &port]).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Waits until it does; `false` if it has ended. One that answers at the port may be another test's.
    fn answers(&mut self) -> bool {
        let own = format!("process_id:{}\r\n", self.child.id());
        let since = Instant::now();
        loop {
            assert!(since.elapsed() < LIMIT, "redis-server does not answer");
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if info(self.port).is_some_and(|info| info.contains(&own)) {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // A failure here must not hide the test's own.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The `INFO` of the server at a port.
fn info(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    stream.write_all(b"INFO server\r\nQUIT\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

fn spawn(port: u16, dir: &PathBuf, options: &[&str]) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .args(["--repl-diskless-sync-delay", "0", "--dir"])
        .arg(dir)
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| match error.kind() {
            ErrorKind::NotFound => panic!(
                "there is no redis-server here, and this test needs a real one: `cargo xtask test setup` installs it, \
                 and so does `apt-get install --no-install-recommends redis-server`"
            ),
            _ => panic!("redis-server could not be started: {error}"),
        })
}
