//! Allocations of a packet in a burst, beside those of its own loop: a packet must cost none. Counts are exact, so this
//! fails where one is.

use anyhow::{Context as _, Result, ensure};

use super::cargo_bench;
use crate::report::print_rows;

/// Each frame of 16 KiB may have its own; a packet of two kilobytes has an eighth of a frame.
const LIMIT: f64 = 0.1;

pub(crate) fn run() -> Result<()> {
    let output = cargo_bench::output("allocations", &[])?;
    let mut rows = vec![["", "with a stream", "own", "added", "bar"].map(str::to_owned).to_vec()];
    let mut most = f64::MIN;
    for line in output.lines() {
        let (kind, streamed, own) = parse(line).with_context(|| format!("the count printed `{line}`"))?;
        let added = streamed - own;
        most = most.max(added);
        let bar = format!("≤ {LIMIT} {}", if added <= LIMIT { "met" } else { "MISSED" });
        rows.push(vec![kind.to_owned(), format!("{streamed:.3}"), format!("{own:.3}"), format!("{added:.3}"), bar]);
    }
    println!("allocations: of a packet in a burst, in process\n");
    print_rows(&rows);
    ensure!(most <= LIMIT, "a packet costs {most:.3} allocations beside its own");
    Ok(())
}

/// A line of the count: the kind, then the allocations of a packet with a stream and without.
fn parse(line: &str) -> Option<(&str, f64, f64)> {
    let mut words = line.split(' ');
    let kind = words.next()?;
    let mut number = || words.next()?.parse::<f64>().ok();
    let packets = number()?;
    Some((kind, number()? / packets, number()? / packets))
}
