//! From the attributes to routes and arguments.

use std::{fmt::Display, str::FromStr};

use axum::{
    Json, Router,
    body::Body,
    extract::{FromRef, OriginalUri, Path, Query, State},
    http::{HeaderMap, Request, StatusCode},
    middleware::map_response,
};
use outflow::{Controller, action, controller};
use serde::Deserialize;

use crate::support::{get, send, send_body};

/// The data of the body's only packet.
fn only(body: &str) -> &str {
    body.strip_prefix("data: ").and_then(|rest| rest.split_once("\n\n")).map_or(body, |(data, _)| data)
}

struct JobQueue;

#[derive(Deserialize)]
struct Page {
    page: u32,
}

/// Read from text by `FromStr` only.
#[derive(Debug)]
struct Even(u32);

impl FromStr for Even {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(number) if number % 2 == 0 => Ok(Self(number)),
            _ => Err(format!("`{text}` is not even")),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    VeryHigh,
}

#[controller]
impl JobQueue {
    #[action]
    async fn index(&self) {
        self.stream("index");
    }

    #[action(post)]
    async fn create(&self, Query(page): Query<Page>, headers: HeaderMap, body: String) {
        self.stream((page.page, headers.len(), body));
    }

    #[action(get, put, path = "/both/ways")]
    async fn both_ways(&self) {
        self.stream("both");
    }

    #[action(path = "/{id}/{type}/{name}")]
    async fn all(&self, mut id: u64, r#type: Even, _name: String) {
        id += 1;
        self.stream((id, r#type.0));
    }

    #[action(delete, path = "/{id}/{type}/{name}")]
    async fn remove(&self, Path((id, kind, name)): Path<(u64, String, String)>) -> String {
        format!("{id} {kind} {name}")
    }

    #[action(path = "/level/{level}")]
    async fn level(&self, level: Level) {
        match level {
            Level::VeryHigh => self.stream("very high"),
        }
    }

    #[action(path = "/files/{*rest}")]
    async fn files(&self, rest: String) {
        self.stream(rest);
    }

    /// An ordinary handler.
    #[action]
    async fn plain_handler(&self) -> (StatusCode, Json<u8>) {
        (StatusCode::ACCEPTED, Json(7))
    }

    #[cfg(any())]
    #[action]
    async fn left_out(&self) -> ThereIsNoSuchType {
        self.stream(1);
    }

    #[action]
    async fn r#move(&self, OriginalUri(uri): OriginalUri) {
        self.stream(uri.path());
    }
}

/// Its names are written in requests as RFC 3986 says.
struct Café;

#[controller]
impl Café {
    #[action]
    async fn menü(&self) {
        self.stream("menü");
    }

