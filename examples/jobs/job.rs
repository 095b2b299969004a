//! The work of the jobs. Here they mostly wait.

use std::time::Duration;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::sleep;

/// A job, by its name in the path.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Job {
    Photos,
    Orders,
    Index,
}

/// The reason that a job failed.
pub enum Trouble {
    /// An order names a customer who does not exist.
    NoCustomer { order: u32 },
}

/// The order with that customer.
const ODD_ORDER: u32 = 112;

impl Job {
    /// The number of steps.
    pub fn length(self) -> u32 {
        match self {
            Self::Photos => 120,
            Self::Orders => 160,
            Self::Index => 900,
        }
    }

    /// Does a step and describes it.
    pub async fn step(self, number: u32) -> Result<String, Trouble> {
        match self {
            Self::Photos => {
                sleep(Duration::from_millis(100)).await;
                Ok(format!("DSC_{:04}.jpg", 4100 + number))
            }
            Self::Orders => {
                sleep(Duration::from_millis(60)).await;
                let order = 20_000 + number;
                if number == ODD_ORDER {
                    return Err(Trouble::NoCustomer { order });
                }
                Ok(format!("order {order}"))
            }
            Self::Index => {
                sleep(Duration::from_millis(80)).await;
                Ok(format!("shelf {}, box {}", (b'A' + (number / 90) as u8) as char, number % 90 + 1))
            }
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let Self::NoCustomer { order } = self;
        let text = format!("Order {order} names a customer who does not exist. Nothing after it was imported.");
        (StatusCode::UNPROCESSABLE_ENTITY, text).into_response()
    }
}
