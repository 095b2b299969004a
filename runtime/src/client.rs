//! The browser client, embedded in this crate, so that a page needs no build step.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};

/// One file of the client, at the path where it is served.
struct File {
    path: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(File { path: $path, text: include_str!(concat!("../client", $path)) }),*]
    };
}

/// The modules import each other by these paths.
const FILES: &[File] = files![
    "/outflow.js",
    "/outflow.mjs",
    "/outflow/crowd.mjs",
    "/outflow/decoders/hazaar.mjs",
    "/outflow/decoders/index.mjs",
    "/outflow/decoders/json.mjs",
    "/outflow/decoders/ndjson.mjs",
    "/outflow/decoders/rules.mjs",
    "/outflow/decoders/sse.mjs",
    "/outflow/error.mjs",
    "/outflow/full.mjs",
    "/outflow/global.mjs",
    "/outflow/handlers.mjs",
    "/outflow/jquery.mjs",
    "/outflow/lasting.mjs",
    "/outflow/parts.mjs",
    "/outflow/reconnect.mjs",
    "/outflow/request.mjs",
    "/outflow/response.mjs",
    "/outflow/run.mjs",
    "/outflow/source.mjs",
    "/outflow/stream.mjs",
    "/outflow/timing.mjs",
    "/outflow/upload.mjs",
    "/outflow/waiting.mjs",
];

/// Serves the browser client:
///
/// - `/outflow.js`, a classic script. It makes the global `outflow`, and `$.stream` where jQuery is loaded.
/// - `/outflow.mjs`, a module, and the modules that it imports from `/outflow/`. Some are loaded only where a page needs
///   them, by the script too: timeouts, reconnecting and runs, and upload progress.
///
/// Both carry an `ETag` and are asked for again (`Cache-Control: no-cache`), so a page never runs an old client. The same
/// files are under the path that [`path`] gives, which changes with them: there they may be kept for good. Under the path
/// of another client than this one the files are these, and asked for again: a page that was loaded before a deploy, or
/// from another node, may want a part of its client only now.
///
/// ```
/// let app: axum::Router = axum::Router::new().merge(outflow::client::router());
/// ```
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.iter().fold(Router::new(), |router, file| {
        let tag: Arc<str> = tag(file.text).into();
        let kept = tag.clone();
        let hashed = async move |Path(hash): Path<String>, headers: HeaderMap| {
            let cache = if hash == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
            serve(file, &kept, cache, &headers)
        };
        router
            .route(file.path, get(async move |headers: HeaderMap| serve(file, &tag, "no-cache", &headers)))
            .route(&format!("/outflow-{{hash}}{}", file.path), get(hashed))
    })
}

/// A hash that changes with any of the files.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    FILES.iter().for_each(|file| file.text.hash(&mut hasher));
    format!("{:016x}", hasher.finish())
});

/// The path of a file that browsers may keep for good, because it changes with the client.
///
/// ```
/// let script = outflow::client::path("/outflow.js");
/// assert!(script.starts_with("/outflow-") && script.ends_with("/outflow.js"));
/// let page = format!(r#"<script src="{script}"></script>"#);
/// ```
pub fn path(file: &str) -> String {
    format!("/outflow-{}/{}", *VERSION, file.trim_start_matches('/'))
}

/// A file with the tag that tells one text of it from another.
fn serve(file: &File, tag: &str, cache: &str, request: &HeaderMap) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, tag),
    ];
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.text).into_response()
}

fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
