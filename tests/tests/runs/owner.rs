//! Who may see a run: the holder of its key, its owner, or both.

use axum::{
    Router,
    http::{Method, Request, StatusCode},
};
use outflow::{
    Controller as _, action, controller,
    run::Runs,
    test::{Client, after},
};

use crate::support::{
    ask, empty,
    logs::{BentLog, on_each_log},
    open,
    runs::{KEY, location, user},
    until,
};

struct Jobs;

#[controller]
impl Jobs {
    #[action(post, resumable)]
    async fn any(&self) {
        self.stream("anybody's");
    }

    #[action(post, resumable)]
    async fn another(&self) {
        self.stream("anybody's");
    }

    #[action(post, resumable(key = off, owner = user))]
    async fn mine(&self) -> u8 {
        self.stream("mine");
        7
    }

    #[action(post, resumable(owner = user))]
    async fn mine_with_a_key(&self) {
        self.stream("mine");
    }

    #[action(post, resumable(owner = user, max_runs = 3))]
    async fn mine_for_long(&self) {
        self.stream(1);
        std::future::pending::<()>().await;
    }
}

/// The answers are the same to the last byte, so nobody learns that there is a run. HTTP would add a date.
#[tokio::test]
async fn what_is_not_yours_is_not_there() {
    let app = Jobs.into_router();
    let run = location("/jobs/any", &ask(&app, Method::POST, "/jobs/any", &[("idempotency-key", KEY)]).await.headers);
    let other_action = run.replace("/any/", "/another/");
    let unknown = "/jobs/any/runs/AAAAAAAAAAAAAAAAAAAAAA";
    let mut replies = Vec::new();
    for (path, key) in [
        (&*run, "0123456789abcdef0123450"),
        (&*run, ""),
        (unknown, KEY),
        ("/jobs/any/runs/%00", KEY),
        (&*other_action, KEY),
    ] {
        for method in [Method::GET, Method::DELETE] {
            let headers: &[_] = if key.is_empty() { &[] } else { &[("run-key", key)] };
            let reply = ask(&app, method, path, headers).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
            replies.push((reply.headers, reply.body));
        }
    }
    assert!(replies.iter().all(|reply| *reply == replies[0]));
}

#[tokio::test]
async fn an_owner_needs_no_key_and_nobody_else_is_one() {
    let client = Client::new(Jobs);
    let mut answer = client.post("/jobs/mine").header("x-user", "ada").start();
    answer.done::<u8>().await;
    let run = answer.run();
    assert_eq!(run.key(), None);
    let again = client.follow(&run, after(0)).header("x-user", "ada").all::<String, u8>().await;
    assert_eq!((&*again.packets[0], again.result), ("mine", 7));
    for request in [client.follow(&run, after(0)).header("x-user", "bob"), client.follow(&run, after(0))] {
        assert_eq!(request.start().head().await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(client.post("/jobs/mine").start().head().await.status(), StatusCode::UNAUTHORIZED);
}

/// An owner is asked for in addition to the key, not instead of it.
#[tokio::test]
async fn an_owner_needs_the_key_as_well_unless_it_is_off() {
    let client = Client::new(Jobs);
    let start = || client.post("/jobs/mine-with-a-key").header("x-user", "ada");
    let mut answer = start().start();
    answer.done::<()>().await;
    let run = answer.run();
    assert!(run.key().unwrap().len() >= 22, "{run:?}");
    let with_key = || client.follow(&run, after(0));
    assert_eq!(with_key().header("x-user", "ada").all::<String, ()>().await.packets, ["mine"]);
    for request in [client.get(run.path()).header("x-user", "ada"), with_key().header("x-user", "bob"), with_key()] {
        assert_eq!(request.start().head().await.status(), StatusCode::NOT_FOUND);
    }
    let mut given = start().header("idempotency-key", KEY).start();
    given.done::<()>().await;
    assert!(!given.head().await.headers().contains_key("run-key"));
}

/// `POST` of this user with the key of this number: the status, `Retry-After`, the run and its key. It is sent within the
/// process, and most runs are left open: the test client could cancel none of them, since it would send no user.
async fn post(app: &Router, user: &str, key: usize) -> (StatusCode, Option<String>, Option<String>, String) {
    let (path, key) = ("/jobs/mine-for-long", format!("{KEY}-{key}"));
    let request = Request::post(path).header("x-user", user).header("idempotency-key", &key);
    let response = open(app, empty(request)).await;
    let retry = response.headers().get("retry-after").map(|after| after.to_str().unwrap().to_owned());
    let run = response.headers().contains_key("location").then(|| location(path, response.headers()));
    (response.status(), retry, run, key)
}

on_each_log! {
    async fn an_owner_has_so_many_runs_open_and_no_more(log: Log) {
        let one = Jobs.into_router().layer(Runs::new(BentLog::new(log.clone())).layer());
        let two = Jobs.into_router().layer(Runs::new(BentLog::new(log)).layer());
        let mut runs = Vec::new();
        for (i, app) in [&one, &two, &one].into_iter().enumerate() {
            let (status, _, run, key) = post(app, "ada", i).await;
            assert_eq!(status, StatusCode::OK);
            runs.push((run.unwrap(), key));
        }
        for app in [&one, &two] {
            let (status, retry, run, _) = post(app, "ada", 3).await;
            assert_eq!((status, retry.as_deref(), run), (StatusCode::TOO_MANY_REQUESTS, Some("3"), None));
            // A run that is open already may be followed, and other users have runs of their own.
            assert_eq!(post(app, "ada", 0).await.0, StatusCode::OK);
            assert_eq!(post(app, "bob", 0).await.0, StatusCode::OK);
        }
        let (run, key) = &runs[1];
        let headers = [("run-key", &**key), ("x-user", "ada")];
        assert_eq!(ask(&two, Method::DELETE, run, &headers).await.status, StatusCode::ACCEPTED);
        let state = async || ask(&one, Method::HEAD, run, &headers).await.header("run-state").to_owned();
        until("the end of the run", async || state().await != "open").await;
        // With the key that was refused.
        assert_eq!(post(&two, "ada", 3).await.0, StatusCode::OK);
        assert_eq!(post(&one, "ada", 4).await.0, StatusCode::TOO_MANY_REQUESTS);
    }
}

#[tokio::test(start_paused = true)]
async fn an_owner_whose_right_is_taken_away_loses_the_open_responses_and_not_the_run() {
    let runs = Runs::default();
    let client = Client::new(Jobs.into_router().layer(runs.layer()));
    let mut first = client.post("/jobs/mine-for-long").header("x-user", "ada").header("idempotency-key", KEY).start();
    let mut other = client.post("/jobs/mine-for-long").header("x-user", "bob").header("idempotency-key", KEY).start();
    assert_eq!((first.packet::<u8>().await, other.packet::<u8>().await), (1, 1));
    let run = first.run();
    let follow = || client.follow(&run, after(0)).header("x-user", "ada").start();
    let mut second = follow();
    assert_eq!(second.packet::<u8>().await, 1);
    assert_eq!(runs.revoke("ada"), 2);
    for answer in [&mut first, &mut second] {
        assert_eq!(answer.failed().await.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(runs.revoke("ada"), 0);
    let mut again = follow();
    assert_eq!(again.packet::<u8>().await, 1);
    again.leave();
    client.request(Method::DELETE, run.path()).header("x-user", "ada").header("run-key", KEY).start().head().await;
    client
        .request(Method::DELETE, other.run().path())
        .header("x-user", "bob")
        .header("run-key", KEY)
        .start()
        .head()
        .await;
    other.failed().await;
}
