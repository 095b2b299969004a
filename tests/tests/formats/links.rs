//! `formats(…, query = "format")`: a link names the format, because it can send no header.

use axum::{
    Extension,
    extract::{Query, RawQuery},
    http::{Method, Request, StatusCode},
};
use outflow::{Controller as _, action, controller, format::Pick};
use serde::Deserialize;
use serde_json::json;

use crate::support::{get, get_as, send};

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

#[tokio::test]
async fn it_picks_above_the_accept_header_and_leaves_the_query_to_the_action() {
    let app = Orders.into_router();
    assert_eq!(get(&app, "/orders/export?from=1&format=csv").await.body, "1,2\r\n");
    let json = "{\"items\":[[1,2]],\"result\":\"json\"}";
    let (reply, _) = get_as(&app, "/orders/export?from=1&format=json", "text/csv").await;
    assert_eq!((reply.header("content-type"), &*reply.body), ("application/json", json));
    let (reply, _) = get_as(&app, "/orders/export?format=JSON&from=1", "text/html,*/*;q=0.8").await;
    assert_eq!(reply.header("content-type"), "application/json");
    // Without it, and with the empty value of a form, the header decides.
    for query in ["from=1", "from=1&format="] {
        let (reply, _) = get_as(&app, &format!("/orders/export?{query}"), "application/json").await;
        assert_eq!(reply.header("content-type"), "application/json", "{query}");
    }
    let request = Request::builder().method(Method::HEAD).uri("/orders/export?from=1&format=json");
    assert_eq!(send(&app, request).await.header("content-type"), "application/json");
}

#[tokio::test]
async fn without_a_list_it_picks_among_all() {
    let app = Orders.into_router();
    assert_eq!(get(&app, "/orders/any?as=ndjson").await.body, "\"as=ndjson\"\n");
    assert_eq!(get(&app, "/orders/any?as=text").await.body, "as=text");
    assert_eq!(get(&app, "/orders/any?format=text").await.header("content-type"), "text/event-stream");
}

#[tokio::test]
async fn an_unknown_name_is_a_406_that_says_which_there_are() {
    let app = Orders.into_router();
    for name in ["xlsx", "sse", "text%2Fcsv"] {
        let reply = get(&app, &format!("/orders/export?from=1&format={name}")).await;
        assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE, "{name}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
        let name = name.replace("%2F", "/");
        let expected = format!("`format={name}` is no format of this stream: there are `csv`, `json`");
        assert_eq!(reply.json()["detail"], expected);
        assert_eq!(reply.json()["formats"][1], json!({ "name": "json", "media_types": ["application/json"] }));
    }
}

#[tokio::test]
async fn only_an_action_that_says_so_is_asked_by_the_query_and_a_pick_comes_first() {
    let app = Orders.into_router();
    assert_eq!(get(&app, "/orders/by-header-only?format=json").await.header("content-type"), "text/csv");
    let app = app.layer(Extension(Pick("csv")));
    assert_eq!(get(&app, "/orders/export?from=1&format=json").await.header("content-type"), "text/csv");
}
