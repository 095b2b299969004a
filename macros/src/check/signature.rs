//! Rules about an action's signature.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, GenericParam, Pat, PatType, PathArguments, Safety, Type, TypePath};

use super::borrows::{self, Borrow};
use crate::{
    errors::Errors,
    model::{
        Method,
        action::{Action, Argument},
    },
};

/// Whether the method can be an action at all.
pub fn action(method: &Method, errors: &mut Errors) -> bool {
    let before = errors.count();
    let sig = &method.sig;
    match sig.receiver() {
        Some(_) if method.borrows_self() => {}
        Some(receiver) => errors.add(
            receiver,
            format!(
                "an action can't take `{}`, because many requests share the controller\nhelp: write `&self`, and keep what changes in a `Mutex` or an atomic",
                compact(receiver),
            ),
        ),
        None => errors.add(&sig.ident, "this action has no `self`\nhelp: write `&self` as its first argument"),
    }
    if sig.asyncness.is_none() {
        errors.add(sig.fn_token, "this action is not `async`\nhelp: write `async fn`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.add(token, "an action can't be `unsafe`, because requests call it\nhelp: remove `unsafe`");
    }
    if let Some(abi) = &sig.abi {
        errors.add(abi, "an action is an ordinary Rust function\nhelp: remove `extern`");
    }
    for param in &sig.generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            errors.add(
                param,
                "an action can't be generic, because nothing in a request names a type\nhelp: make the controller generic instead",
            );
        }
    }
    for argument in method.typed() {
        owned(argument, errors);
    }
    errors.count() == before
}

/// Checks that an argument has one owned type.
fn owned(argument: &PatType, errors: &mut Errors) {
    if let Some(attr) = argument.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
        errors.add(
            attr,
            "`#[cfg]` can't be used on an argument of an action\nhelp: put `#[cfg]` on two methods of the same name instead",
        );
    }
    if has_word(argument.ty.to_token_stream(), "impl") {
        errors.add(
            &argument.ty,
            "an action can't be generic, because nothing in a request names a type\nhelp: write the type that the request holds",
        );
        return;
    }
    let borrow = match &*argument.ty {
        // Not even `&'static str` can be taken from a request.
        Type::Reference(reference) => Some(Borrow::Reference(reference.clone())),
        ty => borrows::first(ty),
    };
    let Some(borrow) = borrow else { return };
    let help = match &borrow {
        Borrow::Reference(reference) => format!("write `{}`", owner(&reference.elem)),
        Borrow::Lifetime(_) => "write a type that owns its data".to_owned(),
    };
    errors
        .add(borrow, format!("an action can't borrow its arguments, because it may outlive the request\nhelp: {help}"));
}

/// The type that owns what a reference leads to.
fn owner(elem: &Type) -> String {
    match elem {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Slice(slice) => format!("Vec<{}>", compact(&slice.elem)),
        other => compact(other),
    }
}

/// Whether the extractors can share a request.
pub fn extractors(method: &Method, action: &Action, errors: &mut Errors) -> bool {
    let before = errors.count();
    let last = action.arguments.iter().rposition(|argument| matches!(argument, Argument::Extractor { .. }));
    for (index, (argument, typed)) in action.arguments.iter().zip(method.typed()).enumerate() {
        let Argument::Extractor { ty } = argument else { continue };
        if let Some(name) = action.args.resumable().and_then(|_| named(ty, &STREAMS)) {
            errors.add(
                &typed.ty,
                format!("`{name}` reads the request while the action runs, and a run goes on when its client leaves\nhelp: take the whole body, as `Bytes` or `Json<…>` do"),
            );
        }
        if let Some(name) = takes_body(ty).filter(|_| Some(index) != last) {
            let help = match &*typed.pat {
                Pat::Ident(pat) if name == "String" => {
                    format!("make it the last argument; to read `{}` from the query, write `Query<…>`", pat.ident)
                }
                _ => "make it the last argument".to_owned(),
            };
            errors.add(
                &typed.ty,
                format!(
                    "`{name}` takes the request's body, and an argument after it needs the request too\nhelp: {help}"
                ),
            );
        }
    }
    errors.count() == before
}

/// The type of the argument, if it is the head of the response.
pub fn head(argument: &Argument) -> Option<&Type> {
    match argument {
        Argument::Extractor { ty } => named(ty, &["Head"]).map(|_| ty),
        Argument::Param { .. } => None,
    }
}

/// Whether a type's path says that it is not one of outflow.
pub fn is_elsewhere(ty: &Type) -> bool {
    let Type::Path(TypePath { path, .. }) = ty else { return false };
    path.segments.len() > 1 && path.segments.first().is_some_and(|first| first.ident != "outflow")
}

/// axum's extractors that consume the request, by their usual names.
const BODIES: [&str; 9] = ["Body", "Bytes", "BytesMut", "Form", "Json", "Multipart", "RawForm", "Request", "String"];

/// The ones that pass the body on before it has arrived.
const STREAMS: [&str; 3] = ["Body", "Multipart", "Request"];

/// The name of the extractor that takes the body, if the type is or wraps such an extractor.
fn takes_body(ty: &Type) -> Option<String> {
    named(ty, &BODIES)
}

/// The name of the type, or of the type in its `Result` or `Option`, if it is one of `names`.
fn named(ty: &Type, names: &[&str]) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if names.iter().any(|name| last.ident == name) {
        return Some(last.ident.to_string());
    }
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == "Result" || last.ident == "Option" => {
            match arguments.args.first() {
                Some(GenericArgument::Type(inner)) => named(inner, names),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a word is among the tokens, at any depth.
pub fn has_word(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => has_word(group.stream(), word),
        _ => false,
    })
}

/// The tokens of a type or a receiver, spaced as one would write them.
pub fn compact(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (loose, tight) in [("& ", "&"), (" < ", "<"), (" >", ">"), (" :: ", "::"), (" ,", ","), (" : ", ": ")] {
        text = text.replace(loose, tight);
    }
    text
}
