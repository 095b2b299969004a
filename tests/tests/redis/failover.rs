//! A failover that loses what was acknowledged: the replica takes over without the last packets.

use std::time::Duration;

use crate::support::{
    redis::{
        LEASE,
        follower::{End, Follower, agree, follow, head, start},
        node::Node,
        proxy::Proxy,
        server::Redis,
    },
    until,
};

/// A lease, the tick of a follower, the failover, and what a busy machine adds.
const LOST: Duration = Duration::from_secs(10);

/// A primary with its replica, and the way to the one in use.
struct Pair {
    primary: Redis,
    replica: Redis,
    proxy: Proxy,
}

impl Pair {
    async fn start() -> Self {
        let primary = Redis::start();
        let replica = primary.replica();
        let proxy = Proxy::to(primary.port).await;
        Self { primary, replica, proxy }
    }

    async fn node(&self) -> Node {
        Node::start(&self.proxy.url(), &LEASE).await
    }

    /// Cuts the replica off after some packets of the run: what is written then is lost with the primary.
    async fn detach(&self, run: &str) {
        until("five packets in the replica", async || self.kept(run) >= 5).await;
        self.replica.ask(&["REPLICAOF", "NO", "ONE"]);
    }

    /// The number of the last record that the replica has.
    fn kept(&self, run: &str) -> u64 {
        let run = run.rsplit('/').next().unwrap();
        let next = self.replica.ask(&["HGET", &format!("outflow:{{{run}}}:m"), "next"]);
        next.parse().map_or(0, |next: u64| next - 1)
    }

    /// Detaches the replica, and waits until a follower has what the replica lacks.
    async fn lose_a_tail(&self, run: &str, follower: &mut Follower) -> u64 {
        self.detach(run).await;
        let seen = self.kept(run) + 10;
        follower.reaches(seen).await;
        seen
    }

    /// Breaks all connections, and leads new ones to the replica.
    fn fail_over(&self) {
        self.proxy.lead_to(self.replica.port);
        self.proxy.cut();
    }
}

/// Row 21.
#[tokio::test]
async fn a_living_writer_sends_a_lost_tail_again() {
    let pair = Pair::start().await;
    let (one, two) = (pair.node().await, pair.node().await);
    let run = start(one.addr, "/node/count/120/20").await;
    let mut followers = [follow(&[one.addr], &run, 0), follow(&[two.addr], &run, 0), follow(&[two.addr], &run, 5)];
    pair.detach(&run).await;
    for follower in &mut followers {
        follower.reaches(pair.kept(&run) + 10).await;
    }
    pair.fail_over();
    let [first, second, third] = followers.map(|follower| follower.end());
    let (first, second, third) = tokio::join!(first, second, third);
    let late = follow(&[two.addr], &run, 0).end().await;
    for seen in [&first, &second, &late] {
        seen.is_complete(1, 120);
    }
    third.is_complete(6, 120);
    agree([&first, &second, &third, &late]);
    assert_eq!((one.count("started"), one.count("finished"), two.count("started")), (1, 1, 0));
}

/// Row 21, where no connection breaks: the old primary answers on, as a replica of the new one.
#[tokio::test]
async fn a_primary_that_became_a_replica_is_left() {
    let pair = Pair::start().await;
    let (one, two) = (pair.node().await, pair.node().await);
    let run = start(one.addr, "/node/count/120/20").await;
    let mut follower = follow(&[two.addr], &run, 0);
    pair.lose_a_tail(&run, &mut follower).await;
    pair.proxy.lead_to(pair.replica.port);
    pair.primary.ask(&["REPLICAOF", "127.0.0.1", &pair.replica.port.to_string()]);
    let seen = follower.end().await;
    let late = follow(&[one.addr], &run, 0).end().await;
    seen.is_complete(1, 120);
    late.is_complete(1, 120);
    agree([&seen, &late]);
    assert_eq!((one.count("started"), one.count("finished")), (1, 1));
}

/// Row 21, where more is lost than the writer still has.
#[tokio::test]
async fn a_tail_that_the_writer_no_longer_has_is_lost_for_all() {
    let pair = Pair::start().await;
    let (one, two) = (pair.node().await, pair.node().await);
    let run = start(one.addr, "/node/count/100000/1").await;
    let mut follower = follow(&[two.addr], &run, 0);
    pair.detach(&run).await;
    let kept = pair.kept(&run);
    follower.reaches(kept + 1300).await;
    pair.fail_over();
    one.tells("dropped").await;
    let seen = follower.within(LOST).await;
    seen.is_lost();
    let late = follow(&[two.addr], &run, 0).end().await;
    late.has(1, kept);
    late.is_lost();
    agree([&seen, &late]);
}

/// Row 22. The end takes the number of a packet that some have seen: they must not take it for the end that they lack.
#[tokio::test]
async fn a_lost_tail_of_a_dead_writer_is_an_end_for_nobody() {
    let pair = Pair::start().await;
    let (mut one, two) = (pair.node().await, pair.node().await);
    let run = start(one.addr, "/node/count/1000/20").await;
    let mut live = [follow(&[two.addr], &run, 0), follow(&[two.addr], &run, 0)];
    pair.detach(&run).await;
    let kept = pair.kept(&run);
    for follower in &mut live {
        follower.reaches(kept + 10).await;
    }
    one.kill().await;
    pair.fail_over();
    let comers: Vec<_> = [0, kept, kept + 1, kept + 2].map(|cursor| follow(&[two.addr], &run, cursor)).into();
    let mut seen = Vec::new();
    for follower in live.into_iter().chain(comers) {
        let follower = follower.within(LOST).await;
        follower.is_lost();
        seen.push(follower);
    }
    agree(&seen);
    assert!(seen[..2].iter().all(|live| live.last() >= kept + 10));
    seen[2].has(1, kept);
    assert_eq!((&seen[2].end, &seen[3].end), (&End::Failed("lost".into()), &End::Failed("lost".into())));
    assert_eq!(head(two.addr, &run).await, ("lost".to_owned(), kept + 1));
    // With the number of the end, which is that of a packet: no 204.
    for (cursor, count) in [(kept + 1, 0), (kept + 7, 0), (kept, 0)] {
        let seen = follow(&[two.addr], &run, cursor).end().await;
        seen.is_lost();
        assert_eq!(seen.packets.len(), count);
    }
}

/// Row 22, where all who are left have more than the log: nobody follows, and still the run ends.
#[tokio::test]
async fn those_who_are_ahead_of_a_dead_writer_are_told_so() {
    let pair = Pair::start().await;
    let mut one = pair.node().await;
    let run = start(one.addr, "/node/count/1000/20").await;
    let mut follower = follow(&[one.addr], &run, 0);
    let seen = pair.lose_a_tail(&run, &mut follower).await;
    one.kill().await;
    pair.fail_over();
    let two = pair.node().await;
    let seen = follow(&[two.addr], &run, seen).within(LOST).await;
    assert_eq!(seen.end, End::Refused(409, "lost".into()));
    assert!(seen.answers.len() > 1, "it was told to come back first: {:?}", seen.answers);
}
