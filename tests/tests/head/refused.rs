//! What an action cannot set, and the reason that it is given.

use axum::http::{StatusCode, header};
use outflow::{Head, HeadError, Problem, action, controller, test::Client};

#[track_caller]
fn refused(result: Result<(), HeadError>, expected: &str) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_status_that_is_not_that_of_a_stream() {
    let head = Head::new();
    for status in [100, 101, 301, 302, 304, 400, 404, 500, 599] {
        refused(head.status(status), &format!("the status can't be {status}: a stream has a status from 200 to 299"));
    }
    for status in [204, 205] {
        refused(head.status(status), &format!("the status can't be {status}: a response with it has no body"));
    }
    refused(head.status(42), "invalid status code");
    for status in [200, 201, 202, 203, 206, 299] {
        head.status(status).unwrap();
        assert_eq!(head.parts().status, StatusCode::from_u16(status).unwrap());
    }
}

#[test]
fn headers_that_outflow_sets_itself() {
    let head = Head::new();
    for (name, expected) in [
        (header::CONTENT_LENGTH, "the server frames the body"),
        (header::TRANSFER_ENCODING, "the server frames the body"),
        (header::CONNECTION, "the server frames the body"),
        (header::CONTENT_TYPE, "offer another one in `formats(…)`"),
        (header::CONTENT_ENCODING, "compress it in a layer"),
        (header::CACHE_CONTROL, "must not be stored"),
        (header::X_CONTENT_TYPE_OPTIONS, "leave it out"),
        (header::HeaderName::from_static("x-accel-buffering"), "nginx"),
    ] {
        let reason = format!("the header `{name}` can't be set: ");
        refused(head.insert(name.clone(), "x"), &reason);
        refused(head.append(name.clone(), "x"), expected);
    }
    refused(head.insert(header::VARY, "cookie"), "add yours with `head.append(VARY, …)`");
    head.append(header::VARY, "cookie").unwrap();
    assert_eq!(head.parts().headers.len(), 1);
}

#[test]
fn names_and_values_that_no_header_can_have() {
    let head = Head::new();
    refused(head.insert("no name", "x"), "invalid HTTP header name");
    refused(head.insert("x-a", "two\r\nlines: x"), "failed to parse header value");
}

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn run(&self, head: Head) -> Vec<String> {
        let names = ["location", "run-key", "run-state", "run-tail"];
        let refused = names.map(|name| head.insert(name, "x").unwrap_err().to_string());
        self.stream(1);
        refused.to_vec()
    }
}

#[tokio::test(start_paused = true)]
async fn headers_that_describe_a_run() {
    let client = Client::new(Jobs);
    let mut answer = client.post("/jobs/run").start();
    answer.packet::<u8>().await;
    let refused = answer.done::<Vec<String>>().await;
    assert_eq!(refused[0], "the header `location` can't be set: it says where the run is: choose another header");
    assert!(refused[1..].iter().all(|why| why.ends_with("it describes the run: choose another header")), "{refused:?}");
}

/// A problem can be the error of an action that sets its head: `?` makes one of what the head refuses.
#[tokio::test(start_paused = true)]
async fn what_the_head_refuses_is_a_problem_without_its_reason() {
    struct Exports;

    #[controller]
    impl Exports {
        #[action]
        async fn orders(&self, head: Head) -> Result<(), Problem> {
            head.download("..")?;
            self.stream(1);
            Ok(())
        }
    }

    let failed = Client::new(Exports).get("/exports/orders").start().failed().await;
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(failed.problem().get("detail"), None);
}
