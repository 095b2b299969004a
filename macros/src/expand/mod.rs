//! From a checked controller to tokens: the user's block, then the functions and implementations that make routes of
//! it. Nothing here can fail.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{ImplItem, ItemImpl};

use crate::{
    checked::{Controller, Item},
    fallback,
    parse::{self, Method, Source},
    rewrite::{self, Replacement},
};

mod attributes;
mod call;
#[cfg(all(feature = "openapi", not(test)))]
mod describe;
mod method;
mod options;
mod outside;
mod routes;

pub fn controller(controller: Controller) -> TokenStream {
    let routes = routes::expand(&controller);
    let outside = outside::expand(&controller);
    // The snapshots of tests are the same with any features.
    #[cfg(all(feature = "openapi", not(test)))]
    let routes = {
        let description = describe::expand(&controller);
        quote!(#routes #description)
    };
    let block = block(controller);
    quote!(#block #routes #outside)
}

/// The `impl` block, with every streaming method rewritten.
fn block(controller: Controller) -> TokenStream {
    let Controller { head, items, krate, .. } = controller;
    let is_action = |item: &Item| matches!(item, Item::Method(method) if method.method.action.is_some());
    let has_actions = items.iter().any(is_action);
    let mut body = TokenStream::new();
    for item in items {
        match item {
            Item::Method(method) => body.extend(method::expand(&krate, *method)),
            // rustc would report that the methods it makes stand outside a controller.
            Item::Other(other) if other.is_macro && !has_actions => {}
            Item::Other(other) if other.attrs.is_empty() && !other.is_broken => body.extend(other.tokens),
            Item::Other(other) => body.extend(fallback::without_actions(other.tokens, &mut Vec::new())),
        }
    }
    with_body(head, body)
}

/// A block that is not a controller, without the calls that only a controller can have.
pub fn disarmed(source: Source) -> TokenStream {
    let mut body = TokenStream::new();
    for item in source.items {
        match item {
            parse::Item::Method(mut method) => {
                rewrite::body(&mut method.body, &mut |call| {
                    call.builtin().map(|_| Replacement::Awaited(call::arguments_only(call)))
                });
                let Method { attrs, vis, sig, body: statements } = *method;
                body.extend(quote!(#(#attrs)* #vis #sig #statements));
            }
            parse::Item::Other(other) => body.extend(other.tokens),
        }
    }
    with_body(source.head, body)
}

fn with_body(mut head: ItemImpl, body: TokenStream) -> TokenStream {
    head.items.push(ImplItem::Verbatim(body));
    head.into_token_stream()
}
