//! The path of a run: one resource, however it is spelt, and wherever its router is.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::{OriginalUri, Request as AxumRequest},
    http::{Request, StatusCode},
};
use outflow::{Controller as _, action, controller, test::Client};
use tower::{Layer, Service, ServiceExt as _, util::MapRequestLayer};
use tower_http::normalize_path::NormalizePathLayer;

use crate::support::{
    empty,
    runs::{KEY, location},
    soon,
};

#[derive(Clone, Default)]
struct Chats {
    started: Arc<AtomicUsize>,
}

#[controller("/r")]
impl Chats {
    #[action(post, resumable, path = "/u/{name}/ask")]
    async fn ask(&self, name: String) {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.stream(name);
    }
}

fn app() -> (Router, Chats) {
    let chats = Chats::default();
    (chats.clone().into_router(), chats)
}

/// RFC 3986, section 6.2.2.
#[tokio::test]
async fn every_spelling_of_a_path_is_the_same_run() {
    for spellings in [&["~bob", "%7Ebob", "%7e%62ob"][..], &["caf%c3%a9", "caf%C3%A9", "ca%66%C3%a9"]] {
        for prefix in ["", "/api/v1"] {
            let (app, chats) = app();
            let app = if prefix.is_empty() { app } else { Router::new().nest("/api/{version}", app) };
            let mut places = Vec::new();
            let client = Client::new(app);
            for name in spellings {
                let path = format!("{prefix}/r/u/{name}/ask");
                let mut answer = client.post(&path).header("idempotency-key", KEY).start();
                answer.done::<()>().await;
                places.push(answer.run());
            }
            assert_eq!(chats.started.load(Ordering::SeqCst), 1, "{spellings:?}");
            for place in &places {
                let run = place.path().rsplit('/').next().unwrap();
                for name in spellings {
                    let path = format!("{prefix}/r/u/{name}/ask/runs/{run}");
                    client.get(&path).header("run-key", KEY).start().done::<()>().await;
                }
            }
        }
    }
}

/// A slash that is encoded is part of a name.
#[tokio::test]
async fn other_paths_are_other_runs() {
    let (app, chats) = app();
    let client = Client::new(app);
    for name in ["a%2Fb", "ab", "a%2520b", "a%20b"] {
        client.post(&format!("/r/u/{name}/ask")).header("idempotency-key", KEY).start().done::<()>().await;
    }
    assert_eq!(chats.started.load(Ordering::SeqCst), 4);
}

/// The answer's status and its `Location`.
async fn start<S>(service: S, path: &str) -> (StatusCode, String)
where
    S: Service<AxumRequest, Response = axum::response::Response, Error = Infallible>,
{
    let response =
        soon("the head", service.oneshot(empty(Request::post(path).header("idempotency-key", KEY)))).await.unwrap();
    (response.status(), location(path, response.headers()))
}

/// A layer that trims paths hides how the client spelt its own, so it is told to keep that. It is around the router, in a
/// service that the test client does not take.
#[tokio::test]
async fn a_location_leads_to_the_run_behind_a_layer_that_trims_paths() {
    let (app, chats) = app();
    let keep = MapRequestLayer::new(|mut request: AxumRequest| {
        let uri = OriginalUri(request.uri().clone());
        request.extensions_mut().insert(uri);
        request
    });
    let app = keep.layer(NormalizePathLayer::trim_trailing_slash().layer(app));
    for path in ["/r/u/~bob/ask", "/r/u/~bob/ask/", "/r/u/%7Ebob/ask/"] {
        let (status, run) = start(app.clone(), path).await;
        assert_eq!(status, StatusCode::OK);
        for run in [run.clone(), format!("{run}/")] {
            let response =
                soon("the head", app.clone().oneshot(empty(Request::get(&run).header("run-key", KEY)))).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path} {run}");
        }
    }
    assert_eq!(chats.started.load(Ordering::SeqCst), 1);
}

/// A name that is not UTF-8 is that of no run, and says nothing of the path's parameters.
#[tokio::test]
async fn a_name_that_is_not_utf_8_is_that_of_no_run() {
    let (app, _) = app();
    let unknown = Client::new(app).get("/r/u/bob/ask/runs/%FF").header("run-key", KEY).start().failed().await;
    assert_eq!((unknown.status(), unknown.detail()), (StatusCode::NOT_FOUND, "there is no such run"));
}
