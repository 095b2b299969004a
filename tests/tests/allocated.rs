//! The memory that the log in memory counts, against what it has taken from the allocator, and what hubs give back. A binary of its own, because
//! the allocator counts for the whole process.

use std::alloc::System;

use bytes::Bytes;
use cap::Cap;
use outflow::{
    Hub,
    run::{Claim, Digest, Keep, MemoryLog, Meta, Records, RunId, RunLog as _, RunState, Writer},
};
use tokio::{
    sync::watch,
    time::{Duration, sleep},
};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Whether the count is close enough to what was allocated. It may be a little higher, because an allocator takes more
/// than it is asked for.
#[track_caller]
fn is_counted(what: &str, log: &MemoryLog, before: usize) {
    let taken = ALLOCATOR.allocated() - before;
    let text = format!("{log:?}");
    let counted: usize = text.rsplit("bytes: ").next().unwrap().trim_end_matches(" }").parse().unwrap();
    let percent = counted * 100 / taken;
    assert!((97..=125).contains(&percent), "{what}: counted {counted}, allocated {taken}");
}

fn digest(number: usize) -> Digest {
    Digest::of([&number.to_ne_bytes()[..]])
}

/// Opens a run with a claim and an owner.
async fn open(log: &MemoryLog, number: usize, keep: Keep) -> Writer {
    let (run, key) = (RunId::random(), digest(number));
    log.claim(key, Claim { run: run.clone(), fingerprint: key }).await.unwrap();
    let (key, owner, claim) = (Some(key), Some(digest(number / 2)), Some(key));
    let action = format!("/chat/{number}/answer");
    log.open(&run, Meta { action, key, owner, name: None, claim, keep }).await.unwrap()
}

/// Runs of one packet, as most are, from their start to their last trace.
async fn short_runs() {
    const RUNS: usize = 10_000;
    let (log, before) = (MemoryLog::new(), ALLOCATOR.allocated());
    let mut writers = Vec::with_capacity(RUNS);
    for number in 0..RUNS {
        writers.push(open(&log, number, Keep::DEFAULT).await);
    }
    // A token is a block of the writer's own.
    let of_writers = RUNS * (size_of::<Writer>() + 22);
    is_counted("open runs", &log, before + of_writers);
    for writer in &writers {
        log.append(writer, 1, [r#"j"a packet of some length""#].into()).await.unwrap();
        log.close(writer, 2, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    }
    is_counted("ended runs", &log, before + of_writers);
    drop(writers);
    // Their packets are dropped, and the ends stay.
    sleep(Keep::DEFAULT.packets + Duration::from_secs(2)).await;
    is_counted("tombstones", &log, before);
}

/// Runs of a hundred packets that came one by one, and have ended: a server may hold many.
async fn ended_runs() {
    const RUNS: usize = 1_000;
    let (log, before) = (MemoryLog::new(), ALLOCATOR.allocated());
    for number in 0..RUNS {
        let writer = open(&log, number, Keep::DEFAULT).await;
        for number in 1..=100 {
            log.append(&writer, number, [format!("j\"i={number}\"")].into()).await.unwrap();
        }
        log.close(&writer, 101, RunState::Done, Bytes::from_static(b"d")).await.unwrap();
    }
    is_counted("ended runs of a hundred packets", &log, before);
    let each = (ALLOCATOR.allocated() - before) / RUNS;
    assert!(each <= 2100, "an ended run of a hundred packets takes {each} bytes");
}

/// Open runs of many packets, in blocks of many and of one, some of them behind a window.
async fn long_runs() {
    let (log, before) = (MemoryLog::new(), ALLOCATOR.allocated());
    for number in 0..20 {
        let keep = Keep { count: 2_000, is_window: true, ..Keep::DEFAULT };
        let writer = open(&log, number, keep).await;
        let mut first = 1;
        for block in 0..1_000 {
            let length = if block % 2 == number % 2 { 1 } else { 64 };
            let records: Records = (0..length).map(|_| r#"j{"delta":"a few words of an answer"}"#).collect();
            log.append(&writer, first, records).await.unwrap();
            // A follower reads it.
            drop(log.read(&writer.run, first - 1, usize::MAX).await.unwrap());
            first += length;
        }
    }
    is_counted("long runs", &log, before);
}

/// Keys whose runs were never opened.
async fn claims() {
    let (log, before) = (MemoryLog::new(), ALLOCATOR.allocated());
    for number in 0..20_000 {
        let claim = Claim { run: RunId::random(), fingerprint: digest(0) };
        log.claim(digest(number), claim).await.unwrap();
    }
    is_counted("claims", &log, before);
    for number in 0..20_000 {
        let claim = Claim { run: RunId::random(), fingerprint: digest(0) };
        log.claim(digest(number % 100), claim).await.unwrap();
    }
    is_counted("claims of many requests", &log, before);
}

/// The channel of a run, whose size is a number in `footprint.rs`. In a count of everything it would be lost.
fn channel() {
    let before = ALLOCATOR.allocated();
    let _channel = watch::Sender::new(());
    assert_eq!(ALLOCATOR.allocated() - before, 336);
}

/// The bound holds for everything together.
async fn bound() {
    let (log, before) = (MemoryLog::new(), ALLOCATOR.allocated());
    let end = Bytes::from(vec![b'd'; 5_000]);
    for number in 0..60_000 {
        let writer = open(&log, number, Keep::DEFAULT).await;
        log.close(&writer, 1, RunState::Done, end.clone()).await.unwrap();
    }
    let taken = ALLOCATOR.allocated() - before;
    assert!(taken < 256 << 20, "{taken}");
    is_counted("a full log", &log, before);
}

/// Topics, watchers, members and the newest values, until nobody is left.
async fn hubs() {
    let hub = Hub::<usize>::new();
    let round = async || {
        let mut watches = Vec::new();
        for topic in 0..1_000 {
            let name = format!("topic {topic}");
            for number in 0..20 {
                hub.publish(&name, &number).await.unwrap();
            }
            let member = format!("member {topic}");
            watches.push(hub.watch(&name).last(5).as_member(member, &"a card"));
        }
        let presence = hub.presence("topic 1");
        sleep(Duration::from_secs(60)).await;
        assert_eq!((hub.count("topic 1"), hub.members("topic 1").await.unwrap().len()), (1, 1));
        drop((watches, presence));
        // All grows old, the news of who has left too.
        sleep(Duration::from_secs(30 * 60)).await;
        assert_eq!((hub.count("topic 1"), hub.members("topic 1").await.unwrap().len()), (0, 0));
    };
    // What stays after the first time, such as the runtime's own, does not grow.
    round().await;
    let before = ALLOCATOR.allocated();
    round().await;
    let grown = ALLOCATOR.allocated().saturating_sub(before);
    assert!(grown < 64 << 10, "{grown}");
}

#[tokio::test(start_paused = true)]
async fn the_log_in_memory_counts_what_it_takes() {
    channel();
    short_runs().await;
    ended_runs().await;
    long_runs().await;
    claims().await;
    bound().await;
    // Here, because another test would allocate meanwhile.
    hubs().await;
}
