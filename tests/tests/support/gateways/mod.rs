//! Real reverse proxies as children of the test.

mod caddy;
mod haproxy;
mod nginx;

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::time::sleep;

use super::wait::soon;

/// A proxy that is stopped, and whose files are removed, when this is dropped, even if the test panics.
pub struct Gateway {
    pub addr: SocketAddr,
    child: Child,
    dir: Dir,
}

/// A folder for as long as it is needed.
struct Dir(PathBuf);

impl Gateway {
    /// Starts a program with a configuration that listens on the address it is given.
    async fn start(
        name: &'static str,
        arguments: impl Fn(&mut Command, &Path),
        config: impl Fn(SocketAddr) -> String,
    ) -> Self {
        // Another process may take the port before the proxy does.
        for _ in 0..20 {
            let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let dir = Dir::new(name);
            let child = spawn(name, &dir.0, &arguments, &config(addr));
            let mut gateway = Self { addr, child, dir };
            match gateway.listens().await {
                Ok(()) => return gateway,
                Err(log) if log.to_lowercase().contains("address already in use") => {}
                Err(log) => panic!("{name} did not start: {log}"),
            }
        }
        panic!("{name} found no free port");
    }

    /// Waits until it takes connections. Otherwise returns its log.
    async fn listens(&mut self) -> Result<(), String> {
        let listening = async {
            loop {
                if self.child.try_wait().unwrap().is_some() {
                    return Err(fs::read_to_string(self.dir.0.join("log")).unwrap_or_default());
                }
                if tokio::net::TcpStream::connect(self.addr).await.is_ok() {
                    return Ok(());
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        soon("the proxy", listening).await
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // A failure here must not hide the test's own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Dir {
    fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("outflow-{name}-{}-{count}", process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Starts the program; all that it writes is in the folder.
fn spawn(name: &str, dir: &Path, arguments: impl Fn(&mut Command, &Path), config: &str) -> Child {
    let file = dir.join("config");
    fs::write(&file, config).unwrap();
    let log = fs::File::create(dir.join("log")).unwrap();
    // Debian has some where only root looks.
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/local/sbin:/usr/sbin";
    let mut command = Command::new(name);
    arguments(&mut command, &file);
    command
        .current_dir(dir)
        .env("PATH", path)
        .env("HOME", dir)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => panic!(
                "there is no {name} here, and this test needs a real one: `cargo xtask test setup` installs it, \
                 and so does `apt-get install --no-install-recommends {name}`"
            ),
            _ => panic!("{name} could not be started: {error}"),
        })
}
