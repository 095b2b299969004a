//! The hub in many orders of the threads that use it, by shuttle: no wake is lost, every hole is told, no packet comes after
//! a right was taken away, and every task ends. A wake that is lost is a deadlock, which shuttle reports.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, future::poll_immediate};
use shuttle::{
    Runner,
    future::block_on,
    scheduler::{PctScheduler, RandomScheduler},
    thread,
};

use super::{
    Hub,
    members::Presence,
    settings::Lag,
    sync::model::Runtime,
    watch::Watch,
    watched::{Item, Watched},
};
use crate::packet::latest::LatestValues as _;

/// Orders for each of two ways to choose them. The seed is fixed, so that a failure comes again.
const ORDERS: usize = 200;
const SEED: u64 = 17;

fn in_many_orders(scenario: impl Fn() + Send + Sync + Copy + 'static) {
    Runner::new(RandomScheduler::new_from_seed(SEED, ORDERS), shuttle::Config::default()).run(scenario);
    Runner::new(PctScheduler::new_from_seed(SEED, 3, ORDERS), shuttle::Config::default()).run(scenario);
}

/// The same with a runtime, without one, and with one that ends at some time.
fn with_all_runtimes(scenario: impl Fn() + Send + Sync + Copy + 'static) {
    in_many_orders(move || {
        let runtime = Runtime::new();
        scenario();
        runtime.join();
    });
    in_many_orders(scenario);
    in_many_orders(move || {
        let runtime = Runtime::new();
        let end = thread::spawn(|| drop(runtime));
        scenario();
        end.join().unwrap();
    });
}

fn hub(kept: usize) -> Hub<u64> {
    Hub::new().keep(kept, Duration::from_secs(60))
}

fn publish(hub: &Hub<u64>, value: u64) -> u64 {
    hub.put("a", &value).unwrap().number
}

/// Publishes in a thread of its own.
fn publisher(hub: &Hub<u64>, values: impl IntoIterator<Item = u64> + Send + 'static) -> thread::JoinHandle<()> {
    let hub = hub.clone();
    thread::spawn(move || {
        for value in values {
            publish(&hub, value);
        }
    })
}

/// A watcher, and what it has accounted for: each number once, in order, as a packet or in a gap.
struct Reader<T> {
    watch: Watch<T>,
    last: u64,
    missed: u64,
}

impl<T> Reader<T> {
    fn new(watch: Watch<T>) -> Self {
        Self { last: watch.0.last, watch, missed: 0 }
    }

    fn account(&mut self, item: &Watched<T>) {
        match &item.item {
            Item::Json(_, _, number) => {
                assert_eq!(*number, self.last + 1, "a hole that was not told");
                self.last = *number;
            }
            Item::Gap(gap) => {
                let missed = gap.missed().expect("nothing was restarted");
                assert_eq!(gap.first(), self.last + missed + 1, "a hole of another size");
                self.missed += missed;
                self.last = gap.first() - 1;
            }
            Item::Packet(_) | Item::Stop(_) => panic!("{item:?}"),
        }
    }

    fn read(&mut self) {
        let item = block_on(self.watch.next()).expect("a watcher has no end");
        self.account(&item);
    }

    fn read_to(&mut self, number: u64) {
        while self.last < number {
            self.read();
        }
    }
}

#[test]
fn no_wake_is_lost_and_every_hole_is_told() {
    for kept in [100, 2] {
        // `Copy`, as a scenario has to be.
        let scenario = move || {
            let hub = hub(kept);
            let readers = [(); 2].map(|()| Reader::new(hub.watch("a")));
            let readers = readers.map(|mut reader| {
                thread::spawn(move || {
                    reader.read_to(6);
                    reader.missed
                })
            });
            let publishers = [publisher(&hub, 0..3), publisher(&hub, 3..6)];
            for reader in readers {
                let missed = reader.join().unwrap();
                assert!(kept == 2 || missed == 0, "{missed} missed");
            }
            publishers.into_iter().for_each(|publisher| publisher.join().unwrap());
            assert_eq!(hub.count("a"), 0);
        };
        with_all_runtimes(scenario);
    }
}

