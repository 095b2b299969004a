//! Instructions of a packet in a burst, as valgrind counts them. They do not depend on what else the machine does, so
//! this is the guard against regressions: it fails when a packet costs half as much again as when this was committed.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Deserializer, Value};

use super::cargo_bench;
use crate::{in_process::KINDS, report::print_rows};

/// The number of packets that the bench target streams.
const PACKETS: f64 = 20_000.0;

/// The cost of a packet of each of the [`KINDS`], as `sse` and as `ndjson`, when this was committed. A change that lowers
/// one lowers it here too.
const COMMITTED: [(&str, [f64; KINDS.len()]); 2] =
    [("sse", [375.0, 1170.0, 1200.0, 31_500.0]), ("ndjson", [340.0, 1135.0, 1180.0, 31_500.0])];
const LIMIT: f64 = 1.5;

/// The version of the crate `gungraun`, which its runner must have too.
const GUNGRAUN: &str = "0.20.0";

pub(crate) fn run() -> Result<()> {
    cargo_bench::require("valgrind", "valgrind", "apt-get install valgrind")?;
    let install = format!("cargo install gungraun-runner --version {GUNGRAUN} --locked");
    cargo_bench::require("gungraun-runner", GUNGRAUN, &install)?;
    let counts = counts(&cargo_bench::output("instructions", &["--output-format=json"])?)?;
    let of = |function: &str, at: usize| {
        let found = counts.iter().find(|(name, number, _)| name == function && *number == at);
        found.map(|(_, _, count)| count / PACKETS).with_context(|| format!("no count of `{function}` number {at}"))
    };
    let mut rows = vec![["", "", "instructions", "own", "÷ own", "÷ committed", "bar"].map(str::to_owned).to_vec()];
    let mut worst = f64::MIN;
    for (format, committed) in COMMITTED {
        for (at, (kind, committed)) in KINDS.iter().zip(committed).enumerate() {
            let (stream, own) = (of(format, at)?, of("own", at)?);
            let ratio = stream / committed;
            worst = worst.max(ratio);
            let bar = format!("≤ {LIMIT} {}", if ratio <= LIMIT { "met" } else { "MISSED" });
            let figures = [format!("{stream:.0}"), format!("{own:.0}")];
            let ratios = [format!("{:.2}", stream / own), format!("{ratio:.2}"), bar];
            rows.push([&[format.to_owned(), (*kind).to_owned()], &figures[..], &ratios[..]].concat());
        }
    }
    println!("instructions: of a packet in a burst, in process; `own` is the same loop with serde_json alone\n");
    print_rows(&rows);
    ensure!(worst <= LIMIT, "a packet costs {worst:.2} times the instructions it cost when that was committed");
    Ok(())
}

/// The function, the number of its run and the instructions, of each JSON object that gungraun printed.
fn counts(output: &str) -> Result<Vec<(String, usize, f64)>> {
    let runs = Deserializer::from_str(output).into_iter::<Value>();
    runs.map(|run| {
        let run = run?;
        let count = || {
            let number = run["id"].as_str()?.rsplit('_').next()?.parse().ok()?;
            let instructions = run.pointer("/profiles/0/data/total/metrics/Ir/values/new")?.as_f64()?;
            Some((run["function_name"].as_str()?.to_owned(), number, instructions))
        };
        count().context("gungraun printed a run without its count of instructions")
    })
    .collect()
}
