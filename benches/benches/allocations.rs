//! Counts the allocations of a burst: `cargo xtask bench allocations`.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use outflow_benches::in_process::{InProcess, KINDS, encode};

const PACKETS: u32 = 100_000;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[expect(unsafe_code, reason = "an allocator cannot be had without; this one only counts")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Prints a line for each kind: its name, the allocations of a stream, and those of the same loop without one.
fn main() {
    let streams = InProcess::new();
    for kind in KINDS {
        // What is there only once must not be counted.
        streams.stream(kind, "text/event-stream", 10);
        let streamed = count(|| _ = streams.stream(kind, "text/event-stream", PACKETS));
        let own = count(|| encode(kind, PACKETS));
        println!("{kind} {PACKETS} {streamed} {own}");
    }
}

fn count(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.load(Relaxed);
    work();
    ALLOCATIONS.load(Relaxed) - before
}
