//! Actions that do not stream.

use axum::{Form, Json, extract::Path, http::StatusCode};
use outflow::{action, controller};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An order, in both directions.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub id: u32,
    #[serde(default)]
    pub amount: u32,
}

/// A second type of that name.
pub mod other {
    use schemars::JsonSchema;
    use serde::Serialize;

    #[derive(Debug, Serialize, JsonSchema)]
    pub struct Order {
        pub name: String,
    }
}

pub struct Shop;

#[controller]
impl Shop {
    /// Takes an order.
    #[action(post)]
    async fn order(&self, Json(order): Json<Order>) -> (StatusCode, Json<Order>) {
        (StatusCode::CREATED, Json(order))
    }

    #[action(path = "/order/{year}/{id}")]
    async fn find(&self, Path((year, id)): Path<(u16, u32)>) -> Json<other::Order> {
        Json(other::Order { name: format!("{year}-{id}") })
    }

    #[action(put)]
    async fn amount(&self, Form(order): Form<Order>) -> Result<String, StatusCode> {
        Ok(order.amount.to_string())
    }
}
