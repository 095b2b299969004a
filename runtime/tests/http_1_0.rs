//! Over HTTP/1.0 a cut body looks whole to its client, so the server's log has to say so. A test binary of its own, because
//! the warning comes once in a process.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use axum::http::StatusCode;
use outflow::{Controller as _, action, controller};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tracing::{
    Event, Id, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable, formats(ndjson))]
    async fn fails(&self) -> Result<(), StatusCode> {
        self.stream("packet");
        Err(StatusCode::CONFLICT)
    }
}

#[tokio::test]
async fn a_run_that_is_cut_off_over_http_1_0_is_warned_about() {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(async { axum::serve(listener, Jobs.into_router()).await.unwrap() });

    client.write_all(b"POST /jobs/fails HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();

    assert!(answer.ends_with("\r\n\r\n\"packet\"\n"), "{answer}");
    let warnings = warnings.0.lock().unwrap();
    assert!(matches!(&warnings[..], [warning] if warning.contains("HTTP/1.0")), "{warnings:?}");
}

/// The warnings of Outflow.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("outflow") && *metadata.level() == tracing::Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Message(&mut self.0.lock().unwrap()));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Message<'a>(&'a mut Vec<String>);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.push(format!("{value:?}"));
        }
    }
}
