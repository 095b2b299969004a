//! Answers of the model: their pace, and how they survive reloads.

use std::time::Duration;

use axum::{Router, http::StatusCode};
use outflow::{
    Controller as _,
    run::Runs,
    test::{Client, Request, after},
};
use serde_json::{Value, json};

use super::{Chat, model::Model, pages};
use crate::{openai::OpenAi, stand_in::StandIn};

fn chat() -> Chat {
    Chat { model: Model::Own(StandIn::new()) }
}

fn ask<'a>(client: &'a Client, question: &str) -> Request<'a> {
    let part = json!({ "type": "text", "text": question });
    let messages = json!([{ "id": "1", "role": "user", "parts": [part] }]);
    client.post("/chat/mine?format=sse").json(&json!({ "messages": messages }))
}

/// The deltas of one kind, `text` or `reasoning`.
fn deltas<'a>(packets: &'a [Value], kind: &str) -> Vec<&'a str> {
    let of_kind = packets.iter().filter(|packet| packet["ai"] == kind);
    of_kind.filter_map(|packet| packet["delta"].as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_token_by_token() {
    let client = Client::new(chat());
    let mut answer = ask(&client, "What is a stream?").start();
    answer.packets::<Value, 3>().await;
    assert_eq!(answer.arrivals(), [45, 90, 135].map(Duration::from_millis));
    client.cancel(answer.run()).await;
    answer.failed().await;
}

#[tokio::test(start_paused = true)]
async fn the_result_counts_the_tokens() {
    let all = ask(&Client::new(chat()), "What is a stream?").all::<Value, Value>().await;
    let text = deltas(&all.packets, "text");
    assert!(text.concat().ends_with('.'), "{:?}", all.packets);
    let tokens = text.len() + deltas(&all.packets, "reasoning").len();
    assert_eq!(all.result["tokens"], tokens);
    assert_eq!(all.result["seconds"], (Duration::from_millis(45) * tokens as u32).as_secs_f64());
    assert_eq!(all.packets.last().unwrap()["output_tokens"], tokens);
}

#[tokio::test(start_paused = true)]
async fn an_answer_survives_a_reload_and_a_second_tab_on_another_node() {
    let runs = Runs::default();
    let node = || -> Router { chat().into_router().layer(runs.layer()) };
    let (client, other) = Client::pair(node(), node());
    let mut page = ask(&client, "What is a stream?").start();
    let mut begin = page.packets::<Value, 5>().await.to_vec();
    page.leave();

    let reloaded = client.follow(page.run(), after(5)).all::<Value, Value>().await;
    let tab = other.follow(page.run(), after(0)).all::<Value, Value>().await;
    begin.extend(reloaded.packets);
    assert_eq!((begin, reloaded.result), (tab.packets, tab.result));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_breaks_off_says_so_after_what_has_come() {
    let client = Client::new(chat());
    let mut answer = ask(&client, "Please fail.").start();
    answer.packets::<Value, 24>().await;
    let failed = answer.failed().await;
    assert_eq!(failed.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(failed.detail(), "The model broke off: the question says “fail”.");
    assert_eq!(failed.problem()["help"], "Ask again.");
}

#[tokio::test(start_paused = true)]
async fn without_a_question_there_is_no_answer() {
    let failed = ask(&Client::new(chat()), " ").start().failed().await;
    assert_eq!((failed.status(), failed.detail()), (StatusCode::UNPROCESSABLE_ENTITY, "There is no question."));
}

#[tokio::test]
async fn a_model_that_is_not_there_is_a_bad_gateway() {
    let nobody = OpenAi::new("http://127.0.0.1:9", None, "small".to_owned()).unwrap();
    let client = Client::new(Chat { model: Model::Remote(Box::new(nobody)) });
    let failed = ask(&client, "Is anybody there?").start().failed().await;
    assert_eq!(failed.status(), StatusCode::BAD_GATEWAY);
    assert!(failed.problem()["help"].as_str().is_some_and(|help| help.contains("OPENAI_BASE_URL")));
}

#[tokio::test]
async fn a_page_that_is_not_built_names_the_command() {
    let missing = pages::built("missing.html").await;
    let text = axum::body::to_bytes(missing.into_body(), 1024).await.unwrap();
    assert!(String::from_utf8_lossy(&text).contains("npm ci && npm run build"));
    assert_eq!(pages::built("../package.json").await.status(), StatusCode::NOT_FOUND);
}

#[test]
fn the_types_of_the_page_are_fresh() {
    let document = chat().openapi();
    assert!(document.gaps().is_empty(), "{:?}", document.gaps());
    document.typescript().keep("chat/routes.d.ts");
}
