//! The crate axum-streams, in its JSON Lines: it has no server-sent events.

use std::future::pending;

use anyhow::Result;
use async_stream::stream;
use axum::{Router, extract::Path, routing::get};
use axum_streams::StreamBodyAs;
use tokio::time::interval;

use super::PERIOD;
use crate::clock;

async fn burst(Path(n): Path<u32>) -> StreamBodyAs<'static> {
    StreamBodyAs::json_nl(stream! {
        for i in 0..n {
            yield format!("i={i}");
        }
    })
}

async fn sparse(Path(n): Path<u32>) -> StreamBodyAs<'static> {
    StreamBodyAs::json_nl(stream! {
        let mut every = interval(PERIOD);
        for _ in 0..n {
            every.tick().await;
            yield clock::now();
        }
    })
}

async fn idle() -> StreamBodyAs<'static> {
    StreamBodyAs::json_nl(stream! {
        yield "open";
        pending::<()>().await;
    })
}

pub(crate) async fn serve() -> Result<()> {
    let routes = Router::new()
        .route("/bench/burst/{n}", get(burst))
        .route("/bench/sparse/{n}", get(sparse))
        .route("/bench/idle", get(idle));
    super::axum::serve_routes(routes).await
}
