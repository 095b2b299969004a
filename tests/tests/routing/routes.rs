//! From the attributes to routes and arguments.

use std::{fmt::Display, str::FromStr};

use axum::{
    Json, Router,
    extract::{FromRef, OriginalUri, Path, Query, State},
    http::{HeaderMap, StatusCode},
    middleware::map_response,
};
use outflow::{
    Controller, action, controller,
    test::{Client, Request},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// The only packet of a stream.
async fn only<T: DeserializeOwned + Send>(request: Request<'_>) -> T {
    let mut answer = request.start();
    let packet = answer.packet().await;
    assert!(answer.rest::<Value, ()>().await.packets.is_empty());
    packet
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
        self.stream((page.page, headers["x-one"].to_str().unwrap(), body));
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

#[tokio::test(start_paused = true)]
async fn paths_follow_from_names() {
    let client = Client::new(JobQueue);
    for (path, packet) in
        [("/job-queue", "index"), ("/job-queue/both/ways", "both"), ("/job-queue/move", "/job-queue/move")]
    {
        assert_eq!(only::<String>(client.get(path)).await, packet);
    }
    for path in ["/job-queue/left-out", "/job_queue"] {
        assert_eq!(client.get(path).start().failed().await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn names_may_be_written_in_any_script() {
    let client = Client::new(Café);
    assert_eq!(only::<String>(client.get("/caf%C3%A9/men%C3%BC")).await, "menü");
    assert_eq!(only::<u32>(client.get("/caf%C3%A9/size/3")).await, 3);
    assert_eq!(
        client.get("/caf%C3%A9/size/x").start().failed().await.detail(),
        "The path parameter `größe` is not a valid `u32`: invalid digit found in string"
    );
}

#[tokio::test(start_paused = true)]
async fn an_action_answers_its_own_methods() {
    let client = Client::new(JobQueue);
    assert_eq!(only::<String>(client.put("/job-queue/both/ways")).await, "both");
    let head = client.delete("/job-queue/both/ways").start().head().await;
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(head.headers()["allow"], "GET,HEAD,PUT");
    assert_eq!(client.delete("/job-queue/1/2/x").start().text().await, "1 2 x");
}

#[tokio::test(start_paused = true)]
async fn an_action_that_does_not_stream_is_an_ordinary_handler() {
    let client = Client::new(JobQueue);
    let mut answer = client.get("/job-queue/plain-handler").start();
    let head = answer.head().await;
    assert_eq!(head.status(), StatusCode::ACCEPTED);
    assert_eq!(head.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await, "7");
}

#[tokio::test(start_paused = true)]
async fn arguments_are_extractors_and_the_last_one_takes_the_body() {
    let client = Client::new(JobQueue);
    let request = client.post("/job-queue/create?page=3").header("x-one", "1").body("hello");
    assert_eq!(only::<(u32, String, String)>(request).await, (3, "1".to_owned(), "hello".to_owned()));
    let failed = client.post("/job-queue/create?page=x").start().failed().await;
    assert_eq!(failed.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn the_rejection_of_the_last_argument_comes_before_that_of_the_format() {
    let client = Client::new(JobQueue).accept("text/html");
    let request = || client.post("/job-queue/create?page=3").header("x-one", "1");
    assert_eq!(request().body(&b"\xff"[..]).start().failed().await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(request().body("hello").start().failed().await.status(), StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test(start_paused = true)]
async fn path_parameters_may_have_128_bits() {
    let client = Client::new(Wide);
    let (max, min) = (u128::MAX, i128::MIN);
    let text = client.get(&format!("/wide/{max}/{min}/{max}/7")).start().text().await;
    assert_eq!(text, format!("{max} {min} {max} Some(7)"));
    let failed = client.get("/wide/-1/0/0/0").start().failed().await;
    let text = "The path parameter `unsigned` is not a valid `u128`: invalid digit found in string";
    assert_eq!((failed.status(), failed.detail()), (StatusCode::BAD_REQUEST, text));
}

#[tokio::test(start_paused = true)]
async fn path_parameters_are_taken_by_name() {
    let client = Client::new(JobQueue);
    assert_eq!(only::<(u64, u32)>(client.get("/job-queue/41/8/x")).await, (42, 8));
    assert_eq!(only::<String>(client.get("/job-queue/level/very-high")).await, "very high");
    assert_eq!(only::<String>(client.get("/job-queue/files/a/b%20%C5%BE")).await, "a/b ž");
}

#[tokio::test(start_paused = true)]
async fn a_parameter_that_does_not_parse_is_a_400_that_names_it() {
    let client = Client::new(JobQueue);
    let message = async |path: &str| {
        let mut answer = client.get(path).start();
        assert_eq!(answer.head().await.headers()["x-content-type-options"], "nosniff");
        let failed = answer.failed().await;
        assert_eq!(failed.status(), StatusCode::BAD_REQUEST, "{path}");
        failed.detail().to_owned()
    };
    assert_eq!(
        message("/job-queue/-1/8/x").await,
        "The path parameter `id` is not a valid `u64`: invalid digit found in string"
    );
    assert_eq!(message("/job-queue/1/7/x").await, "The path parameter `type` is not a valid `Even`: `7` is not even");
    assert!(message("/job-queue/level/low").await.starts_with("The path parameter `level` is not a valid `Level`: "));
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

#[tokio::test(start_paused = true)]
async fn a_controller_can_be_generic_have_parameters_in_its_prefix_and_need_state() {
    let router: Router<AppState> = Greeter::<_, 1> { greeting: "Hello" }.into_router();
    let client = Client::new(router.with_state(AppState { name: "Axum" }));
    assert_eq!(only::<String>(client.get("/users/Ada/greet")).await, "Hello Ada, I am Axum");
    assert_eq!(only::<String>(client.get("/users/Ada")).await, "me");
}

#[tokio::test(start_paused = true)]
async fn a_controller_without_state_goes_with_any_router_and_layer() {
    fn routes<S, C: Controller<S>>(controller: C) -> Router<S> {
        controller.into_router()
    }

    let with_state: Router<AppState> = Router::new().nest("/api", routes(JobQueue)).merge(routes(JobQueue));
    let layer = map_response(async |mut response: axum::response::Response| {
        response.headers_mut().insert("x-layer", "1".parse().unwrap());
        response
    });
    let client = Client::new(with_state.layer(layer).with_state(AppState { name: "" }));
    for path in ["/api/job-queue", "/job-queue"] {
        let mut answer = client.get(path).start();
        assert_eq!(answer.head().await.headers()["x-layer"], "1", "{path}");
        assert_eq!(answer.rest::<String, ()>().await.packets, ["index"], "{path}");
    }
}
