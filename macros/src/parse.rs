//! The `impl` block as it was written: signatures parsed, bodies kept even where `syn` cannot read them.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{
    Attribute, Block, ImplItem, ItemImpl, Signature, Visibility,
    parse::{ParseStream, Parser as _},
};

/// The block that `#[controller]` stands on.
pub struct Source {
    /// The head of the block: everything but its items.
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

/// A constant, a type, a macro call, or something that neither we nor `syn` know.
pub struct Other {
    pub attrs: Vec<Attribute>,
    pub tokens: TokenStream,
    pub is_macro: bool,
}

/// What stands between a method's braces.
pub enum Body {
    Parsed(Block),
    /// Rust that is newer than our `syn`, or half typed: the token walker still finds the calls.
    Tokens(Group),
}

/// Reads the block. `None` where the item is no `impl` block at all.
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
        items.push(match method(&input.fork()) {
            Ok(_) => Item::Method(Box::new(method(input)?)),
            Err(_) => Item::Other(other(input)?),
        });
    }
    Ok(items)
}

fn method(input: ParseStream<'_>) -> syn::Result<Method> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let sig = input.parse()?;
    let body = match input.parse()? {
        TokenTree::Group(group) => body(group),
        other => return Err(syn::Error::new(other.span(), "expected a body")),
    };
    Ok(Method { attrs, vis, sig, body })
}

fn body(group: Group) -> Body {
    match syn::parse2(group.to_token_stream()) {
        Ok(block) => Body::Parsed(block),
        Err(_) => Body::Tokens(group),
    }
}

fn other(input: ParseStream<'_>) -> syn::Result<Other> {
    let ahead = input.fork();
    let attrs = ahead.call(Attribute::parse_outer).unwrap_or_default();
    if let Ok(item) = input.fork().parse::<ImplItem>() {
        input.parse::<ImplItem>()?;
        let is_macro = matches!(item, ImplItem::Macro(_));
        return Ok(Other { attrs, tokens: item.to_token_stream(), is_macro });
    }
    let tokens = input.parse()?;
    Ok(Other { attrs, tokens, is_macro: false })
}
