//! Controllers of many shapes: writes their documents into a folder, or serves them for a tester.
//!
//! `documents FOLDER` writes each document in each of its forms; `documents serve` listens where `ADDR` says.

mod shop;
mod words;

use std::{env, fs, path::Path};

use outflow::{
    Controller as _,
    openapi::{self, Data, Document},
};

fn documents() -> [(&'static str, Document); 3] {
    let both = openapi::of([&words::Words, &shop::Shop]);
    [
        ("words", words::Words.openapi()),
        ("shop", shop::Shop.openapi()),
        ("both", both.under("/api").info("Both", "1.0")),
    ]
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let argument = env::args().nth(1).unwrap_or_default();
    if argument == "serve" {
        let document = openapi::of([&words::Words, &shop::Shop]);
        let app = axum::Router::new()
            .merge(words::Words.into_router())
            .merge(shop::Shop.into_router())
            .merge(document.router("/openapi.json"));
        let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
        let listener = tokio::net::TcpListener::bind(address).await?;
        println!("listening on http://{}", listener.local_addr()?);
        return Ok(axum::serve(listener, app).await?);
    }
    let folder = Path::new(&argument);
    fs::create_dir_all(folder)?;
    for (name, document) in documents() {
        for gap in document.gaps() {
            println!("{name}: {gap}");
        }
        fs::write(folder.join(format!("{name}.json")), format!("{document:#}"))?;
        fs::write(folder.join(format!("{name}.object.json")), format!("{:#}", document.clone().sse(Data::Object)))?;
        fs::write(folder.join(format!("{name}.v3_1.json")), format!("{:#}", document.v3_1()))?;
    }
    Ok(())
}
