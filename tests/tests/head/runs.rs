//! The head of a run, which is kept with it: every response from its start has it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderMap, Request, StatusCode, header::SET_COOKIE},
};
use outflow::{
    Controller as _, Head, HeadError, action, controller,
    run::{MemoryLog, Runs},
    test::{Client, after},
};
use tokio::{sync::Semaphore, time::sleep};

use crate::support::{
    empty,
    logs::{BentLog, on_each_log},
    open, read,
    runs::{KEY, complete, ended, follow_after, get_run, location, post},
    wire::End,
};

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

    /// The head of its first response leaves at once, without a packet, so that is what the run keeps.
    #[action(post, resumable, open_after = "0ms")]
    async fn slow(&self, head: Head) -> Result<bool, HeadError> {
        head.insert("x-early", "yes")?;
        self.permits.acquire().await.unwrap().forget();
        let is_late = head.insert("x-late", "yes").is_err();
        self.stream(1);
        Ok(is_late)
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

fn app(runs: &Runs) -> (Router, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    (Exports { permits: permits.clone() }.into_router().layer(runs.layer()), permits)
}

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect()
}

on_each_log! {
    async fn everyone_who_follows_from_the_start_has_it(log: Log) {
        let runs = Runs::new(BentLog::new(log));
        let (app, permits) = app(&runs);
        let response = open(&app, empty(post("/exports/orders"))).await;
        assert_eq!((response.status(), cookies(response.headers())), (StatusCode::ACCEPTED, vec!["a=1", "b=2"]));
        // Events are never saved as a file.
        assert!(!response.headers().contains_key("content-disposition"));
        let run = location("/exports/orders", response.headers());

        // A follower while it runs, and one after its end, each in a format of its own.
        let csv = open(&app, empty(Request::get(format!("{run}?format=csv")).header("run-key", KEY))).await;
        assert_eq!((csv.status(), cookies(csv.headers())), (StatusCode::ACCEPTED, vec!["a=1", "b=2"]));
        assert_eq!(csv.headers()["content-disposition"], "attachment; filename=\"orders.csv\"");
        permits.add_permits(1);
        assert_eq!(read(csv.into_body()).await, ("1,one\r\n2,two\r\n".to_owned(), End::Clean));
        let json = open(&app, empty(Request::get(format!("{run}?format=json")).header("run-key", KEY))).await;
        assert_eq!(json.headers()["content-disposition"], "attachment; filename=\"orders.json\"");
        let (text, _) = read(json.into_body()).await;
        assert_eq!(text, r#"{"items":[[1,"one"],[2,"two"]],"result":"both"}"#);

        // So has the same request, sent again; its format is not a part of what it asks for.
        let again = open(&app, empty(post("/exports/orders?format=json"))).await;
        assert_eq!(again.status(), StatusCode::ACCEPTED);
        assert_eq!(location("/exports/orders", again.headers()), run);

        // One that goes on midway has the packets' numbers, and no head of the run.
        let midway = follow_after(&app, &run, "1").await;
        assert_eq!((midway.status, cookies(&midway.headers)), (StatusCode::OK, vec![]));
        assert!(midway.body.contains("id: 2\ndata: [2,\"two\"]\n\n"), "{}", midway.body);
        let table = follow_after(&app, &format!("{run}?format=csv"), "1").await;
        assert_eq!((table.header("content-disposition"), &*table.body), ("", "2,two\r\n"));
    }

    async fn a_run_without_packets_has_one_too(log: Log) {
        let (app, _permits) = app(&Runs::new(BentLog::new(log)));
        let (reply, run) = complete(&app, "/exports/silent").await;
        assert_eq!(reply.status, StatusCode::CREATED);
        let response = open(&app, get_run(&run)).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(read(response.into_body()).await.0, "retry: 1000\nid: 0\nevent: done\nid: 1\ndata: \"done\"\n\n");
    }

    async fn an_early_failure_has_the_head_of_its_error_alone(log: Log) {
        let (app, _permits) = app(&Runs::new(BentLog::new(log)));
        let (reply, _) = complete(&app, "/exports/fails").await;
        assert_eq!((reply.status, reply.header("x-why")), (StatusCode::CONFLICT, "taken"));
        assert_eq!(cookies(&reply.headers), [""; 0]);
    }

    async fn it_stays_as_it_was_when_the_first_head_left(log: Log) {
        let (app, permits) = app(&Runs::new(BentLog::new(log)));
        let response = open(&app, empty(post("/exports/slow"))).await;
        let early = response.headers().contains_key("x-early");
        let run = location("/exports/slow", response.headers());
        permits.add_permits(1);
        assert!(read(response.into_body()).await.0.ends_with("event: done\nid: 2\ndata: true\n\n"));
        let later = open(&app, get_run(&run)).await;
        assert_eq!(later.headers().contains_key("x-early"), early);
        assert!(!later.headers().contains_key("x-late"));
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
    let (app, _permits) = app(&Runs::new(MemoryLog::new()));
    let response = open(&app, empty(post("/exports/wide").header("accept", "text/csv"))).await;
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"wide.csv\"");
    let run = location("/exports/wide", response.headers());
    drop(response);
    ended(&app, &run).await;
    let reply = follow_after(&app, &run, "17").await;
    assert_eq!((reply.status, reply.header("content-disposition")), (StatusCode::OK, ""));
    assert!(reply.body.contains("id: 18\ndata: [17,\""), "{}", &reply.body[..100]);
}
