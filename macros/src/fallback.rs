//! What to emit for an item that is no controller: the item itself, so that an editor keeps working in it and its
//! users do not fail as well.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use syn::Path;

/// The item with every `#[action]` taken off, which would only add errors of its own, and with its name still in use.
pub fn item(tokens: TokenStream) -> TokenStream {
    let mut actions = Vec::new();
    let item = without_actions(tokens, &mut actions);
    quote!(#item #(#[#actions(__taken)] const _: () = ();)*)
}

/// An item of the block with every `#[action]` taken off.
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

/// The path of an `#[action]`, if the brackets hold one.
fn action(group: &Group) -> Option<Path> {
    let meta = syn::parse2::<syn::Meta>(group.stream()).ok()?;
    is_action_path(meta.path()).then(|| meta.path().clone())
}

/// `action`, or `outflow::action`.
pub fn is_action_path(path: &Path) -> bool {
    is_ours(path, "action")
}

/// One of our attributes by its name, or by `outflow::` and its name.
pub fn is_ours(path: &Path, attribute: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == attribute && last.arguments.is_none())
        && path.segments.len() <= 2
}
