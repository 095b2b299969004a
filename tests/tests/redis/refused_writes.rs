//! A Redis that answers and refuses all writes, because its memory is full or it has become a replica.

use axum::http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::{Response, body::Incoming};
use outflow::run::{Claim, ClaimError, Meta, OpenError, RunId, RunLog as _};

use crate::support::{
    redis::{
        LOST,
        follower::{End, Follower, agree, ask, follow, head, start_with},
        node::Node,
        server::Redis,
    },
    runs::{KEY, OTHER_KEY, digest, meta},
    soon, within,
};

/// The commands after which a Redis refuses writes, and those after which it takes them again.
const REFUSALS: [[&[&str]; 2]; 2] = [
    [&["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"]],
    // Nothing listens at this port.
    [&["REPLICAOF", "127.0.0.1", "1"], &["REPLICAOF", "NO", "ONE"]],
];

const NEW_KEY: &str = "a-new-key-0123456789abc";

/// Neither its followers nor any request that needs it.
#[tokio::test]
async fn nothing_waits_for_ever_where_writes_are_refused() {
    for [refuse, allow] in REFUSALS {
        let redis = Redis::start();
        let variables = [("LEASE", "2000"), ("OUTAGE_TIMEOUT", "1000")];
        let (one, two) = (Node::start(&redis.url(), &variables).await, Node::start(&redis.url(), &variables).await);
        let ended = start_with(one.addr, "/node/count/5/1", KEY).await;
        let before = follow(&[two.addr], &ended, 0).end().await;
        let run = start_with(one.addr, "/node/count/100000/5", OTHER_KEY).await;
        let get = [("run-key", OTHER_KEY)];
        let mut body = ask(two.addr, Method::GET, &run, &get).await.unwrap().into_body();
        soon("a packet", body.frame()).await.unwrap().unwrap();

        redis.ask(refuse);
        one.tells("dropped").await;
        // A cut, as where Redis is away: an end would be the last word.
        let end = within(LOST, "the end of the body", async {
            loop {
                match body.frame().await {
                    Some(Ok(_)) => {}
                    end => break end,
                }
            }
        });
        assert!(matches!(end.await, Some(Err(_))), "{refuse:?}");
        // An end that is there can be read.
        let after = follow(&[two.addr], &ended, 0).end().await;
        before.is_complete(1, 5);
        after.is_complete(1, 5);
        agree([&before, &after]);
        let post = ask(two.addr, Method::POST, "/node/count/5/1", &[("idempotency-key", KEY)]).await.unwrap();
        assert_eq!(post.status(), StatusCode::OK, "{refuse:?}");
        // The end of the other run, a cancel and a new run would have to be written.
        for (method, path, header) in [
            (Method::GET, &*run, get),
            (Method::HEAD, &*run, get),
            (Method::DELETE, &*run, get),
            (Method::POST, "/node/count/100000/5", [("idempotency-key", OTHER_KEY)]),
            (Method::POST, "/node/count/5/2", [("idempotency-key", NEW_KEY)]),
        ] {
            let answer = ask(two.addr, method.clone(), path, &header).await.unwrap();
            assert!(is_sent_away(&answer), "{refuse:?} {method} {path}: {answer:?}");
        }

        redis.ask(allow);
        let seen = Follower::of(&[two.addr], &run, OTHER_KEY, 0).within(LOST).await;
        assert_eq!(seen.end, End::Failed("lost".to_owned()));
        let fresh = start_with(one.addr, "/node/count/5/2", NEW_KEY).await;
        let headers = [("run-key", NEW_KEY)];
        assert_eq!(ask(two.addr, Method::GET, &fresh, &headers).await.unwrap().status(), StatusCode::OK);
        assert_eq!(head(two.addr, &ended).await, ("done".to_owned(), 6));
    }
}

fn is_sent_away(answer: &Response<Incoming>) -> bool {
    answer.status() == StatusCode::SERVICE_UNAVAILABLE && answer.headers().contains_key("retry-after")
}

/// Followers can't announce themselves there, so their number is unknown, and not zero.
#[tokio::test]
async fn a_redis_that_refuses_writes_says_so() {
    for [refuse, allow] in REFUSALS {
        let redis = Redis::start();
        let log = redis.log().await;
        let writer = log.open(&RunId::random(), meta()).await.unwrap();
        assert!(!log.is_followed(&writer.run).await.unwrap());
        redis.ask(refuse);
        let checks = async {
            assert!(log.is_followed(&writer.run).await.is_err(), "{refuse:?}");
            let claim = Claim { run: RunId::random(), fingerprint: digest("print") };
            assert!(matches!(log.claim(digest("key"), claim).await, Err(ClaimError::Unavailable(_))), "{refuse:?}");
            let owned = Meta { owner: Some(digest("owner")), ..meta() };
            assert!(matches!(log.open(&RunId::random(), owned).await, Err(OpenError::Unavailable(_))), "{refuse:?}");
            assert!(log.cancel(&writer.run).await.is_err(), "{refuse:?}");
        };
        soon("all answers", checks).await;
        redis.ask(allow);
        log.follow(&writer.run).await.unwrap();
        assert!(log.is_followed(&writer.run).await.unwrap());
    }
}
