//! The attributes of an action, which turns into several functions.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::{Attribute, Meta, Path, Token, ext::IdentExt as _, parse::Parser as _, parse_quote, punctuated::Punctuated};

/// The attributes of an action, divided between the generator and the hidden twin with the body.
pub struct Attributes {
    pub shown: Vec<Attribute>,
    pub hidden: Vec<Attribute>,
    /// The attributes of every function made from the method: they decide whether it exists, and set lint levels.
    pub all: Vec<Attribute>,
}

impl Attributes {
    pub fn of(attrs: Vec<Attribute>, method: &Ident) -> Self {
        let mut divided = Self { shown: Vec::new(), hidden: Vec::new(), all: Vec::new() };
        for attr in attrs {
            let says = |words: &[&str]| meaning(&attr).is_some_and(|path| words.iter().any(|word| path.is_ident(word)));
            if says(&["doc", "deprecated", "must_use"]) {
                divided.shown.push(attr);
            } else if says(&["cfg", "allow", "expect", "warn", "deny", "forbid"]) {
                // An expectation is met by one of the functions only.
                let attr = allowed(&attr);
                divided.shown.push(attr.clone());
                divided.hidden.push(attr.clone());
                divided.all.push(attr);
            } else {
                divided.hidden.push(named(attr, method));
            }
        }
        divided
    }

    /// The attribute that lets generated code use a method with these attributes, where one of them deprecates it. Any
    /// other method goes without, because `#![forbid(deprecated)]` refuses it.
    pub fn allow_deprecated(attrs: &[Attribute]) -> Option<Attribute> {
        let deprecates = |attr: &Attribute| meaning(attr).is_some_and(|path| path.is_ident("deprecated"));
        attrs.iter().any(deprecates).then(|| parse_quote!(#[allow(deprecated)]))
    }

    /// The lint levels of a block, for the code beside it.
    pub fn levels(attrs: &[Attribute]) -> Vec<Attribute> {
        let is = |attr: &Attribute, words: &[&str]| words.iter().any(|word| attr.path().is_ident(word));
        let levels = attrs.iter().filter(|attr| is(attr, &["allow", "expect", "warn", "deny", "forbid"]));
        levels.map(|attr| if is(attr, &["expect"]) { allowed(attr) } else { attr.clone() }).collect()
    }
}

/// The attributes of a helper's twin: all of the helper's, because calls in the block go to it.
pub fn of_twin(attrs: Vec<Attribute>, method: &Ident) -> Vec<Attribute> {
    attrs.into_iter().map(|attr| named(allowed(&attr), method)).collect()
}

/// The path of an attribute, or of the one inside `cfg_attr`.
fn meaning(attr: &Attribute) -> Option<Path> {
    if !attr.path().is_ident("cfg_attr") {
        return Some(attr.path().clone());
    }
    let Meta::List(list) = &attr.meta else { return None };
    let metas = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()?;
    metas.iter().nth(1).map(|meta| meta.path().clone())
}

/// `#[expect(…)]` as `#[allow(…)]`.
fn allowed(attr: &Attribute) -> Attribute {
    let mut allowed = attr.clone();
    if let Meta::List(list) = &mut allowed.meta {
        if list.path.is_ident("expect") {
            list.path = syn::Ident::new("allow", Span::mixed_site()).into();
        }
    }
    allowed
}

/// `#[tracing::instrument]` with the method's own name, or its span would have the twin's.
fn named(mut attr: Attribute, method: &Ident) -> Attribute {
    let path = attr.path();
    if path.segments.last().is_none_or(|last| last.ident != "instrument") {
        return attr;
    }
    let name = method.unraw().to_string();
    match &attr.meta {
        Meta::Path(_) => attr.meta = parse_quote!(#path(name = #name)),
        Meta::List(list) if !has_name(list.tokens.clone()) => {
            let rest = &list.tokens;
            attr.meta = parse_quote!(#path(name = #name, #rest));
        }
        _ => {}
    }
    attr
}

/// Whether the arguments of `instrument` name the span: `name = …`, or a string by itself.
fn has_name(arguments: TokenStream) -> bool {
    let mut begins = true;
    arguments.into_iter().any(|tree| {
        let begun = std::mem::replace(&mut begins, matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ','));
        begun
            && match tree {
                TokenTree::Ident(word) => word == "name",
                TokenTree::Literal(_) => true,
                _ => false,
            }
    })
}
