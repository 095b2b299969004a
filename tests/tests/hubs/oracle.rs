//! Publishers, watchers, stalls, restarts, revocations and the passing of time, against an oracle: what a watcher gets is a
//! part of its topic in order, and every hole in it has been told. In memory, in every order of a few steps and in random
//! orders of many; and over two nodes in Redis.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use outflow::{Hub, LastSeen, Redis, Watch, Watched};
use proptest::{collection::vec, prelude::*};
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

use crate::support::{LIMIT, redis::server::Redis as Server, soon, within};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// So many packets are published.
    Publish(usize),
    /// A watcher reads up to so many items.
    Read(usize, usize),
    /// A watcher goes away, and comes back with its last id, to the next node.
    ComeBack(usize),
    /// A new watcher takes the place of another one, from so many packets before.
    Begin(usize, usize),
    /// The history is lost: the server is restarted, or Redis without its data.
    Restart,
    /// The right of a watcher is taken away. It begins anew when it reads next.
    Revoke(usize),
    /// All connections to Redis are cut.
    Cut,
    /// What is kept in memory grows too old.
    GrowOld,
    /// All watchers leave until the topic has vanished from memory, and then come back.
    Vanish,
}

const WATCHERS: usize = 3;
const KEPT: usize = 8;
const AGE: Duration = Duration::from_secs(60);

fn step() -> impl Strategy<Value = Step> {
    let watcher = 0..WATCHERS;
    prop_oneof![
        10 => (1..2 * KEPT).prop_map(Step::Publish),
        12 => (watcher.clone(), 1..20_usize).prop_map(|(watcher, items)| Step::Read(watcher, items)),
        4 => watcher.clone().prop_map(Step::ComeBack),
        2 => (watcher.clone(), 0..20_usize).prop_map(|(watcher, last)| Step::Begin(watcher, last)),
        2 => Just(Step::Restart),
        2 => watcher.prop_map(Step::Revoke),
        1 => Just(Step::Cut),
        2 => Just(Step::GrowOld),
        2 => Just(Step::Vanish),
    ]
}

/// What is published: the life of the history, and the number in it.
type Value = (u64, u64);

/// The hubs of all nodes, and what has been published.
struct World {
    nodes: Vec<Hub<Value>>,
    /// `None` for a hub in memory.
    redis: Option<Server>,
    life: u64,
    number: u64,
    /// The number of the last packet that has grown old.
    old: u64,
}

impl World {
    fn in_memory() -> Self {
        Self { nodes: vec![bounded(Hub::new())], redis: None, life: 0, number: 0, old: 0 }
    }

    async fn in_redis() -> Self {
        let redis = Server::start();
        let mut nodes = Vec::new();
        for _ in 0..2 {
            let connection = soon("the connection", Redis::connect(&redis.url())).await.unwrap();
            nodes.push(bounded(Hub::redis(&connection, "oracle")));
        }
        Self { nodes, redis: Some(redis), life: 0, number: 0, old: 0 }
    }

    fn node(&self, index: usize) -> &Hub<Value> {
        &self.nodes[index % self.nodes.len()]
    }

    async fn publish(&mut self, node: usize) {
        self.number += 1;
        let value = (self.life, self.number);
        let publishing = self.node(node).publish("a", &value);
        let published = match self.redis {
            Some(_) => soon("the publication", publishing).await,
            None => publishing.await,
        };
        assert_eq!(published.unwrap().number(), self.number);
    }

    fn kept(&self) -> u64 {
        (self.number - self.old).min(KEPT as u64)
    }

    fn begin_anew(&mut self) {
        (self.life, self.number, self.old) = (self.life + 1, 0, 0);
    }

    /// Loses the history.
    async fn restart(&mut self) {
        self.begin_anew();
        match &self.redis {
            Some(redis) => {
                redis.ask(&["FLUSHALL"]);
                // Otherwise it takes a look of ten seconds to find it out.
                self.publish(0).await;
            }
            None => self.nodes = vec![bounded(Hub::new())],
        }
    }
}

fn bounded(hub: Hub<Value>) -> Hub<Value> {
    hub.keep(KEPT, AGE)
}

struct Watcher {
    watch: Watch<Value>,
    /// The name of the watcher, and its node.
    member: usize,
    node: usize,
    /// The life of the hub that it watches, and the last packet that it has accounted for.
    life: u64,
    last: u64,
    /// Whether the next item shows where it begins: a node learns in a moment where a topic is, and what is published.
    is_new: bool,
    /// The least life that it may be in, if the next packet has yet to show which one it is.
    least: Option<u64>,
    id: LastSeen,
    has_read: bool,
    /// How many ends may still come of rights that were taken away: nodes hear of it, and read of it.
    revoked: usize,
}

impl Watcher {
    fn new(world: &World, n: usize, member: usize, node: usize) -> Self {
        let last = world.number - world.kept().min(n as u64);
        let watch = world.node(node).watch("a").last(n).as_member(member.to_string(), &());
        let (life, is_new) = (world.life, world.redis.is_some());
        Self {
            watch,
            member,
            node,
            life,
            last,
            is_new,
            least: None,
            id: LastSeen::NOTHING,
            has_read: false,
            revoked: 0,
        }
    }

    /// Comes back to the next node.
    fn come_back(&mut self, world: &World) {
        self.node += 1;
        if !self.has_read {
            *self = Self { revoked: self.revoked, ..Self::new(world, 0, self.member, self.node) };
            return;
        }
        let watch = world.node(self.node).watch("a").after(self.id.clone());
        self.watch = watch.as_member(self.member.to_string(), &());
    }

