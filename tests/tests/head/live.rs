//! Status, headers and cookies of one response, in any place that the argument may have.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{FromRequestParts, Query},
    http::{
        HeaderMap, Response, StatusCode,
        header::{LINK, LOCATION, SET_COOKIE, VARY},
        request::Parts,
    },
    response::{IntoResponse, Response as AxumResponse},
};
use futures_util::StreamExt as _;
use outflow::{Event, Head, HeadError, action, controller, test::Client};
use serde::Deserialize;
use tokio::{sync::Notify, time::sleep};

use crate::support::soon;

#[derive(Deserialize)]
struct Page {
    from: u32,
}

/// An extractor that sets a cookie, as a session does.
struct Session(Head);

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = HeadError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HeadError> {
        let head = Head::from_request_parts(parts, state).await?;
        head.append(SET_COOKIE, "session=1")?;
        Ok(Self(head))
    }
}

/// An extractor that keeps what the head says to it.
struct Counted(Result<(), HeadError>);

impl<S: Sync> FromRequestParts<S> for Counted {
    type Rejection = HeadError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HeadError> {
        Ok(Self(Head::from_request_parts(parts, state).await?.append(SET_COOKIE, "count=1")))
    }
}

#[derive(Debug)]
enum Refused {
    Head(HeadError),
    Full,
}

impl From<HeadError> for Refused {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> AxumResponse {
        match self {
            Self::Head(error) => error.into_response(),
            Self::Full => (StatusCode::CONFLICT, [(SET_COOKIE, "full=1")]).into_response(),
        }
    }
}

struct Jobs;

#[controller]
impl Jobs {
    #[action(post)]
    async fn first(&self, head: Head, Query(page): Query<Page>, Json(name): Json<String>) -> Result<(), HeadError> {
        head.status(StatusCode::CREATED)?;
        head.insert(LOCATION, format!("/jobs/{name}"))?;
        self.stream(page.from);
        Ok(())
    }

    #[action(path = "/middle/{id}")]
    async fn middle(&self, id: u32, head: Head, headers: HeaderMap) -> Result<usize, HeadError> {
        head.status(201)?;
        self.stream(id);
        Ok(headers.len())
    }

    #[action]
    async fn last(&self, Query(page): Query<Page>, head: Head) -> Result<(), HeadError> {
        head.insert("x-from", page.from.to_string())?;
        head.insert("x-from", "twice")?;
        head.append(SET_COOKIE, "a=1; Path=/")?;
        head.append(SET_COOKIE, "b=2")?;
        head.append(LINK, "</next>; rel=next")?;
        head.append(VARY, "cookie")?;
        self.stream(1);
        Ok(())
    }

    #[action]
    async fn silent(&self, head: Head) -> Result<u8, HeadError> {
        head.status(StatusCode::ACCEPTED)?;
        if head.parts().status == StatusCode::OK {
            self.stream("never");
        }
        Ok(7)
    }

    #[action]
    async fn slow(&self, head: Head) -> Result<(), HeadError> {
        head.status(StatusCode::ACCEPTED)?;
        sleep(Duration::from_secs(1)).await;
        head.status(StatusCode::CREATED)?;
        self.stream("never");
        Ok(())
    }

    #[action]
    async fn late(&self, head: Head) -> Result<(), HeadError> {
        self.stream(1);
        head.status(StatusCode::CREATED)
    }

    #[action]
    async fn fails(&self, head: Head) -> Result<(), Refused> {
        head.status(StatusCode::CREATED)?;
        head.append(SET_COOKIE, "lost=1")?;
        head.download("lost")?;
        if head.parts().status == StatusCode::CREATED {
            return Err(Refused::Full);
        }
        self.stream("never");
        Ok(())
    }

    #[action]
    async fn session(&self, session: Session) -> Result<(), HeadError> {
        session.0.append(SET_COOKIE, "seen=1")?;
        self.helper(&session.0).await?;
        self.stream(1);
        Ok(())
    }

    async fn helper(&self, head: &Head) -> Result<(), HeadError> {
        head.insert("x-helper", "yes")?;
        if head.parts().headers.is_empty() {
            self.stream("never");
        }
        Ok(())
    }

    /// No stream, so an extractor finds a head that nothing would send.
    #[action]
    async fn plain(&self, counted: Counted) -> String {
        counted.0.unwrap_err().to_string()
    }
}

struct Checkout {
    is_paid: Arc<Notify>,
}

#[controller]
impl Checkout {
    #[action(post, on_disconnect = finish)]
    async fn pay(&self, head: Head) -> Result<(), HeadError> {
        sleep(Duration::from_millis(100)).await;
        head.status(StatusCode::CREATED)?;
        self.stream("unread");
        self.is_paid.notify_one();
        Ok(())
    }
}

