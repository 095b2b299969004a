//! The adapter against a server on this machine that speaks the protocol.

use std::{convert::Infallible, net::SocketAddr};

use axum::{Json, Router, http::HeaderMap, response::IntoResponse, routing::post};
use tokio::net::TcpListener;

use super::*;

/// Serves one answer to every request, and gives the adapter for it.
async fn served<R>(answer: impl Fn(HeaderMap, Value) -> R + Clone + Send + Sync + 'static) -> OpenAi
where
    R: IntoResponse + Send,
{
    let handler = move |headers: HeaderMap, Json(asked): Json<Value>| async move { answer(headers, asked) };
    let app: Router = Router::new().route("/v1/chat/completions", post(handler));
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    OpenAi::new(&format!("http://{addr}/v1/"), Some("secret".to_owned()), "small".to_owned()).unwrap()
}

fn conversation() -> Vec<Message> {
    let message = |role, content: &str| Message { role, text: content.to_owned() };
    vec![message(Role::User, "Hi"), message(Role::Assistant, "Hello"), message(Role::User, "Why?")]
}

/// The texts, and what went wrong in the end.
async fn read(model: &OpenAi) -> (Vec<String>, Option<Trouble>) {
    let mut tokens = match model.answer(&conversation()).await {
        Ok(tokens) => tokens,
        Err(trouble) => return (Vec::new(), Some(trouble)),
    };
    let mut texts = Vec::new();
    while let Some(token) = tokens.next().await {
        match token {
            Ok(Part::Text(text)) => texts.push(text.delta),
            Ok(other) => panic!("not text: {other:?}"),
            Err(trouble) => {
                assert!(tokens.next().await.is_none(), "a failure is the end");
                return (texts, Some(trouble));
            }
        }
    }
    (texts, None)
}

fn chunk(content: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": { "content": content } }] }))
}

const ROLE: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

#[tokio::test]
async fn it_asks_and_reads_the_answer_whatever_pieces_it_comes_in() {
    let model = served(|headers, asked| {
        assert_eq!(headers["authorization"], "Bearer secret");
        assert_eq!(
            (&asked["model"], &asked["stream"], &asked["messages"][2]),
            (&json!("small"), &json!(true), &json!({ "role": "user", "content": "Why?" }))
        );
        let usage = "data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\n\n";
        let text = format!(": ping\n\n{ROLE}{}{}{STOP}{usage}{DONE}", chunk("Žlu"), chunk("ť 🐎"));
        // One byte at a time: letters, lines and events are torn.
        let bytes: Vec<_> = text.bytes().map(|byte| Ok::<_, Infallible>(vec![byte])).collect();
        Body::from_stream(stream::iter(bytes))
    })
    .await;
    let (texts, trouble) = read(&model).await;
    assert_eq!((texts, trouble.is_none()), (vec!["Žlu".to_owned(), "ť 🐎".to_owned()], true));
}

#[tokio::test]
async fn a_reason_to_finish_is_an_end_too() {
    let model = served(|_, _| format!("{}{STOP}", chunk("a"))).await;
    let (texts, trouble) = read(&model).await;
    assert_eq!((texts.len(), trouble.is_none()), (1, true));
}

#[tokio::test]
async fn an_answer_without_its_end_is_a_failure() {
    for (body, told) in [
        (chunk("a"), "ended before the answer"),
        (format!("{}data: {{\"error\":{{\"message\":\"overloaded\"}}}}\n\n", chunk("a")), "overloaded"),
        (format!("{}data: <html>\n\n", chunk("a")), "no chunk"),
    ] {
        let model = served(move |_, _| body.clone()).await;
        let (texts, trouble) = read(&model).await;
        assert_eq!(texts, ["a"]);
        assert!(matches!(&trouble, Some(Trouble::BrokeOff(why)) if why.contains(told)), "{trouble:?}");
    }
}

/// A letter that lacks a byte, in two reads.
#[tokio::test]
async fn what_is_no_utf8_is_a_failure_and_nothing_before_it_is_lost() {
    let model = served(|_, _| {
        let before = format!("{}data: {{\"choices\":[{{\"delta\":{{\"content\":\"", chunk("a"));
        let pieces = [before.as_bytes(), b"\xc5", b"\"}}]}\n\n"].map(|piece| Ok::<_, Infallible>(piece.to_vec()));
        Body::from_stream(stream::iter(pieces))
    })
    .await;
    let (texts, trouble) = read(&model).await;
    assert_eq!(texts, ["a"]);
    assert!(matches!(&trouble, Some(Trouble::BrokeOff(why)) if why.contains("invalid utf-8")), "{trouble:?}");
}

#[tokio::test]
async fn a_refusal_says_why() {
    let refused = |_, _| (StatusCode::UNAUTHORIZED, Json(json!({ "error": { "message": "Incorrect API key." } })));
    let (_, trouble) = read(&served(refused).await).await;
    let is_told = |why: &str| why == "Incorrect API key.";
    assert!(
        matches!(&trouble, Some(Trouble::Refused { status: StatusCode::UNAUTHORIZED, why }) if is_told(why)),
        "{trouble:?}"
    );

    let nobody = OpenAi::new("http://127.0.0.1:9", None, "small".to_owned()).unwrap();
    let (_, trouble) = read(&nobody).await;
    assert!(matches!(&trouble, Some(Trouble::Unreachable(why)) if why.contains("refused")), "{trouble:?}");
}

#[test]
fn what_is_no_address_is_refused_at_the_start() {
    for base in ["", "api.example/v1", "ftp://api.example", "http://"] {
        assert!(OpenAi::new(base, None, "small".to_owned()).is_err(), "{base}");
    }
    assert!(OpenAi::new("https://api.example/v1", None, "small".to_owned()).is_ok());
}
