//! `self.emitter()`: packets from where `self.stream` cannot be.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::StatusCode;
use futures_util::StreamExt as _;
use outflow::{Closed, Controller as _, Emitter, Event, TrySendError, action, controller};
use tokio::{
    sync::Notify,
    task::{JoinHandle, yield_now},
    time::sleep,
};

use crate::support::{frame, get, open_get, soon};

/// Keeps an emitter of each of its actions.
#[derive(Default)]
struct Jobs {
    kept: Arc<Mutex<Vec<Emitter>>>,
    returned: Arc<Notify>,
}

impl Jobs {
    fn keep(&self, emitter: &Emitter) {
        self.kept.lock().unwrap().push(emitter.clone());
    }
}

#[controller]
impl Jobs {
    #[action]
    async fn spawned(&self) -> &'static str {
        for name in ["a", "b"] {
            let emitter = self.emitter();
            tokio::spawn(async move {
                for i in 0..3 {
                    sleep(Duration::from_secs(1)).await;
                    emitter.send(format!("{name}{i}")).await.unwrap();
                }
            });
        }
        self.stream("started");
        "returned"
    }

    #[action]
    async fn callback(&self) {
        let emitter = self.emitter();
        (0..3).for_each(|i| emitter.try_send(i).unwrap());
    }

    #[action]
    async fn kept(&self) -> u8 {
        self.keep(&self.emitter());
        self.stream("kept");
        self.returned.notify_one();
        9
    }

    #[action(path = "/broken/{how}")]
    async fn broken(&self, how: String) -> Result<(), StatusCode> {
        self.keep(&self.emitter());
        self.stream("first");
        match &*how {
            "panic" => panic!("on purpose"),
            "pending" => std::future::pending().await,
            _ => Err(StatusCode::CONFLICT),
        }
    }
}

fn app() -> (axum::Router, Arc<Mutex<Vec<Emitter>>>) {
    let jobs = Jobs::default();
    let kept = jobs.kept.clone();
    (jobs.into_router(), kept)
}

fn texts(body: &str) -> Vec<&str> {
    body.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect()
}

