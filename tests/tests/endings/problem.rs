//! `Problem` as the error of an action: one document, before the first packet and after it.

use std::collections::HashMap;

use axum::{
    Json,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use outflow::{Problem, action, controller, test::Client};
use serde_json::json;

/// An error in five lines.
enum OrderError {
    SoldOut { left: u32 },
    Unknown(String),
}

impl From<OrderError> for Problem {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::SoldOut { left } => Self::new(StatusCode::CONFLICT)
                .with_type("/problems/sold-out")
                .with_title("Sold out")
                .with("left", left),
            OrderError::Unknown(name) => {
                Self::new(StatusCode::NOT_FOUND).with_detail(format_args!("we don't sell {name}"))
            }
        }
    }
}

/// The same error where the action keeps its type.
struct Typed(OrderError);

impl IntoResponse for Typed {
    fn into_response(self) -> Response {
        Problem::from(self.0).into_response()
    }
}

fn find(name: &str) -> Result<u32, OrderError> {
    match name {
        "tea" => Ok(3),
        _ => Err(OrderError::Unknown(name.to_owned())),
    }
}

struct Shop;

#[controller]
impl Shop {
    #[action(path = "/orders/{name}")]
    async fn order(&self, name: String) -> Result<(), Problem> {
        let left = find(&name)?;
        self.stream("looking");
        Err(OrderError::SoldOut { left })?;
        Ok(())
    }

    #[action(path = "/typed/{name}")]
    async fn typed(&self, name: String) -> Result<(), Typed> {
        let left = find(&name).map_err(Typed)?;
        self.stream("looking");
        Err(Typed(OrderError::SoldOut { left }))
    }

    #[action(path = "/anyhow/{name}")]
    async fn anyhow(&self, name: String) -> anyhow::Result<()> {
        let left = find(&name).map_err(Problem::from)?;
        self.stream("looking");
        let sold_out = Problem::from(OrderError::SoldOut { left });
        Err(anyhow::Error::new(sold_out).context("for operators only"))
    }

    #[action(post, resumable, path = "/runs/{name}")]
    async fn run(&self, name: String) -> Result<(), Problem> {
        let left = find(&name)?;
        self.stream("looking");
        Err(OrderError::SoldOut { left })?;
        Ok(())
    }

    /// It does not stream.
    #[action(path = "/stock/{name}")]
    async fn stock(&self, name: String) -> Result<Json<u32>, Problem> {
        Ok(Json(find(&name)?))
    }

    #[action]
    async fn later(&self) -> Result<(), Response> {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE);
        Err(([(RETRY_AFTER, "5")], problem).into_response())?;
        self.stream("never");
        Ok(())
    }

    #[action(path = "/bad-status/{status}")]
    async fn bad_status(&self, status: u16) -> Result<(), Problem> {
        Err(Problem::new(StatusCode::from_u16(status).unwrap()))?;
        self.stream("never");
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_document_is_the_response_before_the_first_packet() {
    let client = Client::new(Shop);
    let expected = json!({
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "we don't sell milk",
    });
    for path in ["/shop/orders/milk", "/shop/typed/milk", "/shop/anyhow/milk", "/shop/stock/milk"] {
        let mut answer = client.get(path).start();
        let head = answer.head().await;
        assert_eq!(head.status(), StatusCode::NOT_FOUND);
        assert_eq!(head.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.failed().await.problem(), &expected, "{path}");
    }
    let mut run = client.post("/shop/runs/milk").start();
    assert_eq!(run.failed().await.problem(), &expected);
}

#[tokio::test(start_paused = true)]
async fn the_same_document_is_in_the_stream_after_the_first_packet() {
    let expected = json!({ "type": "/problems/sold-out", "title": "Sold out", "status": 409, "left": 3 });
    for accept in ["text/event-stream", "application/json"] {
        let client = Client::new(Shop).accept(accept);
        let gets = ["/shop/orders/tea", "/shop/typed/tea", "/shop/anyhow/tea"].map(|path| client.get(path));
        for request in gets.into_iter().chain([client.post("/shop/runs/tea")]) {
            let mut answer = request.start();
            assert_eq!(answer.packet::<String>().await, "looking");
            let failed = answer.failed().await;
            assert_eq!((failed.status(), failed.problem()), (StatusCode::CONFLICT, &expected), "{accept}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn headers_go_around_it() {
    let client = Client::new(Shop);
    let mut answer = client.get("/shop/later").start();
    assert_eq!(answer.head().await.headers()[RETRY_AFTER], "5");
    assert_eq!(answer.failed().await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn every_member_is_in_the_document() {
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY)
        .with_type("https://example.com/problems/invalid")
        .with_title("Invalid order")
        .with_detail("two fields are wrong")
        .with_instance("/orders/7")
        .with("errors", [("name", "is empty"), ("count", "is 0")])
        .with("retry", false)
        .with("retry", true);
    let json: serde_json::Value = serde_json::from_str(&problem.to_json()).unwrap();
    assert_eq!(
        json,
        json!({
            "type": "https://example.com/problems/invalid",
            "title": "Invalid order",
            "status": 422,
            "detail": "two fields are wrong",
            "instance": "/orders/7",
            "errors": [["name", "is empty"], ["count", "is 0"]],
            "retry": true,
        })
    );
    assert_eq!(problem.to_string(), "422: two fields are wrong");
    assert_eq!(Problem::new(StatusCode::GONE).to_string(), "410: Gone");
}

/// A description that can't be written must not take the failure with it.
#[test]
fn a_member_that_cannot_be_written_is_left_out() {
    let no_json = HashMap::from([((1, 2), 3)]);
    let problem = Problem::new(StatusCode::CONFLICT).with("bad", no_json).with("good", 1);
    assert_eq!(problem.to_json(), r#"{"good":1,"status":409,"title":"Conflict","type":"about:blank"}"#);
}

#[test]
#[should_panic(expected = "`status` is not an extension member of a problem: set it by `Problem::new`")]
fn a_standard_member_is_not_set_as_an_extension() {
    let _ = Problem::new(StatusCode::CONFLICT).with("status", 200);
}

/// The panic is in the log; the client gets a failure all the same.
#[tokio::test(start_paused = true)]
async fn the_status_is_one_of_a_failure() {
    let client = Client::new(Shop);
    for status in [200, 302, 600] {
        let mut answer = client.get(&format!("/shop/bad-status/{status}")).start();
        assert_eq!(answer.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
    let panic = std::panic::catch_unwind(|| Problem::new(StatusCode::OK)).unwrap_err();
    assert_eq!(
        panic.downcast_ref::<String>().unwrap(),
        "200 OK is not the status of a problem: use one from 400 to 599"
    );
}
