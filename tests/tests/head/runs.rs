//! The head of a run, which is kept with it: every response from its start has it, but for cookies.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header::SET_COOKIE, request::Parts},
};
use outflow::{
    Controller as _, Head, HeadError, action, controller,
    run::{MemoryLog, Runs},
    test::{Client, after},
};
use tokio::{sync::Semaphore, time::sleep};

use crate::support::logs::{BentLog, on_each_log};

struct Total;

impl<S: Sync> FromRequestParts<S> for Total {
    type Rejection = HeadError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HeadError> {
        Head::from_request_parts(parts, state).await?.insert("x-total", "1")?;
        Ok(Self)
    }
}

#[derive(Clone)]
struct Exports {
    permits: Arc<Semaphore>,
}

#[controller]
impl Exports {
    #[action(post, resumable, formats(sse, csv, json, query = "format"))]
    async fn orders(&self, head: Head) -> Result<&'static str, HeadError> {
        head.status(StatusCode::ACCEPTED)?;
        head.append(SET_COOKIE, "a=1")?;
        head.append(SET_COOKIE, "b=2")?;
        head.insert("x-total", "2")?;
        head.download("orders")?;
        self.stream((1, "one"));
        self.permits.acquire().await.unwrap().forget();
        self.stream((2, "two"));
        Ok("both")
    }

    #[action(post, resumable)]
    async fn silent(&self, head: Head) -> Result<&'static str, HeadError> {
        head.status(StatusCode::CREATED)?;
        if head.parts().status == StatusCode::OK {
            self.stream("never");
        }
        Ok("done")
    }

    #[action(post, resumable)]
    async fn fails(&self, head: Head) -> Result<(), (StatusCode, [(&'static str, &'static str); 1])> {
        head.append(SET_COOKIE, "lost=1").unwrap();
        if head.parts().headers.is_empty() {
            self.stream("never");
        }
        Err((StatusCode::CONFLICT, [("x-why", "taken")]))
    }

    /// An extractor sets the head, so the action has no argument of that type.
    #[action(post, resumable)]
    async fn wrapped(&self, _total: Total) {
        self.stream(1);
    }

    /// The head of its first response leaves at once, without a packet, so that is what the run keeps.
    #[action(post, resumable, open_after = "0ms")]
    async fn slow(&self, head: Head) -> (bool, bool) {
        // It may be gone already.
        let is_early = head.insert("x-early", "yes").is_ok();
        self.permits.acquire().await.unwrap().forget();
        let is_late = head.insert("x-late", "yes").is_err();
        self.stream(1);
        (is_early, is_late)
    }

    #[action(post, resumable, open_after = "2s")]
    async fn begins_late(&self, head: Head) -> Result<(), HeadError> {
        head.status(StatusCode::ACCEPTED)?;
        sleep(Duration::from_secs(3)).await;
        self.stream(1);
        Ok(())
    }

    #[action(post, resumable(overflow = window))]
    async fn wide(&self, head: Head) -> Result<(), HeadError> {
        head.download("wide")?;
        for number in 0..18 {
            self.stream((number, "x".repeat(1024 * 1024)));
        }
        Ok(())
    }
}

fn client(runs: &Runs) -> (Client, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    (Client::new(Exports { permits: permits.clone() }.into_router().layer(runs.layer())), permits)
}

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect()
}

fn download(headers: &HeaderMap) -> Option<&str> {
    headers.get("content-disposition").map(|value| value.to_str().unwrap())
}

