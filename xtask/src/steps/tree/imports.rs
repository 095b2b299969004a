//! The paths by which a file reaches into its own crate: `crate::…`, `super::…`, `self::…`, in `use` and elsewhere.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What a path within the crate begins with.
const ROOTS: [&str; 3] = ["crate", "self", "super"];

/// A path from the root of the crate, and the line it is written on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// Finds the paths in the tokens of a module, but not those of its `#[cfg(test)]` modules: tests may use anything.
pub(crate) fn imports(tokens: &TokenStream, module: &[String]) -> Vec<Import> {
    let mut found = Vec::new();
    walk(tokens.clone(), module, &mut found);
    // A module that is imported whole is used by paths that begin with its name.
    let is_module = |path: &[String]| matches!(path, [name] if name.starts_with(char::is_lowercase));
    let (modules, mut found): (Vec<_>, Vec<_>) = found.into_iter().partition(|import| is_module(&import.path));
    for import in modules {
        let before = found.len();
        uses(tokens.clone(), &import.path[0], &mut found);
        if found.len() == before {
            found.push(import);
        }
    }
    found.sort_by(|one, other| (one.line, &one.path).cmp(&(other.line, &other.path)));
    found
}

/// Finds the paths that begin with this name, outside of `use crate::…` and its like, which [`walk`] has read.
fn uses(tokens: TokenStream, name: &str, found: &mut Vec<Import>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => uses(group.stream(), name, found),
            TokenTree::Ident(word) if ROOTS.iter().any(|root| word == root) && is_separator(&tokens, at + 1) => {
                at = paths(&tokens, at, Vec::new(), &mut Vec::new());
                continue;
            }
            TokenTree::Ident(word)
                if word == name && is_separator(&tokens, at + 1) && !follows_separator(&tokens, at) =>
            {
                paths(&tokens, at, Vec::new(), found);
            }
            _ => {}
        }
        at += 1;
    }
}

fn walk(tokens: TokenStream, module: &[String], found: &mut Vec<Import>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..] = &tokens[at..]
            && word == "mod"
        {
            if !is_for_tests(&tokens[..at]) {
                walk(body.stream(), &[module, &[name.to_string()]].concat(), found);
            }
            at += 3;
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(word) if ROOTS.iter().any(|root| word == root) && is_separator(&tokens, at + 1) => {
                at = match word == "crate" {
                    true => paths(&tokens, at + 3, Vec::new(), found),
                    false => paths(&tokens, at, module.to_vec(), found),
                };
            }
            TokenTree::Group(group) => {
                walk(group.stream(), module, found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads the rest of a path, or of a group of them, that begins at `at`. Returns where it ends.
fn paths(tokens: &[TokenTree], at: usize, mut path: Vec<String>, found: &mut Vec<Import>) -> usize {
    match tokens.get(at) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let inner: Vec<_> = group.stream().into_iter().collect();
            for branch in inner.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')) {
                if !branch.is_empty() {
                    paths(branch, 0, path.clone(), found);
                }
            }
            at + 1
        }
        Some(token @ (TokenTree::Ident(_) | TokenTree::Punct(_))) => {
            match token.to_string().as_str() {
                "super" => drop(path.pop()),
                "self" => {}
                // The generic arguments of what has been named.
                "<" => {}
                word => path.push(word.to_owned()),
            }
            if is_separator(tokens, at + 1) {
                return paths(tokens, at + 3, path, found);
            }
            found.push(Import { path, line: token.span().start().line });
            at + 1
        }
        _ => at,
    }
}

/// Whether `::` stands here.
fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon = |at| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    is_colon(at) && is_colon(at + 1)
}

/// Whether `::` stands before this.
fn follows_separator(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_separator(tokens, at - 2)
}

/// Whether what stands before a `mod` is `#[cfg(test)]`.
fn is_for_tests(before: &[TokenTree]) -> bool {
    before.last().is_some_and(|token| token.to_string().replace(' ', "") == "[cfg(test)]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, module: &[&str]) -> Vec<(usize, String)> {
        let module: Vec<_> = module.iter().map(|part| (*part).to_owned()).collect();
        let imports = imports(&source.parse().unwrap(), &module);
        imports.into_iter().map(|import| (import.line, import.path.join("::"))).collect()
    }

    fn lines(expected: &[(usize, &str)]) -> Vec<(usize, String)> {
        expected.iter().map(|(line, path)| (*line, (*path).to_owned())).collect()
    }

    #[test]
    fn groups_are_taken_apart_and_each_branch_has_its_line() {
        let source = "use crate::{\n    a::b::C,\n    d::{self, E as F, g::*},\n};\npub use std::fmt;\nuse crate::h;";
        let expected = [(2, "a::b::C"), (3, "d"), (3, "d::E"), (3, "d::g::*"), (6, "h")];
        assert_eq!(found(source, &["x"]), lines(&expected));
    }

    #[test]
    fn conditional_imports_and_paths_in_code_count() {
        let source = "#[cfg(feature = \"redis\")]\nuse crate::a::B;\n\
                      fn f(x: &crate::c::D) -> bool {\n    vec![crate::e::f::<u8>(x)]; self.g(h::crate_name)\n}";
        assert_eq!(found(source, &["x"]), lines(&[(2, "a::B"), (3, "c::D"), (4, "e::f")]));
    }

    #[test]
    fn relative_paths_are_resolved() {
        let source = "use super::a::B;\nuse super::super::C;\nuse self::d::E;\nmod inner {\n    use super::F;\n}";
        let expected = [(1, "x::a::B"), (2, "C"), (3, "x::y::d::E"), (5, "x::y::F")];
        assert_eq!(found(source, &["x", "y"]), lines(&expected));
    }

    #[test]
    fn a_module_imported_whole_is_followed_to_its_uses() {
        let source = "use crate::{a, b};\nfn f() {\n    g(a::h(1), c::a::i);\n}";
        assert_eq!(found(source, &["x"]), lines(&[(1, "b"), (3, "a::h")]));
    }

    #[test]
    fn tests_comments_texts_and_visibilities_do_not_count() {
        let source = "//! See [`crate::A`].\n// use crate::b;\npub(crate) struct S;\npub(super) fn f() { \"crate::c\"; }\n\
                      #[cfg(test)]\nmod tests {\n    use crate::d::E;\n}";
        assert_eq!(found(source, &["x"]), []);
    }
}
