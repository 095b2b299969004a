//! Random publishers, watchers, stalls, restarts and revocations, against an oracle: what a watcher gets is a part of its
//! topic in order, and every hole in it has been told.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use outflow::{Hub, LastSeen, Watch, Watched};
use proptest::{collection::vec, prelude::*};

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
}

const WATCHERS: usize = 3;
const KEPT: usize = 8;

fn step() -> impl Strategy<Value = Step> {
    let watcher = 0..WATCHERS;
    prop_oneof![
        5 => (1..2 * KEPT).prop_map(Step::Publish),
        6 => (watcher.clone(), 1..20_usize).prop_map(|(watcher, items)| Step::Read(watcher, items)),
        2 => watcher.clone().prop_map(Step::ComeBack),
        1 => (watcher.clone(), 0..20_usize).prop_map(|(watcher, last)| Step::Begin(watcher, last)),
        1 => Just(Step::Restart),
        1 => watcher.prop_map(Step::Revoke),
    ]
}

/// What is published: the life of the hub, and the number in it.
type Value = (u64, u64);

struct Watcher {
    watch: Watch<Value>,
    /// The life of the hub that it watches, and the last packet that it has accounted for.
    life: u64,
    last: u64,
    id: LastSeen,
    has_read: bool,
}

impl Watcher {
    fn new(hub: &Hub<Value>, life: u64, n: usize, member: usize) -> Self {
        let (watch, number) = (hub.watch("a"), hub.number("a"));
        let kept = number.min(KEPT as u64);
        let last = number - kept.min(n as u64);
        let watch = watch.last(n).as_member(member.to_string(), &());
        Self { watch, life, last, id: LastSeen::NOTHING, has_read: false }
    }

    /// Comes back to the hub as it is now.
    fn come_back(&mut self, hub: &Hub<Value>, life: u64, member: usize) {
        if !self.has_read {
            *self = Self::new(hub, life, 0, member);
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

fn check(steps: Vec<Step>) {
    let new_hub = || Hub::<Value>::new().keep(KEPT, Duration::from_secs(60));
    let (mut hub, mut life, mut number) = (new_hub(), 0, 0);
    let mut watchers: Vec<_> = (0..WATCHERS).map(|member| Watcher::new(&hub, life, 0, member)).collect();
    for step in steps {
        match step {
            Step::Publish(count) => {
                for _ in 0..count {
                    number += 1;
                    hub.publish("a", &(life, number)).now_or_never().expect("it never waits").unwrap();
                }
            }
            Step::Read(watcher, items) => {
                for _ in 0..items {
                    if !watchers[watcher].read(life) {
                        break;
                    }
                }
            }
            Step::ComeBack(watcher) => watchers[watcher].come_back(&hub, life, watcher),
            Step::Begin(watcher, n) => watchers[watcher] = Watcher::new(&hub, life, n, watcher),
            Step::Restart => {
                (hub, number) = (new_hub(), 0);
                life += 1;
                for (member, watcher) in watchers.iter_mut().enumerate() {
                    watcher.come_back(&hub, life, member);
                }
            }
            Step::Revoke(watcher) => {
                let revoked = hub.revoke("a", &watcher.to_string()).now_or_never().expect("it never waits");
                assert_eq!(revoked.unwrap(), 1);
                let watch = &mut watchers[watcher];
                // Nothing that was published may come any more.
                let item = watch.watch.next().now_or_never().flatten().expect("the end");
                assert!(item.packet().is_none() && item.gap().is_none());
                assert!(watch.watch.next().now_or_never().expect("the end").is_none());
                watch.come_back(&hub, life, watcher);
            }
        }
    }
    // In the end everybody gets everything that is kept.
    for watcher in &mut watchers {
        while watcher.read(life) {}
        assert_eq!((watcher.life, watcher.last), (life, number));
    }
    drop(watchers);
    assert_eq!(hub.count("a"), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_hole_is_told(steps in vec(step(), 1..60)) {
        check(steps);
    }
}
