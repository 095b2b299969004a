//! Controllers as parts of a larger router.

use axum::{Router, http::StatusCode, routing};
use outflow::{Controller as _, Drain, action, controller, test::Client};

use crate::support::{
    paced::{PACKETS, Paced, media_type, packet},
    spans,
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

#[tokio::test(start_paused = true)]
async fn merged_and_nested_controllers_answer_beside_other_routes() {
    let client = Client::new(app());
    for path in ["/jobs/list", "/api/v1/jobs/list"] {
        assert_eq!(client.get(path).all::<String, ()>().await.packets, ["job"]);
    }
    let item = client.get("/api/v1/shops/tea/items/7").all::<(String, u64), ()>().await;
    assert_eq!(item.packets, [("tea".to_owned(), 7)]);
    assert_eq!(client.get("/about").start().text().await, "about");
}

#[tokio::test(start_paused = true)]
async fn what_no_controller_has_falls_back() {
    let client = Client::new(app());
    for path in ["/jobs", "/jobs/lists", "/api/v1", "/api/v1/shops/tea", "/shops/tea/items/7"] {
        let failed = client.get(path).start().failed().await;
        assert_eq!((failed.status(), failed.detail()), (StatusCode::NOT_FOUND, "nothing here"), "{path}");
    }
    let head = client.post("/api/v1/jobs/list").start().head().await;
    assert_eq!(head.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(head.headers()["allow"], "GET,HEAD");
}

#[tokio::test(start_paused = true)]
async fn each_packet_comes_on_time_from_a_nested_controller() {
    let paced = Paced::default();
    let client = Client::new(Router::new().nest("/on", Router::new().nest("/time", paced.clone().into_router())));
    for format in ["sse", "ndjson"] {
        let mut answer = client.get("/on/time/paced/steps").accept(media_type(format)).start();
        for n in 1..=PACKETS {
            paced.step();
            assert_eq!(answer.packet::<String>().await, packet(n), "{format}");
        }
        answer.done::<()>().await;
    }
}

/// Two controllers at different places would be one in the numbers otherwise.
#[tokio::test(start_paused = true)]
async fn a_nested_stream_is_accounted_for_under_its_whole_path() {
    spans::remember();
    let app = Router::new().nest("/accounts/{version}", Shop.into_router().merge(Jobs.into_router()));
    let client = Client::new(app);
    for path in ["/accounts/v2/shops/tea/items/7", "/accounts/v2/jobs/list"] {
        client.get(path).start().done::<()>().await;
    }
    for route in ["/accounts/{version}/shops/{shop}/items/{id}", "/accounts/{version}/jobs/list"] {
        let streams = spans::streams(route);
        assert_eq!(streams.len(), 1, "{route}");
        assert_eq!(streams[0].field("outcome"), "finished");
        assert_eq!(streams[0].field("packets"), "1");
    }
}

/// The drain's layer goes around everything, whatever is nested in it.
#[tokio::test(start_paused = true)]
async fn a_drain_reaches_nested_controllers() {
    let drain = Drain::new();
    let client = Client::new(Router::new().nest("/api", app()).layer(drain.layer()));
    client.get("/api/jobs/list").start().done::<()>().await;
    drain.start();
    let turned_away = client.get("/api/jobs/list").start().failed().await;
    assert_eq!(turned_away.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.get("/api/about").start().text().await, "about");
}
