//! A custom format, written as the documentation of `outflow::format` shows.

use std::{future::pending, time::Duration};

use axum::{
    Extension, Router,
    body::Body,
    extract::Request as AxumRequest,
    http::{Method, Request, StatusCode, request::Parts},
    middleware::{Next, from_fn},
};
use outflow::{
    Controller as _, Drain, action, controller,
    format::{Content, EndedBy, Ending, Format, Pick, Problem, Representation, Unwritable},
    run::Runs,
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{
    Reply, empty, frame, get,
    logs::BentLog,
    open, open_get, read, read_until,
    runs::{Started, cancel, complete, follow_after, get_run, start},
    send,
};

/// One line for each thing that a format is told.
struct Transcript {
    request: String,
    end: u64,
}

/// Something that a layer leaves in a request for the format.
#[derive(Clone)]
struct Visitor(&'static str);

impl Transcript {
    fn of(request: &Parts) -> Box<dyn Format> {
        let visitor = request.extensions.get::<Visitor>().map_or("nobody", |visitor| visitor.0);
        let agent = request.headers.get("user-agent").map_or("", |agent| agent.to_str().unwrap());
        let request = format!("{} {} {agent} {visitor}", request.method, request.uri);
        Box::new(Self { request, end: 0 })
    }

    fn line(line: impl std::fmt::Display, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{line}\n").as_bytes());
    }
}

impl Format for Transcript {
    fn begin(&mut self, out: &mut Vec<u8>) {
        Self::line(format_args!("begin {}", self.request), out);
    }

    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(format!("packet {} ", content.number()).as_bytes());
        content.write_json(out)?;
        out.push(b'\n');
        Ok(())
    }

    fn done(&mut self, result: Option<&[u8]>, out: &mut Vec<u8>) {
        let result = String::from_utf8_lossy(result.unwrap_or_default());
        Self::line(format_args!("done {result}, resume from {}", self.end), out);
    }

    fn failed(&mut self, problem: &Problem, out: &mut Vec<u8>) -> Ending {
        let side = match problem.ended_by() {
            EndedBy::Failure => "failure",
            EndedBy::Timeout => "timeout",
            EndedBy::Cancel => "cancel",
            EndedBy::Shutdown => "shutdown",
        };
        Self::line(format_args!("{side} {}, resume from {}", problem.status(), self.end), out);
        Ending::Clean
    }

    fn heartbeat(&self) -> &'static [u8] {
        b"heartbeat\n"
    }

    fn resume(&mut self, after: u64, out: &mut Vec<u8>) {
        Self::line(format_args!("resume after {after}"), out);
    }

    fn resume_from(&mut self, number: u64) {
        self.end = number;
    }
}

const TRANSCRIPT: Representation = Representation {
    name: "transcript",
    content_type: "text/x-transcript",
    media_types: &["text/x-transcript"],
    resumes_midway: true,
    writer: Transcript::of,
};

/// A second format of the same media type.
const SHOUTED: Representation = Representation {
    name: "shouted",
    content_type: "text/x-transcript;profile=shouted",
    media_types: &["text/x-transcript;profile=shouted"],
    resumes_midway: false,
    writer: |_| Box::new(Shouted),
};

struct Shouted;

impl Format for Shouted {
    fn packet(&mut self, content: &Content<'_>, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        content.write_text(out)?;
        out.extend_from_slice(b"!\n");
        Ok(())
    }

    fn failed(&mut self, _problem: &Problem, _out: &mut Vec<u8>) -> Ending {
        Ending::Cut
    }
}

/// An event stream under a name of its own.
const EVENTS: Representation = Representation { name: "ticker", ..outflow::format::SSE };

/// A format named `sse` that is not server-sent events.
const NO_EVENTS: Representation = Representation { name: "sse", ..TRANSCRIPT };

struct Talks;

#[controller]
impl Talks {
    #[action(formats(self::TRANSCRIPT, self::SHOUTED))]
    async fn two(&self) -> u8 {
        self.stream("one");
        self.stream("two");
        3
    }

    #[action(formats(self::TRANSCRIPT))]
    async fn silent(&self) {
        if false {
            self.stream(());
        }
    }

