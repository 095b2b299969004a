//! The five endpoints, and how each of them fails.

use std::{sync::atomic::Ordering, time::Duration};

use axum::http::{StatusCode, header::CONTENT_DISPOSITION};
use outflow::test::{Client, after};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

use crate::{
    assistant::Assistant,
    checkout::Checkout,
    dashboard::{Dashboard, Figures},
    model,
    orders::Orders,
    products::Products,
};

#[tokio::test(start_paused = true)]
async fn a_link_picks_the_format_of_the_export_and_its_file_is_named_after_it() {
    let client = Client::new(Orders { count: 3 });
    for (format, text) in [
        (
            "csv",
            "\u{feff}Order,Customer,Total in €\r\n1,Łukasz & Söhne,7.25\r\n2,\"Nemo, Captain\",14.5\r\n3,'=1+1,21.75\r\n",
        ),
        (
            "ndjson",
            "{\"id\":1,\"customer\":\"Łukasz & Söhne\",\"euros\":7.25}\n\
             {\"id\":2,\"customer\":\"Nemo, Captain\",\"euros\":14.5}\n\
             {\"id\":3,\"customer\":\"=1+1\",\"euros\":21.75}\n",
        ),
    ] {
        let mut answer = client.get("/orders/export").query(&[("format", format)]).start();
        let head = answer.head().await;
        assert_eq!(head.headers()[CONTENT_DISPOSITION], format!("attachment; filename=\"orders.{format}\""));
        assert_eq!(answer.text().await, text);
    }
    let json = client.get("/orders/export?format=json").start().text().await;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&json).unwrap()[2]["customer"], "=1+1");
}

#[tokio::test(start_paused = true)]
async fn a_link_to_a_format_that_the_export_has_not_is_told_which_it_has() {
    let failed = Client::new(Orders { count: 3 }).get("/orders/export?format=xlsx").start().failed().await;
    assert_eq!(failed.status(), StatusCode::NOT_ACCEPTABLE);
    assert!(failed.to_string().contains("ndjson"), "{failed}");
}

#[tokio::test]
async fn an_answer_survives_a_reload_and_ends_with_its_usage() {
    let (url, _open) = model::start().await.unwrap();
    let client = Client::new(Assistant::new(url));
    let mut page = client.post("/assistant/answer").json(&json!({ "text": "Where is it?" })).start();
    assert_eq!(page.packets::<Value, 2>().await, [json!({ "text": "A " }), json!({ "text": "parcel " })]);
    page.leave();

    let rest = client.follow(page.run(), after(2)).all::<Value, Value>().await;
    assert_eq!(rest.packets[0], json!({ "text": "leaves " }));
    assert_eq!(rest.result, json!({ "prompt_tokens": 3, "completion_tokens": rest.packets.len() + 2 }));
}

#[tokio::test]
async fn stop_ends_the_call_of_the_model() {
    let (url, open) = model::start().await.unwrap();
    let client = Client::new(Assistant::new(url));
    let mut page = client.post("/assistant/answer").json(&json!({ "text": "Where is it?" })).start();
    page.packet::<Value>().await;
    assert_eq!(open.load(Ordering::Relaxed), 1);
    client.cancel(page.run()).await;
    assert_eq!(page.failed().await.status(), StatusCode::GONE);
    while open.load(Ordering::Relaxed) > 0 {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_model_that_refuses_and_a_question_that_is_none_are_problems() {
    let (url, _open) = model::start().await.unwrap();
    let client = Client::new(Assistant::new(url));
    let refused = client.post("/assistant/answer").json(&json!({ "text": "" })).start().failed().await;
    assert_eq!((refused.status(), refused.detail()), (StatusCode::BAD_GATEWAY, "The model refused to answer."));
    let none = client.post("/assistant/answer").json(&json!({})).start().failed().await;
    assert_eq!(none.problem()["status"], 422);
}

#[tokio::test(start_paused = true)]
async fn the_dashboard_begins_with_the_figures_of_now_and_skips_what_is_old() {
    let (sender, figures) = watch::channel(Figures { visitors: 7, orders: 1 });
    let client = Client::new(Dashboard { figures });
    let mut answer = client.get("/dashboard/live").start();
    assert_eq!(answer.packet::<Value>().await, json!({ "visitors": 7, "orders": 1 }));
    for visitors in 8..20 {
        sender.send_replace(Figures { visitors, orders: 1 }); // all before the action runs again
    }
    assert_eq!(answer.packet::<Value>().await["visitors"], 19);

    drop(sender);
    assert_eq!(answer.failed().await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test(start_paused = true)]
async fn a_dashboard_is_told_to_come_back_after_an_hour_at_most_and_when_the_server_stops() {
    let (_sender, figures) = watch::channel(Figures::default());
    let client = Client::new(Dashboard { figures }).limit(Duration::from_secs(7200));
    let mut answer = client.get("/dashboard/live").start();
    answer.cut().await;
    let mut answer = client.get("/dashboard/live").start();
    answer.packet::<Value>().await;
    client.drain();
    answer.cut().await;
}

#[tokio::test(start_paused = true)]
async fn an_import_survives_a_reload_and_names_its_bad_rows() {
    let client = Client::new(Products);
    let mut page = client.post("/products/import").body("name,euros\npen,2.5\n,1\nink,dear\n").start();
    assert_eq!(page.packet::<Value>().await, json!({ "kind": "progress", "rows": 1, "of": 3 }));
    page.leave();

    let rest = client.follow(page.run(), after(1)).all::<Value, Value>().await;
    let bad: Vec<_> = rest.packets.iter().filter(|packet| packet["kind"] == "bad").collect();
    assert_eq!(*bad[0], json!({ "kind": "bad", "line": 3, "problem": "no name" }));
    assert_eq!(*bad[1], json!({ "kind": "bad", "line": 4, "problem": "not a name and a price" }));
    assert_eq!(rest.result, json!({ "taken": 1, "bad": 2 }));
}

#[tokio::test(start_paused = true)]
async fn a_table_of_other_columns_is_refused() {
    let failed = Client::new(Products).post("/products/import").body("who,when\n").start().failed().await;
    assert_eq!(failed.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(failed.detail(), "The first line must be `name,euros`.");
}

#[tokio::test(start_paused = true)]
async fn the_checkout_fails_in_the_same_way_before_the_first_packet_and_after_it() {
    let client = Client::new(Checkout);
    let pay = |pencils, card| client.post("/checkout/pay").json(&json!({ "pencils": pencils, "card": card })).start();
    let sold_out = pay(50, "4000 0042").failed().await;
    assert_eq!((sold_out.status(), &sold_out.problem()["left"]), (StatusCode::CONFLICT, &json!(12)));

    let mut answer = pay(3, "4000 0013");
    assert_eq!(answer.packets::<String, 2>().await, ["The pencils are set aside.", "Asking the bank."]);
    let declined = answer.failed().await;
    assert_eq!(answer.head().await.status(), StatusCode::OK);
    assert_eq!(
        (declined.status(), &declined.problem()["type"]),
        (StatusCode::PAYMENT_REQUIRED, &json!("/problems/declined"))
    );

    assert_eq!(pay(3, "4000 0042").rest::<String, Value>().await.result, json!({ "cents": 360 }));
    let no_basket = client.post("/checkout/pay").json(&json!({})).start().failed().await;
    assert_eq!(no_basket.problem()["status"], 422);
}
