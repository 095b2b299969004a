//! What the requests of a test carry, as axum's extractors take it.

use std::{future::pending, io};

use axum::{
    Extension, Form, Json,
    body::Body,
    extract::Query,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, COOKIE},
    },
};
use futures_util::stream;
use outflow::{
    action, controller,
    run::RunState,
    test::{Client, Multipart},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::runs::user;

struct Echo;

#[derive(Serialize, Deserialize)]
struct Search {
    words: String,
    page: u32,
}

/// The user who has logged in.
#[derive(Clone)]
struct User(&'static str);

#[controller]
impl Echo {
    #[action(post)]
    async fn json(&self, Json(value): Json<Value>) {
        self.stream(value);
    }

    #[action(post)]
    async fn form(&self, Form(search): Form<Search>) {
        self.stream(search);
    }

    #[action]
    async fn query(&self, Query(search): Query<Search>) {
        self.stream(search);
    }

    #[action]
    async fn user(&self, Extension(User(name)): Extension<User>, headers: HeaderMap) {
        let cookies: Vec<_> = headers.get_all(COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).collect();
        self.stream((name, cookies));
    }

    #[action(post, resumable(key = off, owner = user))]
    async fn job(&self) {
        self.stream(1);
        pending::<()>().await;
    }

    #[action(post)]
    async fn parts(&self, headers: HeaderMap, body: String) {
        let content_type = headers[CONTENT_TYPE].to_str().unwrap_or_default();
        self.stream((content_type, body));
    }
}

fn search() -> Search {
    Search { words: "tea & milk".to_owned(), page: 2 }
}

#[tokio::test(start_paused = true)]
async fn values() {
    let client = Client::new(Echo);
    let expected = json!({ "words": "tea & milk", "page": 2 });
    for request in [
        client.post("/echo/json").json(&search()),
        client.post("/echo/form").form(&search()),
        client.get("/echo/query").query(&search()),
        client.get("/echo/query?page=2").query(&[("words", "tea & milk")]),
    ] {
        assert_eq!(request.all::<Value, ()>().await.packets, std::slice::from_ref(&expected));
    }
}

#[tokio::test(start_paused = true)]
async fn cookies_and_what_a_layer_would_add() {
    for client in [Client::new(Echo), Client::new(Echo).http2()] {
        let request = client.get("/echo/user").extension(User("ada")).cookie("a", "1").cookie("b", "2");
        assert_eq!(request.all::<Value, ()>().await.packets, [json!(["ada", ["a=1", "b=2"]])]);
        assert_eq!(client.get("/echo/user").start().failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_of_every_request() {
    let client = Client::new(Echo).header("x-user", "ada");
    let mut job = client.post("/echo/job").start();
    assert_eq!(job.packet::<u32>().await, 1);
    let run = job.run();
    assert_eq!(client.state(&run).await, RunState::Open);
    client.cancel(&run).await;
    assert_eq!(client.ended(&run).await, RunState::Cancelled);
    job.failed().await;
}

/// The parts as RFC 7578 writes them (section 4).
#[tokio::test(start_paused = true)]
async fn files() {
    let pieces = stream::iter(["one,", "two"].map(Ok::<_, io::Error>));
    let form = Multipart::new().text("title", "Notes").file("raw", "a \"b\".bin", "\0").typed_file(
        "rows",
        "rows.csv",
        "text/csv",
        Body::from_stream(pieces),
    );
    let mut answer = Client::new(Echo).post("/echo/parts").multipart(form).start();
    let (content_type, body) = answer.packet::<(String, String)>().await;
    answer.done::<()>().await;

    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a boundary");
    let disposition = "content-disposition: form-data; name=";
    let parts = [
        format!("{disposition}\"title\"\r\n\r\nNotes"),
        format!("{disposition}\"raw\"; filename=\"a %22b%22.bin\"\r\ncontent-type: application/octet-stream\r\n\r\n\0"),
        format!("{disposition}\"rows\"; filename=\"rows.csv\"\r\ncontent-type: text/csv\r\n\r\none,two"),
    ];
    let parts: String = parts.iter().map(|part| format!("--{boundary}\r\n{part}\r\n")).collect();
    assert_eq!(body, format!("{parts}--{boundary}--\r\n"));
}