    #[action(formats(self::TRANSCRIPT), heartbeat = "15s")]
    async fn slow(&self) {
        sleep(Duration::from_secs(20)).await;
        self.stream("at last");
    }

    #[action(formats(self::TRANSCRIPT))]
    async fn refused(&self) -> Result<(), StatusCode> {
        if true {
            return Err(StatusCode::CONFLICT);
        }
        self.stream(());
        Ok(())
    }

    #[action(formats(self::TRANSCRIPT))]
    async fn breaks(&self) -> Result<(), StatusCode> {
        self.stream("one");
        Err(StatusCode::CONFLICT)
    }

    #[action(formats(self::TRANSCRIPT), timeout = "1m")]
    async fn late(&self) {
        self.stream("one");
        pending::<()>().await;
    }

    #[action(formats(self::EVENTS))]
    async fn events(&self) {
        self.stream("one");
    }

    #[action(formats(self::NO_EVENTS))]
    async fn no_events(&self) {
        self.stream("one");
    }

    #[action(post, formats(self::TRANSCRIPT), resumable, heartbeat = "15s", open_after = "1s")]
    async fn run(&self) -> u8 {
        self.stream("one");
        self.stream("two");
        3
    }

    #[action(post, formats(self::TRANSCRIPT), resumable)]
    async fn endless(&self) {
        self.stream("one");
        pending::<()>().await;
    }

    #[action(post, formats(self::TRANSCRIPT), resumable, timeout = "1m")]
    async fn late_run(&self) {
        self.stream("one");
        pending::<()>().await;
    }
}

fn app() -> Router {
    Talks.into_router()
}

/// Reads a body to its end.
async fn rest(body: Body) -> String {
    read(body).await.0
}

#[tokio::test]
async fn it_sees_the_head_of_its_request() {
    let visit = from_fn(async |mut request: AxumRequest, next: Next| {
        request.extensions_mut().insert(Visitor("Ada"));
        next.run(request).await
    });
    let request = Request::get("/talks/two?loud=1").header("user-agent", "curl");
    let reply = send(&app().layer(visit), request).await;
    assert_eq!(reply.header("content-type"), "text/x-transcript");
    assert_eq!(reply.body.lines().next(), Some("begin GET /talks/two?loud=1 curl Ada"));
}

#[tokio::test]
async fn it_numbers_packets_and_begins_before_the_first() {
    let reply = get(&app(), "/talks/two").await;
    let lines = ["begin GET /talks/two  nobody", "packet 1 \"one\"", "packet 2 \"two\"", "done 3, resume from 0"];
    assert_eq!(reply.body.lines().collect::<Vec<_>>(), lines);
}

#[tokio::test]
async fn it_begins_where_nothing_is_sent() {
    let reply = get(&app(), "/talks/silent").await;
    assert_eq!(reply.body, "begin GET /talks/silent  nobody\ndone , resume from 0\n");
}

