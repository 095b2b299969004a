//! What a test of a stream wants to see, in the words of the test client.

use std::{array, future::pending, time::Duration};

use axum::{
    Router,
    http::{Method, StatusCode},
};
use outflow::{
    Controller as _, Drain, action, controller,
    run::{RunState, Runs},
    test::{Client, after},
};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

struct Chat;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: u32,
    name: String,
}

#[controller]
impl Chat {
    #[action]
    async fn answer(&self) -> u32 {
        for token in ["Hello", "dear", "world"] {
            self.stream(token);
            sleep(Duration::from_secs(1)).await;
        }
        3
    }

    #[action(path = "/early")]
    async fn early(&self) -> Result<(), (StatusCode, &'static str)> {
        Err((StatusCode::CONFLICT, "taken"))?;
        self.stream("never");
        Ok(())
    }

    #[action]
    async fn late(&self) -> Result<(), (StatusCode, &'static str)> {
        self.stream("one");
        Err((StatusCode::CONFLICT, "taken"))
    }

    #[action]
    async fn idle(&self) {
        self.stream("one");
        pending::<()>().await;
    }

    #[action(timeout = "10m")]
    async fn endless(&self) {
        self.stream("one");
        pending::<()>().await;
    }

    #[action]
    async fn busy(&self) {
        for number in 0_u64.. {
            self.stream(number);
        }
    }

    #[action]
    async fn hundred(&self) {
        for number in 1..=100 {
            self.stream(number);
        }
    }

    #[action]
    async fn rows(&self) {
        for (id, name) in [(1, "one"), (2, "two, or more")] {
            self.stream(Row { id, name: name.to_owned() });
        }
    }

    #[action(post, resumable)]
    async fn job(&self) -> &'static str {
        for number in 1..=5 {
            self.stream(number);
            sleep(Duration::from_secs(1)).await;
        }
        "all"
    }
}

fn node(runs: &Runs) -> Router {
    Chat.into_router().layer(axum::Extension(runs.clone()))
}

#[tokio::test(start_paused = true)]
async fn the_first_token() {
    let client = Client::new(Chat);
    let mut answer = client.get("/chat/answer").start();
    assert_eq!(answer.packet::<String>().await, "Hello");
    answer.leave();
}

