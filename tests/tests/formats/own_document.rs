//! A custom format that is one document, knows the body of its request, and writes failures in words of its own.

use axum::{
    extract::{FromRequest, Request},
    http::{StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse as _, Response},
};
use outflow::{
    action, controller,
    format::{Content, Ending, Format, Notes, Problem, Representation, Unwritable},
    test::Client,
};
use std::time::Duration;
use tokio::time::sleep;

/// A report: its title and all its lines, written at the end.
struct Report {
    title: String,
    lines: Vec<u8>,
}

/// The title, as the body of the request has it.
#[derive(Clone)]
struct Title(String);

impl<S: Send + Sync> FromRequest<S> for Title {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let notes = Notes::of(request.extensions());
        let title = Self(String::from_request(request, state).await.map_err(|error| error.into_response())?);
        notes.leave(title.clone());
        Ok(title)
    }
}

impl Report {
    fn of(request: &Parts) -> Box<dyn Format> {
        let title = request.extensions.get().map_or_else(|| "untitled".to_owned(), |Title(title)| title.clone());
        Box::new(Self { title, lines: Vec::new() })
    }
}

impl Format for Report {
    fn packet(&mut self, content: &Content<'_>, _out: &mut Vec<u8>) -> Result<(), Unwritable> {
        content.write_text(&mut self.lines)?;
        self.lines.push(b'\n');
        Ok(())
    }

    fn done(&mut self, _result: Option<&[u8]>, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("# {}\n", self.title).as_bytes());
        out.append(&mut self.lines);
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }

    fn is_document(&self) -> bool {
        true
    }

    fn early_failure(&self) -> Option<fn(&Problem) -> String> {
        Some(|problem| format!("{{\"no report\":{}}}", problem.status().as_u16()))
    }
}

const REPORT: Representation = Representation {
    name: "report",
    content_type: "text/x-report",
    media_types: &["text/x-report"],
    resumes_midway: false,
    after_body: true,
    writer: Report::of,
};

struct Reports;

#[controller]
impl Reports {
    #[action(post, formats(self::REPORT, ndjson))]
    async fn slow(&self, title: Title) -> Result<(), (StatusCode, [(&'static str, &'static str); 1])> {
        self.stream("one");
        sleep(Duration::from_secs(20)).await;
        self.stream("two");
        if title.0 == "fails" { Err((StatusCode::CONFLICT, [("x-basket", "7")])) } else { Ok(()) }
    }

    #[action(post, formats(self::REPORT))]
    async fn panics(&self, _title: Title) {
        self.stream("one");
        panic!("a secret of the server");
    }

    #[action(post, formats(self::REPORT), timeout = "1s")]
    async fn late(&self, _title: Title) {
        self.stream("one");
        sleep(Duration::from_secs(20)).await;
    }

    #[action(post, formats(self::REPORT), resumable)]
    async fn run(&self, _title: Title) {
        self.stream("one");
    }
}

#[tokio::test(start_paused = true)]
async fn it_knows_the_body_and_is_written_at_the_end() {
    let client = Client::new(Reports);
    let mut answer = client.post("/reports/slow").body("Sales").start();
    assert_eq!(answer.head().await.headers()[CONTENT_TYPE], "text/x-report");
    assert_eq!(answer.text().await, "# Sales\none\ntwo\n");
    let run = client.post("/reports/run").body("Sales").start().text().await;
    assert_eq!(run, "# Sales\none\n");
}

/// However late it fails, and whatever was sent before.
#[tokio::test(start_paused = true)]
async fn a_failure_has_its_status_its_headers_and_the_words_of_the_format() {
    let client = Client::new(Reports);
    for (path, body, status) in [
        ("/reports/slow", "fails", StatusCode::CONFLICT),
        ("/reports/panics", "", StatusCode::INTERNAL_SERVER_ERROR),
        ("/reports/late", "", StatusCode::GATEWAY_TIMEOUT),
    ] {
        let mut answer = client.post(path).body(body).start();
        let head = answer.head().await;
        assert_eq!((head.status(), &head.headers()[CONTENT_TYPE]), (status, &"application/json".parse().unwrap()));
        assert_eq!(head.headers().contains_key("x-basket"), body == "fails");
        assert_eq!(answer.wire().await, format!("{{\"no report\":{}}}", status.as_u16()));
    }
}

/// The other formats of the action hold their head no longer than they did.
#[tokio::test(start_paused = true)]
async fn other_formats_are_as_they_were() {
    let client = Client::new(Reports).accept("application/x-ndjson");
    let mut answer = client.post("/reports/slow").body("fails").start();
    assert_eq!(answer.head().await.status(), StatusCode::OK);
    assert_eq!(answer.packet::<String>().await, "one");
    answer.cut().await;
    assert_eq!(answer.arrivals(), [Duration::ZERO, Duration::from_secs(20)]);
}
