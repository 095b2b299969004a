//! The pages: the one beside this file, and those that `npm run build` makes in `react/dist`.

use std::{
    io::ErrorKind,
    path::{Component, Path as FilePath, PathBuf},
};

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use tokio::fs;

const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/chat/react/dist");

const NOT_BUILT: &str = "This page has not been built yet. Run\n\n    \
                         cd examples/chat/react && npm ci && npm run build\n\nand load it again.\n";

pub fn router() -> Router {
    let script = || async { ([(CONTENT_TYPE, "text/javascript")], include_str!("page.mjs")) };
    let parts = || async { ([(CONTENT_TYPE, "text/javascript")], include_str!("parts.mjs")) };
    let style = || async { ([(CONTENT_TYPE, "text/css")], include_str!("chat.css")) };
    Router::new()
        .route("/", get(Html(include_str!("index.html"))))
        .route("/page.mjs", get(script))
        .route("/parts.mjs", get(parts))
        .route("/chat.css", get(style))
        .route("/corpus.txt", get(include_str!("corpus.txt")))
        .route("/react", get(|| built("react.html")))
        .route("/ag-ui", get(|| built("ag-ui.html")))
        .route("/assets/{file}", get(|Path(file): Path<String>| async move { built(&format!("assets/{file}")).await }))
}

/// A file of the built pages.
pub async fn built(file: &str) -> Response {
    let path = FilePath::new(file);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let content_type = match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        _ => "application/octet-stream",
    };
    match fs::read(PathBuf::from(BUILT).join(path)).await {
        Ok(content) => ([(CONTENT_TYPE, content_type)], content).into_response(),
        Err(error) if error.kind() == ErrorKind::NotFound => (StatusCode::NOT_FOUND, NOT_BUILT).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{file}: {error}\n")).into_response(),
    }
}
