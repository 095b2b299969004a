//! What to emit for an item that is no controller: the item itself, so that an editor keeps working in it and its
//! users do not fail as well.

use proc_macro2::{Group, TokenStream, TokenTree};

/// The item with every `#[action]` taken off, which would only add errors of its own.
pub fn item(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) if is_action(&group) && ends_with_hash(&kept) => {
                kept.pop();
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), item(group.stream()));
                inner.set_span(group.span());
                kept.push(inner.into());
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}

fn ends_with_hash(tokens: &[TokenTree]) -> bool {
    matches!(tokens.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#')
}

fn is_action(group: &Group) -> bool {
    syn::parse2::<syn::Meta>(group.stream()).is_ok_and(|meta| is_action_path(meta.path()))
}

/// `action`, or `outflow::action`.
pub fn is_action_path(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "action" && last.arguments.is_none())
        && path.segments.len() <= 2
}
