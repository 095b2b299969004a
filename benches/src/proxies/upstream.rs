//! The model's server: it answers every request with the same prebuilt bytes, as fast as they are read.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use anyhow::Result;

use super::TOKENS;

/// The text of the token with this number.
pub(crate) fn token(i: usize) -> String {
    const WORDS: [&str; 8] = [" the", " stream", " of", " tokens", ", which", " “quotes”", " and", " runs on.\n"];
    WORDS[i % WORDS.len()].to_owned()
}

/// Serves until the process is killed, with a thread for each connection; the first line printed is the address.
pub(crate) fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let response: Arc<[u8]> = response().into();
    for connection in listener.incoming() {
        let (connection, response) = (connection?, Arc::clone(&response));
        // A proxy that closes its connections has what it wants.
        thread::Builder::new().stack_size(64 * 1024).spawn(move || answer(connection, &response))?;
    }
    Ok(())
}

/// Answers the requests of one connection, one after the other.
fn answer(mut connection: TcpStream, response: &[u8]) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut input = BufReader::new(connection.try_clone()?);
    let mut line = String::new();
    loop {
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
        line.clear();
        io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        connection.write_all(response)?;
    }
}

/// The response: each event in an HTTP chunk of its own.
fn response() -> Vec<u8> {
    let mut out =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    event(&chunk(r#"{"role":"assistant","content":"","refusal":null}"#, "null"), &mut out);
    for i in 0..TOKENS {
        event(&chunk(&serde_json::json!({ "content": token(i) }).to_string(), "null"), &mut out);
    }
    event(&chunk("{}", r#""stop""#), &mut out);
    event("[DONE]", &mut out);
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// A chunk of a completion, with the members that OpenAI sends.
fn chunk(delta: &str, finish_reason: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-CkYq3xT0bNn6Wl5uH2vJdRzA8fGpE","object":"chat.completion.chunk","created":1764000000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_b547601dbd","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish_reason}}}],"obfuscation":"Xq2"}}"#
    )
}

fn event(data: &str, out: &mut Vec<u8>) {
    let event = format!("data: {data}\n\n");
    out.extend_from_slice(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes());
}
