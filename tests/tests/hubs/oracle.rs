//! Publishers, watchers, stalls, restarts, revocations and the passing of time, against an oracle: what a watcher gets is a
//! part of its topic in order, and every hole in it has been told. In every order of a few steps, and in random orders of
//! many.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use outflow::{Hub, LastSeen, Watch, Watched};
use proptest::{collection::vec, prelude::*};
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// So many packets are published.
    Publish(usize),
    /// A watcher reads up to so many items.
    Read(usize, usize),
    /// A watcher goes away, and comes back with its last id.
    ComeBack(usize),
    /// A new watcher takes the place of another one, from so many packets before.
    Begin(usize, usize),
    /// The server is restarted: a hub without history.
    Restart,
    /// The right of a watcher is taken away. It begins anew when it reads next.
    Revoke(usize),
    /// What is kept grows too old.
    GrowOld,
    /// All watchers leave for so long that the topic vanishes, and then come back.
    Vanish,
}

const WATCHERS: usize = 3;
const KEPT: usize = 8;
const AGE: Duration = Duration::from_secs(60);

fn step() -> impl Strategy<Value = Step> {
    let watcher = 0..WATCHERS;
    prop_oneof![
        5 => (1..2 * KEPT).prop_map(Step::Publish),
        6 => (watcher.clone(), 1..20_usize).prop_map(|(watcher, items)| Step::Read(watcher, items)),
        2 => watcher.clone().prop_map(Step::ComeBack),
        1 => (watcher.clone(), 0..20_usize).prop_map(|(watcher, last)| Step::Begin(watcher, last)),
        1 => Just(Step::Restart),
        1 => watcher.prop_map(Step::Revoke),
        1 => Just(Step::GrowOld),
        1 => Just(Step::Vanish),
    ]
}

/// What is published: the life of the hub, and the number in it.
type Value = (u64, u64);

/// The topic as it should be.
#[derive(Clone, Copy, Default)]
struct Topic {
    /// How often it has begun anew.
    life: u64,
    /// The number of its last packet.
    number: u64,
    /// The number of the last packet that has grown old.
    old: u64,
}

impl Topic {
    fn begin_anew(&mut self) {
        *self = Self { life: self.life + 1, ..Self::default() };
    }

    fn kept(&self) -> u64 {
        (self.number - self.old).min(KEPT as u64)
    }
}

struct Watcher {
    watch: Watch<Value>,
    /// The life of the topic that it watches, and the last packet that it has accounted for.
    life: u64,
    last: u64,
    id: LastSeen,
    has_read: bool,
}

impl Watcher {
    fn new(hub: &Hub<Value>, topic: Topic, n: usize, member: usize) -> Self {
        let last = topic.number - topic.kept().min(n as u64);
        let watch = hub.watch("a").last(n).as_member(member.to_string(), &());
        Self { watch, life: topic.life, last, id: LastSeen::NOTHING, has_read: false }
    }

    /// Comes back to the hub as it is now.
    fn come_back(&mut self, hub: &Hub<Value>, topic: Topic, member: usize) {
        if !self.has_read {
            *self = Self::new(hub, topic, 0, member);
            return;
        }
        self.watch = hub.watch("a").after(self.id.clone()).as_member(member.to_string(), &());
    }

    /// Reads one item; `false` if there is none for now, or it was the last.
    fn read(&mut self, life: u64) -> bool {
        let Some(item) = self.watch.next().now_or_never() else {
            return false;
        };
        let Some(item): Option<Watched<Value>> = item else { return false };
        if let Some(gap) = item.gap() {
            match gap.missed() {
                Some(missed) => assert_eq!(gap.first(), self.last + missed + 1, "a hole of another size"),
                // Only another life can have made the numbers begin anew.
                None => assert_ne!(self.life, life, "an unknown hole without a restart"),
            }
            (self.life, self.last) = (life, gap.first() - 1);
            self.id = gap.id().unwrap().into();
            self.has_read = true;
        } else if let Some(packet) = item.packet() {
            assert_eq!(packet.json::<Value>().unwrap(), (self.life, self.last + 1), "a hole that was not told");
            self.last += 1;
            self.id = packet.fields().id.clone().into();
            self.has_read = true;
        } else {
            return false;
        }
        true
    }
}

async fn check(steps: impl IntoIterator<Item = Step>) {
    let new_hub = || Hub::<Value>::new().keep(KEPT, AGE);
    let (mut hub, mut topic) = (new_hub(), Topic::default());
    let mut watchers: Vec<_> = (0..WATCHERS).map(|member| Watcher::new(&hub, topic, 0, member)).collect();
    for step in steps {
        match step {
            Step::Publish(count) => {
                for _ in 0..count {
                    topic.number += 1;
                    hub.publish("a", &(topic.life, topic.number)).await.unwrap();
                }
            }
            Step::Read(watcher, items) => {
                for _ in 0..items {
                    if !watchers[watcher].read(topic.life) {
                        break;
                    }
                }
            }
            Step::ComeBack(watcher) => watchers[watcher].come_back(&hub, topic, watcher),
            Step::Begin(watcher, n) => watchers[watcher] = Watcher::new(&hub, topic, n, watcher),
            Step::Restart => {
                hub = new_hub();
                topic.begin_anew();
                for (member, watcher) in watchers.iter_mut().enumerate() {
                    watcher.come_back(&hub, topic, member);
                }
            }
            Step::Revoke(watcher) => {
                assert_eq!(hub.revoke("a", &watcher.to_string()), 1);
                let watch = &mut watchers[watcher];
                // Nothing that was published may come any more.
                let item = watch.watch.next().now_or_never().flatten().expect("the end");
                assert!(item.packet().is_none() && item.gap().is_none());
                assert!(watch.watch.next().now_or_never().expect("the end").is_none());
                watch.come_back(&hub, topic, watcher);
            }
            Step::GrowOld => {
                sleep(2 * AGE).await;
                topic.old = topic.number;
                assert_eq!(hub.number("a"), topic.number, "it is watched, and has not vanished");
            }
            Step::Vanish => {
                for watcher in &mut watchers {
                    watcher.watch = new_hub().watch("elsewhere");
                }
                sleep(2 * AGE).await;
                topic.begin_anew();
                for (member, watcher) in watchers.iter_mut().enumerate() {
                    watcher.come_back(&hub, topic, member);
                }
            }
        }
    }
    // In the end everybody gets everything that is kept.
    for watcher in &mut watchers {
        while watcher.read(topic.life) {}
        assert_eq!((watcher.life, watcher.last), (topic.life, topic.number));
    }
    drop(watchers);
    assert_eq!(hub.count("a"), 0);
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// The steps of the first watcher; the others see the topic's.
#[test]
fn every_hole_is_told_in_every_order_of_four_steps() {
    let steps = [
        Step::Publish(1),
        Step::Publish(KEPT + 2),
        Step::Read(0, 1),
        Step::Read(0, 20),
        Step::ComeBack(0),
        Step::Begin(0, 2),
        Step::Restart,
        Step::Revoke(0),
        Step::GrowOld,
        Step::Vanish,
    ];
    let (runtime, calls) = (runtime(), 4);
    for number in 0..steps.len().pow(calls) {
        let step = |call| steps[number / steps.len().pow(call) % steps.len()].clone();
        runtime.block_on(check((0..calls).map(step)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_hole_is_told(steps in vec(step(), 1..60)) {
        runtime().block_on(check(steps));
    }
}
