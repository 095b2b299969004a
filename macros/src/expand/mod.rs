//! From a checked controller to tokens: the user's block first, then the glue that makes routes of it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ItemImpl;

use crate::{
    attr::ControllerArgs,
    check,
    errors::Errors,
    fallback,
    model::Controller,
    parse::{self, Item},
};

mod glue;
mod method;

/// `#[controller(args)] item`.
pub fn controller(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = ControllerArgs::parse(args, &mut errors);
    let Some(source) = parse::source(item.clone()) else {
        errors.add(
            first_token(&item),
            "`#[controller]` goes on an `impl` block\nhelp: put it on the block that holds the actions",
        );
        return with_errors(fallback::item(item), errors);
    };
    if source.head.trait_.is_some() {
        check::trait_impl(&source.head, &mut errors);
        return with_errors(fallback::item(item), errors);
    }
    let mut controller = Controller::new(args, source, &mut errors);
    check::controller(&mut controller, &mut errors);
    let glue = glue::controller(&controller);
    let block = block(controller, &mut errors);
    with_errors(quote!(#block #glue), errors)
}

/// `#[action]` where it runs by itself. `#[controller]` takes the attribute off each method and leaves
/// `#[action(__taken)]` beside the block, so that the import of `action` is in use and an editor finds its meaning.
pub fn action(args: &TokenStream, item: &TokenStream) -> TokenStream {
    if args.to_string() == "__taken" {
        return TokenStream::new();
    }
    let mut errors = Errors::default();
    errors.push(syn::Error::new(
        Span::call_site(),
        "`#[action]` does nothing outside a controller\nhelp: put `#[controller]` on the `impl` block that holds this method",
    ));
    with_errors(item, errors)
}

fn with_errors(item: impl ToTokens, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#item #errors)
}

/// The `impl` block, with every streaming method rewritten.
fn block(mut controller: Controller, errors: &mut Errors) -> TokenStream {
    let items = std::mem::take(&mut controller.items);
    let mut body = TokenStream::new();
    for item in items {
        match item {
            Item::Method(method) => body.extend(method::expand(&controller, *method, errors)),
            Item::Other(other) => other.tokens.to_tokens(&mut body),
        }
    }
    let ItemImpl { attrs, unsafety, impl_token, generics, self_ty, brace_token, .. } = &controller.head;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let body = quote_spanned!(brace_token.span.join()=> { #body });
    quote!(#(#attrs)* #unsafety #impl_token #impl_generics #self_ty #where_clause #body)
}

/// What to underline where a whole item is wrong: its first token that is no attribute.
fn first_token(item: &TokenStream) -> TokenStream {
    let mut trees = item.clone().into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            proc_macro2::TokenTree::Punct(punct) if punct.as_char() == '#' => {
                trees.next();
            }
            tree => return tree.into(),
        }
    }
    TokenStream::new()
}
