//! A custom format, written as the documentation of `outflow::format` shows.

use std::{future::pending, time::Duration};

use axum::http::{Method, StatusCode, request::Parts};
use outflow::{
    Controller as _, Drain, action, controller,
    format::{Content, EndedBy, Ending, Format, Pick, Problem, Representation, Unwritable},
    run::Runs,
    test::{Client, after},
};
use serde_json::json;
use tokio::time::sleep;

use crate::support::logs::BentLog;

const MINUTE: Duration = Duration::from_secs(60);

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
    after_body: false,
    writer: Transcript::of,
};

/// A second format of the same media type.
const SHOUTED: Representation = Representation {
    name: "shouted",
    content_type: "text/x-transcript;profile=shouted",
    media_types: &["text/x-transcript;profile=shouted"],
    resumes_midway: false,
    after_body: false,
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

/// The text of a whole response.
async fn text(client: &Client, path: &str) -> String {
    client.get(path).start().text().await
}

#[tokio::test(start_paused = true)]
async fn it_sees_the_head_of_its_request() {
    let client = Client::new(Talks);
    let request = client.get("/talks/two?loud=1").header("user-agent", "curl").extension(Visitor("Ada"));
    let mut answer = request.start();
    assert_eq!(answer.head().await.headers()["content-type"], "text/x-transcript");
    assert_eq!(answer.text().await.lines().next(), Some("begin GET /talks/two?loud=1 curl Ada"));
}

#[tokio::test(start_paused = true)]
async fn it_numbers_packets_and_begins_before_the_first() {
    let text = text(&Client::new(Talks), "/talks/two").await;
    let lines = ["begin GET /talks/two  nobody", "packet 1 \"one\"", "packet 2 \"two\"", "done 3, resume from 0"];
    assert_eq!(text.lines().collect::<Vec<_>>(), lines);
}

#[tokio::test(start_paused = true)]
async fn it_begins_where_nothing_is_sent() {
    let text = text(&Client::new(Talks), "/talks/silent").await;
    assert_eq!(text, "begin GET /talks/silent  nobody\ndone , resume from 0\n");
}

#[tokio::test(start_paused = true)]
async fn it_begins_with_a_head_that_leaves_before_the_first_packet() {
    let pieces = Client::new(Talks).get("/talks/slow").all::<String, ()>().await.packets;
    let expected = ["begin GET /talks/slow  nobody\n", "heartbeat\n", "packet 1 \"at last\"\ndone , resume from 0\n"];
    assert_eq!(pieces, expected);
}

#[tokio::test(start_paused = true)]
async fn it_does_not_begin_a_response_that_fails_before_its_first_packet() {
    let client = Client::new(Talks);
    let mut answer = client.get("/talks/refused").start();
    assert_eq!(answer.failed().await.status(), StatusCode::CONFLICT);
    assert_eq!(answer.wire().await, "");
}

#[tokio::test(start_paused = true)]
async fn it_tells_a_failure_from_a_timeout_and_a_shutdown() {
    let client = Client::with_drain(Talks, Drain::new().grace(Duration::from_secs(1))).limit(2 * MINUTE);
    let failure = text(&client, "/talks/breaks").await;
    assert!(failure.ends_with("\nfailure 409 Conflict, resume from 0\n"), "{failure}");

    let timeout = text(&client, "/talks/late").await;
    assert!(timeout.ends_with("\ntimeout 504 Gateway Timeout, resume from 0\n"), "{timeout}");

    let mut answer = client.get("/talks/late").start();
    answer.head().await;
    client.drain();
    let shutdown = answer.text().await;
    assert!(shutdown.ends_with("\nshutdown 503 Service Unavailable, resume from 0\n"), "{shutdown}");
}

#[tokio::test(start_paused = true)]
async fn the_follower_of_a_run_learns_the_same() {
    let client = Client::new(Talks).limit(2 * MINUTE);
    let mut run = client.post("/talks/run").start();
    let all = "resume after 0\npacket 1 \"one\"\npacket 2 \"two\"\ndone 3, resume from 3\n";
    assert_eq!(run.text().await, all);
    let rest = client.follow(run.run(), after(1)).start().text().await;
    assert_eq!(rest, "resume after 1\npacket 2 \"two\"\ndone 3, resume from 3\n");

    let timeout = client.post("/talks/late-run").start().text().await;
    assert!(timeout.ends_with("\ntimeout 504 Gateway Timeout, resume from 2\n"), "{timeout}");

    let mut endless = client.post("/talks/endless").start();
    while !endless.packet::<String>().await.contains("packet 1") {}
    client.cancel(endless.run()).await;
    assert_eq!(endless.rest::<String, ()>().await.packets.concat(), "cancel 410 Gone, resume from 2\n");
}

#[tokio::test(start_paused = true)]
async fn two_formats_of_one_media_type_are_told_apart_by_a_parameter() {
    let client = Client::new(Talks);
    for (accept, content_type) in [
        ("text/x-transcript", TRANSCRIPT.content_type),
        ("text/x-transcript;profile=shouted", SHOUTED.content_type),
        ("text/x-transcript;profile=shouted;q=0.5, text/x-transcript", TRANSCRIPT.content_type),
        ("text/*", TRANSCRIPT.content_type),
    ] {
        let mut answer = client.get("/talks/two").accept(accept).start();
        assert_eq!(answer.head().await.headers()["content-type"], content_type, "{accept}");
        answer.done::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_picks_a_format_by_its_name() {
    let client = Client::new(Talks).accept("text/x-transcript");
    let picks = |name| client.get("/talks/two").extension(Pick(name));
    assert_eq!(picks("shouted").start().text().await, "one!\ntwo!\n");

    let refused = picks("sse").start().failed().await;
    assert_eq!(refused.status(), StatusCode::NOT_ACCEPTABLE);
    let shouted = json!({ "name": "shouted", "media_types": ["text/x-transcript;profile=shouted"] });
    assert!(refused.problem()["formats"].as_array().unwrap().contains(&shouted), "{refused}");
}

/// `HEAD` runs no action, so nothing begins.
#[tokio::test(start_paused = true)]
async fn a_head_request_gets_the_head_alone() {
    let client = Client::new(Talks);
    let mut answer = client.request(Method::HEAD, "/talks/two").start();
    assert_eq!(answer.head().await.headers()["content-type"], "text/x-transcript");
    assert_eq!(answer.wire().await, "");
}

/// An `EventSource` reads whatever is an event stream, whatever it is called.
#[tokio::test(start_paused = true)]
async fn an_event_source_is_known_by_the_media_type() {
    let open = Client::new(Talks);
    let full = Client::with_drain(Talks, Drain::new().max_streams(0));
    for (path, accept, at_the_end, turned_away) in [
        ("/talks/events", "text/event-stream", StatusCode::NO_CONTENT, StatusCode::OK),
        ("/talks/no-events", "*/*", StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        for (client, last_event, status) in [(&open, "outflow-end", at_the_end), (&full, "1", turned_away)] {
            let mut answer = client.get(path).accept(accept).header("last-event-id", last_event).start();
            assert_eq!(answer.head().await.status(), status, "{path}");
            answer.wire().await;
        }
    }
}

/// Whatever takes its time: here the log, which does not answer for longer than a heartbeat.
#[tokio::test(start_paused = true)]
async fn a_follower_begins_before_its_first_heartbeat() {
    let log = BentLog::in_memory();
    let client = Client::new(Talks.into_router().layer(Runs::new(log.clone()).layer())).limit(2 * MINUTE);
    let mut run = client.post("/talks/run").start();
    run.text().await;
    let shut = log.reading.write().await;
    let mut follower = client.follow(run.run(), after(0)).start();
    assert_eq!(follower.packets::<String, 2>().await, ["resume after 0\nheartbeat\n", "heartbeat\n"]);
    drop(shut);
    let rest = follower.rest::<String, ()>().await.packets;
    assert_eq!(rest, ["packet 1 \"one\"\npacket 2 \"two\"\ndone 3, resume from 3\n"]);
}
