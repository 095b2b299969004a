//! A Redis of the test's own, which ends with it.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use outflow::run::RedisLog;

pub struct Redis {
    child: Child,
    port: u16,
    dir: PathBuf,
}

impl Redis {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = env::temp_dir().join(format!("outflow-redis-{port}"));
        fs::create_dir_all(&dir).unwrap();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(&dir)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server can't be started: `cargo xtask test setup` installs it");
        let redis = Self { child, port, dir };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "redis-server does not answer");
            thread::sleep(Duration::from_millis(10));
        }
        redis
    }

    /// A node's log in it.
    pub async fn log(&self) -> RedisLog {
        RedisLog::connect(&format!("redis://127.0.0.1:{}", self.port)).await.unwrap()
    }

    pub fn command(&self, words: &[&str]) {
        let status =
            Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(words).stdout(Stdio::null()).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}
