//! The browser client, embedded in this crate, so that a page needs no build step.

use std::{borrow::Cow, sync::LazyLock};

use axum::Router;

use crate::files::{File, Files};

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(File { path: $path, text: Cow::Borrowed(include_str!(concat!("../client", $path))) }),*]
    };
}

/// Modules import each other by these paths.
static FILES: &[File] = files![
    "/outflow.full.js",
    "/outflow.mjs",
    "/outflow/ahead.mjs",
    "/outflow/ai-sdk.mjs",
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
    "/outflow/shared.mjs",
    "/outflow/source.mjs",
    "/outflow/stream.mjs",
    "/outflow/timeout.mjs",
    "/outflow/tools.mjs",
    "/outflow/upload.mjs",
    "/outflow/warning.mjs",
];

/// The script without the modules that it loads when it needs them: the start of the script that has them.
static SCRIPT: LazyLock<File> = LazyLock::new(|| {
    let full: &'static str = &FILES[0].text;
    File { path: "/outflow.js", text: full.split("/*! lazy modules */").next().unwrap_or(full).into() }
});

/// All files that are served.
pub(crate) static CLIENT: LazyLock<Files> = LazyLock::new(|| Files::new(FILES.iter().chain([&*SCRIPT])));

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
    CLIENT.router()
}

/// The path of a client file that browsers may cache for good, because it changes with the client.
///
/// ```
/// let script = outflow::client::path("/outflow.js");
/// assert!(script.starts_with("/outflow-") && script.ends_with("/outflow.js"));
/// let page = format!(r#"<script src="{script}"></script>"#);
/// ```
pub fn path(file: &str) -> String {
    format!("/{}/{}", CLIENT.folder(), file.trim_start_matches('/'))
}
