//! The checkout: an error enum whose members fail before the first packet, and after it.

use std::time::Duration;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use outflow::{Problem, action, controller};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

pub struct Checkout;

#[derive(Deserialize)]
struct Basket {
    pencils: u32,
    card: String,
}

/// The result.
#[derive(Serialize)]
struct Receipt {
    cents: u32,
}

enum Refused {
    SoldOut { left: u32 },
    Declined { card: String },
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::SoldOut { left } => Problem::new(StatusCode::CONFLICT)
                .with_type("/problems/sold-out")
                .with_detail(format_args!("There are only {left} pencils."))
                .with("left", left),
            Self::Declined { card } => Problem::new(StatusCode::PAYMENT_REQUIRED)
                .with_type("/problems/declined")
                .with_detail(format_args!("The bank declined the card {card}.")),
        }
        .into_response()
    }
}

/// Pencils in the house.
const STOCK: u32 = 12;

#[controller(problems)]
impl Checkout {
    #[action(post, item = &str)] // POST /checkout/pay
    async fn pay(&self, Json(basket): Json<Basket>) -> Result<Receipt, Refused> {
        if basket.pencils > STOCK {
            return Err(Refused::SoldOut { left: STOCK }); // 409
        }
        self.stream("The pencils are set aside.");
        self.stream("Asking the bank.");
        sleep(Duration::from_millis(400)).await;
        if basket.card.ends_with("13") {
            return Err(Refused::Declined { card: basket.card }); // within the stream, as 402
        }
        self.stream("Paid.");
        Ok(Receipt { cents: basket.pencils * 120 })
    }
}
