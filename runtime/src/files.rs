//! Files embedded in this crate, served for pages.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

/// A file and the path where it is served.
pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) text: Cow<'static, str>,
}

impl File {
    fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        }
    }
}

/// Files that belong together, such as modules that import each other.
pub(crate) struct Files {
    list: Vec<&'static File>,
    /// A hash of all of them.
    version: String,
}

impl Files {
    pub(crate) fn new(files: impl Iterator<Item = &'static File>) -> Self {
        let list: Vec<_> = files.collect();
        let mut hasher = DefaultHasher::new();
        list.iter().for_each(|file| file.text.hash(&mut hasher));
        Self { list, version: format!("{:016x}", hasher.finish()) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static File> {
        self.list.iter().copied()
    }

    /// The first segment of the paths that browsers may cache for good.
    pub(crate) fn folder(&self) -> String {
        format!("outflow-{}", self.version)
    }

    /// Serves each file twice: under its path, where it is revalidated, and in the folder of this version, where it is
    /// cached for good. In the folder of another version it is revalidated too.
    pub(crate) fn router<S: Clone + Send + Sync + 'static>(&'static self) -> Router<S> {
        self.iter().fold(Router::new(), |router, file| {
            let tag: Arc<str> = tag(&file.text).into();
            let kept = tag.clone();
            let hashed = async move |Path(hash): Path<String>, headers: HeaderMap| {
                let cache = if hash == self.version { "public, max-age=31536000, immutable" } else { "no-cache" };
                serve(&*file.text, file.media_type(), &kept, cache, &headers)
            };
            let plain =
                async move |headers: HeaderMap| serve(&*file.text, file.media_type(), &tag, "no-cache", &headers);
            router.route(file.path, get(plain)).route(&format!("/outflow-{{hash}}{}", file.path), get(hashed))
        })
    }
}

/// Serves a text, or 304 if the browser has it already.
pub(crate) fn serve(
    text: impl IntoResponse,
    media_type: &str,
    tag: &str,
    cache: &str,
    request: &HeaderMap,
) -> Response {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, media_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, cache),
        (header::ETAG, tag),
    ];
    if is_known(request, tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, text).into_response()
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

/// The `ETag` of a text.
pub(crate) fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}
