//! A client that sends the id of another client's run: it gets what an unknown id gets, and the run goes on.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use outflow::{
    action,
    ai::RunAgentInput,
    controller,
    test::{Answer, Client, after},
};
use tokio::sync::Notify;

use super::{FORMATS, asked, data, question, valid};
use crate::support::runs::user;

#[derive(Clone, Default)]
struct Answers {
    go_on: Arc<Notify>,
}

#[controller]
impl Answers {
    #[action(
        post,
        path = "/chats/{chat}",
        formats(ai_sdk, ag_ui, openai_chat, openai_responses, anthropic, query = "format"),
        resumable(name = chat, key = off, owner = user)
    )]
    async fn chat(&self, chat: String) {
        self.stream(chat);
        self.go_on.notified().await;
        self.stream("the end");
    }

    #[action(post, formats(ag_ui), resumable(key = off, owner = user))]
    async fn run(&self, input: RunAgentInput) {
        self.stream(input.prompt());
        self.go_on.notified().await;
        self.stream("the end");
    }
}

/// The rest of a run's answer, which must be whole.
async fn whole(format: &str, mut answer: Answer) -> String {
    let stream = String::from_utf8(answer.wire().await.to_vec()).unwrap();
    valid::check(format, &stream).unwrap_or_else(|why| panic!("{format}: {why}\n{stream}"));
    assert!(stream.contains("the end"), "{format}: {stream}");
    stream
}

#[tokio::test(start_paused = true)]
async fn a_foreign_run_is_not_there() {
    let answers = Answers::default();
    let client = Client::new(answers.clone());
    for format in FORMATS {
        let path = format!("/answers/chats/{format}");
        let post = client.post(&format!("{path}?format={format}")).header("x-user", "ann").extension(asked());
        let mut answer = post.start();
        answer.head().await;
        let run = answer.run();
        let unknown = run.path().rsplit_once('/').unwrap().0.to_owned() + "/AAAAAAAAAAAAAAAAAAAAAA";
        for method in [Method::GET, Method::DELETE] {
            let mut replies = Vec::new();
            for path in [run.path(), &unknown] {
                let mut reply = client.request(method.clone(), path).header("x-user", "bob").start();
                assert_eq!(reply.head().await.status(), StatusCode::NOT_FOUND, "{format} {method} {path}");
                replies.push(reply.wire().await);
            }
            assert_eq!(replies[0], replies[1], "nobody learns that there is a run");
        }
        let mut following = client.get(&format!("{path}/stream")).header("x-user", "bob").start();
        assert_eq!(following.head().await.status(), StatusCode::NO_CONTENT, "{format}: another owner's name");

        let follow = client.follow(&run, after(0)).header("x-user", "ann").query(&[("format", format)]);
        let mut again = follow.extension(asked()).start();
        again.head().await;
        answers.go_on.notify_one();
        assert_eq!(data(&whole(format, answer).await).len(), data(&whole(format, again).await).len());
    }
}

/// The ids that AG-UI's clients give their runs are theirs: the same one of two clients names two runs.
#[tokio::test(start_paused = true)]
async fn an_id_of_the_client_leads_to_no_other_run() {
    let answers = Answers::default();
    let client = Client::new(answers.clone());
    let start = async |name: &str, text: &str| {
        let mut answer = client.post("/answers/run").header("x-user", name).json(&question("ag_ui", text)).start();
        answer.head().await;
        answer
    };
    let (ann, bob) = (start("ann", "of Ann").await, start("bob", "of Bob").await);
    assert_ne!(ann.run().path(), bob.run().path());
    answers.go_on.notify_one();
    answers.go_on.notify_one();
    for (answer, own, other) in [(ann, "of Ann", "of Bob"), (bob, "of Bob", "of Ann")] {
        let stream = whole("ag_ui", answer).await;
        assert!(stream.contains(own) && !stream.contains(other), "{stream}");
    }
}