#[tokio::test(start_paused = true)]
async fn the_stream_ends_when_the_action_and_its_emitters_are_done() {
    let (app, _) = app();
    let reply = get(&app, "/jobs/spawned").await;
    let mut packets = texts(&reply.body);
    assert_eq!(packets.remove(0), r#""started""#);
    packets.sort_unstable();
    assert_eq!(packets, [r#""a0""#, r#""a1""#, r#""a2""#, r#""b0""#, r#""b1""#, r#""b2""#]);
    assert_eq!(reply.last_event("done"), "returned");
}

#[tokio::test]
async fn a_callback_sends_without_waiting() {
    let (app, _) = app();
    assert_eq!(texts(&get(&app, "/jobs/callback").await.body), ["0", "1", "2"]);
}

#[tokio::test]
async fn an_emitter_holds_the_end_back_and_no_longer() {
    let (app, kept) = app();
    let mut body = open_get(&app, "/jobs/kept").await.into_body();
    assert_eq!(frame(&mut body).await.unwrap(), "data: \"kept\"\n\n");
    let emitter = kept.lock().unwrap().pop().unwrap();
    let copy = emitter.clone();
    soon("room", emitter.send("late")).await.unwrap();
    drop(emitter);
    assert_eq!(frame(&mut body).await.unwrap(), "data: \"late\"\n\n");
    let last: JoinHandle<_> = tokio::spawn(async move { frame(&mut body).await });
    yield_now().await;
    assert!(!last.is_finished());
    drop(copy);
    assert_eq!(soon("the end", last).await.unwrap().unwrap(), "event: done\nid: outflow-end\ndata: 9\n\n");
}

/// A failure, a panic and a client that leaves do not wait for emitters.
#[tokio::test]
async fn what_ends_the_stream_closes_its_emitters() {
    let (app, kept) = app();
    for (how, status) in [("error", 409), ("panic", 500)] {
        let reply = get(&app, &format!("/jobs/broken/{how}")).await;
        assert_eq!(reply.last_event("error")["status"], status, "{how}");
        let emitter = kept.lock().unwrap().pop().unwrap();
        assert_eq!(soon("the answer", emitter.send(1)).await, Err(Closed), "{how}");
        assert_eq!(emitter.try_send(1), Err(TrySendError::Closed), "{how}");
    }
    let mut body = open_get(&app, "/jobs/broken/pending").await.into_body();
    frame(&mut body).await.unwrap();
    let emitter = kept.lock().unwrap().pop().unwrap();
    soon("room", emitter.send(1)).await.unwrap();
    drop(body);
    assert_eq!(soon("the answer", emitter.send(1)).await, Err(Closed));
}

#[tokio::test]
async fn an_emitter_waits_for_its_reader_like_the_action() {
    let (app, kept) = app();
    let mut body = open_get(&app, "/jobs/broken/pending").await.into_body();
    frame(&mut body).await.unwrap();
    let emitter = kept.lock().unwrap().pop().unwrap();
    let mut sent = 0;
    while sent < 1000 && emitter.try_send("x".repeat(100)).is_ok() {
        sent += 1;
    }
    assert_eq!(emitter.try_send(1), Err(TrySendError::Full));
    assert!((100..200).contains(&sent), "{sent} packets in one frame");

    // A packet that is `Full` is not sent; `send` puts its packet into the frame, and then waits.
    let waiting = tokio::spawn({
        let emitter = emitter.clone();
        async move { emitter.send("behind").await }
    });
    yield_now().await;
    assert!(!waiting.is_finished());
    let frame = frame(&mut body).await.unwrap();
    assert_eq!(frame.matches("xxxxx\"").count(), sent);
    assert!(frame.ends_with("data: \"behind\"\n\n"));
    assert_eq!(soon("room", waiting).await.unwrap(), Ok(()));
    // A `send` that waits when the stream ends returns an error.
    assert!((0..1000).any(|_| emitter.try_send("x".repeat(100)).is_err()));
    let waiting = tokio::spawn(async move { emitter.send("never read").await });
    yield_now().await;
    drop(body);
    assert_eq!(soon("the answer", waiting).await.unwrap(), Err(Closed));
}

#[tokio::test(start_paused = true)]
async fn emitters_work_without_http() {
    let jobs = Jobs::default();
    let mut events = jobs.kept();
    assert!(matches!(soon("a packet", events.next()).await, Some(Event::Packet(_))));
    let waiting = tokio::spawn({
        let (kept, returned) = (jobs.kept.clone(), jobs.returned.clone());
        async move {
            returned.notified().await;
            let emitter = kept.lock().unwrap().pop().unwrap();
            emitter.send("late").await
        }
    });
    let Some(Event::Packet(late)) = soon("a packet", events.next()).await else { panic!("no packet") };
    assert_eq!(late.json::<String>().unwrap(), "late");
    assert!(matches!(soon("the end", events.next()).await, Some(Event::Done(9))));
    assert_eq!(soon("room", waiting).await.unwrap(), Ok(()));
}

struct Panicking;

#[controller]
impl Panicking {
    #[action]
    async fn task(&self) {
        let emitter = self.emitter();
        tokio::spawn(async move {
            emitter.send("half").await.unwrap();
            panic!("on purpose");
        });
    }
}

#[tokio::test]
async fn a_task_that_panics_fails_the_stream() {
    let reply = get(&Panicking.into_router(), "/panicking/task").await;
    // It may panic before its packet has opened the response.
    if reply.status == StatusCode::OK {
        assert!(reply.body.starts_with("data: \"half\"\n\n"), "{}", reply.body);
        assert_eq!(reply.last_event("error")["status"], 500);
    } else {
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert!(!reply.body.contains("on purpose"));
}