#[test]
fn watchers_may_come_and_go_while_others_wait() {
    with_all_runtimes(|| {
        let hub = hub(100);
        let mut reader = Reader::new(hub.watch("a"));
        let passer = thread::spawn({
            let hub = hub.clone();
            move || {
                for _ in 0..2 {
                    let mut watch = hub.watch("a");
                    // It leaves with its waker in its seat, or with a packet.
                    block_on(poll_immediate(watch.next()));
                }
            }
        });
        let publisher = publisher(&hub, 0..2);
        reader.read_to(2);
        drop(reader);
        passer.join().unwrap();
        publisher.join().unwrap();
        let topic = hub.topics.find("a").unwrap();
        assert!(!topic.lock().seats.is_awaited(), "a waker is counted whose seat is empty");
        assert_eq!(hub.count("a"), 0);
    });
}

#[test]
fn a_right_that_is_taken_away_ends_a_watcher_that_reads_or_waits() {
    with_all_runtimes(|| {
        let hub = hub(100);
        let mut watch = hub.watch("a").as_member("ada", &());
        let publisher = publisher(&hub, [0]);
        let last = Arc::new(AtomicU64::new(u64::MAX));
        let reader = thread::spawn({
            let last = last.clone();
            move || {
                loop {
                    match block_on(watch.next()).expect("the end comes first").item {
                        Item::Json(_, _, number) => {
                            assert!(number <= last.load(Ordering::SeqCst), "published after the right was gone");
                        }
                        Item::Stop(_) => break,
                        Item::Packet(_) | Item::Gap(_) => panic!("nothing is missing"),
                    }
                }
                assert!(block_on(watch.next()).is_none());
            }
        });
        assert_eq!(block_on(hub.revoke("a", "ada")).unwrap(), 1);
        last.store(hub.number("a").max(1), Ordering::SeqCst);
        publisher.join().unwrap();
        publish(&hub, 2);
        reader.join().unwrap();
    });
}

#[test]
fn tasks_end_when_the_last_watcher_has_left() {
    with_all_runtimes(|| {
        let hub = hub(100);
        let passers = [(); 2].map(|()| {
            let hub = hub.clone();
            thread::spawn(move || {
                for _ in 0..3 {
                    drop(hub.watch("a"));
                }
            })
        });
        passers.into_iter().for_each(|passer| passer.join().unwrap());
        assert_eq!(hub.count("a"), 0);
    });
}

/// A watcher may be too late for a packet, but a packet that is published while it watches comes, or is told as missed.
#[test]
fn topics_vanish_and_packets_grow_old_while_they_are_used() {
    with_all_runtimes(|| {
        let hub = Hub::new().keep(100, Duration::ZERO);
        let sweeper = thread::spawn({
            let hub = hub.clone();
            move || (0..3).all(|_| hub.topics.sweep())
        });
        let publisher = publisher(&hub, 0..2);
        let mut reader = Reader::new(hub.watch("a"));
        let number = publish(&hub, 2);
        reader.read_to(number);
        publisher.join().unwrap();
        sweeper.join().unwrap();
        reader.read_to(hub.number("a"));
    });
}

#[test]
fn what_is_published_to_a_topic_that_vanishes_is_kept_by_its_successor() {
    in_many_orders(|| {
        let hub = hub(100);
        publish(&hub, 0);
        let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let entered = clock.enter();
        // The first sweep notes the time.
        hub.topics.sweep();
        clock.block_on(tokio::time::advance(Duration::from_secs(61)));
        let sweeper = thread::spawn({
            let hub = hub.clone();
            move || hub.topics.sweep()
        });
        let number = publish(&hub, 1);
        sweeper.join().unwrap();
        assert_eq!(hub.number("a"), number);
        let mut reader = Reader::new(hub.watch("a").last(1));
        reader.read();
        assert_eq!(reader.last, number);
        drop(entered);
    });
}

