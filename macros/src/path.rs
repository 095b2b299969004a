//! Route paths, in the syntax of axum 0.8.

use proc_macro2::Span;
use syn::LitStr;

/// The path of a route.
#[derive(Clone)]
pub struct RoutePath {
    text: String,
    params: Vec<String>,
    pub span: Span,
}

/// The way in which two paths are too similar for axum's router.
#[derive(PartialEq, Eq)]
pub enum Overlap {
    /// They differ only in the names of their parameters.
    Names,
    /// One takes the rest of the path where the other goes on with a parameter.
    Rest,
}

impl RoutePath {
    /// Parses and checks a path.
    pub fn parse(literal: &LitStr) -> syn::Result<Self> {
        let text = literal.value();
        let params = params(&text).map_err(|message| syn::Error::new(literal.span(), message))?;
        Ok(Self { text, params, span: literal.span() })
    }

    /// Parses and checks the prefix of other paths.
    pub fn parse_prefix(literal: &LitStr) -> syn::Result<Self> {
        let path = Self::parse(literal)?;
        if let Some(rest) = path.text.split('/').find(|segment| segment.starts_with("{*")) {
            let message = format!(
                "`{rest}` takes the rest of the path, so no action can have a path under it\nhelp: move it to the `path` of an action"
            );
            return Err(syn::Error::new(literal.span(), message));
        }
        Ok(path)
    }

    /// A path of one segment, derived from a Rust name and encoded as requests encode it.
    pub fn derived(segment: &str, span: Span) -> Self {
        let encode = |char: char| if char.is_ascii() { char.to_string() } else { encoded(char) };
        let segment: String = segment.chars().map(encode).collect();
        Self { text: format!("/{segment}"), params: Vec::new(), span }
    }

    /// The prefix itself.
    pub fn root(span: Span) -> Self {
        Self { text: "/".to_owned(), params: Vec::new(), span }
    }

    /// The names of the parameters, in order.
    pub fn params(&self) -> &[String] {
        &self.params
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// This path under a prefix. The path `/` is the prefix itself.
    pub fn under(&self, prefix: &Self) -> Self {
        let own = if self.text == "/" { "" } else { &self.text };
        let text = format!("{}{own}", prefix.text.trim_end_matches('/'));
        let text = if text.is_empty() { "/".to_owned() } else { text };
        let params = [&prefix.params[..], &self.params[..]].concat();
        Self { text, params, span: self.span }
    }

    /// Whether it ends by taking the rest of the path.
    pub fn takes_the_rest(&self) -> bool {
        self.text.rsplit('/').next().is_some_and(|last| last.starts_with("{*"))
    }

    /// The shape of the path that this path's runs have.
    pub fn runs_shape(&self) -> String {
        format!("{}/runs/{{}}", self.shape().trim_end_matches('/'))
    }

    /// The shape of the path at which the run of a name is.
    pub fn named_run_shape(&self) -> String {
        format!("{}/stream", self.shape().trim_end_matches('/'))
    }

    /// The path without the names of its parameters, which the router ignores when it tells paths apart.
    pub fn shape(&self) -> String {
        self.text.split('/').map(shape).collect::<Vec<_>>().join("/")
    }

    /// Why the router cannot hold both paths, if it cannot. Two equal paths are one route, which they may share by
    /// their methods.
    pub fn overlap(&self, other: &Self) -> Option<Overlap> {
        if self.text == other.text {
            return None;
        }
        let segments = || self.text.split('/').map(shape).zip(other.text.split('/').map(shape));
        match segments().find(|(own, other)| own != other) {
            None => (self.shape() == other.shape()).then_some(Overlap::Names),
            Some(differing) => matches!(differing, ("{*}", "{}") | ("{}", "{*}")).then_some(Overlap::Rest),
        }
    }
}

fn shape(segment: &str) -> &str {
    match segment.strip_prefix('{') {
        Some(rest) if rest.starts_with('*') => "{*}",
        Some(rest) if !rest.starts_with('{') => "{}",
        _ => segment,
    }
}

/// Checks a path and gives the names of its parameters.
fn params(path: &str) -> Result<Vec<String>, String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err(format!("this path doesn't start with a slash\nhelp: write `\"/{path}\"`"));
    };
    if let Some(char) = path.chars().find(|char| matches!(char, '?' | '#')) {
        return Err(format!(
            "`{char}` is not allowed in a path\nhelp: end the path before it; an argument such as `Query<T>` reads the query"
        ));
    }
    if path.contains("//") {
        return Err("this path has an empty segment\nhelp: write one slash instead of `//`".to_owned());
    }
    let mut params: Vec<String> = Vec::new();
    let segments: Vec<_> = rest.split('/').collect();
    for (index, segment) in segments.iter().enumerate() {
        let Some(param) = param(segment)? else {
            literal(segment)?;
            continue;
        };
        if param.starts_with('*') && index + 1 < segments.len() {
            return Err(format!(
                "`{segment}` takes the rest of the path, so nothing can follow it\nhelp: put it at the end"
            ));
        }
        let name = param.trim_start_matches('*').to_owned();
        if params.contains(&name) {
            return Err(format!("this path names `{name}` twice\nhelp: give each parameter a name of its own"));
        }
        params.push(name);
    }
    Ok(params)
}

