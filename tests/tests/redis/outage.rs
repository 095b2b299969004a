//! Redis itself: it forgets, pauses, loses hints and replies, and is cut off.

use std::time::{Duration, Instant};

use axum::http::Method;
use futures_util::FutureExt as _;
use tokio::time::sleep;

use crate::support::{
    redis::{
        LEASE, LOST,
        follower::{End, Follower, agree, ask, follow, head, start},
        node::Node,
        proxy::{Proxy, Then},
        server::Redis,
    },
    runs::KEY,
};

/// Row 12. What a lost hint costs: the tick of a follower, and what a busy machine adds.
#[tokio::test]
async fn lost_hints_cost_a_tick_and_nothing_else() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let (one, two) = (Node::start(&redis.url(), &LEASE).await, Node::start(&proxy.url(), &LEASE).await);
    for nth in [3, 1] {
        proxy.drop_hints(nth);
        let before = proxy.hints();
        let path = format!("/node/count/80/{}", 20 + nth);
        let run = start(one.addr, &path).await;
        let seen = follow(&[two.addr], &run, 0).end().await;
        seen.is_complete(1, 80);
        assert!(seen.slowest < Duration::from_millis(2500), "{:?}", seen.slowest);
        assert!(proxy.hints() > before + 20, "{} hints", proxy.hints() - before);
    }
}