on_each_log! {
    async fn everyone_who_follows_from_the_start_has_it(log: Log) {
        let (client, permits) = client(&Runs::new(BentLog::new(log)));
        let key = "a-key-of-its-own-012345";
        let mut first = client.post("/exports/orders").header("idempotency-key", key).start();
        let head = first.head().await;
        assert_eq!((head.status(), cookies(head.headers())), (StatusCode::ACCEPTED, vec!["a=1", "b=2"]));
        // Events are never saved as a file.
        assert_eq!(download(head.headers()), None);
        let run = first.run();

        // A follower while it runs, and one after its end, each in a format of its own. Cookies are not for them.
        let mut csv = client.follow(&run, after(0)).accept("text/csv").start();
        let head = csv.head().await;
        assert_eq!((head.status(), cookies(head.headers())), (StatusCode::ACCEPTED, vec![]));
        assert_eq!(head.headers()["x-total"], "2");
        assert_eq!(download(head.headers()), Some("attachment; filename=\"orders.csv\""));
        permits.add_permits(1);
        assert_eq!(csv.text().await, "1,one\r\n2,two\r\n");
        first.leave();
        let mut json = client.get(&format!("{}?format=json", run.path())).header("run-key", key).start();
        assert_eq!(download(json.head().await.headers()), Some("attachment; filename=\"orders.json\""));
        assert_eq!(json.text().await, r#"{"items":[[1,"one"],[2,"two"]],"result":"both"}"#);

        // So has the same request, sent again; its format is not a part of what it asks for.
        let mut again = client.post("/exports/orders?format=json").header("idempotency-key", key).start();
        let head = again.head().await;
        assert_eq!((head.status(), cookies(head.headers())), (StatusCode::ACCEPTED, vec![]));
        assert_eq!(again.run().path(), run.path());
        again.leave();

        // One that goes on midway has the packets' numbers, and no head of the run.
        let mut midway = client.follow(&run, after(1)).start();
        assert_eq!(midway.head().await.status(), StatusCode::OK);
        assert_eq!(midway.packet::<(u8, String)>().await, (2, "two".to_owned()));
        assert_eq!(midway.done::<String>().await, "both");
        let mut table = client.follow(&run, after(1)).accept("text/csv").start();
        assert_eq!(download(table.head().await.headers()), None);
        assert_eq!(table.text().await, "2,two\r\n");
    }

    async fn it_may_be_set_by_an_extractor(log: Log) {
        let (client, _permits) = client(&Runs::new(BentLog::new(log)));
        let mut first = client.post("/exports/wrapped").start();
        assert_eq!(first.head().await.headers()["x-total"], "1");
        first.rest::<u8, ()>().await;
        let mut follower = client.follow(first.run(), after(0)).start();
        assert_eq!(follower.head().await.headers()["x-total"], "1");
        follower.rest::<u8, ()>().await;
    }

    async fn a_run_without_packets_has_one_too(log: Log) {
        let (client, _permits) = client(&Runs::new(BentLog::new(log)));
        let mut answer = client.post("/exports/silent").start();
        assert_eq!(answer.head().await.status(), StatusCode::CREATED);
        assert_eq!(answer.done::<String>().await, "done");
        let mut follower = client.follow(answer.run(), after(0)).start();
        assert_eq!(follower.head().await.status(), StatusCode::CREATED);
        assert_eq!(follower.wire().await, "retry: 1000\nid: 0\nevent: done\nid: 1\ndata: \"done\"\n\n");
    }

    async fn an_early_failure_has_the_head_of_its_error_alone(log: Log) {
        let (client, _permits) = client(&Runs::new(BentLog::new(log)));
        let mut answer = client.post("/exports/fails").start();
        let head = answer.head().await;
        assert_eq!((head.status(), head.headers()["x-why"].to_str().unwrap()), (StatusCode::CONFLICT, "taken"));
        assert_eq!(cookies(head.headers()), [""; 0]);
        answer.failed().await;
    }

    async fn it_stays_as_it_was_when_the_first_head_left(log: Log) {
        let (client, permits) = client(&Runs::new(BentLog::new(log)));
        let mut first = client.post("/exports/slow").start();
        let early = first.head().await.headers().contains_key("x-early");
        permits.add_permits(1);
        assert_eq!(first.rest::<u8, (bool, bool)>().await.result, (early, true));
        let mut later = client.follow(first.run(), after(0)).start();
        let head = later.head().await;
        assert_eq!(head.headers().contains_key("x-early"), early);
        assert!(!head.headers().contains_key("x-late"));
        later.leave();
    }
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_comes_before_the_first_packet_waits_for_it() {
    let client = Client::new(Exports { permits: Arc::new(Semaphore::new(0)) });
    let mut starter = client.post("/exports/begins-late").start();
    // It leaves after two seconds, without a packet.
    assert_eq!(starter.head().await.status(), StatusCode::ACCEPTED);
    let mut follower = client.follow(starter.run(), after(0)).start();
    assert_eq!(follower.head().await.status(), StatusCode::ACCEPTED);
    assert_eq!(follower.packet::<u8>().await, 1);
    assert_eq!(follower.arrivals()[0].as_secs(), 1);
    follower.done::<()>().await;
    starter.leave();
}

/// A window moves past the first record, which has the head. A follower from the start gets a 410 then.
#[tokio::test]
async fn a_window_that_moves_on_loses_no_packet_over_it() {
    let (client, _permits) = client(&Runs::new(MemoryLog::new()));
    let mut first = client.post("/exports/wide").accept("text/csv").start();
    assert_eq!(download(first.head().await.headers()), Some("attachment; filename=\"wide.csv\""));
    let run = first.run();
    first.leave();
    client.ended(&run).await;
    let mut midway = client.follow(&run, after(17)).start();
    let head = midway.head().await;
    assert_eq!((head.status(), download(head.headers())), (StatusCode::OK, None));
    assert_eq!(midway.packet::<(u8, String)>().await.0, 17);
    midway.done::<()>().await;
}