/// Checks a segment that is no parameter.
fn literal(segment: &str) -> Result<(), String> {
    let Some(char) = segment.chars().find(|char| !char.is_ascii_graphic()) else { return Ok(()) };
    let encoded = encoded(char);
    Err(format!("`{char}` is not allowed in a path, because requests encode it\nhelp: write `{encoded}`, as they do"))
}

/// The character as a request encodes it (RFC 3986, section 2.1).
fn encoded(char: char) -> String {
    char.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The parameter of a segment, if it is one: `id` of `{id}`, `*rest` of `{*rest}`.
fn param(segment: &str) -> Result<Option<&str>, String> {
    let old = segment.strip_prefix(':').map(|name| ("{", name));
    let old = old.or_else(|| segment.strip_prefix('*').map(|name| ("{*", name)));
    let old = old.or_else(|| Some(("{", segment.strip_prefix('<')?.strip_suffix('>')?)));
    if let Some((open, name)) = old {
        return Err(format!("`{segment}` is not how a path parameter is written\nhelp: write `{open}{name}}}`"));
    }
    // A doubled brace is a literal one.
    if !segment.replace("{{", "").replace("}}", "").contains(['{', '}']) {
        return Ok(None);
    }
    let Some(inner) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return match segment.matches('{').count() == segment.matches('}').count() {
            false => Err(format!(
                "the braces of `{segment}` do not match\nhelp: a path parameter looks like `{{id}}` or `{{*rest}}`"
            )),
            true => Err(format!(
                "`{segment}` mixes a parameter with other text\nhelp: a parameter is a whole segment, as in `/{{id}}/`"
            )),
        };
    };
    let name = inner.strip_prefix('*').unwrap_or(inner);
    if name.contains(['{', '}']) {
        return Err(format!("`{segment}` holds more than one parameter\nhelp: put a slash between them"));
    }
    if name.is_empty() {
        return Err(format!("the parameter `{segment}` has no name\nhelp: write one, as in `{{id}}` or `{{*rest}}`"));
    }
    if syn::parse_str::<syn::Ident>(name).is_err() && syn::parse_str::<syn::Ident>(&format!("r#{name}")).is_err() {
        return Err(format!(
            "`{name}` can't be the name of a path parameter\nhelp: write a Rust identifier, because the argument has the same name"
        ));
    }
    Ok(Some(inner))
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;
    use syn::LitStr;

    use super::{Overlap, RoutePath};

    fn path(text: &str) -> RoutePath {
        RoutePath::parse(&LitStr::new(text, Span::call_site())).unwrap()
    }

    #[track_caller]
    fn refused(text: &str) -> String {
        let error = RoutePath::parse(&LitStr::new(text, Span::call_site())).err();
        error.unwrap_or_else(|| panic!("`{text}` is a path")).to_string()
    }

    #[test]
    fn parameters_are_whole_segments() {
        for (text, params) in [
            ("/", &[][..]),
            ("/log", &[]),
            ("/log/", &[]),
            ("/{id}", &["id"]),
            ("/{user}/posts/{post}", &["user", "post"]),
            ("/files/{*rest}", &["rest"]),
            ("/{type}", &["type"]),
            ("/{größe}", &["größe"]),
            ("/{{not}}/a{{b}}", &[]),
            ("/100%25", &[]),
        ] {
            assert_eq!(path(text).params(), params, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (text, message) in [
            ("log", "doesn't start with a slash"),
            ("", "doesn't start with a slash"),
            ("/a?b", "`?` is not allowed in a path"),
            ("/a#b", "`#` is not allowed in a path"),
            ("/\u{e4}", "write `%C3%A4`"),
            ("/a b", "write `%20`"),
            ("/{id}/\u{e4}", "write `%C3%A4`"),
            ("/{{\u{e4}}}", "write `%C3%A4`"),
            ("/a//b", "empty segment"),
            ("//", "empty segment"),
            ("/:id", "write `{id}`"),
            ("/*rest", "write `{*rest}`"),
            ("/<id>", "write `{id}`"),
            ("/{id", "do not match"),
            ("/id}", "do not match"),
            ("/a{id}", "mixes a parameter with other text"),
            ("/{a}{b}", "more than one parameter"),
            ("/{}", "has no name"),
            ("/{*}", "has no name"),
            ("/{1}", "can't be the name"),
            ("/{a-b}", "can't be the name"),
            ("/{\u{e4} b}", "can't be the name"),
            ("/{id}/{id}", "names `id` twice"),
            ("/{*rest}/a", "nothing can follow it"),
        ] {
            assert!(refused(text).contains(message), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn a_name_gives_the_path_that_requests_have() {
        for (name, derived) in [("event-log", "/event-log"), ("menü", "/men%C3%BC"), ("菜单", "/%E8%8F%9C%E5%8D%95")]
        {
            assert_eq!(RoutePath::derived(name, Span::call_site()).text(), derived);
        }
    }

    #[test]
    fn a_path_comes_under_its_prefix() {
        for (prefix, own, whole) in [
            ("/chat", "/log", "/chat/log"),
            ("/chat/", "/log", "/chat/log"),
            ("/", "/log", "/log"),
            ("/chat", "/", "/chat"),
            ("/", "/", "/"),
            ("/{room}", "/{id}", "/{room}/{id}"),
        ] {
            assert_eq!(path(own).under(&path(prefix)).text(), whole);
        }
        assert_eq!(path("/{id}").under(&path("/{room}")).params(), ["room", "id"]);
        let rest = RoutePath::parse_prefix(&LitStr::new("/{*rest}", Span::call_site()));
        assert!(rest.is_err_and(|error| error.to_string().contains("no action can have a path under it")));
    }

    #[test]
    fn the_router_tells_paths_apart_by_their_shape() {
        assert_eq!(path("/a/{id}/{*rest}").shape(), "/a/{}/{*}");
        assert_eq!(path("/a/{id}").runs_shape(), "/a/{}/runs/{}");
        assert_eq!(path("/").runs_shape(), "/runs/{}");
        assert_eq!(path("/a/{id}").named_run_shape(), "/a/{}/stream");
        assert!(path("/{*rest}").takes_the_rest() && !path("/{rest}").takes_the_rest());
        for (one, other, overlap) in [
            ("/a", "/a", None),
            ("/a", "/b", None),
            ("/{id}", "/b", None),
            ("/{id}", "/{id}/b", None),
            ("/{id}", "/{name}", Some(Overlap::Names)),
            ("/{id}/b", "/{name}/b", Some(Overlap::Names)),
            ("/{id}", "/{*rest}", Some(Overlap::Rest)),
            ("/{id}/b", "/{*rest}", Some(Overlap::Rest)),
            ("/b", "/{*rest}", None),
        ] {
            assert!(path(one).overlap(&path(other)) == overlap, "{one} {other}");
            assert!(path(other).overlap(&path(one)) == overlap, "{other} {one}");
        }
    }
}
