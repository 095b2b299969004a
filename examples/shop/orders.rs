//! The export: all orders as a file, in the format that a link names.

use outflow::{Head, HeadError, action, controller};
use serde::Serialize;

pub struct Orders {
    /// The number of orders that were ever made.
    pub count: u32,
}

/// One packet: a row of the file.
#[derive(Serialize)]
struct Order {
    id: u32,
    customer: &'static str,
    euros: f64,
}

const CUSTOMERS: [&str; 4] = ["Ada Lovelace", "Łukasz & Söhne", "Nemo, Captain", "=1+1"];

#[controller]
impl Orders {
    /// The CSV is for people: spreadsheets read its letters right, show these titles, and run none of its texts.
    #[action(item = Order, formats( // GET /orders/export?format=csv
        csv(bom, columns(id = "Order", customer = "Customer", euros = "Total in €"), formulas = escape),
        ndjson,
        json(array),
        query = "format",
    ))]
    async fn export(&self, head: Head) -> Result<(), HeadError> {
        head.download("orders")?; // orders.csv, orders.ndjson or orders.json
        for id in 1..=self.count {
            let customer = CUSTOMERS[id as usize % CUSTOMERS.len()];
            self.stream(Order { id, customer, euros: f64::from(id * 725 % 9000) / 100.0 });
        }
        Ok(())
    }
}
