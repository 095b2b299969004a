//! Runs as `csv`: a follower that comes back in the middle goes on with the same columns, without a header line.

use std::sync::Arc;

use axum::{
    Router,
    http::{Request, StatusCode},
};
use outflow::{
    Controller as _, action, controller,
    run::Runs,
    test::{Client, Run, after},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::{
    empty, frame,
    logs::{BentLog, Log, on_each_log},
    open,
};

#[derive(Clone)]
struct Tables {
    permits: Arc<Semaphore>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Person {
    name: String,
    age: u8,
}

#[controller]
impl Tables {
    #[action(post, resumable)]
    async fn people(&self) {
        for (name, age) in [("Ann", 1), ("Bob", 2), ("Cy", 3)] {
            self.permits.acquire().await.unwrap().forget();
            self.stream(Person { name: name.to_owned(), age });
        }
        self.stream(("a row", "of three", "fields"));
    }

    /// The second record has its fields in another order, and the third one lacks a field.
    #[action(post, resumable)]
    async fn maps(&self) {
        self.stream(Person { name: "Ann".to_owned(), age: 1 });
        self.stream(json!({ "age": 2, "name": "Bob" }));
        self.stream(json!({ "age": 3 }));
        self.stream(json!({ "name": "Dan", "height": 4 }));
    }

    #[action(post, resumable, formats(csv(bom, delimiter = ';', columns(age = "Age", name = "Name"))))]
    async fn titled(&self) {
        self.permits.acquire().await.unwrap().forget();
        self.stream(Person { name: "Ann".to_owned(), age: 1 });
        self.stream(Person { name: "Bob".to_owned(), age: 2 });
    }

    #[action(post, resumable(overflow = window))]
    async fn wide(&self) -> &'static str {
        self.stream(("large", "x".repeat(1024 * 1024)));
        for i in 0..17 {
            self.stream((i, "x".repeat(1024 * 1024)));
        }
        self.stream(["a row of one field"]);
        self.stream(("never", 1));
        "the result"
    }

    #[action(post, resumable(overflow = window))]
    async fn fails_wide(&self) -> Result<(), StatusCode> {
        for i in 0..18 {
            self.stream((i, "x".repeat(1024 * 1024)));
        }
        Err(StatusCode::CONFLICT)
    }
}

fn client(log: Log, permits: usize) -> (Client, Arc<Semaphore>) {
    let (app, permits) = router(log, permits);
    (Client::new(app).accept("text/csv"), permits)
}

fn router(log: Log, permits: usize) -> (Router, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(permits));
    let tables = Tables { permits: permits.clone() };
    (tables.into_router().layer(Runs::new(BentLog::new(log)).layer()), permits)
}

/// A run that has ended without its client.
async fn ended(client: &Client, path: &str) -> Run {
    let mut answer = client.post(path).start();
    answer.head().await;
    answer.leave();
    client.ended(answer.run()).await;
    answer.run()
}

/// Checks all bytes of a run after this packet, where a row that does not fit cuts it.
async fn is_cut_after(client: &Client, run: &Run, packet: u64, expected: &str) {
    let mut answer = client.follow(run, after(packet)).start();
    answer.cut().await;
    assert_eq!(answer.wire().await, expected, "{packet}");
}

on_each_log! {
    async fn a_table_goes_on_with_its_columns(log: Log) {
        let (client, permits) = client(log, 1);
        let mut first = client.post("/tables/people").start();
        let ann = Person { name: "Ann".to_owned(), age: 1 };
        assert_eq!(first.packet::<Person>().await, ann);
        first.leave();
        // In the middle of the run, before there is more.
        let run = first.run();
        let mut second = client.follow(&run, after(1)).start();
        second.head().await;
        permits.add_permits(2);
        assert_eq!(second.packets::<(String, u8), 2>().await, [("Bob".to_owned(), 2), ("Cy".to_owned(), 3)]);
        second.cut().await;
        // A row of another length ends every follower, wherever it began.
        for (packet, expected) in [(0, "name,age\r\nAnn,1\r\nBob,2\r\nCy,3\r\n"), (2, "Cy,3\r\n"), (3, "")] {
            is_cut_after(&client, &run, packet, expected).await;
        }
    }

    async fn titles_of_ones_own_are_there_before_the_first_row_and_only_at_the_start(log: Log) {
        let (app, permits) = router(log, 0);
        let client = Client::new(app.clone()).accept("text/csv");
        // Frame by frame: the header line comes while there is no row.
        let response = open(&app, empty(Request::post("/tables/titled").header("accept", "text/csv"))).await;
        assert_eq!(frame(&mut response.into_body()).await.unwrap(), "\u{feff}Age;Name\r\n");
        permits.add_permits(2);
        let mut first = client.post("/tables/titled").start();
        first.head().await;
        let run = first.run();
        first.leave();
        client.ended(&run).await;
        for (packet, expected) in [(0, "\u{feff}Age;Name\r\n1;Ann\r\n2;Bob\r\n"), (1, "2;Bob\r\n"), (2, "")] {
            assert_eq!(client.follow(&run, after(packet)).start().text().await, expected, "{packet}");
        }
    }

    async fn a_table_that_goes_on_keeps_fields_under_their_names(log: Log) {
        let (client, _) = client(log, 0);
        let run = ended(&client, "/tables/maps").await;
        let rows = [(0, "name,age\r\nAnn,1\r\nBob,2\r\n,3\r\n"), (1, "Bob,2\r\n,3\r\n"), (2, ",3\r\n"), (3, "")];
        for (packet, expected) in rows {
            is_cut_after(&client, &run, packet, expected).await;
        }
    }

    async fn a_table_knows_its_columns_when_the_window_has_moved_on(log: Log) {
        let (client, _) = client(log, 0);
        let run = ended(&client, "/tables/wide").await;
        let gone = client.follow(&run, after(0)).start().failed().await;
        assert_eq!((gone.status(), &gone.problem()["result"]), (StatusCode::GONE, &"the result".into()));
        assert!(gone.problem()["first"].as_u64().unwrap() > 1);
        is_cut_after(&client, &run, 18, "").await;
    }

    async fn what_is_gone_leaves_how_it_failed(log: Log) {
        let (client, _) = client(log, 0);
        let run = ended(&client, "/tables/fails-wide").await;
        let gone = client.follow(&run, after(0)).start().failed().await;
        assert_eq!((gone.status(), &gone.problem()["error"]["status"]), (StatusCode::GONE, &409.into()));
    }
}