fn values<'a>(head: &'a Response<()>, name: &str) -> Vec<&'a str> {
    head.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn it_stands_wherever_an_extractor_may() {
    let client = Client::new(Jobs);
    let mut answer = client.post("/jobs/first?from=3").json(&"import").start();
    let head = answer.head().await;
    assert_eq!((head.status(), values(&head, "location")), (StatusCode::CREATED, vec!["/jobs/import"]));
    assert_eq!(answer.packet::<u32>().await, 3);
    answer.done::<()>().await;

    let mut answer = client.get("/jobs/middle/9").start();
    assert_eq!(answer.head().await.status(), StatusCode::CREATED);
    assert_eq!(answer.packet::<u32>().await, 9);
    answer.done::<usize>().await;
}

#[tokio::test(start_paused = true)]
async fn headers_and_cookies_go_beside_those_of_the_stream() {
    let client = Client::new(Jobs);
    let mut answer = client.get("/jobs/last?from=1").start();
    let head = answer.head().await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(values(&head, "x-from"), ["twice"]);
    assert_eq!(values(&head, "set-cookie"), ["a=1; Path=/", "b=2"]);
    assert_eq!(values(&head, "link"), ["</next>; rel=next"]);
    assert_eq!(values(&head, "vary"), ["accept, x-request-type", "cookie"]);
    assert_eq!(values(&head, "cache-control"), ["no-cache, no-transform"]);
    assert_eq!(values(&head, "content-type"), ["text/event-stream"]);
    answer.packet::<u8>().await;
    answer.done::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn an_action_without_packets_has_its_head_too() {
    let client = Client::new(Jobs);
    let mut answer = client.get("/jobs/silent").start();
    assert_eq!(answer.head().await.status(), StatusCode::ACCEPTED);
    assert_eq!(answer.done::<u8>().await, 7);
}

#[tokio::test(start_paused = true)]
async fn once_the_head_has_left_nothing_can_be_set() {
    let client = Client::new(Jobs);
    let mut answer = client.get("/jobs/slow").start();
    assert_eq!(answer.head().await.status(), StatusCode::ACCEPTED);
    assert_eq!(answer.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR);

    let mut answer = client.get("/jobs/late").start();
    assert_eq!(answer.packet::<u8>().await, 1);
    assert_eq!(answer.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.head().await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_failure_has_the_head_of_its_error_alone() {
    let client = Client::new(Jobs);
    let mut answer = client.get("/jobs/fails").accept("text/csv").start();
    let head = answer.head().await;
    assert_eq!((head.status(), values(&head, "set-cookie")), (StatusCode::CONFLICT, vec!["full=1"]));
    assert_eq!(values(&head, "content-disposition"), [""; 0]);
    answer.failed().await;
}

#[tokio::test(start_paused = true)]
async fn an_extractor_and_a_helper_set_the_same_head() {
    let client = Client::new(Jobs);
    let mut answer = client.get("/jobs/session").start();
    let head = answer.head().await;
    assert_eq!(values(&head, "set-cookie"), ["session=1", "seen=1"]);
    assert_eq!(values(&head, "x-helper"), ["yes"]);
    answer.packet::<u8>().await;
    answer.done::<()>().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_request_never_runs_the_action_and_cannot_know() {
    let client = Client::new(Jobs);
    let mut answer = client.request(axum::http::Method::HEAD, "/jobs/silent").start();
    assert_eq!(answer.head().await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn an_action_that_outlives_its_client_sets_its_head_in_vain() {
    let is_paid = Arc::new(Notify::new());
    let client = Client::new(Checkout { is_paid: is_paid.clone() });
    let mut answer = client.post("/checkout/pay").start();
    sleep(Duration::from_millis(10)).await;
    answer.leave();
    soon("the payment", is_paid.notified()).await;
}

#[tokio::test(start_paused = true)]
async fn an_action_without_a_stream_is_told_that_nothing_sends_the_head() {
    let client = Client::new(Jobs);
    let text = client.get("/jobs/plain").start().text().await;
    assert!(text.starts_with("this action never streams, so nothing would send its `Head`"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_outside_of_controllers_has_no_head() {
    let app = axum::Router::new().route("/", axum::routing::get(async |_: Head| Ok::<_, Infallible>("never")));
    let client = Client::new(app);
    let mut answer = client.get("/").start();
    assert_eq!(answer.failed().await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_test_without_http_looks_at_what_was_set() {
    let head = Head::new();
    let mut events = Jobs.last(Query(Page { from: 1 }), head.clone());
    assert!(matches!(events.next().await, Some(Event::Packet(_))));
    let parts = head.parts();
    assert_eq!((parts.status, parts.headers["x-from"].to_str().unwrap()), (StatusCode::OK, "twice"));
    assert_eq!(parts.headers.get_all(SET_COOKIE).iter().count(), 2);
}
