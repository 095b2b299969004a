//! `self.stream_all`: every item of a stream as a packet.

use axum::http::StatusCode;
use futures_util::{StreamExt as _, stream};
use outflow::{Controller as _, Event, Packet, action, controller};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    mpsc,
};

use crate::support::{get, soon};

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

#[tokio::test]
async fn every_item_is_a_packet() {
    let body = get(&Rows.into_router(), "/rows/all").await.body;
    let expected = "data: \"head\"\n\ndata: \"a\"\n\ndata: \"b\"\n\ndata: c\n\ndata: 0\n\ndata: 10\n\n";
    assert_eq!(body, format!("{expected}event: done\nid: outflow-end\ndata: 7\n\n"));
}

#[tokio::test]
async fn a_stream_of_results_ends_at_its_first_error() {
    let app = Rows.into_router();
    let reply = get(&app, "/rows/fallible/true").await;
    assert!(reply.body.starts_with("data: 1\n\ndata: 2\n\nevent: error\n"), "{}", reply.body);
    assert_eq!(reply.last_event("error")["status"], 409);
    let reply = get(&app, "/rows/fallible/false").await;
    assert!(reply.body.starts_with("data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: \"all\"\n\nevent: done\n"));
    let reply = get(&app, "/rows/kept").await;
    assert_eq!(reply.last_event("done"), r#"Err("kept")"#);
}

/// As the docs of `#[controller]` advise: the end of the stream alone would be a success.
#[tokio::test]
async fn a_source_that_fails_or_lags_is_no_success() {
    let app = Rows.into_router();
    let reply = get(&app, "/rows/fed/true").await;
    assert!(reply.body.starts_with("data: 1\n\nevent: error\n"), "{}", reply.body);
    assert_eq!(reply.last_event("error")["status"], 502);
    let reply = get(&app, "/rows/fed/false").await;
    assert!(reply.body.starts_with("data: 1\n\nevent: done\n"), "{}", reply.body);
    assert_eq!(get(&app, "/rows/lagging").await.status, StatusCode::CONFLICT);
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
