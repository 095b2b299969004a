use std::{net::SocketAddr, path::Path, process::Command};

use super::Gateway;

impl Gateway {
    /// HAProxy, which passes it on when a client leaves.
    pub async fn haproxy(upstream: SocketAddr) -> Self {
        Self::start("haproxy", arguments, |addr| config(addr, upstream)).await
    }
}

/// `-db` keeps it in the foreground, as one process.
fn arguments(command: &mut Command, config: &Path) {
    command.args(["-db", "-f"]).arg(config);
}

fn config(addr: SocketAddr, upstream: SocketAddr) -> String {
    format!(
        "defaults\n    \
             mode http\n    \
             timeout connect 5s\n    \
             timeout client 50s\n    \
             timeout server 50s\n    \
             option abortonclose\n\
         frontend web\n    \
             bind {addr}\n    \
             http-response set-header x-proxy haproxy\n    \
             default_backend app\n\
         backend app\n    \
             server one {upstream}\n"
    )
}
