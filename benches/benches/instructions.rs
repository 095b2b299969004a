//! Counts the instructions of a burst under valgrind: `cargo xtask bench instructions`.

#![allow(missing_docs, reason = "gungraun's macros make public items without any")]

use gungraun::prelude::*;
use outflow_benches::in_process::{InProcess, KINDS, encode};

const PACKETS: u32 = 20_000;

#[library_benchmark]
#[benches::sse(iter = KINDS.map(|kind| (InProcess::new(), kind)))]
fn stream((streams, kind): (InProcess, &str)) -> InProcess {
    streams.stream(kind, "text/event-stream", PACKETS);
    // Dropped outside of what is counted.
    streams
}

#[library_benchmark]
#[benches::kinds(iter = KINDS)]
fn own(kind: &str) {
    encode(kind, PACKETS);
}

library_benchmark_group!(name = packets, benchmarks = [stream, own]);
main!(library_benchmark_groups = packets);
