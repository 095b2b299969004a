//! The proxies that are compared: each stands between a client and a model's server, both of which speak OpenAI's chat
//! completions. It reads the text of each token, as one that counts, checks or keeps answers has to, and writes chunks of
//! its own, with its own id.

mod axum;
mod model;
mod outflow;
pub(crate) mod upstream;

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use self::model::Model;
use crate::peers::{Peer, on_threads};

/// The tokens of an answer.
pub(crate) const TOKENS: usize = 400;

/// The environment variable with the URL of the model's server.
const UPSTREAM: &str = "UPSTREAM";

/// The program that serves as this peer's proxy, before the model's server at this address.
pub(crate) fn command(peer: Peer, upstream: SocketAddr) -> Result<Command> {
    let mut command = match peer {
        Peer::Node => script("node".into(), "node.mjs"),
        Peer::Bun => script(bun().context("Bun is not installed")?, "bun.mjs"),
        _ => {
            let mut command = Command::new(env::current_exe()?);
            command.args(["proxy", peer.name()]);
            command
        }
    };
    command.env(UPSTREAM, format!("http://{upstream}/v1/chat/completions"));
    Ok(command)
}

/// The program that serves as the model.
pub(crate) fn upstream_command() -> Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("upstream");
    Ok(command)
}

fn script(program: PathBuf, name: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/proxies").join(name));
    command
}

/// The program of Bun, which npm installs beside this package.
pub(crate) fn bun() -> Option<PathBuf> {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/@oven");
    let mut programs = packages.read_dir().ok()?.filter_map(|package| Some(package.ok()?.path().join("bin/bun")));
    programs.find(|program| program.is_file())
}

/// Serves as this peer's proxy until the process is killed; the first line printed is the address.
///
/// # Errors
/// If it cannot.
pub fn serve(peer: Peer) -> Result<()> {
    let model = Model::new(env::var(UPSTREAM).with_context(|| format!("the variable `{UPSTREAM}` is not set"))?);
    match peer {
        Peer::Outflow => on_threads(outflow::serve(model)),
        Peer::Axum => on_threads(axum::serve(model)),
        peer => bail!("there is no proxy of `{}` here", peer.name()),
    }
}

/// Serves as the model until the process is killed.
///
/// # Errors
/// If it cannot.
pub fn serve_upstream() -> Result<()> {
    upstream::serve()
}
