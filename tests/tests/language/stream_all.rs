//! `self.stream_all`: every item of a stream as a packet.

use axum::http::StatusCode;
use futures_util::{StreamExt as _, stream};
use outflow::{Event, Packet, action, controller, test::Client};
use serde_json::{Value, json};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};

use crate::support::soon;

struct Rows;

#[controller]
impl Rows {
    #[action]
    async fn all(&self) -> usize {
        self.stream("head");
        self.stream_all(stream::iter(["a", "b"]));
        self.stream_all(stream::iter([Packet::raw("c")])).await;
        self.helped(2).await;
        7
    }

    async fn helped(&self, to: u32) {
        self.stream_all(stream::iter(0..to).then(|i| async move { i * 10 }));
    }

    #[action(path = "/fallible/{fails}")]
    async fn fallible(&self, fails: bool) -> Result<(), StatusCode> {
        let third = if fails { Err(StatusCode::CONFLICT) } else { Ok(3) };
        self.stream_all(stream::iter([Ok(1), Ok(2), third, Ok(4)]))?;
        self.stream("all");
        Ok(())
    }

    #[action]
    async fn kept(&self) -> String {
        let end: Result<(), &str> = self.stream_all(stream::iter([Ok(1), Err("kept"), Ok(2)]));
        format!("{end:?}")
    }

    /// A task that feeds a channel, and may panic.
    #[action(path = "/fed/{fails}")]
    async fn fed(&self, fails: bool) -> Result<(), StatusCode> {
        let (items, mut fed) = mpsc::channel(8);
        let feeding = tokio::spawn(async move {
            items.send(1).await.unwrap();
            assert!(!fails, "the task has failed");
        });
        self.stream_all(stream::poll_fn(move |cx| fed.poll_recv(cx)));
        feeding.await.map_err(|_| StatusCode::BAD_GATEWAY)
    }

    /// A broadcast whose reader has missed two values.
    #[action]
    async fn lagging(&self) -> Result<(), StatusCode> {
        let (sender, receiver) = broadcast::channel(2);
        for value in 1..=4 {
            sender.send(value).unwrap();
        }
        drop(sender);
        let values = stream::unfold(receiver, async |mut receiver| match receiver.recv().await {
            Ok(value) => Some((Ok(value), receiver)),
            Err(RecvError::Lagged(_)) => Some((Err(StatusCode::CONFLICT), receiver)),
            Err(RecvError::Closed) => None,
        });
        self.stream_all(values)
    }
}

/// In bytes, because a raw packet reads like JSON.
#[tokio::test(start_paused = true)]
async fn every_item_is_a_packet() {
    let expected = "data: \"head\"\n\ndata: \"a\"\n\ndata: \"b\"\n\ndata: c\n\ndata: 0\n\ndata: 10\n\n";
    let expected = format!("{expected}event: done\nid: outflow-end\ndata: 7\n\n");
    assert_eq!(Client::new(Rows).get("/rows/all").start().wire().await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_results_ends_at_its_first_error() {
    let client = Client::new(Rows);
    let mut answer = client.get("/rows/fallible/true").start();
    assert_eq!(answer.failed().await.status(), StatusCode::CONFLICT);
    assert_eq!(answer.unread::<u32>(), [1, 2]);
    let all = client.get("/rows/fallible/false").all::<Value, ()>().await;
    assert_eq!(Value::from(all.packets), json!([1, 2, 3, 4, "all"]));
    let kept = client.get("/rows/kept").all::<u32, String>().await;
    assert_eq!((kept.packets, &*kept.result), (vec![1], r#"Err("kept")"#));
}

/// As the docs of `#[controller]` advise: the end of the stream alone would be a success.
#[tokio::test(start_paused = true)]
async fn a_source_that_fails_or_lags_is_no_success() {
    let client = Client::new(Rows);
    let mut answer = client.get("/rows/fed/true").start();
    assert_eq!(answer.failed().await.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(answer.unread::<u32>(), [1]);
    assert_eq!(client.get("/rows/fed/false").all::<u32, ()>().await.packets, [1]);
    let mut answer = client.get("/rows/lagging").start();
    assert_eq!(answer.head().await.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn it_goes_at_the_pace_of_its_reader() {
    let polled = std::cell::Cell::new(0);
    let (send, receive) = std::sync::mpsc::channel();
    struct Counted(std::sync::Mutex<std::sync::mpsc::Sender<u32>>);

    #[controller]
    impl Counted {
        #[action]
        async fn run(&self) {
            self.stream_all(stream::iter(0..100).inspect(|i| self.0.lock().unwrap().send(*i).unwrap()));
        }
    }

    let counted = Counted(send.into());
    let mut events = counted.run();
    for expected in 1..=3 {
        assert!(matches!(soon("an event", events.next()).await, Some(Event::Packet(_))));
        polled.set(polled.get() + receive.try_iter().count());
        assert_eq!(polled.get(), expected);
    }
}
