//! Streams that are closed because they are old, and whose clients come back. The clock is paused.

use std::{collections::BTreeSet, future::pending, time::Duration};

use axum::http::StatusCode;
use outflow::{
    action, controller,
    test::{Answer, Client, after},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use crate::support::soon;

struct Prices;

/// A `long` action has come to its end.
static FINISHED: Notify = Notify::const_new();

#[controller]
impl Prices {
    #[action(max_age = "1h")]
    async fn live(&self) {
        self.stream(1);
        pending::<()>().await;
    }

    #[action(max_age = "1h")]
    async fn busy(&self) {
        loop {
            self.stream(1);
            sleep(Duration::from_secs(1)).await;
        }
    }

    #[action(max_age = "1h", on_disconnect = finish)]
    async fn short(&self) -> &'static str {
        self.stream(1);
        sleep(Duration::from_secs(40 * 60)).await;
        "whole"
    }

    /// Takes two hours, with or without its client.
    #[action(max_age = "1h", on_disconnect = finish)]
    async fn long(&self) {
        self.stream(1);
        sleep(Duration::from_secs(2 * 3600)).await;
        FINISHED.notify_one();
    }

    #[action(max_age = "1h", timeout = "30m")]
    async fn limited(&self) {
        self.stream(1);
        pending::<()>().await;
    }

    #[action(max_age = "1h", timeout = "2h")]
    async fn limited_later(&self) {
        self.stream(1);
        pending::<()>().await;
    }

    #[action(max_age = "10s", open_after = "1h")]
    async fn silent(&self) {
        pending::<()>().await;
        self.stream(1);
    }

    /// Takes 28 seconds.
    #[action(post, resumable, max_age = "10s")]
    async fn run(&self) -> &'static str {
        for number in 1..=8 {
            self.stream(number);
            sleep(Duration::from_millis(3_500)).await;
        }
        "all"
    }
}

/// When the stream breaks off.
async fn age(mut answer: Answer, start: Instant) -> Duration {
    answer.packet::<u32>().await;
    answer.cut().await;
    start.elapsed()
}

fn is_in_time(age: Duration) -> bool {
    (48 * 60..=60 * 60).contains(&age.as_secs())
}

#[tokio::test(start_paused = true)]
async fn streams_end_at_different_times_in_the_last_fifth() {
    let client = Client::new(Prices).limit(Duration::from_secs(2 * 3600));
    let start = Instant::now();
    let answers: Vec<_> = (0..20).map(|_| client.get("/prices/live").start()).collect();
    let ages = futures_util::future::join_all(answers.into_iter().map(|answer| age(answer, start))).await;
    assert!(ages.iter().all(|age| is_in_time(*age)), "{ages:?}");
    assert!(ages.iter().collect::<BTreeSet<_>>().len() > 1, "{ages:?}");
    for _ in 0..20 {
        client.dropped("/prices/live").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_is_told_to_come_back_and_of_no_end() {
    for (accept, is_told) in [("text/event-stream", true), ("application/x-ndjson", false), ("text/csv", false)] {
        let client = Client::new(Prices).accept(accept).limit(Duration::from_secs(2 * 3600));
        let start = Instant::now();
        let mut answer = client.get("/prices/busy").start();
        let text = String::from_utf8(answer.wire().await.to_vec()).unwrap();
        assert!(is_in_time(start.elapsed()), "{accept}: {:?}", start.elapsed());
        let last = text.trim_end().rsplit('\n').next().unwrap();
        assert_eq!(last.starts_with("retry: "), is_told, "{accept}: {last}");
        assert!(!text.contains("event:"), "{accept}");
        answer.cut().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_ends_earlier_or_has_a_shorter_timeout_is_not_concerned() {
    let client = Client::new(Prices).limit(Duration::from_secs(2 * 3600));
    assert_eq!(client.get("/prices/short").start().rest::<u32, String>().await.result, "whole");
    let start = Instant::now();
    assert_eq!(client.get("/prices/limited").start().failed().await.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(start.elapsed().as_secs(), 30 * 60);
    assert!(is_in_time(age(client.get("/prices/limited-later").start(), Instant::now()).await));
}

#[tokio::test(start_paused = true)]
async fn one_that_has_not_answered_yet_answers_503() {
    let client = Client::new(Prices);
    let mut answer = client.get("/prices/silent").start();
    assert_eq!(answer.head().await.headers()["retry-after"], "3");
    let failed = answer.failed().await;
    let expected = (StatusCode::SERVICE_UNAVAILABLE, "the stream has reached its greatest age");
    assert_eq!((failed.status(), failed.detail()), expected);
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_and_its_client_comes_back_for_the_rest() {
    let client = Client::new(Prices);
    let start = Instant::now();
    let mut answer = client.post("/prices/run").start();
    assert_eq!(answer.packets::<u32, 3>().await, [1, 2, 3]);
    answer.cut().await;
    assert!((8..=10).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    // The rest takes longer than one response lasts.
    let (run, mut last, mut responses) = (answer.run(), 3, 1);
    loop {
        let (began, mut answer) = (Instant::now(), client.follow(&run, after(last)).start());
        let text = String::from_utf8(answer.wire().await.to_vec()).unwrap();
        responses += 1;
        if text.contains("event: done") {
            assert_eq!(answer.done::<String>().await, "all");
            break;
        }
        last += text.matches("data: ").count() as u64;
        answer.cut().await;
        assert!((8..=10).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    }
    assert_eq!(start.elapsed().as_secs(), 28);
    assert!((3..=4).contains(&responses), "{responses}");
}

/// Without a client there is no response that could grow old.
#[tokio::test(start_paused = true)]
async fn an_action_that_goes_on_without_its_client_has_no_age() {
    let client = Client::new(Prices);
    let mut answer = client.get("/prices/long").start();
    answer.packet::<u8>().await;
    answer.leave();
    soon("the end of the action", FINISHED.notified()).await;
}
