//! The output for an item that is not a controller: the item itself, so that an editor keeps working in it and code that
//! uses it compiles.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::Path;

use crate::names;

/// The item without its `#[action]`s, which would only add errors. Their import stays in use.
pub fn item(tokens: TokenStream) -> TokenStream {
    let mut actions = Vec::new();
    let item = without_actions(tokens, &mut actions);
    quote!(#item #(#[#actions(__taken)] const _: () = ();)*)
}

/// An item of the block without its `#[action]`s, whose paths go to `actions`.
pub fn without_actions(tokens: TokenStream, actions: &mut Vec<Path>) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => match ends_with_hash(&kept).then(|| action(&group)).flatten() {
                Some(path) => {
                    actions.push(path);
                    kept.pop();
                }
                None => {
                    let mut inner = Group::new(group.delimiter(), without_actions(group.stream(), actions));
                    inner.set_span(group.span());
                    kept.push(inner.into());
                }
            },
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

fn ends_with_hash(tokens: &[TokenTree]) -> bool {
    matches!(tokens.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#')
}

/// The path of the `#[action]` in the brackets, if there is one.
fn action(group: &Group) -> Option<Path> {
    let meta = syn::parse2::<syn::Meta>(group.stream()).ok()?;
    names::is_action(meta.path()).then(|| meta.path().clone())
}

/// The word that says what kind of item it is: the place of an error about the whole item.
pub fn keyword(item: &TokenStream) -> TokenStream {
    const WORDS: [&str; 12] =
        ["const", "enum", "extern", "fn", "impl", "macro_rules", "mod", "static", "struct", "trait", "type", "union"];
    let is_keyword =
        |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if WORDS.iter().any(|known| word == known));
    let mut trees = item.clone().into_iter();
    let first = trees.clone().next();
    trees.find(is_keyword).or(first).into_token_stream()
}
