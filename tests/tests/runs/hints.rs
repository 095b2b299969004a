//! Hints that a run has changed: they make followers fast, and losing one loses nothing else.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use outflow::{
    Controller as _, action, controller,
    run::{Digest, MemoryLog, Meta, RunId, RunLog as _, RunState, Runs},
    test::{Client, after},
};
use tokio::time::{Instant, sleep};

use crate::support::{
    LIMIT,
    logs::BentLog,
    runs::{KEY, meta},
    soon,
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

fn client(log: BentLog) -> (Client, Long) {
    let long = Long::default();
    (Client::new(long.clone().into_router().layer(Runs::new(log).layer())).limit(LIMIT), long)
}

#[tokio::test(start_paused = true)]
async fn a_lost_hint_costs_a_second_at_most() {
    let most: [fn(usize) -> bool; 3] = [|_| true, |number| number % 3 != 2, |_| false];
    for (arrives, delay) in
        most.into_iter().zip([Duration::from_millis(2), Duration::from_secs(1), Duration::from_secs(1)])
    {
        let (client, long) = client(BentLog { arrives, ..BentLog::in_memory() });
        let mut first = client.post("/long/steady").start();
        first.head().await;
        let run = first.run();
        first.leave();
        let since = Instant::now();
        let mut answer = client.follow(run, after(0)).start();
        assert_eq!(answer.rest::<u64, ()>().await.packets, (1..=300).collect::<Vec<_>>());
        let sent = long.sent.lock().unwrap().clone();
        // The first may have been there before the follower was.
        let slowest = answer.arrivals().iter().zip(&sent).skip(1).map(|(arrival, sent)| since + *arrival - *sent).max();
        assert!(slowest.unwrap() <= delay + Duration::from_millis(2), "{slowest:?}");
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
        let (client, _) = client(BentLog { step: Some(Arc::new(step)), ..BentLog::new(Arc::new(log)) });
        let since = Instant::now();
        let rest = async {
            while *next.lock().unwrap() <= PACKETS + 1 {
                sleep(Duration::from_millis(1)).await;
                append();
            }
        };
        let follow = client.get(&format!("/long/steady/runs/{run}")).header("run-key", KEY).all::<u64, ()>();
        let (all, ()) = tokio::join!(follow, rest);
        assert_eq!(all.packets, (1..=PACKETS).collect::<Vec<_>>(), "{moments:b}");
        assert!(since.elapsed() < Duration::from_millis(50), "{moments:b}: {:?}", since.elapsed());
    }
}