#[tokio::test(start_paused = true)]
async fn the_order_and_the_result() {
    let client = Client::new(Chat);
    let mut answer = client.get("/chat/answer").start();
    assert_eq!(answer.packets::<String, 3>().await, ["Hello", "dear", "world"]);
    assert_eq!(answer.done::<u32>().await, 3);
    assert_eq!(answer.arrivals().iter().map(Duration::as_secs).collect::<Vec<_>>(), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_packets() {
    let client = Client::new(Chat);
    let mut answer = client.get("/chat/hundred").start();
    assert_eq!(answer.packets::<u32, 100>().await, array::from_fn(|index| index as u32 + 1));
    answer.done::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn all_at_once() {
    let client = Client::new(Chat);
    let all = client.get("/chat/answer").all::<String, u32>().await;
    assert_eq!((all.packets.len(), all.result), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn the_rest_after_some_packets() {
    let client = Client::new(Chat);
    let mut answer = client.get("/chat/answer").start();
    assert_eq!(answer.packet::<String>().await, "Hello");
    let rest = answer.rest::<String, u32>().await;
    assert_eq!((rest.packets, rest.result), (vec!["dear".to_owned(), "world".to_owned()], 3));
    assert_eq!(answer.arrivals(), [0, 1, 2].map(Duration::from_secs));
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_first_packet() {
    let client = Client::new(Chat);
    let failed = client.get("/chat/early").start().failed().await;
    assert_eq!((failed.status(), failed.detail()), (StatusCode::CONFLICT, "taken"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_first_packet() {
    for accept in ["text/event-stream", "application/json", "application/octet-stream;charset=ISO-8859-1"] {
        let client = Client::new(Chat).accept(accept);
        let mut answer = client.get("/chat/late").start();
        assert_eq!(answer.packet::<String>().await, "one", "{accept}");
        let failed = answer.failed().await;
        assert_eq!((failed.status(), failed.detail()), (StatusCode::CONFLICT, "taken"), "{accept}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_cut() {
    for accept in ["application/x-ndjson", "text/csv", "text/plain", "application/octet-stream"] {
        for client in [Client::new(Chat), Client::new(Chat).http2()] {
            let mut answer = client.get("/chat/late").accept(accept).start();
            assert_eq!(answer.packet::<String>().await, "one", "{accept}");
            answer.cut().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves() {
    for client in [Client::new(Chat), Client::new(Chat).http2()] {
        let mut answer = client.get("/chat/idle").start();
        answer.packet::<String>().await;
        answer.leave();
        assert!(client.dropped("/chat/idle").await < Duration::from_millis(250));
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_two_clients_leaves() {
    let client = Client::new(Chat);
    let mut one = client.get("/chat/idle").start();
    one.packet::<String>().await;
    let mut other = client.get("/chat/idle?tab=2").start();
    other.packet::<String>().await;
    other.leave();
    client.dropped("/chat/idle?tab=2").await;
    one.leave();
    client.dropped("/chat/idle").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stalls() {
    for client in [Client::new(Chat), Client::new(Chat).http2()] {
        let mut answer = client.get("/chat/busy").start();
        answer.head().await;
        answer.stall();
        let sent = client.held("/chat/busy").await;
        sleep(Duration::from_secs(20)).await;
        assert_eq!(client.held("/chat/busy").await, sent, "the action goes on without its client");
        answer.read_on();
        while answer.packet::<u64>().await < sent + 10 {}
        answer.leave();
    }
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat() {
    for accept in ["text/event-stream", "application/json", "application/x-ndjson"] {
        let client = Client::new(Chat).accept(accept);
        let mut answer = client.get("/chat/idle").start();
        answer.packet::<String>().await;
        answer.heartbeat().await;
        answer.quiet(Duration::from_secs(60)).await;
        answer.leave();
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline() {
    let client = Client::new(Chat).limit(Duration::from_secs(3600));
    let mut answer = client.get("/chat/endless").start();
    assert_eq!(answer.failed().await.status(), StatusCode::GATEWAY_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_run_from_the_middle() {
    let client = Client::new(Chat);
    let mut first = client.post("/chat/job").start();
    first.packets::<u32, 2>().await;
    let all = client.follow(first.run(), after(2)).all::<u32, String>().await;
    assert_eq!((all.packets, &*all.result), (vec![3, 4, 5], "all"));
    assert_eq!(first.done::<String>().await, "all");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled() {
    let client = Client::new(Chat);
    let mut first = client.post("/chat/job").start();
    first.packets::<u32, 2>().await;
    client.cancel(first.run()).await;
    assert_eq!(first.failed().await.status(), StatusCode::GONE);
}

#[tokio::test(start_paused = true)]
async fn the_state_of_a_run() {
    let client = Client::new(Chat);
    let mut first = client.post("/chat/job").start();
    first.packet::<u32>().await;
    first.leave();
    assert_eq!(client.state(first.run()).await, RunState::Open);
    assert_eq!(client.ended(first.run()).await, RunState::Done);
    let mut second = client.post("/chat/job").start();
    second.packet::<u32>().await;
    client.cancel(second.run()).await;
    assert_eq!(client.ended(second.run()).await, RunState::Cancelled);
    second.failed().await;
}

/// There is no end to look at where a head is the whole answer.
#[tokio::test(start_paused = true)]
async fn a_head_that_is_all() {
    let client = Client::new(Chat);
    let mut answer = client.post("/chat/job").start();
    assert_eq!(answer.done::<String>().await, "all");
    let mut rest = client.follow(answer.run(), after(6)).start();
    assert_eq!(rest.head().await.status(), StatusCode::NO_CONTENT);
    let mut second = client.post("/chat/job").start();
    second.packet::<u32>().await;
    let run = second.run();
    let cancel = client.request(Method::DELETE, run.path()).header("run-key", run.key().unwrap());
    assert_eq!(cancel.start().head().await.status(), StatusCode::ACCEPTED);
    second.failed().await;
    let mut state = client.request(Method::HEAD, "/chat/idle").start();
    assert_eq!(state.head().await.status(), StatusCode::OK);
    sleep(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_node() {
    let runs = Runs::default();
    let (one, other) = Client::pair(node(&runs), node(&runs));
    let mut first = one.post("/chat/job").start();
    first.packet::<u32>().await;
    let all = other.follow(first.run(), after(0)).all::<u32, String>().await;
    assert_eq!(all.packets, [1, 2, 3, 4, 5]);
    first.leave();
}

#[tokio::test(start_paused = true)]
async fn a_drain() {
    let client = Client::with_drain(Chat, Drain::new().grace(Duration::from_secs(5)));
    let mut answer = client.get("/chat/idle").start();
    answer.packet::<String>().await;
    client.drain();
    answer.quiet(Duration::from_secs(4)).await;
    assert_eq!(answer.failed().await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_table() {
    let client = Client::new(Chat).accept("text/csv");
    let rows = client.get("/chat/rows").all::<Row, ()>().await.packets;
    assert_eq!(rows[1], Row { id: 2, name: "two, or more".to_owned() });
    assert_eq!(client.get("/chat/rows").start().text().await, "id,name\r\n1,one\r\n2,\"two, or more\"\r\n");
}

#[tokio::test]
async fn the_same_over_sockets() {
    for client in [Client::new(Chat).tcp(), Client::new(Chat).tcp().http2()] {
        let mut answer = client.get("/chat/late").start();
        assert_eq!(answer.packet::<String>().await, "one");
        assert_eq!(answer.failed().await.detail(), "taken");
        let mut answer = client.get("/chat/idle").start();
        answer.packet::<String>().await;
        answer.leave();
        client.dropped("/chat/idle").await;
    }
}
