//! A server with an API page. The browser tests run against it.

mod document;

use std::{collections::BTreeMap, env, io, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::Query,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    routing::get,
};
use futures_util::StreamExt as _;
use outflow::{Controller as _, Packet, Problem, Server, action, controller};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};

struct Kitchen;

#[derive(Deserialize)]
struct Order {
    dish: String,
    plates: u8,
    #[serde(default)]
    burn: bool,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Pace {
    count: u64,
    #[serde(default)]
    pause_ms: u64,
}

#[controller]
impl Kitchen {
    #[action(post, formats(sse, ndjson, json, csv))]
    async fn cook(&self, Json(order): Json<Order>) -> Result<Value, Problem> {
        if order.plates == 13 {
            return Err(problem(StatusCode::UNPROCESSABLE_ENTITY, "We have no thirteen plates."));
        }
        for (number, step) in ["wash", "cut", "stir"].into_iter().enumerate() {
            self.stream(json!({ "number": number + 1, "step": step, "dish": order.dish }));
            sleep(Duration::from_millis(300)).await;
        }
        if order.burn {
            return Err(problem(StatusCode::CONFLICT, "It is burnt."));
        }
        Ok(json!({ "dish": order.dish, "plates": order.plates, "rest": order.rest }))
    }

    #[action]
    async fn orders(&self, Query(pace): Query<Pace>) {
        for number in 0..pace.count {
            let event = if number % 3 == 0 { "opened" } else { "served" };
            self.stream(Packet::json(&json!({ "order": number })).event(event));
            if pace.pause_ms > 0 {
                sleep(Duration::from_millis(pace.pause_ms)).await;
            }
        }
    }

    #[action(post)]
    async fn deliver(&self, headers: HeaderMap, body: Body) -> Value {
        self.stream(json!({ "type": headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) }));
        let length = body.into_data_stream().fold(0, async |sum, part| sum + part.map_or(0, |part| part.len())).await;
        json!({ "bytes": length })
    }

    #[action(post, resumable)]
    async fn roast(&self, Query(pace): Query<Pace>) -> Value {
        for minute in 1..=pace.count {
            self.stream(json!({ "minute": minute }));
            sleep(Duration::from_millis(pace.pause_ms)).await;
        }
        json!({ "roasted": pace.count })
    }

    #[action(path = "/menu/{day}")]
    async fn menu(&self, day: String, headers: HeaderMap) -> Json<Value> {
        let told = headers.get("authorization").and_then(|value| value.to_str().ok());
        Json(json!({ "day": day, "dishes": ["soup", "<b>bread</b>"], "authorization": told }))
    }
}

fn problem(status: StatusCode, detail: &str) -> Problem {
    Problem::new(status).with_detail(detail)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let api = Router::new()
        .route("/openapi.json", get(async || Json(document::document())))
        .merge(outflow::openapi::page().router("/docs"))
        .merge(Kitchen.into_router());
    let app = Router::new().merge(api.clone()).nest("/nested", api);

    let addr = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(addr).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Server::new(app).serve_on(listener).await
}
