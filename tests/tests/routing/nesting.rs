//! Controllers as parts of a larger router.

use axum::{Router, http::StatusCode, routing};
use outflow::{Controller as _, Drain, action, controller};

use crate::support::{
    Reply, get,
    paced::{Paced, media_type},
    reader::Client,
    send, serve, spans,
};

struct Shop;

#[controller("/shops/{shop}")]
impl Shop {
    #[action(path = "/items/{id}")]
    async fn item(&self, shop: String, id: u64) {
        self.stream((shop, id));
    }
}

#[derive(Default)]
struct Jobs;

#[controller]
impl Jobs {
    #[action]
    async fn list(&self) {
        self.stream("job");
    }
}

/// Two controllers, one of them deeper, beside what is no controller.
fn app() -> Router {
    Router::new()
        .route("/about", routing::get("about"))
        .nest("/api/{version}", Shop.into_router().merge(Jobs.into_router()))
        .merge(Jobs.into_router())
        .fallback(|| async { (StatusCode::NOT_FOUND, "nothing here") })
}

fn packet(reply: &Reply) -> &str {
    reply.body.strip_prefix("data: ").unwrap_or_else(|| panic!("{reply:?}")).lines().next().unwrap()
}

#[tokio::test]
async fn merged_and_nested_controllers_answer_beside_other_routes() {
    let app = app();
    assert_eq!(packet(&get(&app, "/jobs/list").await), r#""job""#);
    assert_eq!(packet(&get(&app, "/api/v1/jobs/list").await), r#""job""#);
    assert_eq!(packet(&get(&app, "/api/v1/shops/tea/items/7").await), r#"["tea",7]"#);
    assert_eq!(get(&app, "/about").await.body, "about");
}

#[tokio::test]
async fn what_no_controller_has_falls_back() {
    let app = app();
    for path in ["/jobs", "/jobs/lists", "/api/v1", "/api/v1/shops/tea", "/shops/tea/items/7"] {
        let reply = get(&app, path).await;
        assert_eq!((reply.status, &*reply.body), (StatusCode::NOT_FOUND, "nothing here"), "{path}");
    }
    let reply = send(&app, axum::http::Request::post("/api/v1/jobs/list")).await;
    assert_eq!((reply.status, reply.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"));
}

#[tokio::test]
async fn each_packet_comes_on_time_from_a_nested_controller() {
    let paced = Paced::default();
    let app = Router::new().nest("/on", Router::new().nest("/time", paced.clone().into_router()));
    let client = Client::new(serve(app).await);
    for format in ["sse", "ndjson"] {
        paced.in_step(&client, "/on/time/paced/steps", media_type(format)).await;
    }
}

/// Two controllers at different places would be one in the numbers otherwise.
#[tokio::test]
async fn a_nested_stream_is_accounted_for_under_its_whole_path() {
    spans::remember();
    let app = Router::new().nest("/accounts/{version}", Shop.into_router().merge(Jobs.into_router()));
    get(&app, "/accounts/v2/shops/tea/items/7").await;
    get(&app, "/accounts/v2/jobs/list").await;
    for route in ["/accounts/{version}/shops/{shop}/items/{id}", "/accounts/{version}/jobs/list"] {
        let streams = spans::streams(route);
        assert_eq!(streams.len(), 1, "{route}");
        assert_eq!(streams[0].field("outcome"), "finished");
        assert_eq!(streams[0].field("packets"), "1");
    }
}

/// The drain's layer goes around everything, whatever is nested in it.
#[tokio::test]
async fn a_drain_reaches_nested_controllers() {
    let drain = Drain::new();
    let app = Router::new().nest("/api", app()).layer(drain.layer());
    assert_eq!(get(&app, "/api/jobs/list").await.status, StatusCode::OK);
    drain.start();
    assert_eq!(get(&app, "/api/jobs/list").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(get(&app, "/api/about").await.status, StatusCode::OK);
}
