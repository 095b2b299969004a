//! Runs as `csv`: a follower that comes back in the middle goes on with the same columns, without a header line.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use outflow::{Controller as _, action, controller, run::Runs};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::{
    ask, frame,
    logs::{BentLog, on_each_log},
    open, read,
    runs::{KEY, ended, location},
    wire::End,
};

#[derive(Clone)]
struct Tables {
    permits: Arc<Semaphore>,
}

#[derive(Serialize)]
struct Person {
    name: &'static str,
    age: u8,
}

#[controller]
impl Tables {
    #[action(post, resumable)]
    async fn people(&self) {
        for (name, age) in [("Ann", 1), ("Bob", 2), ("Cy", 3)] {
            self.permits.acquire().await.unwrap().forget();
            self.stream(Person { name, age });
        }
        self.stream(("a row", "of three", "fields"));
    }

    /// The second record has its fields in another order, and the third one lacks a field.
    #[action(post, resumable)]
    async fn maps(&self) {
        self.stream(Person { name: "Ann", age: 1 });
        self.stream(json!({ "age": 2, "name": "Bob" }));
        self.stream(json!({ "age": 3 }));
        self.stream(json!({ "name": "Dan", "height": 4 }));
    }

    #[action(post, resumable, formats(csv(bom, delimiter = ';', columns(age = "Age", name = "Name"))))]
    async fn titled(&self) {
        self.permits.acquire().await.unwrap().forget();
        self.stream(Person { name: "Ann", age: 1 });
        self.stream(Person { name: "Bob", age: 2 });
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

fn app(log: BentLog, permits: usize) -> (Router, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(permits));
    (Tables { permits: permits.clone() }.into_router().layer(Runs::new(log).layer()), permits)
}

fn request(method: Method, path: &str, after: u64) -> Request<Body> {
    let request = Request::builder().method(method).uri(format!("{path}?after={after}")).header("accept", "text/csv");
    request.header("idempotency-key", KEY).body(Body::empty()).unwrap()
}

on_each_log! {
    async fn a_table_goes_on_with_its_columns(log: Log) {
        let (app, permits) = app(BentLog::new(log), 1);
        let response = open(&app, request(Method::POST, "/tables/people", 0)).await;
        let run = location("/tables/people", response.headers());
        let mut body = response.into_body();
        assert_eq!(frame(&mut body).await.unwrap(), "name,age\r\nAnn,1\r\n");
        drop(body);
        // In the middle of the run, before there is more.
        let mut body = open(&app, request(Method::GET, &run, 1)).await.into_body();
        permits.add_permits(2);
        let mut text = String::new();
        while text.len() < "Bob,2\r\nCy,3\r\n".len() {
            text.push_str(&frame(&mut body).await.unwrap());
        }
        assert_eq!(text, "Bob,2\r\nCy,3\r\n");
        // A row of another length ends every follower, wherever it began.
        for (after, expected) in [(0, "name,age\r\nAnn,1\r\nBob,2\r\nCy,3\r\n"), (2, "Cy,3\r\n"), (3, "")] {
            let (text, end) = read(open(&app, request(Method::GET, &run, after)).await.into_body()).await;
            assert_eq!((&*text, end), (expected, End::Cut), "{after}");
        }
    }

    async fn titles_of_ones_own_are_there_before_the_first_row_and_only_at_the_start(log: Log) {
        let (app, permits) = app(BentLog::new(log), 0);
        let response = open(&app, request(Method::POST, "/tables/titled", 0)).await;
        let run = location("/tables/titled", response.headers());
        let mut body = response.into_body();
        assert_eq!(frame(&mut body).await.unwrap(), "\u{feff}Age;Name\r\n");
        permits.add_permits(1);
        assert_eq!(read(body).await, ("1;Ann\r\n2;Bob\r\n".to_owned(), End::Clean));
        for (after, expected) in [(0, "\u{feff}Age;Name\r\n1;Ann\r\n2;Bob\r\n"), (1, "2;Bob\r\n"), (2, "")] {
            let (text, end) = read(open(&app, request(Method::GET, &run, after)).await.into_body()).await;
            assert_eq!((&*text, end), (expected, End::Clean), "{after}");
        }
    }

    async fn a_table_that_goes_on_keeps_fields_under_their_names(log: Log) {
        let (app, _) = app(BentLog::new(log), 0);
        let response = open(&app, request(Method::POST, "/tables/maps", 0)).await;
        let run = location("/tables/maps", response.headers());
        drop(response);
        ended(&app, &run).await;
        for (after, expected) in [(0, "name,age\r\nAnn,1\r\nBob,2\r\n,3\r\n"), (1, "Bob,2\r\n,3\r\n"), (2, ",3\r\n"), (3, "")] {
            let (text, end) = read(open(&app, request(Method::GET, &run, after)).await.into_body()).await;
            assert_eq!((&*text, end), (expected, End::Cut), "{after}");
        }
    }

    async fn a_table_knows_its_columns_when_the_window_has_moved_on(log: Log) {
        let (app, _) = app(BentLog::new(log), 0);
        let response = open(&app, request(Method::POST, "/tables/wide", 0)).await;
        let run = location("/tables/wide", response.headers());
        drop(response);
        ended(&app, &run).await;
        let gone = ask(&app, Method::GET, &run, &[("run-key", KEY)]).await;
        assert_eq!((gone.status, &gone.json()["result"]), (StatusCode::GONE, &"the result".into()));
        assert!(gone.json()["first"].as_u64().unwrap() > 1);
        let (text, end) = read(open(&app, request(Method::GET, &run, 18)).await.into_body()).await;
        assert_eq!((&*text, end), ("", End::Cut));
    }

    async fn what_is_gone_leaves_how_it_failed(log: Log) {
        let (app, _) = app(BentLog::new(log), 0);
        let response = open(&app, request(Method::POST, "/tables/fails-wide", 0)).await;
        let run = location("/tables/fails-wide", response.headers());
        drop(response);
        ended(&app, &run).await;
        let gone = ask(&app, Method::GET, &run, &[("run-key", KEY)]).await;
        assert_eq!((gone.status, &gone.json()["error"]["status"]), (StatusCode::GONE, &409.into()));
    }
}
