//! The `impl` block as it was written: signatures are parsed, bodies are kept even where `syn` cannot read them.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{
    Attribute, ImplItem, ItemImpl, Signature, Visibility,
    parse::{ParseStream, Parser as _, discouraged::Speculative as _},
};

use crate::body::Body;

/// The block under `#[controller]`.
pub struct Source {
    /// The block without its items.
    pub head: ItemImpl,
    pub items: Vec<Item>,
}

pub enum Item {
    Method(Box<Method>),
    Other(Other),
}

pub struct Method {
    pub attrs: Vec<Attribute>,
    pub vis: Visibility,
    pub sig: Signature,
    pub body: Body,
}

/// A constant, a type, a macro call, or something that neither we nor `syn` can read.
pub struct Other {
    pub attrs: Vec<Attribute>,
    pub tokens: TokenStream,
    pub is_macro: bool,
    /// `syn` cannot read it either, so rustc reports it and we say nothing.
    pub is_broken: bool,
}

/// Reads the block. `None` if the item is no `impl` block at all.
pub fn source(item: TokenStream) -> Option<Source> {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let Some(TokenTree::Group(body)) = tokens.pop() else { return None };
    let head: TokenStream = tokens.into_iter().collect();
    let mut empty = Group::new(body.delimiter(), TokenStream::new());
    empty.set_span(body.span());
    let head: ItemImpl = syn::parse2(quote!(#head #empty)).ok()?;
    let items = items.parse2(body.stream()).ok()?;
    Some(Source { head, items })
}

fn items(input: ParseStream<'_>) -> syn::Result<Vec<Item>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        let ahead = input.fork();
        items.push(match method(&ahead) {
            Ok(method) => {
                input.advance_to(&ahead);
                Item::Method(Box::new(method))
            }
            Err(_) => Item::Other(other(input)?),
        });
    }
    Ok(items)
}

fn method(input: ParseStream<'_>) -> syn::Result<Method> {
    let mut attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let sig = input.parse()?;
    let body = match input.parse()? {
        TokenTree::Group(group) => Body::parse(group, &mut attrs),
        // rust-analyzer puts an identifier in the place of a body that it cannot mend, and takes it back afterwards.
        TokenTree::Ident(body) => Body::Tokens(Group::new(Delimiter::Brace, TokenTree::from(body).into())),
        other => return Err(syn::Error::new(other.span(), "expected a body")),
    };
    Ok(Method { attrs, vis, sig, body })
}

fn other(input: ParseStream<'_>) -> syn::Result<Other> {
    let attrs = input.fork().call(Attribute::parse_outer).unwrap_or_default();
    let ahead = input.fork();
    if let Ok(item) = ahead.parse::<ImplItem>() {
        input.advance_to(&ahead);
        let is_macro = matches!(item, ImplItem::Macro(_));
        return Ok(Other { attrs, tokens: item.to_token_stream(), is_macro, is_broken: false });
    }
    // Half typed: it ends where the next readable method begins.
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        tokens.extend([input.parse::<TokenTree>()?]);
        if method(&input.fork()).is_ok() {
            break;
        }
    }
    Ok(Other { attrs, tokens, is_macro: false, is_broken: true })
}
