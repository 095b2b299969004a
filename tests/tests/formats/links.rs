//! `formats(…, query = "format")`: a link names the format, because it can send no header.

use axum::{
    extract::{Query, RawQuery},
    http::{Method, StatusCode},
};
use outflow::{action, controller, format::Pick, test::Client};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Page {
    from: u32,
    format: Option<String>,
}

struct Orders;

#[controller]
impl Orders {
    #[action(formats(csv, json, query = "format"))]
    async fn export(&self, Query(page): Query<Page>) -> Option<String> {
        self.stream([page.from, page.from + 1]);
        page.format
    }

    #[action(formats(query = "as"))]
    async fn any(&self, RawQuery(query): RawQuery) {
        self.stream(query);
    }

    #[action(formats(csv, json))]
    async fn by_header_only(&self) {
        self.stream([1, 2]);
    }
}

/// The media type of the answer to a request.
async fn media_type(request: outflow::test::Request<'_>) -> String {
    let mut answer = request.start();
    let media_type = answer.head().await.headers()["content-type"].to_str().unwrap().to_owned();
    answer.leave();
    media_type
}

#[tokio::test(start_paused = true)]
async fn it_picks_above_the_accept_header_and_leaves_the_query_to_the_action() {
    let client = Client::new(Orders);
    assert_eq!(client.get("/orders/export?from=1&format=csv").start().text().await, "1,2\r\n");
    let json = client.get("/orders/export?from=1&format=json").accept("text/csv").all::<[u32; 2], String>().await;
    assert_eq!((json.packets, &*json.result), (vec![[1, 2]], "json"));
    let any_case = client.get("/orders/export?format=JSON&from=1").accept("text/html,*/*;q=0.8");
    assert_eq!(media_type(any_case).await, "application/json");
    // Without it, and with the empty value of a form, the header decides.
    for query in ["from=1", "from=1&format="] {
        let request = client.get(&format!("/orders/export?{query}")).accept("application/json");
        assert_eq!(media_type(request).await, "application/json", "{query}");
    }
    let head = client.request(Method::HEAD, "/orders/export?from=1&format=json");
    assert_eq!(media_type(head).await, "application/json");
}

#[tokio::test(start_paused = true)]
async fn without_a_list_it_picks_among_all() {
    let client = Client::new(Orders);
    assert_eq!(client.get("/orders/any?as=ndjson").start().wire().await, "\"as=ndjson\"\n");
    assert_eq!(client.get("/orders/any?as=text").start().text().await, "as=text");
    assert_eq!(media_type(client.get("/orders/any?format=text")).await, "text/event-stream");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_name_is_a_406_that_says_which_there_are() {
    let client = Client::new(Orders);
    for name in ["xlsx", "sse", "text%2Fcsv"] {
        let failed = client.get(&format!("/orders/export?from=1&format={name}")).start().failed().await;
        assert_eq!(failed.status(), StatusCode::NOT_ACCEPTABLE, "{name}");
        let name = name.replace("%2F", "/");
        let expected = format!("`format={name}` is no format of this stream: there are `csv`, `json`");
        assert_eq!(failed.detail(), expected);
        assert_eq!(failed.problem()["formats"][1], json!({ "name": "json", "media_types": ["application/json"] }));
    }
}

#[tokio::test(start_paused = true)]
async fn only_an_action_that_says_so_is_asked_by_the_query_and_a_pick_comes_first() {
    let client = Client::new(Orders);
    assert_eq!(media_type(client.get("/orders/by-header-only?format=json")).await, "text/csv");
    let picked = client.get("/orders/export?from=1&format=json").extension(Pick("csv"));
    assert_eq!(media_type(picked).await, "text/csv");
}
