//! Uploads: whole, in pieces, refused, and abandoned.

use std::{io, time::Duration};

use axum::{body::Body, http::StatusCode};
use futures_util::stream;
use outflow::test::Client;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::Imports;

#[tokio::test(start_paused = true)]
async fn bad_rows_are_named_wherever_the_body_is_torn() {
    let rows = "name,email,age\nAda,ada@example.org,36\nBob,nowhere,200\nCy,cy@example.org\n";
    let pieces: Vec<io::Result<_>> = rows.as_bytes().chunks(7).map(Ok).collect();
    let client = Client::new(Imports);
    let all = client.post("/imports/people").body(Body::from_stream(stream::iter(pieces))).all::<Value, Value>().await;

    let bad: Vec<_> = all.packets.into_iter().filter(|found| found["kind"] == "bad").collect();
    let expected = [(3, "“nowhere” is no email address"), (4, "2 fields instead of 3")];
    assert_eq!(bad, expected.map(|(line, problem)| json!({ "kind": "bad", "line": line, "problem": problem })));
    assert_eq!((&all.result["rows"], &all.result["bad"]), (&json!(3), &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_can_not_be_checked_is_refused() {
    let endless = format!("name,email,age\n\"{}", "x".repeat(2 * 1024 * 1024));
    for (body, why) in [
        ("who,where\n".to_owned(), "The first line must be `name,email,age`, and it is `who,where`."),
        (endless, "The row of line 2 is longer than a megabyte: is a quote missing its end?"),
    ] {
        let failed = Client::new(Imports).post("/imports/people").body(body).start().failed().await;
        assert_eq!((failed.status(), failed.detail()), (StatusCode::UNPROCESSABLE_ENTITY, why));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_checked_before_the_file_is_whole() {
    let (pieces, body) = mpsc::channel::<io::Result<_>>(1);
    let client = Client::new(Imports);
    let body = Body::from_stream(ReceiverStream::new(body));
    let mut answer = client.post("/imports/people").body(body).start();
    pieces.send(Ok("name,email,age\nBob,nowhere,200\n")).await.unwrap();
    answer.quiet(Duration::from_secs(5)).await;
    drop(pieces);
    assert_eq!(answer.packet::<Value>().await["line"], 2);
    assert_eq!(answer.done::<Value>().await["bad"], 1);
}

#[tokio::test(start_paused = true)]
async fn the_check_ends_when_its_client_leaves() {
    let rows = format!("name,email,age\n{}", "Bob,nowhere,200\n".repeat(100_000));
    let client = Client::new(Imports);
    let mut answer = client.post("/imports/people").body(rows).start();
    answer.packet::<Value>().await;
    answer.leave();
    client.dropped("/imports/people").await;
}
