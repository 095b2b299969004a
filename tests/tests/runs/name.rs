//! Runs by name: at most one of a name and owner is open, and `…/stream` is where it is.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use futures_util::future::join_all;
use outflow::{
    Controller as _, action, controller,
    run::{Meta, OpenError, RunId, RunState, Runs},
    test::{Answer, Client},
};
use tokio::sync::Notify;

use crate::support::{
    logs::{BentLog, Log, on_each_log},
    runs::{KEY, OTHER_KEY, digest, meta, user},
    soon, until,
};

/// Each answer goes on when it is told to.
#[derive(Clone, Default)]
struct Chat {
    go_on: Arc<Notify>,
}

#[controller]
impl Chat {
    #[action(post, path = "/{chat}", resumable(name = chat))]
    async fn answer(&self, chat: String) -> u8 {
        self.stream(chat);
        self.go_on.notified().await;
        self.stream("end");
        7
    }

    #[action(post, path = "/{chat}/mine", resumable(name = chat, key = off, owner = user))]
    async fn mine(&self, chat: String) {
        self.stream(chat);
        self.go_on.notified().await;
    }
}

impl Chat {
    /// Clients of two nodes with one log.
    fn nodes(&self, log: &Log) -> (Client, Client) {
        let app = || self.clone().into_router().layer(Runs::new(BentLog::new(log.clone())).layer());
        Client::pair(app(), app())
    }
}

async fn status(mut answer: Answer) -> StatusCode {
    answer.head().await.status()
}

/// The id of the run that an answer follows.
fn id(answer: &Answer) -> String {
    answer.run().path().rsplit('/').next().unwrap().to_owned()
}

async fn stop(client: &Client, path: &str) -> StatusCode {
    status(client.request(Method::DELETE, path).start()).await
}

