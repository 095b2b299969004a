//! The jobs: progress, failure, and a run that outlives its page.

use std::time::Duration;

use axum::http::StatusCode;
use outflow::test::{Client, after};
use serde_json::{Value, json};

use super::Jobs;

#[tokio::test(start_paused = true)]
async fn each_step_is_a_packet() {
    let client = Client::new(Jobs);
    let mut answer = client.post("/jobs/photos").start();
    assert_eq!(answer.packet::<Value>().await, json!({ "done": 1, "of": 120, "what": "DSC_4101.jpg" }));
    let rest = answer.rest::<Value, Value>().await;
    assert_eq!((rest.packets.len(), rest.result), (119, json!({ "done": 120, "seconds": 12.0 })));
    assert_eq!(answer.arrivals()[119], Duration::from_secs(12));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_fails_says_why() {
    let client = Client::new(Jobs);
    let mut answer = client.post("/jobs/orders").start();
    assert_eq!(answer.packets::<Value, 111>().await[110]["what"], "order 20111");
    let failed = answer.failed().await;
    assert_eq!(failed.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(failed.detail().starts_with("Order 20112 names a customer who does not exist."), "{failed}");
}

#[tokio::test(start_paused = true)]
async fn a_job_goes_on_without_its_page_until_it_is_cancelled() {
    let client = Client::new(Jobs);
    let mut page = client.post("/jobs/index").start();
    page.packets::<Value, 2>().await;
    page.leave();

    let mut reloaded = client.follow(page.run(), after(2)).start();
    assert_eq!(reloaded.packet::<Value>().await["done"], 3);
    client.cancel(page.run()).await;
    assert_eq!(reloaded.failed().await.status(), StatusCode::GONE);
}

#[tokio::test(start_paused = true)]
async fn there_are_three_jobs() {
    let failed = Client::new(Jobs).post("/jobs/dishes").start().failed().await;
    assert_eq!(failed.status(), StatusCode::BAD_REQUEST);
}

#[test]
fn the_types_of_the_page_are_fresh() {
    let document = Jobs.openapi();
    assert!(document.gaps().is_empty(), "{:?}", document.gaps());
    document.typescript().keep("jobs/routes.d.ts");
}