/// Row 12: the subscription itself breaks, again and again, and the writer dies meanwhile.
#[tokio::test]
async fn a_subscription_that_breaks_all_the_time_hides_nothing() {
    let redis = Redis::start();
    let (mut one, two) = (Node::start(&redis.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await);
    let run = start(one.addr, "/node/count/1000/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    let breaking = async {
        loop {
            redis.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
            sleep(Duration::from_millis(100)).await;
        }
    };
    let following = async {
        follower.reaches(100).await;
        one.kill().await;
        follower.within(LOST).await
    };
    let seen = tokio::select! {
        seen = following => seen,
        () = breaking => unreachable!("it goes on for ever"),
    };
    seen.is_lost();
    assert_eq!(head(two.addr, &run).await, ("lost".to_owned(), seen.last() + 1));
}

/// Row 20.
#[tokio::test]
async fn a_redis_that_forgets_everything_ends_what_goes_on() {
    for restarts in [false, true] {
        let mut redis = Redis::start();
        let (one, two) = (Node::start(&redis.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await);
        let run = start(one.addr, "/node/count/1000/10").await;
        let mut follower = follow(&[two.addr], &run, 0);
        follower.reaches(20).await;
        if restarts {
            redis.restart();
        } else {
            redis.ask(&["FLUSHALL"]);
        }
        let seen = follower.within(LOST).await;
        let forgotten = End::Refused(404, "about:blank".to_owned());
        assert!(seen.end == End::Failed("lost".to_owned()) || seen.end == forgotten, "{:?}", seen.end);
        one.tells("dropped").await;
        assert_eq!(follow(&[two.addr], &run, 0).end().await.end, forgotten);
        // Later runs work.
        let run = start(two.addr, "/node/count/20/5").await;
        follow(&[one.addr], &run, 0).end().await.is_complete(1, 20);
    }
}

/// Row 23, within a lease.
#[tokio::test]
async fn a_pause_is_waited_for() {
    let redis = Redis::start();
    let (one, two) = (Node::start(&redis.url(), &[]).await, Node::start(&redis.url(), &[]).await);
    let run = start(one.addr, "/node/count/300/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(20).await;
    let start = Instant::now();
    redis.ask(&["CLIENT", "PAUSE", "5000", "ALL"]);
    let seen = follower.end().await;
    assert!(start.elapsed() > Duration::from_secs(5), "there was no pause");
    seen.is_complete(1, 300);
    assert_eq!((one.count("started"), one.count("finished")), (1, 1));
}

/// Row 23, for longer than a lease: followers are back first, and must not end a run whose writer could not renew.
#[tokio::test]
async fn a_pause_longer_than_a_lease_is_no_death() {
    let redis = Redis::start();
    let (ours, theirs) = (Proxy::to(redis.port).await, Proxy::to(redis.port).await);
    let (one, two) = (Node::start(&ours.url(), &LEASE).await, Node::start(&theirs.url(), &LEASE).await);
    let run = start(one.addr, "/node/count/300/10").await;
    let mut followers = [follow(&[two.addr], &run, 0), follow(&[two.addr], &run, 10)];
    for follower in &mut followers {
        follower.reaches(30).await;
    }
    // The server is there and nobody reaches it.
    ours.lead_to(1);
    theirs.lead_to(1);
    ours.cut();
    theirs.cut();
    sleep(Duration::from_secs(5)).await;
    ours.lead_to(redis.port);
    theirs.lead_to(redis.port);
    let [first, second] = followers.map(Follower::end);
    let (first, second) = tokio::join!(first, second);
    first.is_complete(1, 300);
    second.is_complete(11, 300);
    assert_eq!((one.count("started"), one.count("finished")), (1, 1));
}

/// Row 23, for longer than the outage timeout.
#[tokio::test]
async fn a_writer_gives_up_a_redis_that_stays_away() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let variables = [("LEASE", "2000"), ("OUTAGE_TIMEOUT", "1000")];
    let (one, two) = (Node::start(&proxy.url(), &variables).await, Node::start(&proxy.url(), &variables).await);
    let run = start(one.addr, "/node/count/100000/1").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(30).await;
    proxy.lead_to(1);
    proxy.cut();
    one.tells("dropped").await;
    proxy.lead_to(redis.port);
    let seen = follower.within(LOST).await;
    assert_eq!(seen.end, End::Failed("lost".to_owned()));
    assert_eq!(head(one.addr, &run).await, ("lost".to_owned(), seen.last() + 1));
}

/// It renews the lease as often as that lease needs.
#[tokio::test]
async fn a_silent_writer_keeps_its_lease() {
    let redis = Redis::start();
    let (one, two) = (
        Node::start(&redis.url(), &[("LEASE", "1000")]).await,
        // A node with another lease, which says nothing about this run.
        Node::start(&redis.url(), &[("LEASE", "100")]).await,
    );
    let run = start(one.addr, "/node/count/2/3000").await;
    follow(&[two.addr], &run, 0).end().await.is_complete(1, 2);
}

/// Row 24.
#[tokio::test]
async fn a_writer_that_is_cut_off_is_missed_and_adds_nothing_later() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let (one, two) = (Node::start(&proxy.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await);
    let run = start(one.addr, "/node/count/1000/10").await;
    let mut follower = follow(&[two.addr], &run, 0);
    follower.reaches(30).await;
    proxy.stall();
    let seen = follower.within(LOST).await;
    assert_eq!(one.count("dropped"), 0, "it does not know yet");
    let (state, tail) = head(two.addr, &run).await;
    assert_eq!((&*state, &seen.end), ("lost", &End::Failed("lost".to_owned())));
    proxy.heal();
    one.tells("dropped").await;
    let late = follow(&[one.addr, two.addr], &run, 0).end().await;
    assert_eq!((late.last(), seen.last(), &late.end), (tail - 1, tail - 1, &seen.end));
    agree([&seen, &late]);
    assert_eq!(head(two.addr, &run).await, (state, tail));
}

/// Row 25, for each call that must not be done twice: the claim, the run itself, packets and the end.
#[tokio::test]
async fn a_call_whose_reply_was_lost_is_done_once() {
    let redis = Redis::start();
    let proxy = Proxy::to(redis.port).await;
    let (one, two) = (Node::start(&proxy.url(), &LEASE).await, Node::start(&redis.url(), &LEASE).await);
    for (i, marker) in
        ["outflow:claim:", r#"{"action":"/node/count"#, r#""n":7}"#, "$4\r\ndone\r\n"].into_iter().enumerate()
    {
        // The scripts are there already: a call is one request.
        let path = format!("/node/count/40/{}", 5 + i);
        start(one.addr, "/node/count/1/0").await;
        let lost = proxy.trap(marker, Then::LoseReply);
        let run = start(one.addr, &path).await;
        let seen = follow(&[two.addr], &run, 0).end().await;
        assert!(lost.notified().now_or_never().is_some(), "{marker} never came by");
        seen.is_complete(1, 40);
        let again = ask(one.addr, Method::POST, &path, &[("idempotency-key", KEY)]).await.unwrap();
        assert_eq!(again.headers()["location"].to_str().unwrap().rsplit('/').next(), run.rsplit('/').next());
        assert_eq!(one.count("started"), i + 2);
    }
}
