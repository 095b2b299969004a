//! The numbers: `cargo xtask bench [scenario]`. Each scenario measures Outflow and its peers in one run, side by side,
//! and prints ratios.

use std::env;

use anyhow::{Result, bail};
use outflow_benches::{peers::Peer, proxies, scenarios::SCENARIOS};

fn main() -> Result<()> {
    let words: Vec<_> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => SCENARIOS.iter().try_for_each(|(_, run)| run()),
        // How a scenario starts a server: this program again, as the peer.
        ["server", peer] => Peer::named(peer)?.serve(),
        ["proxy", peer] => proxies::serve(Peer::named(peer)?),
        ["upstream"] => proxies::serve_upstream(),
        [scenario] => match SCENARIOS.iter().find(|(known, _)| *known == scenario) {
            Some((_, run)) => run(),
            None => bail!("there is no scenario `{scenario}`\nhelp: there is {}", scenarios()),
        },
        _ => bail!("one scenario at a time\nhelp: there is {}, and none means all", scenarios()),
    }
}

fn scenarios() -> String {
    SCENARIOS.map(|(name, _)| name).join(", ")
}
