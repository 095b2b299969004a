//! Route paths, in the syntax of axum 0.8.

use proc_macro2::Span;
use syn::LitStr;

/// A path that a route may have.
#[derive(Clone)]
pub struct RoutePath {
    text: String,
    params: Vec<String>,
    pub span: Span,
}

impl RoutePath {
    /// A path of the user's, checked.
    pub fn parse(literal: &LitStr) -> syn::Result<Self> {
        let text = literal.value();
        let params = params(&text).map_err(|message| syn::Error::new(literal.span(), message))?;
        Ok(Self { text, params, span: literal.span() })
    }

    /// A path of one segment, derived from a Rust name.
    pub fn derived(segment: &str, span: Span) -> Self {
        Self { text: format!("/{segment}"), params: Vec::new(), span }
    }

    /// The prefix itself.
    pub fn root(span: Span) -> Self {
        Self { text: String::new(), params: Vec::new(), span }
    }

    /// The names of the parameters, in order.
    pub fn params(&self) -> &[String] {
        &self.params
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// This path under a prefix.
    pub fn under(&self, prefix: &Self) -> Self {
        let text = format!("{}{}", prefix.text.trim_end_matches('/'), self.text.trim_end_matches('/'));
        let text = if text.is_empty() { "/".to_owned() } else { text };
        let params = [&prefix.params[..], &self.params[..]].concat();
        Self { text, params, span: self.span }
    }

    /// The path as the router tells it from others: without the names of its parameters.
    pub fn shape(&self) -> String {
        let shape = |segment: &str| match segment.strip_prefix('{') {
            Some(wildcard) if wildcard.starts_with('*') => "{*}".to_owned(),
            Some(_) => "{}".to_owned(),
            None => segment.to_owned(),
        };
        self.text.split('/').map(shape).collect::<Vec<_>>().join("/")
    }
}

/// Checks a path and gives the names of its parameters.
fn params(path: &str) -> Result<Vec<String>, String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err(format!("a path starts with a slash\nhelp: write `\"/{path}\"`"));
    };
    if let Some(char) = path.chars().find(|char| matches!(char, '?' | '#')) {
        return Err(format!("a path ends before `{char}`\nhelp: the query is read by an argument such as `Query<T>`"));
    }
    if path.contains("//") {
        return Err("a path has no empty segment\nhelp: write one slash instead of `//`".to_owned());
    }
    let mut params: Vec<String> = Vec::new();
    let segments: Vec<_> = rest.split('/').collect();
    for (index, segment) in segments.iter().enumerate() {
        let Some(param) = param(segment)? else { continue };
        if param.starts_with('*') && index + 1 < segments.len() {
            return Err(format!("`{segment}` takes the rest of the path, so nothing can follow it"));
        }
        let name = param.trim_start_matches('*').to_owned();
        if params.contains(&name) {
            return Err(format!("the path names `{name}` twice\nhelp: give each parameter a name of its own"));
        }
        params.push(name);
    }
    Ok(params)
}

/// The parameter of a segment, if it is one: `id` of `{id}`, `*rest` of `{*rest}`.
fn param(segment: &str) -> Result<Option<&str>, String> {
    let old = segment.strip_prefix(':').map(|name| ("{", name));
    let old = old.or_else(|| segment.strip_prefix('*').map(|name| ("{*", name)));
    let old = old.or_else(|| Some(("{", segment.strip_prefix('<')?.strip_suffix('>')?)));
    if let Some((open, name)) = old {
        return Err(format!("a path parameter stands in braces\nhelp: write `{open}{name}}}` instead of `{segment}`"));
    }
    let Some(inner) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return match segment.contains(['{', '}']) {
            false => Ok(None),
            true if segment.matches('{').count() != segment.matches('}').count() => Err(format!(
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
    if syn::parse_str::<syn::Ident>(name).is_err() && syn::parse_str::<syn::Ident>(&format!("r#{name}")).is_err() {
        return Err(format!("`{name}` can't be the name of a path parameter\nhelp: use a Rust identifier"));
    }
    Ok(Some(inner))
}
