//! The endings matrix: how each format ends, and what the client receives of it, byte for byte, over HTTP/1.1 and
//! HTTP/2. Clients that leave are in `lifecycle/client_gone.rs`. The clients are raw, because the last chunk and the end
//! of the connection count here, even after an end record.

use std::{future::pending, str::FromStr, sync::Arc};

use axum::{Router, http::StatusCode};
use outflow::{Controller as _, Drain, action, controller};
use tokio::{net::TcpListener, sync::Notify};

use crate::support::{
    serve,
    wire::{
        Ask,
        End::{self, Clean, Cut},
        Exchange, PROTOCOLS, Protocol,
    },
};

/// The body of one format for each end. The packets are "one" and "two", and the result is 3.
struct Row {
    accept: &'static str,
    packets: &'static str,
    finished: (&'static str, End),
    /// With `(409, "the basket is full")`.
    failed: (&'static str, End),
    panicked: (&'static str, End),
    /// The grace period of the server is over.
    shut_down: (&'static str, End),
    /// The server stops, and the action says `on_shutdown = close`. Digits are written as `#`.
    closed: (&'static str, End),
    /// The same without any packet, after the head.
    finished_empty: &'static str,
    failed_empty: (&'static str, End),
}

const SSE: Row = Row {
    accept: "text/event-stream",
    packets: "data: \"one\"\n\ndata: \"two\"\n\n",
    finished: ("event: done\nid: outflow-end\ndata: 3\n\n", Clean),
    failed: (
        "event: error\nid: outflow-end\n\
         data: {\"detail\":\"the basket is full\",\"status\":409,\"title\":\"Conflict\",\"type\":\"about:blank\"}\n\n",
        Clean,
    ),
    panicked: (
        "event: error\nid: outflow-end\n\
         data: {\"status\":500,\"title\":\"Internal Server Error\",\"type\":\"about:blank\"}\n\n",
        Clean,
    ),
    // Without the id an `EventSource` comes back, to another server.
    shut_down: (
        "event: error\n\
         data: {\"detail\":\"the server is shutting down\",\"status\":503,\"title\":\"Service Unavailable\",\
         \"type\":\"about:blank\"}\n\n",
        Clean,
    ),
    closed: ("retry: ####\n", Clean),
    finished_empty: "event: done\nid: outflow-end\ndata: 3\n\n",
    failed_empty: (
        "event: error\nid: outflow-end\n\
         data: {\"detail\":\"the basket is full\",\"status\":409,\"title\":\"Conflict\",\"type\":\"about:blank\"}\n\n",
        Clean,
    ),
};

const NDJSON: Row = Row {
    accept: "application/x-ndjson",
    packets: "\"one\"\n\"two\"\n",
    finished: ("", Clean),
    failed: ("", Cut),
    panicked: ("", Cut),
    shut_down: ("", Cut),
    closed: ("", Cut),
    finished_empty: "",
    failed_empty: ("", Cut),
};

const JSON: Row = Row {
    accept: "application/json",
    packets: "{\"items\":[\"one\",\"two\"",
    finished: ("],\"result\":3}", Clean),
    failed: (
        "],\"error\":{\"detail\":\"the basket is full\",\"status\":409,\"title\":\"Conflict\",\
         \"type\":\"about:blank\"}}",
        Clean,
    ),
    panicked: ("],\"error\":{\"status\":500,\"title\":\"Internal Server Error\",\"type\":\"about:blank\"}}", Clean),
    shut_down: (
        "],\"error\":{\"detail\":\"the server is shutting down\",\"status\":503,\"title\":\"Service Unavailable\",\
         \"type\":\"about:blank\"}}",
        Clean,
    ),
    closed: ("", Cut),
    finished_empty: "{\"items\":[],\"result\":3}",
    failed_empty: (
        "{\"items\":[],\"error\":{\"detail\":\"the basket is full\",\"status\":409,\"title\":\"Conflict\",\
         \"type\":\"about:blank\"}}",
        Clean,
    ),
};

const CSV: Row = Row { accept: "text/csv", packets: "one\r\ntwo\r\n", ..NDJSON };

const TEXT: Row = Row { accept: "text/plain", packets: "onetwo", ..NDJSON };

const BYTES: Row = Row { accept: "application/octet-stream", packets: "onetwo", ..NDJSON };

const HAZAAR: Row = Row {
    accept: "application/octet-stream;charset=ISO-8859-1",
    packets: "3\0sone3\0stwo",
    finished: ("\0a3", Clean),
    failed: (
        "\0e{\"error\":{\"status\":409,\"str\":\"the basket is full\",\"type\":\"Conflict\"},\"ok\":false}",
        Clean,
    ),
    panicked: (
        "\0e{\"error\":{\"status\":500,\"str\":\"Internal Server Error\",\"type\":\"Internal Server Error\"},\
         \"ok\":false}",
        Clean,
    ),
    shut_down: (
        "\0e{\"error\":{\"status\":503,\"str\":\"the server is shutting down\",\"type\":\"Service Unavailable\"},\
         \"ok\":false}",
        Clean,
    ),
    closed: ("", Cut),
    finished_empty: "\0a3",
    failed_empty: (
        "\0e{\"error\":{\"status\":409,\"str\":\"the basket is full\",\"type\":\"Conflict\"},\"ok\":false}",
        Clean,
    ),
};

const ROWS: [Row; 7] = [SSE, NDJSON, JSON, CSV, TEXT, BYTES, HAZAAR];

#[derive(Clone, Copy)]
enum How {
    Finish,
    Fail,
    Panic,
    Wait,
}

impl FromStr for How {
    type Err = String;

    fn from_str(how: &str) -> Result<Self, String> {
        match how {
            "finish" => Ok(Self::Finish),
            "fail" => Ok(Self::Fail),
            "panic" => Ok(Self::Panic),
            "wait" => Ok(Self::Wait),
            _ => Err(how.to_owned()),
        }
    }
}

impl How {
    async fn end(self) -> Result<u8, (StatusCode, &'static str)> {
        match self {
            Self::Finish => Ok(3),
            Self::Fail => Err((StatusCode::CONFLICT, "the basket is full")),
            Self::Panic => panic!("a secret of the server"),
            Self::Wait => pending().await,
        }
    }
}

#[derive(Default)]
struct Matrix {
    head_is_there: Arc<Notify>,
}

#[controller]
impl Matrix {
    #[action(path = "/two/{how}")]
    async fn two(&self, how: How) -> Result<u8, (StatusCode, &'static str)> {
        self.stream("one");
        self.stream("two");
        how.end().await
    }

    #[action(on_shutdown = close)]
    async fn close(&self) {
        self.stream("one");
        self.stream("two");
        pending::<()>().await;
    }

    /// Sends nothing, and ends when the head has been received.
    #[action(path = "/none/{how}", open_after = "1ms")]
    async fn none(&self, how: How) -> Result<u8, (StatusCode, &'static str)> {
        self.head_is_there.notified().await;
        if false {
            self.stream("never");
        }
        how.end().await
    }
}

async fn received(protocol: Protocol, path: &str, row: &Row) -> (String, End) {
    let mut exchange = Ask::get(protocol, path, row.accept).open(serve(Matrix::default().into_router()).await).await;
    assert_eq!(exchange.status, StatusCode::OK);
    assert!(exchange.headers["content-type"].to_str().unwrap().starts_with(row.accept));
    exchange.end().await
}

fn expected(row: &Row, (end, how): (&str, End)) -> (String, End) {
    (format!("{}{end}", row.packets), how)
}

#[tokio::test]
async fn an_action_that_returns_ends_well() {
    for (protocol, row) in cells() {
        let received = received(protocol, "/matrix/two/finish", row).await;
        assert_eq!(received, expected(row, row.finished), "{} {protocol:?}", row.accept);
    }
}

#[tokio::test]
async fn an_action_that_fails_never_ends_like_one_that_returns() {
    for (protocol, row) in cells() {
        let received = received(protocol, "/matrix/two/fail", row).await;
        assert_eq!(received, expected(row, row.failed), "{} {protocol:?}", row.accept);
    }
}

#[tokio::test]
async fn an_action_that_panics_fails_without_a_reason() {
    for (protocol, row) in cells() {
        let received = received(protocol, "/matrix/two/panic", row).await;
        assert_eq!(received, expected(row, row.panicked), "{} {protocol:?}", row.accept);
    }
}

/// A stream that waits, on a server that drains.
async fn waiting(protocol: Protocol, path: &str, row: &Row) -> (Exchange, Drain) {
    let drain = Drain::new().grace(std::time::Duration::ZERO);
    let app = Matrix::default().into_router().layer(drain.layer());
    let mut exchange = Ask::get(protocol, path, row.accept).open(serve_draining(app, &drain).await).await;
    exchange.until(row.packets).await;
    (exchange, drain)
}

/// Serves without `drain.listener`, which would cut a connection whose client is half a second late.
async fn serve_draining(app: Router, drain: &Drain) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = axum::serve(listener, app).with_graceful_shutdown(drain.started());
    tokio::spawn(async { serving.await.unwrap() });
    addr
}

#[tokio::test]
async fn an_action_whose_grace_period_is_over_fails_with_503() {
    for (protocol, row) in cells() {
        let (mut exchange, drain) = waiting(protocol, "/matrix/two/wait", row).await;
        drain.start();
        assert_eq!(exchange.end().await, expected(row, row.shut_down), "{} {protocol:?}", row.accept);
        exchange.closed().await;
    }
}

#[tokio::test]
async fn an_action_that_closes_tells_its_client_to_come_back_and_no_end() {
    for (protocol, row) in cells() {
        let (mut exchange, drain) = waiting(protocol, "/matrix/close", row).await;
        drain.start();
        let (body, end) = exchange.end().await;
        let body = body.replace(|char: char| char.is_ascii_digit(), "#");
        let expected = (row.packets.replace('3', "#") + row.closed.0, row.closed.1);
        assert_eq!((body, end), expected, "{} {protocol:?}", row.accept);
        exchange.closed().await;
    }
}

#[tokio::test]
async fn an_action_without_packets_ends_in_the_way_of_its_format() {
    for (protocol, row) in cells() {
        for (how, expected) in [("finish", (row.finished_empty, Clean)), ("fail", row.failed_empty)] {
            let matrix = Matrix::default();
            let head_is_there = matrix.head_is_there.clone();
            let addr = serve(matrix.into_router()).await;
            let mut exchange = Ask::get(protocol, &format!("/matrix/none/{how}"), row.accept).open(addr).await;
            head_is_there.notify_one();
            let (body, end) = exchange.end().await;
            assert_eq!((&*body, end), expected, "{how} {} {protocol:?}", row.accept);
        }
    }
}

fn cells() -> impl Iterator<Item = (Protocol, &'static Row)> {
    PROTOCOLS.into_iter().flat_map(|protocol| ROWS.iter().map(move |row| (protocol, row)))
}
