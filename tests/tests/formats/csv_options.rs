//! The options of `csv(…)`: what spreadsheets and other programs want of a table.

use std::panic::AssertUnwindSafe;

use axum::http::HeaderMap;
use futures_util::FutureExt as _;
use outflow::{action, controller, test::Client};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: u32,
    total: String,
}

fn row(id: u32, total: &str) -> Row {
    Row { id, total: total.to_owned() }
}

struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("this packet can't be written");
    }
}

struct Tables;

#[controller]
impl Tables {
    #[action(formats(csv(bom, delimiter = ';', line_ends = lf)))]
    async fn excel(&self) {
        self.stream(row(1, "12,50"));
        self.stream(row(2, "a;b\nc"));
    }

    #[action(formats(csv(delimiter = '\t')))]
    async fn tabs(&self) {
        self.stream(row(1, "12,50"));
        self.stream(row(2, "a\tb"));
    }

    #[action(formats(csv(columns(total = "Total, in €", id))))]
    async fn named(&self) {
        self.stream(row(1, "5"));
        self.stream(json!({ "id": 2 }));
        self.stream(("6", 3));
    }

    #[action(formats(csv(bom, columns("first-name" = "First name", r#type))))]
    async fn empty(&self, headers: HeaderMap) {
        if headers.contains_key("x-row") {
            self.stream(json!({ "type": "a", "first-name": "Ann" }));
        }
    }

    /// The first packet panics while it is written, and the action goes on.
    #[action(formats(csv(bom, columns(id, total))))]
    async fn after_a_panic(&self) {
        let _ = AssertUnwindSafe(async { self.stream(Panics) }).catch_unwind().await;
        self.stream(row(1, "5"));
    }

    #[action(formats(csv(bom)))]
    async fn marked(&self, headers: HeaderMap) {
        if headers.contains_key("x-row") {
            self.stream(1);
        }
    }

    #[action(formats(csv(delimiter = ';')))]
    async fn commas(&self) {
        self.stream(("1,5", "2,5"));
    }

    #[action(formats(csv(columns(id))))]
    async fn too_few(&self) {
        self.stream(row(1, "5"));
    }

    #[action(formats(csv(formulas = escape)))]
    async fn safe(&self) {
        self.stream(json!({ "=id": -1, "total": "=HYPERLINK(\"http://evil\")" }));
        self.stream(json!({ "=id": 2, "total": "-5.20" }));
    }

    #[action(formats(csv(columns(id = "=Id"), formulas = keep)))]
    async fn kept(&self) {
        self.stream(["+1+1"]);
    }
}

async fn body(path: &str) -> String {
    Client::new(Tables).get(path).start().text().await
}

#[tokio::test]
async fn a_mark_a_delimiter_and_line_ends() {
    assert_eq!(body("/tables/excel").await, "\u{feff}id;total\n1;12,50\n2;\"a;b\nc\"\n");
    assert_eq!(body("/tables/tabs").await, "id\ttotal\r\n1\t12,50\r\n2\t\"a\tb\"\r\n");
}

#[tokio::test]
async fn columns_in_an_order_and_with_titles_of_ones_own() {
    assert_eq!(body("/tables/named").await, "\"Total, in €\",id\r\n5,1\r\n,2\r\n6,3\r\n");
}

#[tokio::test]
async fn columns_give_a_header_line_without_rows() {
    assert_eq!(body("/tables/empty").await, "\u{feff}First name,type\r\n");
}

#[tokio::test]
async fn a_packet_that_panics_takes_nothing_with_it() {
    assert_eq!(body("/tables/after-a-panic").await, "\u{feff}id,total\r\n1,5\r\n");
}

#[tokio::test]
async fn a_field_that_is_not_among_the_columns_is_refused() {
    assert_eq!(Client::new(Tables).get("/tables/too-few").start().failed().await.status(), 500);
}

#[tokio::test]
async fn formulas_become_text() {
    assert_eq!(body("/tables/safe").await, "'=id,total\r\n-1,\"'=HYPERLINK(\"\"http://evil\"\")\"\r\n2,-5.20\r\n");
    assert_eq!(body("/tables/kept").await, "=Id\r\n+1+1\r\n");
}

#[tokio::test(start_paused = true)]
async fn the_test_client_reads_them() {
    let client = Client::new(Tables).delimiter(';');
    let mut answer = client.get("/tables/excel").start();
    assert_eq!(answer.packets::<Row, 2>().await, [row(1, "12,50"), row(2, "a;b\nc")]);
    answer.done::<()>().await;
    let client = Client::new(Tables).delimiter('\t');
    let mut answer = client.get("/tables/tabs").start();
    assert_eq!(answer.packets::<Row, 2>().await, [row(1, "12,50"), row(2, "a\tb")]);
    answer.done::<()>().await;
}

/// A table of a mark alone is whole, and a comma is no delimiter where another one is.
#[tokio::test(start_paused = true)]
async fn the_test_client_reads_an_empty_table_and_commas_in_numbers() {
    let client = Client::new(Tables).delimiter(';');
    client.get("/tables/marked").start().done::<()>().await;
    let mut answer = client.get("/tables/commas").start();
    assert_eq!(answer.packet::<(String, String)>().await, ("1,5".to_owned(), "2,5".to_owned()));
    answer.done::<()>().await;
}
