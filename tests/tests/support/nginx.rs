//! A real nginx as a child of the test.

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

/// It is stopped, and what it wrote removed, when this is dropped, so also when the test panics.
pub struct Nginx {
    pub addr: SocketAddr,
    child: Child,
    dir: Dir,
}

/// A folder for as long as it is needed.
struct Dir(PathBuf);

impl Nginx {
    /// With these locations, the text of a `server` block, in front of this upstream, which is `app` for them.
    pub async fn start(upstream: SocketAddr, locations: &str) -> Self {
        // Another process may take the port before nginx does.
        for _ in 0..20 {
            let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let dir = Dir::new();
            let mut nginx = Self { addr, child: spawn(&dir.0, &config(addr, upstream, locations)), dir };
            match nginx.listens().await {
                Ok(()) => return nginx,
                Err(log) if log.contains("Address already in use") => {}
                Err(log) => panic!("nginx did not start: {log}"),
            }
        }
        panic!("nginx found no free port");
    }

    /// Waits until it takes connections: it writes its id when it does. Otherwise gives what it has logged.
    async fn listens(&mut self) -> Result<(), String> {
        let listening = async {
            loop {
                if fs::read(self.dir.0.join("nginx.pid")).is_ok_and(|id| !id.is_empty()) {
                    return Ok(());
                }
                if self.child.try_wait().unwrap().is_some() {
                    return Err(fs::read_to_string(self.dir.0.join("error.log")).unwrap_or_default());
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        soon("nginx", listening).await
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A failure here must not hide the test's own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Dir {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("outflow-nginx-{}-{count}", process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn spawn(dir: &Path, config: &str) -> Child {
    let file = dir.join("nginx.conf");
    fs::write(&file, config).unwrap();
    // Debian has it where only root looks.
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/local/sbin:/usr/sbin";
    Command::new("nginx")
        .args(["-p".as_ref(), dir, "-c".as_ref(), &file, "-e".as_ref(), Path::new("error.log")])
        .env("PATH", path)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => panic!(
                "there is no nginx here, and this test needs a real one: `cargo xtask test setup` installs it, \
                 and so does `apt-get install --no-install-recommends nginx`"
            ),
            _ => panic!("nginx could not be started: {error}"),
        })
}

/// One process, so that to kill it is to kill all of it. Everything it writes is in its own folder.
fn config(addr: SocketAddr, upstream: SocketAddr, locations: &str) -> String {
    format!(
        "daemon off;
        master_process off;
        pid nginx.pid;
        error_log error.log;
        events {{ worker_connections 256; }}
        http {{
            access_log off;
            client_body_temp_path client;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            upstream app {{
                server {upstream};
                keepalive 8;
            }}
            server {{
                listen {addr};
                {locations}
            }}
        }}"
    )
}
