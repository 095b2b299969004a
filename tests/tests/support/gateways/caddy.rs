use std::{net::SocketAddr, path::Path, process::Command};

use super::Gateway;

impl Gateway {
    /// Caddy with nothing but `reverse_proxy`, and under `/encoded` with compression.
    pub async fn caddy(upstream: SocketAddr) -> Self {
        Self::start("caddy", arguments, |addr| config(addr, upstream)).await
    }
}

fn arguments(command: &mut Command, config: &Path) {
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(config);
}

fn config(addr: SocketAddr, upstream: SocketAddr) -> String {
    let (ip, port) = (addr.ip(), addr.port());
    format!(
        "{{
            admin off
            auto_https off
        }}
        http://:{port} {{
            bind {ip}
            handle_path /encoded/* {{
                encode gzip
                reverse_proxy {upstream}
            }}
            handle {{
                reverse_proxy {upstream}
            }}
            header x-proxy caddy
        }}"
    )
}