#[tokio::test(start_paused = true)]
async fn it_begins_with_a_head_that_leaves_before_the_first_packet() {
    let mut body = open_get(&app(), "/talks/slow").await.into_body();
    for expected in ["begin GET /talks/slow  nobody\n", "heartbeat\n", "packet 1 \"at last\"\ndone , resume from 0\n"] {
        assert_eq!(frame(&mut body).await.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn it_does_not_begin_a_response_that_fails_before_its_first_packet() {
    let Reply { status, body, .. } = get(&app(), "/talks/refused").await;
    assert_eq!((status, &*body), (StatusCode::CONFLICT, ""));
}

#[tokio::test(start_paused = true)]
async fn it_tells_a_failure_from_a_timeout_and_a_shutdown() {
    let reply = get(&app(), "/talks/breaks").await;
    assert!(reply.body.ends_with("\nfailure 409 Conflict, resume from 0\n"), "{}", reply.body);

    let reply = get(&app(), "/talks/late").await;
    assert!(reply.body.ends_with("\ntimeout 504 Gateway Timeout, resume from 0\n"), "{}", reply.body);

    let drain = Drain::new().grace(Duration::from_secs(1));
    let body = open_get(&app().layer(drain.layer()), "/talks/late").await.into_body();
    drain.start();
    let body = rest(body).await;
    assert!(body.ends_with("\nshutdown 503 Service Unavailable, resume from 0\n"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn the_follower_of_a_run_learns_the_same() {
    let app = app();
    let (reply, run) = complete(&app, "/talks/run").await;
    assert_eq!(reply.body, "resume after 0\npacket 1 \"one\"\npacket 2 \"two\"\ndone 3, resume from 3\n");
    let reply = follow_after(&app, &run, "1").await;
    assert_eq!(reply.body, "resume after 1\npacket 2 \"two\"\ndone 3, resume from 3\n");

    let (reply, _) = complete(&app, "/talks/late-run").await;
    assert!(reply.body.ends_with("\ntimeout 504 Gateway Timeout, resume from 2\n"), "{}", reply.body);

    let Started { run, mut body } = start(&app, "/talks/endless").await;
    read_until(&mut body, "packet 1").await;
    cancel(&app, &run).await;
    let body = rest(body).await;
    assert_eq!(body, "cancel 410 Gone, resume from 2\n");
}

#[tokio::test]
async fn two_formats_of_one_media_type_are_told_apart_by_a_parameter() {
    let app = app();
    for (accept, content_type) in [
        ("text/x-transcript", TRANSCRIPT.content_type),
        ("text/x-transcript;profile=shouted", SHOUTED.content_type),
        ("text/x-transcript;profile=shouted;q=0.5, text/x-transcript", TRANSCRIPT.content_type),
        ("text/*", TRANSCRIPT.content_type),
    ] {
        let reply = send(&app, Request::get("/talks/two").header("accept", accept)).await;
        assert_eq!(reply.header("content-type"), content_type, "{accept}");
    }
}

#[tokio::test]
async fn a_request_picks_a_format_by_its_name() {
    let picked = |name| app().layer(Extension(Pick(name)));
    let request = || Request::get("/talks/two").header("accept", "text/x-transcript");
    assert_eq!(send(&picked("shouted"), request()).await.body, "one!\ntwo!\n");

    let reply = send(&picked("sse"), request()).await;
    assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE);
    let problem: Value = serde_json::from_str(&reply.body).unwrap();
    let shouted = json!({ "name": "shouted", "media_types": ["text/x-transcript;profile=shouted"] });
    assert!(problem["formats"].as_array().unwrap().contains(&shouted), "{}", reply.body);
}

/// `HEAD` runs no action, so nothing begins.
#[tokio::test]
async fn a_head_request_gets_the_head_alone() {
    let request = Request::builder().method(Method::HEAD).uri("/talks/two");
    let response = open(&app(), empty(request)).await;
    assert_eq!(response.headers()["content-type"], "text/x-transcript");
    assert_eq!(rest(response.into_body()).await, "");
}

/// An `EventSource` reads whatever is an event stream, whatever it is called.
#[tokio::test]
async fn an_event_source_is_known_by_the_media_type() {
    let full = app().layer(Drain::new().max_streams(0).layer());
    for (path, at_the_end, turned_away) in [
        ("/talks/events", StatusCode::NO_CONTENT, StatusCode::OK),
        ("/talks/no-events", StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let ended = send(&app(), Request::get(path).header("last-event-id", "outflow-end")).await;
        assert_eq!(ended.status, at_the_end, "{path}");
        let reply = send(&full, Request::get(path).header("last-event-id", "1")).await;
        assert_eq!(reply.status, turned_away, "{path}");
    }
}

/// Whatever takes its time: here the log, which does not answer for longer than a heartbeat.
#[tokio::test(start_paused = true)]
async fn a_follower_begins_before_its_first_heartbeat() {
    let log = BentLog::in_memory();
    let app = app().layer(Runs::new(log.clone()).layer());
    let (_, run) = complete(&app, "/talks/run").await;
    let shut = log.reading.write().await;
    let mut body = open(&app, get_run(&run)).await.into_body();
    assert_eq!(frame(&mut body).await.as_deref(), Some("resume after 0\nheartbeat\n"));
    assert_eq!(frame(&mut body).await.as_deref(), Some("heartbeat\n"));
    drop(shut);
    assert_eq!(rest(body).await, "packet 1 \"one\"\npacket 2 \"two\"\ndone 3, resume from 3\n");
}
