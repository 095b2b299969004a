//! `self.emitter()`: packets from places where `self.stream` can't be used.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::http::StatusCode;
use futures_util::StreamExt as _;
use outflow::{Closed, Controller as _, Emitter, Event, TrySendError, action, controller, test::Client};
use tokio::{sync::Notify, task::yield_now, time::sleep};

use crate::support::{frame, open_get, soon};

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

fn app() -> (Client, Arc<Mutex<Vec<Emitter>>>) {
    let jobs = Jobs::default();
    let kept = jobs.kept.clone();
    (Client::new(jobs), kept)
}

#[tokio::test(start_paused = true)]
async fn the_stream_ends_when_the_action_and_its_emitters_are_done() {
    let (client, _) = app();
    let mut answer = client.get("/jobs/spawned").start();
    assert_eq!(answer.packet::<String>().await, "started");
    let mut rest = answer.rest::<String, String>().await;
    rest.packets.sort_unstable();
    assert_eq!((rest.packets.join(" "), &*rest.result), ("a0 a1 a2 b0 b1 b2".to_owned(), "returned"));
}

#[tokio::test(start_paused = true)]
async fn a_callback_sends_without_waiting() {
    let (client, _) = app();
    assert_eq!(client.get("/jobs/callback").all::<u32, ()>().await.packets, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_emitter_holds_the_end_back_and_no_longer() {
    let (client, kept) = app();
    let mut answer = client.get("/jobs/kept").start();
    assert_eq!(answer.packet::<String>().await, "kept");
    let emitter = kept.lock().unwrap().pop().unwrap();
    let copy = emitter.clone();
    soon("room", emitter.send("late")).await.unwrap();
    drop(emitter);
    assert_eq!(answer.packet::<String>().await, "late");
    answer.quiet(Duration::from_secs(3600)).await;
    drop(copy);
    assert_eq!(answer.rest::<(), u8>().await.result, 9);
}

/// A failure, a panic and a client that leaves do not wait for emitters.
#[tokio::test(start_paused = true)]
async fn what_ends_the_stream_closes_its_emitters() {
    let (client, kept) = app();
    for (how, status) in [("error", 409), ("panic", 500)] {
        let mut answer = client.get(&format!("/jobs/broken/{how}")).start();
        assert_eq!(answer.failed().await.status().as_u16(), status, "{how}");
        let emitter = kept.lock().unwrap().pop().unwrap();
        assert_eq!(soon("the answer", emitter.send(1)).await, Err(Closed), "{how}");
        assert_eq!(emitter.try_send(1), Err(TrySendError::Closed), "{how}");
    }
    let mut answer = client.get("/jobs/broken/pending").start();
    assert_eq!(answer.packet::<String>().await, "first");
    let emitter = kept.lock().unwrap().pop().unwrap();
    soon("room", emitter.send(1)).await.unwrap();
    answer.leave();
    client.dropped("/jobs/broken/pending").await;
    assert_eq!(soon("the answer", emitter.send(1)).await, Err(Closed));
}

/// Frame by frame, without a connection, whose pipe would hold far more than one.
#[tokio::test]
async fn an_emitter_waits_for_its_reader_like_the_action() {
    let jobs = Jobs::default();
    let kept = jobs.kept.clone();
    let mut body = open_get(&jobs.into_router(), "/jobs/broken/pending").await.into_body();
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

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_fails_the_stream() {
    let client = Client::new(Panicking);
    let mut answer = client.get("/panicking/task").start();
    let failed = answer.failed().await;
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    // It may panic before its packet has opened the response.
    let is_open = answer.head().await.status() == StatusCode::OK;
    assert_eq!(answer.unread::<String>(), if is_open { &["half"] as &[_] } else { &[] });
    assert!(!failed.to_string().contains("on purpose"), "{failed}");
}
