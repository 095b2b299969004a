//! The import: a table goes up whole, and its bad rows come down while the others are taken in.

use std::time::Duration;

use axum::http::StatusCode;
use outflow::{Problem, action, controller};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

pub struct Products;

#[derive(Deserialize)]
struct Product {
    name: String,
    euros: f64,
}

/// One packet.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Found {
    Bad { line: usize, problem: String },
    Progress { rows: usize, of: usize },
}

/// The result.
#[derive(Serialize)]
struct Summary {
    taken: usize,
    bad: usize,
}

#[controller]
impl Products {
    /// The run begins when the whole table has come, and goes on while its page is reloaded.
    #[action(post, resumable, item = Found)] // POST /products/import
    async fn import(&self, table: String) -> Result<Summary, Problem> {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        if reader.headers().is_ok_and(|found| found != vec!["name", "euros"]) {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY);
            return Err(problem.with_detail("The first line must be `name,euros`."));
        }
        let rows: Vec<_> = reader.deserialize::<Product>().collect();
        let (of, mut bad) = (rows.len(), 0);
        for (index, row) in rows.into_iter().enumerate() {
            if let Err(problem) = take_in(row).await {
                bad += 1;
                self.stream(Found::Bad { line: index + 2, problem });
            }
            self.stream(Found::Progress { rows: index + 1, of });
        }
        Ok(Summary { taken: of - bad, bad })
    }
}

/// Takes a product in. The database of this shop is slow, and forgets.
async fn take_in(row: csv::Result<Product>) -> Result<(), String> {
    sleep(Duration::from_millis(50)).await;
    match row {
        Ok(product) if product.name.is_empty() => Err("no name".to_owned()),
        Ok(product) if product.euros <= 0.0 => Err(format!("{} for {} euros", product.name, product.euros)),
        Ok(_) => Ok(()),
        Err(_) => Err("not a name and a price".to_owned()),
    }
}
