use std::{net::SocketAddr, path::Path, process::Command};

use super::Gateway;

impl Gateway {
    /// nginx with these locations, the text of a `server` block, which call this upstream `app`.
    pub async fn nginx(upstream: SocketAddr, locations: &str) -> Self {
        Self::start("nginx", arguments, |addr| config(addr, upstream, locations)).await
    }
}

fn arguments(command: &mut Command, config: &Path) {
    let dir = config.parent().unwrap();
    command.args(["-p".as_ref(), dir, "-c".as_ref(), config, "-e".as_ref(), Path::new("log")]);
}

/// One process, so that to kill it is to kill all of it. Everything it writes is in its own folder.
fn config(addr: SocketAddr, upstream: SocketAddr, locations: &str) -> String {
    format!(
        "daemon off;
        master_process off;
        pid nginx.pid;
        error_log log;
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