    #[action(path = "/size/{größe}")]
    async fn size(&self, größe: u32) {
        self.stream(größe);
    }
}

#[derive(Deserialize)]
struct Snowflake(u128);

struct Wide;

#[controller("/wide")]
impl Wide {
    #[action(path = "/{unsigned}/{signed}/{id}/{option}")]
    async fn show(&self, unsigned: u128, signed: i128, id: Snowflake, option: Option<u128>) -> String {
        format!("{unsigned} {signed} {} {option:?}", id.0)
    }
}

#[tokio::test]
async fn paths_follow_from_names() {
    let app = JobQueue.into_router();
    assert_eq!(only(&get(&app, "/job-queue").await.body), r#""index""#);
    assert_eq!(only(&get(&app, "/job-queue/both/ways").await.body), r#""both""#);
    assert_eq!(only(&get(&app, "/job-queue/move").await.body), r#""/job-queue/move""#);
    assert_eq!(get(&app, "/job-queue/left-out").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&app, "/job_queue").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn names_may_be_written_in_any_script() {
    let app = Café.into_router();
    assert_eq!(only(&get(&app, "/caf%C3%A9/men%C3%BC").await.body), r#""menü""#);
    assert_eq!(only(&get(&app, "/caf%C3%A9/size/3").await.body), "3");
    assert_eq!(
        get(&app, "/caf%C3%A9/size/x").await.body,
        "The path parameter `größe` is not a valid `u32`: invalid digit found in string"
    );
}

#[tokio::test]
async fn an_action_answers_its_own_methods() {
    let app = JobQueue.into_router();
    let reply = send(&app, Request::put("/job-queue/both/ways")).await;
    assert_eq!(only(&reply.body), r#""both""#);
    let reply = send(&app, Request::delete("/job-queue/both/ways")).await;
    assert_eq!((reply.status, reply.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD,PUT"));
    assert_eq!(send(&app, Request::delete("/job-queue/1/2/x")).await.body, "1 2 x");
}

#[tokio::test]
async fn an_action_that_does_not_stream_is_an_ordinary_handler() {
    let reply = get(&JobQueue.into_router(), "/job-queue/plain-handler").await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::ACCEPTED, "7"));
    assert_eq!(reply.header("content-type"), "application/json");
}

#[tokio::test]
async fn arguments_are_extractors_and_the_last_one_takes_the_body() {
    let app = JobQueue.into_router();
    let request = Request::post("/job-queue/create?page=3").header("x-one", "1");
    assert_eq!(only(&send_body(&app, request, Body::from("hello")).await.body), r#"[3,1,"hello"]"#);
    let reply = send(&app, Request::post("/job-queue/create?page=x")).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_rejection_of_the_last_argument_comes_before_that_of_the_format() {
    let app = JobQueue.into_router();
    let request = || Request::post("/job-queue/create?page=3").header("x-one", "1").header("accept", "text/html");
    let not_text = send_body(&app, request(), Body::from(&b"\xff"[..])).await;
    assert_eq!(not_text.status, StatusCode::BAD_REQUEST);
    assert_eq!(send_body(&app, request(), Body::from("hello")).await.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn path_parameters_may_have_128_bits() {
    let app = Wide.into_router();
    let (max, min) = (u128::MAX, i128::MIN);
    let reply = get(&app, &format!("/wide/{max}/{min}/{max}/7")).await;
    assert_eq!((reply.status, reply.body), (StatusCode::OK, format!("{max} {min} {max} Some(7)")));
    let reply = get(&app, "/wide/-1/0/0/0").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let text = "The path parameter `unsigned` is not a valid `u128`: invalid digit found in string";
    assert_eq!(reply.body, text);
}

#[tokio::test]
async fn path_parameters_are_taken_by_name() {
    let app = JobQueue.into_router();
    assert_eq!(only(&get(&app, "/job-queue/41/8/x").await.body), "[42,8]");
    assert_eq!(only(&get(&app, "/job-queue/level/very-high").await.body), r#""very high""#);
    assert_eq!(only(&get(&app, "/job-queue/files/a/b%20%C5%BE").await.body), r#""a/b ž""#);
}

#[tokio::test]
async fn a_parameter_that_does_not_parse_is_a_400_that_names_it() {
    let app = JobQueue.into_router();
    let message = async |path: &str| {
        let reply = get(&app, path).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        reply.body
    };
    assert_eq!(
        message("/job-queue/-1/8/x").await,
        "The path parameter `id` is not a valid `u64`: invalid digit found in string"
    );
    assert_eq!(message("/job-queue/1/7/x").await, "The path parameter `type` is not a valid `Even`: `7` is not even");
    assert!(message("/job-queue/level/low").await.starts_with("The path parameter `level` is not a valid `Level`: "));
}

/// `HEAD` runs extractors and negotiation, and never the action.
#[tokio::test]
async fn head_never_runs_an_action() {
    struct Never;

    #[controller]
    impl Never {
        #[action(path = "/{id}")]
        async fn run(&self, id: u8) {
            self.stream(id);
            std::process::abort();
        }
    }

    let app = Never.into_router();
    let reply = send(&app, Request::head("/never/1")).await;
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, ""));
    assert_eq!(reply.header("content-type"), "text/event-stream");
    // Nobody knows how long the stream would be.
    assert_eq!(reply.header("content-length"), "");
    assert_eq!(send(&app, Request::head("/never/x")).await.status, StatusCode::BAD_REQUEST);
    let reply = send(&app, Request::head("/never/1").header("accept", "text/html")).await;
    assert_eq!(reply.status, StatusCode::NOT_ACCEPTABLE);
}

#[derive(Clone)]
struct AppState {
    name: &'static str,
}

#[derive(Clone)]
struct Name(&'static str);

impl FromRef<AppState> for Name {
    fn from_ref(state: &AppState) -> Self {
        Self(state.name)
    }
}

struct Greeter<T, const N: usize> {
    greeting: T,
}

#[controller("/users/{user}", state = AppState)]
impl<T, const N: usize> Greeter<T, N>
where
    T: Display + Send + Sync + 'static,
{
    #[action]
    async fn greet(&self, State(name): State<Name>, user: String) {
        for _ in 0..N {
            self.stream(format!("{} {user}, I am {}", self.greeting, name.0));
        }
    }

    #[action(path = "/")]
    async fn me(&self) {
        self.stream("me");
    }
}

#[tokio::test]
async fn a_controller_can_be_generic_have_parameters_in_its_prefix_and_need_state() {
    let router: Router<AppState> = Greeter::<_, 1> { greeting: "Hello" }.into_router();
    let app = router.with_state(AppState { name: "Axum" });
    assert_eq!(only(&get(&app, "/users/Ada/greet").await.body), r#""Hello Ada, I am Axum""#);
    assert_eq!(only(&get(&app, "/users/Ada").await.body), r#""me""#);
}

#[tokio::test]
async fn a_controller_without_state_goes_with_any_router_and_layer() {
    fn routes<S, C: Controller<S>>(controller: C) -> Router<S> {
        controller.into_router()
    }

    let with_state: Router<AppState> = Router::new().nest("/api", routes(JobQueue)).merge(routes(JobQueue));
    let layer = map_response(async |mut response: axum::response::Response| {
        response.headers_mut().insert("x-layer", "1".parse().unwrap());
        response
    });
    let app = with_state.layer(layer).with_state(AppState { name: "" });
    for path in ["/api/job-queue", "/job-queue"] {
        let reply = get(&app, path).await;
        assert_eq!((only(&reply.body), reply.header("x-layer")), (r#""index""#, "1"), "{path}");
    }
}