#[test]
fn the_newest_of_each_key_reaches_everybody() {
    with_all_runtimes(|| {
        let hub = Hub::<u64>::new().lag(Lag::Latest(|value| (value % 2).to_string()));
        let mut watch = hub.watch("a");
        let publishers = [publisher(&hub, [2, 4, 6]), publisher(&hub, [1, 3, 5])];
        let (mut newest, mut last) = ([0; 2], 0);
        while newest != [6, 5] {
            let item = block_on(watch.next()).unwrap();
            let Item::Json(json, _, number) = &item.item else { panic!("{item:?}") };
            assert!(*number > last);
            last = *number;
            let value: u64 = serde_json::from_slice(json).unwrap();
            newest[usize::from(value % 2 == 1)] = value;
        }
        publishers.into_iter().for_each(|publisher| publisher.join().unwrap());
    });
}

#[test]
fn the_newest_packet_alone_is_the_last_one_in_the_end() {
    with_all_runtimes(|| {
        let hub = hub(2);
        let mut newest = hub.watch("a");
        let publisher = publisher(&hub, 1..=4);
        let mut last = 0;
        while last < 4 {
            let item = block_on(newest.newest()).unwrap();
            let Item::Json(_, _, number) = item.item else { panic!("{item:?}") };
            assert!(number > last);
            last = number;
        }
        publisher.join().unwrap();
    });
}

#[test]
fn nothing_falls_between_a_state_and_its_changes() {
    with_all_runtimes(|| {
        let hub = hub(100);
        let state = Arc::new(AtomicU64::new(0));
        let publisher = thread::spawn({
            let (hub, state) = (hub.clone(), state.clone());
            move || {
                for value in 1..=3 {
                    state.store(value, Ordering::SeqCst);
                    thread::yield_now();
                    assert_eq!(publish(&hub, value), value);
                }
            }
        });
        let mut watch = hub.watch("a").from(async {
            let number = hub.number("a");
            (state.load(Ordering::SeqCst), number)
        });
        let first = block_on(watch.next()).unwrap().packet().unwrap();
        let id = first.fields().id.clone().unwrap();
        let mut number: u64 = id.rsplit_once('-').unwrap().1.parse().unwrap();
        assert!(first.json::<u64>().unwrap() >= number, "the state is older than its number");
        while number < 3 {
            let item = block_on(watch.next()).unwrap();
            assert_eq!(item.packet().unwrap().json::<u64>().unwrap(), number + 1);
            number += 1;
        }
        publisher.join().unwrap();
    });
}

#[test]
fn the_news_of_members_add_up_to_who_is_there() {
    with_all_runtimes(|| {
        let hub = hub(100);
        let mut presence = hub.presence("a");
        let threads = ["ada", "bob"].map(|id| {
            let hub = hub.clone();
            thread::spawn(move || {
                drop(hub.watch("a").as_member(id, &1));
                hub.watch("a").as_member(id, &2)
            })
        });
        let watches = threads.map(|thread| thread.join().unwrap());
        assert_eq!(block_on(hub.members("a")).unwrap().len(), 2);
        let mut there = [false; 2];
        while there != [true; 2] {
            let news: Presence = block_on(presence.next()).unwrap().packet().unwrap().json().unwrap();
            let is_bob = news.member().id == "bob";
            there[usize::from(is_bob)] = matches!(&news, Presence::Joined(member) if member.card == 2);
        }
        drop(watches);
        while there != [false; 2] {
            let news: Presence = block_on(presence.next()).unwrap().packet().unwrap().json().unwrap();
            there[usize::from(news.member().id == "bob")] = matches!(news, Presence::Joined(_));
        }
        assert_eq!(block_on(hub.members("a")).unwrap(), []);
    });
}