on_each_log! {
    async fn a_page_that_knows_only_the_name_follows_the_run_that_is_open(log: Log) {
        let chat = Chat::default();
        let (one, two) = chat.nodes(&log);
        assert_eq!(status(two.get("/chat/a/stream").start()).await, StatusCode::NO_CONTENT);
        let mut answer = one.post("/chat/a").start();
        answer.packet::<String>().await;

        let mut reloaded = two.get("/chat/a/stream").start();
        assert_eq!(reloaded.packet::<String>().await, "a");
        assert_eq!(reloaded.head().await.headers()["location"], format!("./runs/{}", id(&answer)));
        assert_eq!(status(two.get("/chat/b/stream").start()).await, StatusCode::NO_CONTENT, "another name");
        chat.go_on.notify_one();
        for answer in [&mut answer, &mut reloaded] {
            assert_eq!(answer.packet::<String>().await, "end");
            assert_eq!(answer.done::<u8>().await, 7);
        }
        // What has ended is in the page's history.
        assert_eq!(status(two.get("/chat/a/stream").start()).await, StatusCode::NO_CONTENT);
    }

    async fn a_name_has_one_open_run(log: Log) {
        let chat = Chat::default();
        let (one, two) = chat.nodes(&log);
        let mut answer = one.post("/chat/a").header("idempotency-key", KEY).start();
        answer.packet::<String>().await;

        let refused = two.post("/chat/a").header("idempotency-key", OTHER_KEY).start().failed().await;
        assert_eq!((refused.status(), &*refused.problem()["type"].to_string()), (StatusCode::CONFLICT, "\"urn:outflow:run/open\""));
        assert_eq!(two.post("/chat/a").start().failed().await.status(), StatusCode::CONFLICT, "without a key");
        // The same request again is no other run.
        let mut again = two.post("/chat/a").header("idempotency-key", KEY).start();
        assert_eq!(again.packet::<String>().await, "a");
        let mut other = two.post("/chat/b").start();
        other.packet::<String>().await;

        chat.go_on.notify_waiters();
        for answer in [&mut answer, &mut again, &mut other] {
            answer.packet::<String>().await;
            answer.done::<u8>().await;
        }
        // The key that was refused left nothing behind.
        let mut next = two.post("/chat/a").header("idempotency-key", OTHER_KEY).start();
        next.packet::<String>().await;
        chat.go_on.notify_one();
        next.packet::<String>().await;
        next.done::<u8>().await;
    }

    async fn a_stop_hits_the_open_run_and_never_its_successor(log: Log) {
        let chat = Chat::default();
        let (one, two) = chat.nodes(&log);
        assert_eq!(stop(&two, "/chat/a/stream").await, StatusCode::NO_CONTENT);
        let mut first = one.post("/chat/a").start();
        first.packet::<String>().await;
        let late = format!("/chat/a/stream?run={}", id(&first));
        assert_eq!(stop(&two, "/chat/a/stream").await, StatusCode::ACCEPTED);
        assert_eq!(first.failed().await.problem()["type"], "urn:outflow:run/cancelled");

        let mut second = one.post("/chat/a").start();
        second.packet::<String>().await;
        assert_eq!(stop(&two, &late).await, StatusCode::NO_CONTENT);
        assert_eq!(one.state(second.run()).await, RunState::Open);
        assert_eq!(stop(&two, &format!("/chat/a/stream?run={}", id(&second))).await, StatusCode::ACCEPTED);
        assert_eq!(second.failed().await.problem()["type"], "urn:outflow:run/cancelled");
    }

    async fn each_owner_has_a_run_of_the_name(log: Log) {
        let chat = Chat::default();
        let (one, two) = chat.nodes(&log);
        let of = |method: Method, path: &str, user: &str| two.request(method, path).header("x-user", user).start();
        let mut ada = one.post("/chat/a/mine").header("x-user", "ada").start();
        ada.packet::<String>().await;
        assert_eq!(status(of(Method::GET, "/chat/a/mine/stream", "bob")).await, StatusCode::NO_CONTENT);
        assert_eq!(status(of(Method::DELETE, "/chat/a/mine/stream", "bob")).await, StatusCode::NO_CONTENT);
        assert_eq!(two.get("/chat/a/mine/stream").start().failed().await.status(), StatusCode::UNAUTHORIZED);
        let mut bob = of(Method::POST, "/chat/a/mine", "bob");
        bob.packet::<String>().await;
        let mut followed = of(Method::GET, "/chat/a/mine/stream", "ada");
        followed.packet::<String>().await;
        chat.go_on.notify_waiters();
        for answer in [&mut ada, &mut bob, &mut followed] {
            answer.done::<()>().await;
        }
    }

    async fn of_many_that_open_at_once_one_has_the_name(log: Log) {
        let name = Some(digest("name"));
        let opened = join_all((0..20).map(async |_| log.open(&RunId::random(), Meta { name, ..meta() }).await)).await;
        assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1, "{opened:?}");
        let run = opened.into_iter().find_map(Result::ok).unwrap().run;
        assert_eq!(log.named(digest("name")).await.unwrap(), Some(run));
        assert_eq!(log.named(digest("other")).await.unwrap(), None);
    }
}

mod lost {
    use std::time::Duration;

    use super::*;

    on_each_log! {
        lease Duration::from_millis(300);

        async fn a_run_whose_writer_has_vanished_frees_its_name(log: Log) {
            let chat = Chat::default();
            // What the name of `/chat/a` is kept under, learnt from a run of it.
            let bent = BentLog::new(log.clone());
            let client = Client::new(chat.clone().into_router().layer(Runs::new(bent.clone()).layer()));
            let mut first = client.post("/chat/a").start();
            first.packet::<String>().await;
            let run = bent.opened.lock().unwrap().clone().unwrap();
            let name = log.meta(&run).await.unwrap().unwrap().meta.name;
            chat.go_on.notify_one();
            first.packet::<String>().await;
            first.done::<u8>().await;

            // Nobody writes this one.
            log.open(&RunId::random(), Meta { name, ..meta() }).await.unwrap();
            assert!(matches!(log.open(&RunId::random(), Meta { name, ..meta() }).await, Err(OpenError::NameTaken)));
            until("the name is free", async || {
                status(client.get("/chat/a/stream").start()).await == StatusCode::NO_CONTENT
            }).await;
            let mut next = client.post("/chat/a").start();
            soon("the next run", next.packet::<String>()).await;
            chat.go_on.notify_one();
            next.packet::<String>().await;
            next.done::<u8>().await;
        }
    }
}
