//! The `impl` block as it was written: signatures parsed, bodies kept even where `syn` cannot read them.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{
    AttrStyle, Attribute, Block, ImplItem, ItemImpl, Signature, Visibility,
    ext::IdentExt as _,
    parse::{ParseStream, Parser as _, discouraged::Speculative as _},
};

use crate::rewrite;

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
    /// The names of `self`'s methods that the body calls.
    pub calls: HashSet<String>,
}

/// A constant, a type, a macro call, or something that neither we nor `syn` know.
pub struct Other {
    pub attrs: Vec<Attribute>,
    pub tokens: TokenStream,
    pub is_macro: bool,
    /// Nobody can read it, so nothing is said about it but what rustc says.
    pub is_broken: bool,
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
    let mut body = match input.parse()? {
        TokenTree::Group(group) => body(group, &mut attrs),
        // What rust-analyzer puts in the place of a body that it cannot mend, and takes back afterwards.
        TokenTree::Ident(body) => Body::Tokens(Group::new(Delimiter::Brace, TokenTree::from(body).into())),
        other => return Err(syn::Error::new(other.span(), "expected a body")),
    };
    let mut calls = HashSet::new();
    rewrite::body(&mut body, &mut |call| {
        if !call.by_type {
            calls.insert(call.method.unraw().to_string());
        }
        None
    });
    Ok(Method { attrs, vis, sig, body, calls })
}

/// Attributes that stand inside the braces move in front of the method, because more statements come before the
/// user's.
fn body(group: Group, attrs: &mut Vec<Attribute>) -> Body {
    let block = |input: ParseStream<'_>| {
        let inner = input.call(Attribute::parse_inner)?;
        Ok((inner, input.call(Block::parse_within)?))
    };
    match block.parse2(group.stream()) {
        Ok((inner, stmts)) => {
            attrs.extend(inner.into_iter().map(|attr| Attribute { style: AttrStyle::Outer, ..attr }));
            Body::Parsed(Block { brace_token: syn::token::Brace { span: group.delim_span() }, stmts })
        }
        Err(_) => Body::Tokens(group),
    }
}

fn other(input: ParseStream<'_>) -> syn::Result<Other> {
    let attrs = input.fork().call(Attribute::parse_outer).unwrap_or_default();
    let ahead = input.fork();
    if let Ok(item) = ahead.parse::<ImplItem>() {
        input.advance_to(&ahead);
        let is_macro = matches!(item, ImplItem::Macro(_));
        return Ok(Other { attrs, tokens: item.to_token_stream(), is_macro, is_broken: false });
    }
    // Half typed: it ends where a method begins that can be read.
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        tokens.extend([input.parse::<TokenTree>()?]);
        if method(&input.fork()).is_ok() {
            break;
        }
    }
    Ok(Other { attrs, tokens, is_macro: false, is_broken: true })
}
