//! A value that a layer hands to the task of an action.

use std::time::Duration;

use axum::{Extension, Router, extract::Request, middleware::Next, middleware::from_fn};
use outflow::{Controller as _, action, controller, test::Client};
use tokio::time::sleep;

tokio::task_local! {
    static TENANT: &'static str;
}

#[derive(Clone)]
struct Tenant(&'static str);

struct Orders;

#[controller]
impl Orders {
    #[action]
    async fn live(&self, Extension(Tenant(tenant)): Extension<Tenant>) {
        TENANT.scope(tenant, self.rows()).await;
    }

    #[action(post, resumable)]
    async fn run(&self, Extension(Tenant(tenant)): Extension<Tenant>) {
        TENANT.scope(tenant, self.rows()).await;
    }

    /// Before the head, and long after it.
    async fn rows(&self) {
        self.stream(TENANT.get());
        sleep(Duration::from_secs(1)).await;
        self.stream(TENANT.get());
    }
}

/// Only the action's own scope lasts: that of a layer ends with the head.
#[tokio::test(start_paused = true)]
async fn a_value_in_the_extensions_can_be_bound_again_for_the_whole_action() {
    let layer = from_fn(async |mut request: Request, next: Next| {
        request.extensions_mut().insert(Tenant("acme"));
        TENANT.scope("gone after the head", next.run(request)).await
    });
    let app: Router = Orders.into_router().layer(layer);
    let client = Client::new(app);
    for request in [client.get("/orders/live"), client.post("/orders/run")] {
        assert_eq!(request.all::<String, ()>().await.packets, ["acme", "acme"]);
    }
}
