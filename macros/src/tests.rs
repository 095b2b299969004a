//! Expansions, compared with the files in `tests/expand`.
//!
//! `UPDATE_EXPAND=1` writes what is expected; read the diff before you commit it.

use std::{fs, path::PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{Item, Meta};

use crate::controller::controller;

#[track_caller]
fn check(case: &str) {
    let (args, block) = read(case);
    let expanded = prettyplease::unparse(&syn::parse2(controller(args, block)).expect("an expansion is Rust"));
    let expected = file(&format!("{case}.expanded"));
    if std::env::var_os("UPDATE_EXPAND").is_some() {
        fs::write(expected, expanded).unwrap();
        return;
    }
    let expected = fs::read_to_string(expected).unwrap_or_default();
    assert!(
        expanded == expected,
        "the expansion of `{case}` is another one; `UPDATE_EXPAND=1` accepts it:\n{expanded}"
    );
}

/// The arguments of `#[controller]`, and the block under it.
fn read(case: &str) -> (TokenStream, TokenStream) {
    let source = fs::read_to_string(file(case)).unwrap();
    let [Item::Impl(block)] = &mut syn::parse_file(&source).unwrap().items[..] else { panic!("a case is one block") };
    let args = match block.attrs.remove(0).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    (args, block.to_token_stream())
}

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/expand", &format!("{name}.rs")].iter().collect()
}

#[test]
fn an_action_that_streams() {
    check("streaming");
}

#[test]
fn a_resumable_action_with_parameters_and_extractors() {
    check("resumable");
}

#[test]
fn a_helper_that_an_action_delegates_to() {
    check("delegation");
}

#[test]
fn an_action_that_does_not_stream() {
    check("plain");
}

#[test]
fn mistakes() {
    check("mistakes");
}

/// A call is not counted against one of two methods of its name where `#[cfg]` decides between them.
#[test]
fn methods_of_one_name_may_differ_in_their_arguments() {
    let block = quote! {
        impl Jobs {
            #[cfg(unix)]
            async fn log(&self, line: u32) { self.stream(line); }
            #[cfg(not(unix))]
            async fn log(&self) {}
            #[action]
            async fn all(&self) {
                #[cfg(unix)]
                self.log(1).await;
                #[cfg(not(unix))]
                self.log().await;
            }
        }
    };
    let expanded = controller(TokenStream::new(), block).to_string();
    assert!(!expanded.contains("compile_error"), "{expanded}");
}

/// Nothing in an expansion leads to `::outflow` where `crate = …` names another path.
#[test]
fn a_renamed_runtime_is_the_only_one() {
    fn names(tokens: TokenStream, name: &str) -> bool {
        tokens.into_iter().any(|tree| match tree {
            TokenTree::Ident(ident) => ident == name,
            TokenTree::Group(group) => names(group.stream(), name),
            _ => false,
        })
    }
    for case in ["streaming", "resumable", "delegation", "plain"] {
        let (args, block) = read(case);
        let expanded = controller(quote!(#args, crate = ::renamed), block);
        assert!(names(expanded.clone(), "renamed") && !names(expanded, "outflow"), "{case}");
    }
}
