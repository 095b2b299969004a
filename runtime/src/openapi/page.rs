//! The API page: a list of the actions, with a form for each that shows packets as they come.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::OriginalUri,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
    routing::get,
};

use crate::{
    client::CLIENT,
    files::{File, Files, serve, tag},
};

macro_rules! texts {
    ($($name:literal),* $(,)?) => {
        &[$(include_str!(concat!("../../client/page/", $name))),*]
    };
}

/// The modules of the page, in an order in which none uses another before it is there.
const MODULES: &[&str] = texts![
    "dom.mjs",
    "store.mjs",
    "spec.mjs",
    "types.mjs",
    "fields.mjs",
    "groups.mjs",
    "body.mjs",
    "request.mjs",
    "rows.mjs",
    "output.mjs",
    "send.mjs",
    "headers.mjs",
    "nav.mjs",
    "action.mjs",
    "page.mjs",
];

/// The parts of the style sheet, in their order.
const STYLES: &[&str] = texts!["base.css", "actions.css", "form.css", "output.css"];

static OWN: LazyLock<[File; 3]> = LazyLock::new(|| {
    [
        File { path: "/page/page.mjs", text: joined(MODULES).into() },
        File { path: "/page/page.css", text: STYLES.iter().map(|style| bare(style)).collect::<String>().into() },
        File { path: "/page/icon.svg", text: include_str!("../../client/page/icon.svg").into() },
    ]
});

/// What the page loads: the client, and its own files.
static FILES: LazyLock<Files> = LazyLock::new(|| Files::new(CLIENT.iter().chain(OWN.iter())));

/// The page loads only what its own server has, and has no script or style within it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// A page that lists the actions of an OpenAPI document, and calls them: packets appear as they come, the result and the
/// failure apart from them.
///
/// Each action has a form, made from its schemas, for parameters and body. The page sends what is in it in the format one
/// chooses, shows the progress of uploads, comes back to a run after a reload, and has the `curl` command to copy.
/// Headers that one adds, such as `Authorization`, stay in the tab's session storage.
///
/// The document has to be served beside the page, at `/openapi.json` unless [`document`](Page::document) names another
/// path:
///
/// ```
/// use axum::{Json, Router, routing::get};
/// use serde_json::json;
///
/// let document = json!({ "openapi": "3.2.0", "info": { "title": "Shop", "version": "1" }, "paths": {} });
/// let app: Router = Router::new()
///     .route("/openapi.json", get(async || Json(document)))
///     .merge(outflow::openapi::page().router("/docs"));
/// ```
///
/// The page makes no request to another origin, and its `Content-Security-Policy` allows none. It has the client with it,
/// so it works without [`client::router`](crate::client::router).
pub fn page() -> Page {
    Page { document: "/openapi.json".to_owned() }
}

/// The API page, made by [`page`].
#[derive(Clone, Debug)]
#[must_use = "it is served by its `router`"]
pub struct Page {
    document: String,
}

impl Page {
    /// The path of the document, in the router that the page is merged into. `/openapi.json` unless set.
    ///
    /// A prefix that both are nested under belongs to neither path.
    pub fn document(mut self, path: impl Into<String>) -> Self {
        self.document = path.into();
        self
    }

    /// Serves the page at this path, with or without a slash at its end, and its files under it.
    ///
    /// All of its links are relative, so it works under any prefix. The page and its files have an `ETag`; the page is
    /// revalidated (`Cache-Control: no-cache`), and the files are cached for good under paths that change with them.
    ///
    /// ```
    /// let docs = outflow::openapi::page().document("/v1.json").router("/docs");
    /// let app: axum::Router = axum::Router::new().nest("/api", docs); // reads /api/v1.json
    /// ```
    ///
    /// # Panics
    /// Panics if the path does not start with `/`.
    pub fn router<S: Clone + Send + Sync + 'static>(self, path: &str) -> Router<S> {
        assert!(path.starts_with('/'), "the path of the API page must start with `/`, and it is `{path}`");
        let path = path.trim_end_matches('/');
        let up = "../".repeat(path.matches('/').count());
        let document = format!("{up}{}", self.document.trim_start_matches('/'));
        let html =
            get(async move |OriginalUri(uri): OriginalUri, headers: HeaderMap| html(uri.path(), &document, &headers));
        let at_slash = Router::new().route(&format!("{path}/"), html.clone());
        if path.is_empty() {
            return at_slash.merge(FILES.router());
        }
        at_slash.route(path, html).nest(path, FILES.router())
    }
}

/// The page as it is at this path of a request.
fn html(path: &str, document: &str, request: &HeaderMap) -> Response {
    // The browser resolves links beside the last segment, unless that ends with a slash.
    let last = path.rsplit('/').next().unwrap_or_default();
    let base = if last.is_empty() { ".".to_owned() } else { format!("./{last}") };
    let text = include_str!("../../client/page/index.html")
        .replace("{files}", &escaped(&format!("{base}/{}", FILES.folder())))
        .replace("{document}", &escaped(&format!("{base}/{document}")));
    let tag = tag(&text);
    let mut response = serve(text, "text/html; charset=utf-8", &tag, "no-cache", request);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// One module of several, without comments. Each imports only from the others, by statements of their own, and no two
/// have a name in common; `import` and `export` are then all that has to go.
fn joined(modules: &[&str]) -> String {
    let mut text = String::new();
    for module in modules {
        let mut is_import = false;
        for line in bare(module).lines() {
            is_import |= line.starts_with("import ");
            if !is_import {
                text.push_str(line.strip_prefix("export ").unwrap_or(line));
                text.push('\n');
            }
            is_import &= !line.ends_with(';');
        }
    }
    text
}

/// Source without comments and indentation. No text within these files looks like a comment.
fn bare(source: &str) -> String {
    let mut rest = source;
    let mut text = String::with_capacity(source.len());
    while let Some((before, comment)) = rest.split_once("/*") {
        text.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::{bare, joined};

    #[test]
    fn modules_are_joined_without_comments_and_imports() {
        let one =
            "// One.\n\nimport {\n  two,\n} from './two.mjs';\n\n/** @param {any} x */\nexport const one = x => two;\n";
        assert_eq!(joined(&[one, "export { three };\n"]), "const one = x => two;\n{ three };\n");
        assert_eq!(bare("/* a */\na {\n  b: c;\n}\n"), "a {\nb: c;\n}\n");
    }
}
