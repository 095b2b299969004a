//! From a checked controller to tokens: the user's block first, then the glue that makes routes of it.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ItemImpl;

use crate::{
    attr::ControllerArgs,
    check,
    errors::Errors,
    fallback,
    model::Controller,
    parse::{self, Item, Method, Source},
    rewrite,
};

mod attributes;
mod call;
mod glue;
mod method;

/// `#[controller(args)] item`.
pub fn controller(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = ControllerArgs::parse(args, &mut errors);
    let Some(mut source) = parse::source(item.clone()) else {
        errors.add(
            keyword(&item),
            "`#[controller]` goes on an `impl` block\nhelp: put it on the block that holds the actions",
        );
        return with_errors(fallback::item(item), errors);
    };
    if source.head.trait_.is_some() {
        check::trait_impl(&source.head, &mut errors);
        return with_errors(fallback::item(disarmed(source)), errors);
    }
    check::one_attribute(&mut source.head, &mut errors);
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
        "`#[action]` does nothing outside a controller\nhelp: put `#[controller]` on the `impl` block that holds this method; a macro makes the block as a whole",
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
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Item::Method(method) => body.extend(method::expand(&controller, index, *method, errors)),
            // The methods that it makes would be told to stand in a controller.
            Item::Other(other) if other.is_macro && controller.actions.is_empty() => {}
            Item::Other(other) if other.attrs.is_empty() && !other.is_broken => other.tokens.to_tokens(&mut body),
            Item::Other(other) => body.extend(fallback::without_actions(other.tokens, &mut Vec::new())),
        }
    }
    let ItemImpl { attrs, unsafety, impl_token, generics, self_ty, brace_token, .. } = &controller.head;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let body = quote_spanned!(brace_token.span.join()=> { #body });
    quote!(#(#attrs)* #unsafety #impl_token #impl_generics #self_ty #where_clause #body)
}

/// A block that is no controller, without the calls that only a controller has.
fn disarmed(source: Source) -> TokenStream {
    let mut body = TokenStream::new();
    for item in source.items {
        match item {
            Item::Method(mut method) => {
                rewrite::body(&mut method.body, &mut call::disarm);
                let Method { attrs, vis, sig, body: statements, .. } = *method;
                let statements = method::body_tokens(statements);
                body.extend(quote!(#(#attrs)* #vis #sig #statements));
            }
            Item::Other(other) => other.tokens.to_tokens(&mut body),
        }
    }
    let head = source.head;
    let mut tokens: Vec<TokenTree> = head.to_token_stream().into_iter().collect();
    tokens.pop();
    let braces = quote_spanned!(head.brace_token.span.join()=> { #body });
    quote!(#(#tokens)* #braces)
}

/// What to underline where a whole item is wrong: the word that says what it is.
fn keyword(item: &TokenStream) -> TokenStream {
    const WORDS: [&str; 12] =
        ["const", "enum", "extern", "fn", "impl", "macro_rules", "mod", "static", "struct", "trait", "type", "union"];
    let is_keyword =
        |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if WORDS.iter().any(|known| word == known));
    let mut trees = item.clone().into_iter();
    let first = trees.clone().next();
    trees.find(is_keyword).or(first).into_token_stream()
}
