//! A shop with the five endpoints that most programs want, each in a file of its own: an export that links download, a
//! model proxy, a dashboard, an import and a checkout.
//!
//! ```text
//! cargo run --example shop
//! curl -OJ '127.0.0.1:3000/orders/export?format=csv'
//! curl -N 127.0.0.1:3000/assistant/answer -H 'content-type: application/json' -d '{"text":"Where is my parcel?"}'
//! curl -N 127.0.0.1:3000/dashboard/live
//! printf 'name,euros\npen,2.50\n,1\n' | curl -N --data-binary @- 127.0.0.1:3000/products/import
//! curl -N 127.0.0.1:3000/checkout/pay -H 'content-type: application/json' -d '{"pencils":3,"card":"4000 0013"}'
//! ```
//!
//! The model is a stand-in. With `MODEL_URL` it is any server that speaks `chat/completions` over plain HTTP.

mod assistant;
mod checkout;
mod dashboard;
mod model;
mod orders;
mod products;

use std::{env, io};

use axum::{Router, http::header::CONTENT_TYPE, response::Html, routing::get};
use outflow::{Controller as _, Server};
use outflow_examples::listen;
use tokio::sync::watch;

use crate::{
    assistant::Assistant,
    checkout::Checkout,
    dashboard::{Dashboard, Figures},
    orders::Orders,
    products::Products,
};

#[tokio::main]
async fn main() -> io::Result<()> {
    let model = match env::var("MODEL_URL") {
        Ok(url) => url,
        Err(_) => model::start().await?.0,
    };
    let (sender, figures) = watch::channel(Figures::default());
    tokio::spawn(dashboard::count(sender));

    let script = || async { ([(CONTENT_TYPE, "text/javascript")], include_str!("page.mjs")) };
    let app = Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .route("/page.mjs", get(script))
        .merge(outflow::client::router())
        .merge(Orders { count: 2000 }.into_router())
        .merge(Assistant::new(model).into_router())
        .merge(Dashboard { figures }.into_router())
        .merge(Products.into_router())
        .merge(Checkout.into_router());

    Server::new(app).serve_on(listen().await?).await
}

#[cfg(test)]
mod tests;
