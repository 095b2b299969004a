//! Hints that a run has changed: they make followers quick, and nothing is lost with them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use futures_util::FutureExt as _;
use outflow::{
    Controller as _, action, controller,
    run::{Digest, MemoryLog, Meta, RunId, RunLog as _, RunState, Runs},
};
use tokio::time::{Instant, sleep};

use crate::support::{
    each_frame,
    logs::BentLog,
    open, read,
    runs::{KEY, follow, get_run, meta, numbers, start},
    soon,
    wire::End,
};

#[derive(Clone, Default)]
struct Long {
    /// When each packet was sent.
    sent: Arc<Mutex<Vec<Instant>>>,
}

#[controller]
impl Long {
    /// Thirty seconds.
    #[action(post, resumable)]
    async fn steady(&self) {
        for i in 1..=300 {
            self.sent.lock().unwrap().push(Instant::now());
            self.stream(i);
            sleep(Duration::from_millis(100)).await;
        }
    }
}

fn app(log: &BentLog) -> (Router, Long) {
    let long = Long::default();
    (long.clone().into_router().layer(Runs::new(log.clone()).layer()), long)
}

#[tokio::test(start_paused = true)]
async fn a_lost_hint_costs_a_second_at_most() {
    let most: [fn(usize) -> bool; 3] = [|_| true, |number| number % 3 != 2, |_| false];
    for (arrives, delay) in
        most.into_iter().zip([Duration::from_millis(2), Duration::from_secs(1), Duration::from_secs(1)])
    {
        let (app, long) = app(&BentLog { arrives, ..BentLog::in_memory() });
        let run = start(&app, "/long/steady").await.run;
        let mut seen = Vec::new();
        let see = |text: String| seen.extend(numbers(&text).into_iter().map(|number| (number, Instant::now())));
        each_frame(follow(&app, &run).await, see).await;
        assert_eq!(seen.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (1..=300).collect::<Vec<_>>());
        let sent = long.sent.lock().unwrap().clone();
        // The first may have been there before the follower was.
        let slowest = seen.iter().zip(&sent).skip(1).map(|((_, seen), sent)| *seen - *sent).max().unwrap();
        assert!(slowest <= delay + Duration::from_millis(2), "{slowest:?}");
    }
}

/// A follower reads, subscribes and reads again; between any two of these steps a packet may come. It misses none, and
/// none waits for the next tick.
#[tokio::test(start_paused = true)]
async fn a_packet_between_any_two_steps_of_a_follower_is_seen_at_once() {
    const PACKETS: u64 = 6;
    for moments in 0..1u32 << 8 {
        let log = MemoryLog::new();
        let run = RunId::random();
        let key = Some(Digest::of([KEY.as_bytes()]));
        let meta = Meta { action: "/long/steady".to_owned(), key, ..meta() };
        let writer = soon("the writer", log.open(&run, meta)).await.unwrap();
        let next = Arc::new(Mutex::new(1));
        // The end comes behind the last packet.
        let append = {
            let (log, next) = (log.clone(), next.clone());
            move || {
                let mut next = next.lock().unwrap();
                match *next {
                    ..=PACKETS => {
                        drop(log.append(&writer, *next, [format!("j{next}")].into()).now_or_never().unwrap());
                    }
                    _ => drop(log.close(&writer, *next, RunState::Done, "d".into()).now_or_never().unwrap()),
                }
                *next += 1;
            }
        };
        let moment = AtomicUsize::new(0);
        let step = {
            let append = append.clone();
            move || {
                let moment = moment.fetch_add(1, Ordering::SeqCst);
                if moment < 8 && moments >> moment & 1 == 1 {
                    append();
                }
            }
        };
        let (app, _) = app(&BentLog { step: Some(Arc::new(step)), ..BentLog::new(Arc::new(log)) });
        let since = Instant::now();
        let rest = async {
            while *next.lock().unwrap() <= PACKETS + 1 {
                sleep(Duration::from_millis(1)).await;
                append();
            }
        };
        let follow = async { read(open(&app, get_run(&format!("/long/steady/runs/{run}"))).await.into_body()).await };
        let ((text, end), ()) = tokio::join!(follow, rest);
        assert_eq!((numbers(&text), end), ((1..=PACKETS).collect(), End::Clean), "{moments:b}");
        assert!(since.elapsed() < Duration::from_millis(50), "{moments:b}: {:?}", since.elapsed());
    }
}
