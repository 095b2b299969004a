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

/// A file of the client and the path where it is served.
struct File {
    path: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(File { path: $path, text: include_str!(concat!("../client", $path)) }),*]
    };
}

/// Modules import each other by these paths.
const FILES: &[File] = files![
    "/outflow.full.js",
    "/outflow.mjs",
    "/outflow/decoder.mjs",
    "/outflow/decoders/envelope.mjs",
    "/outflow/decoders/frames.mjs",
    "/outflow/decoders/index.mjs",
    "/outflow/decoders/json.mjs",
    "/outflow/decoders/malformed.mjs",
    "/outflow/decoders/ndjson.mjs",
    "/outflow/decoders/shared.mjs",
    "/outflow/decoders/sse.mjs",
    "/outflow/error.mjs",
    "/outflow/failed-response.mjs",
    "/outflow/full.mjs",
    "/outflow/global.mjs",
    "/outflow/handlers.mjs",
    "/outflow/iterate.mjs",
    "/outflow/jquery.mjs",
    "/outflow/lazy.mjs",
    "/outflow/leaving.mjs",
    "/outflow/load.mjs",
    "/outflow/media-type.mjs",
    "/outflow/options.mjs",
    "/outflow/parts.mjs",
    "/outflow/promises.mjs",
    "/outflow/reconnect.mjs",
    "/outflow/request.mjs",
    "/outflow/response.mjs",
    "/outflow/run.mjs",
    "/outflow/session.mjs",
    "/outflow/source.mjs",
    "/outflow/stream.mjs",
    "/outflow/timeout.mjs",
    "/outflow/tools.mjs",
    "/outflow/upload.mjs",
    "/outflow/warning.mjs",
];

/// The script without the modules that it loads when it needs them: the start of the script that has them.
static SCRIPT: LazyLock<File> = LazyLock::new(|| {
    let full = FILES[0].text;
    File { path: "/outflow.js", text: full.split("/*! lazy modules */").next().unwrap_or(full) }
});

/// All files that are served.
fn files() -> impl Iterator<Item = &'static File> {
    FILES.iter().chain([&*SCRIPT])
}

/// Serves the browser client:
///
/// - `/outflow.js`, a classic script. It defines the global `outflow`, and adds `$.stream` if jQuery is loaded.
/// - `/outflow.mjs`, a module, and the modules that it imports from `/outflow/`.
/// - `/outflow.full.js`, a classic script with all modules in it.
///
/// The first two load some modules only when a page needs them, such as those for reconnecting, runs and upload
/// progress. The last one is for pages whose `Content-Security-Policy` names the hashes of their scripts, or whose
/// `Integrity-Policy` asks for them: those forbid what a script loads.
///
/// Every file has an `ETag` and is revalidated (`Cache-Control: no-cache`), so a page never runs an old client. The
/// same files are also served under the path that [`path`] returns. It changes with their content, so browsers may
/// cache them there for good. Under the path of another version the current files are served and revalidated: a page
/// that was loaded before a deployment, or from another node, may need a module of its client only now.
///
/// ```
/// let app: axum::Router = axum::Router::new().merge(outflow::client::router());
/// ```
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    files().fold(Router::new(), |router, file| {
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

/// A hash of all files.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    files().for_each(|file| file.text.hash(&mut hasher));
    format!("{:016x}", hasher.finish())
});

/// The path of a client file that browsers may cache for good, because it changes with the client.
///
/// ```
/// let script = outflow::client::path("/outflow.js");
/// assert!(script.starts_with("/outflow-") && script.ends_with("/outflow.js"));
/// let page = format!(r#"<script src="{script}"></script>"#);
/// ```
pub fn path(file: &str) -> String {
    format!("/outflow-{}/{}", *VERSION, file.trim_start_matches('/'))
}

/// Serves a file, or 304 if the browser has it already.
fn serve(file: &File, tag: &str, cache: &str, request: &HeaderMap) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, tag),
    ];
    if is_known(request, tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, file.text).into_response()
}

/// Whether the browser has the file with this tag (RFC 9110, section 13.1.2).
fn is_known(request: &HeaderMap, tag: &str) -> bool {
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // Our own tags hold no comma, and no part of another tag can equal ours.
    known
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
