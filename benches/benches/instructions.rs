//! Counts the instructions of a burst under valgrind: `cargo xtask bench instructions`.

#![allow(missing_docs, reason = "gungraun's macros make public items without any")]

use gungraun::prelude::*;
use outflow_benches::in_process::{InProcess, KINDS, encode};

const PACKETS: u32 = 20_000;

// What is returned is dropped outside of what is counted.

#[library_benchmark]
#[benches::kinds(iter = KINDS.map(|kind| (InProcess::new(), kind)))]
fn sse((streams, kind): (InProcess, &str)) -> InProcess {
    streams.stream(kind, "text/event-stream", PACKETS);
    streams
}

#[library_benchmark]
#[benches::kinds(iter = KINDS.map(|kind| (InProcess::new(), kind)))]
fn ndjson((streams, kind): (InProcess, &str)) -> InProcess {
    streams.stream(kind, "application/x-ndjson", PACKETS);
    streams
}

#[library_benchmark]
#[benches::kinds(iter = KINDS)]
fn own(kind: &str) {
    encode(kind, PACKETS);
}

library_benchmark_group!(name = packets, benchmarks = [sse, ndjson, own]);
main!(library_benchmark_groups = packets);
