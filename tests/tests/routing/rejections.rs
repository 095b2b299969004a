//! Rejections of a controller's extractors, as they are and as problem documents.

use axum::{
    Json,
    extract::{FromRequestParts, Path, Query},
    http::{
        StatusCode,
        header::{
            ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
            X_CONTENT_TYPE_OPTIONS,
        },
        request::Parts,
    },
    response::{IntoResponse, Redirect, Response},
};
use outflow::{
    Drain, Problem, action, controller,
    test::{Client, Request},
};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Page {
    from: u32,
}

/// An extractor that rejects every request, in the way that its header says.
struct User;

impl<S: Sync> FromRequestParts<S> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        Err(match parts.headers["x-how"].to_str().unwrap() {
            "text" => (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], "log in first").into_response(),
            "nothing" => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST"), (CONTENT_LENGTH, "0")]).into_response(),
            "json" => (StatusCode::FORBIDDEN, Json(json!({ "code": 7 }))).into_response(),
            "gzip" => (StatusCode::FORBIDDEN, [(CONTENT_ENCODING, "gzip"), (ETAG, "\"1\"")], [31, 139]).into_response(),
            "problem" => Problem::new(StatusCode::FORBIDDEN).with_type("/roles").into_response(),
            _ => Redirect::to("/login").into_response(),
        })
    }
}

macro_rules! orders {
    ($name:ident, $($option:tt)*) => {
        struct $name;

        #[controller("/orders", $($option)*)]
        impl $name {
            #[action(post)]
            async fn add(&self, Json(names): Json<Vec<String>>) {
                self.stream(names);
            }

            #[action]
            async fn list(&self, Query(page): Query<Page>) {
                self.stream(page.from);
            }

            #[action(path = "/by-path/{id}")]
            async fn by_path(&self, Path(id): Path<u64>) {
                self.stream(id);
            }

            #[action(path = "/by-name/{id}")]
            async fn by_name(&self, id: u64) {
                self.stream(id);
            }

            #[action]
            async fn mine(&self, _user: User) {
                self.stream("never");
            }

            /// It does not stream.
            #[action]
            async fn count(&self, _page: Query<Page>) -> &'static str {
                "7"
            }

            #[action(post, resumable)]
            async fn import(&self, _names: Json<Vec<String>>) {
                self.stream("never");
            }

            /// Its error is its own affair.
            #[action]
            async fn fails(&self) -> Result<(), (StatusCode, &'static str)> {
                Err((StatusCode::CONFLICT, "as text"))?;
                self.stream("never");
                Ok(())
            }
        }
    };
}

orders!(Plain, state = ());
orders!(Described, state = (), problems);

/// Requests that are rejected, with the status.
fn rejected(client: &Client) -> Vec<(Request<'_>, u16)> {
    vec![
        (client.post("/orders/add").json(&7), 422),
        (client.post("/orders/add").body("[]"), 415),
        (client.post("/orders/add").header("content-type", "application/json").body("["), 400),
        (client.get("/orders/list?from=x"), 400),
        (client.get("/orders/by-path/x"), 400),
        (client.get("/orders/by-name/x"), 400),
        (client.get("/orders/count"), 400),
        (client.post("/orders/import").json(&7), 422),
    ]
}

fn content_type<T>(head: &axum::http::Response<T>) -> &str {
    head.headers()[CONTENT_TYPE].to_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_a_problem_document_with_its_own_text() {
    let (plain, described) = (Client::new(Plain), Client::new(Described));
    for ((plain, status), (described, _)) in rejected(&plain).into_iter().zip(rejected(&described)) {
        let mut plain = plain.start();
        let head = plain.head().await;
        assert_eq!((head.status().as_u16(), content_type(&head)), (status, "text/plain; charset=utf-8"));
        let text = plain.failed().await.detail().to_owned();
        let mut answer = described.start();
        let head = answer.head().await;
        assert_eq!((head.status().as_u16(), content_type(&head)), (status, "application/problem+json"));
        assert_eq!(head.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
        let failed = answer.failed().await;
        let title = StatusCode::from_u16(status).unwrap().canonical_reason();
        assert_eq!(
            failed.problem(),
            &json!({ "type": "about:blank", "title": title, "status": status, "detail": text })
        );
        assert!(!text.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_headers_of_a_rejection_stay() {
    let client = Client::new(Described);
    for (how, name, value, expected) in [
        (
            "text",
            WWW_AUTHENTICATE,
            "Bearer",
            json!({
                "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "log in first",
            }),
        ),
        ("nothing", ALLOW, "POST", json!({ "type": "about:blank", "title": "Method Not Allowed", "status": 405 })),
        (
            "json",
            X_CONTENT_TYPE_OPTIONS,
            "nosniff",
            json!({
                "type": "about:blank", "title": "Forbidden", "status": 403, "code": 7,
            }),
        ),
        (
            "problem",
            CONTENT_TYPE,
            "application/problem+json",
            json!({
                "type": "/roles", "title": "Forbidden", "status": 403,
            }),
        ),
    ] {
        let mut answer = client.get("/orders/mine").header("x-how", how).start();
        assert_eq!(answer.head().await.headers()[&name], value, "{how}");
        assert_eq!(answer.failed().await.problem(), &expected, "{how}");
    }
}

/// A redirect to a login page is an answer, and no failure. An action's error is described by the action.
#[tokio::test(start_paused = true)]
async fn other_answers_stay_as_they_are() {
    let client = Client::new(Described);
    let mut answer = client.get("/orders/mine").header("x-how", "redirect").start();
    let head = answer.head().await;
    assert_eq!(head.status(), StatusCode::SEE_OTHER);
    assert_eq!(head.headers()[LOCATION], "/login");
    answer.leave();
    let mut answer = client.get("/orders/fails").start();
    assert_eq!(answer.head().await.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    assert_eq!(answer.failed().await.detail(), "as text");
}

/// A refusal was a problem before.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_the_same_with_and_without() {
    let full = || Drain::new().max_streams(0);
    for client in [Client::with_drain(Plain, full()), Client::with_drain(Described, full())] {
        let mut answer = client.get("/orders/list?from=1").start();
        let head = answer.head().await;
        assert!(head.headers().contains_key(RETRY_AFTER));
        assert_eq!(head.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(answer.failed().await.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_describe_the_old_body_go_with_it() {
    let client = Client::new(Described);
    let mut answer = client.get("/orders/mine").header("x-how", "gzip").start();
    let head = answer.head().await;
    assert_eq!(content_type(&head), "application/problem+json");
    assert!(!head.headers().contains_key(CONTENT_ENCODING) && !head.headers().contains_key(ETAG));
    assert_eq!(answer.failed().await.status(), StatusCode::FORBIDDEN);
}