    /// The next item; `None` if nothing has come yet.
    async fn next(&mut self, world: &World) -> Option<Watched<Value>> {
        let is_due = (self.life, self.last) != (world.life, world.number) && !self.is_new;
        match world.redis {
            Some(_) if is_due => soon(format_args!("an item after {}", self.last), self.watch.next()).await,
            _ => self.watch.next().now_or_never().flatten(),
        }
    }

    /// Reads one item; `false` if there is none for now, or it was the last.
    async fn read(&mut self, world: &World) -> bool {
        let Some(item) = self.next(world).await else { return false };
        if let Some(gap) = item.gap() {
            match gap.missed() {
                Some(_) if self.is_new => {}
                Some(missed) => assert_eq!(gap.first(), self.last + missed + 1, "a hole of another size"),
                // Only another life can have made the numbers begin anew.
                None => assert!(self.is_new || self.life != world.life, "an unknown hole without a restart"),
            }
            if self.is_new || gap.missed().is_none() {
                self.least = Some(if self.is_new { 0 } else { self.life + 1 });
            }
            self.last = gap.first() - 1;
            self.id = gap.id().unwrap().into();
        } else if let Some(packet) = item.packet() {
            let (life, number): Value = packet.json().unwrap();
            if self.is_new {
                (self.life, self.last) = (life, number - 1);
            }
            if let Some(least) = self.least.take() {
                assert!((least..=world.life).contains(&life), "{life}");
                self.life = life;
            }
            assert_eq!((life, number), (self.life, self.last + 1), "a hole that was not told");
            self.last += 1;
            self.id = packet.fields().id.clone().into();
        } else {
            // It came back while some node was still to hear that its right was taken away.
            self.revoked = self.revoked.checked_sub(1).expect("an end without a reason");
            self.come_back(world);
            return true;
        }
        (self.is_new, self.has_read) = (false, true);
        true
    }

    /// Its right is taken away, by way of another node.
    async fn revoke(&mut self, world: &World) {
        let member = self.member.to_string();
        let revoking = world.node(self.node + 1).revoke("a", &member);
        if world.redis.is_some() {
            self.revoked += 4;
            soon("the revocation", revoking).await.unwrap();
            // What has been published before may come first.
            while soon("the end", self.watch.next()).await.is_some_and(|item| !is_end(&item)) {}
        } else {
            assert_eq!(revoking.now_or_never().expect("it never waits").unwrap(), 1);
            // Nothing that was published may come any more.
            assert!(self.watch.next().now_or_never().flatten().is_some_and(|item| is_end(&item)));
        }
        assert!(self.watch.next().now_or_never().expect("the end").is_none());
    }
}

fn is_end(item: &Watched<Value>) -> bool {
    item.packet().is_none() && item.gap().is_none()
}

async fn check(steps: impl IntoIterator<Item = Step>, mut world: World) {
    let mut watchers: Vec<_> = (0..WATCHERS).map(|member| Watcher::new(&world, 0, member, member)).collect();
    for step in steps {
        match step {
            Step::Publish(count) => {
                for node in 0..count {
                    world.publish(node).await;
                }
            }
            Step::Read(watcher, items) => {
                for _ in 0..items {
                    if !watchers[watcher].read(&world).await {
                        break;
                    }
                }
            }
            Step::ComeBack(watcher) => watchers[watcher].come_back(&world),
            Step::Begin(watcher, n) => {
                let revoked = watchers[watcher].revoked;
                watchers[watcher] = Watcher { revoked, ..Watcher::new(&world, n, watcher, watcher + n) };
            }
            Step::Restart => {
                world.restart().await;
                if world.redis.is_none() {
                    watchers.iter_mut().for_each(|watcher| watcher.come_back(&world));
                }
            }
            Step::Revoke(watcher) => {
                watchers[watcher].revoke(&world).await;
                watchers[watcher].come_back(&world);
            }
            Step::Cut => {
                if let Some(redis) = &world.redis {
                    redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
                    redis.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
                }
            }
            // Only the clock of a hub in memory can be put forward.
            Step::GrowOld | Step::Vanish if world.redis.is_some() => {}
            Step::GrowOld => {
                sleep(2 * AGE).await;
                world.old = world.number;
                assert_eq!(world.node(0).number("a"), world.number, "it is watched, and has not vanished");
            }
            Step::Vanish => {
                for watcher in &mut watchers {
                    watcher.watch = Hub::new().watch("elsewhere");
                }
                sleep(2 * AGE).await;
                world.begin_anew();
                watchers.iter_mut().for_each(|watcher| watcher.come_back(&world));
            }
        }
    }
    // All begin before the packets that their own nodes publish.
    for node in 0..world.nodes.len() {
        world.publish(node).await;
    }
    // In the end everybody gets everything that is kept.
    for watcher in &mut watchers {
        while (watcher.life, watcher.last) != (world.life, world.number) {
            if watcher.is_new {
                sleep(Duration::from_millis(1)).await;
            }
            assert!(watcher.read(&world).await || watcher.is_new, "something is missing");
        }
    }
    drop(watchers);
    assert!(world.nodes.iter().all(|hub| hub.count("a") == 0));
}

/// A runtime in which only the steps let time pass.
fn paused() -> Runtime {
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
    let (runtime, calls) = (paused(), 4);
    for number in 0..steps.len().pow(calls) {
        let step = |call| steps[number / steps.len().pow(call) % steps.len()].clone();
        runtime.block_on(check((0..calls).map(step), World::in_memory()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_hole_is_told(steps in vec(step(), 1..60)) {
        paused().block_on(check(steps, World::in_memory()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_hole_is_told_on_every_node(steps in vec(step(), 1..60)) {
        let test = async { check(steps, World::in_redis().await).await };
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(within(5 * LIMIT, "the end of the test", test));
    }
}
