//! Requests with `Expect: 100-continue` (RFC 9110, section 10.1.1): their client waits before it sends the body.

use axum::{body::Bytes, http::StatusCode};
use outflow::{Controller as _, action, controller};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use crate::support::{serve, soon};

struct Uploads;

#[controller]
impl Uploads {
    #[action(post)]
    async fn takes(&self, body: Bytes) {
        self.stream(body.len());
    }

    #[action(post, resumable)]
    async fn run(&self, body: Bytes) {
        self.stream(body.len());
    }

    #[action(post)]
    async fn ignores(&self) {
        self.stream("packet");
    }

    #[action(post, path = "/refuses/{ok}")]
    async fn refuses(&self, ok: bool) -> Result<(), StatusCode> {
        if !ok {
            return Err(StatusCode::FORBIDDEN);
        }
        self.stream("never");
        Ok(())
    }
}

/// The first line that answers the head, and everything after it, once the body has been sent if it is asked for.
async fn answers(path: &str) -> (String, String) {
    let addr = serve(Uploads.into_router()).await;
    let mut stream = BufReader::new(TcpStream::connect(addr).await.unwrap());
    let head = format!(
        "POST /uploads/{path} HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\nconnection: close\r\n\
         content-length: 4\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut first, mut rest) = (String::new(), String::new());
    soon("the first line", stream.read_line(&mut first)).await.unwrap();
    if first.contains("100") {
        stream.write_all(b"body").await.unwrap();
    }
    soon("the rest", stream.read_to_string(&mut rest)).await.unwrap();
    (first.trim_end().to_owned(), rest)
}

#[tokio::test]
async fn a_body_that_is_taken_is_asked_for_and_one_that_is_not_needed_is_not() {
    for path in ["takes", "run"] {
        let (first, rest) = answers(path).await;
        assert_eq!(first, "HTTP/1.1 100 Continue", "{path}");
        assert!(rest.contains("HTTP/1.1 200 OK\r\n") && rest.contains("data: 4\n"), "{path}: {rest}");
    }
    let (first, rest) = answers("ignores").await;
    assert_eq!(first, "HTTP/1.1 200 OK");
    assert!(rest.contains("data: \"packet\"\n") && rest.contains("event: done\n"), "{rest}");
    for path in ["refuses/false", "refuses/no-flag"] {
        let (first, _) = answers(path).await;
        assert!(first.starts_with("HTTP/1.1 40"), "{path}: {first}");
    }
}
