//! Every rule about a controller that its parts do not break by themselves.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{ItemImpl, ReceiverKind, Visibility};

use crate::{
    errors::Errors,
    model::{Action, Argument, Controller},
    parse::{Item, Method, Other},
};

/// Checks the whole controller. An action with an error of its own is marked broken; the others keep their routes.
pub fn controller(controller: &mut Controller, errors: &mut Errors) {
    block(controller, errors);
    let mut actions = std::mem::take(&mut controller.actions);
    for action in &mut actions {
        action.broken = !self::action(controller, action, errors);
    }
    routes(controller, &mut actions, errors);
    controller.actions = actions;
    for (index, item) in controller.items.iter().enumerate() {
        match item {
            Item::Method(method) => self::method(controller, method, controller.is_action(index), errors),
            Item::Other(other) => self::other(other, errors),
        }
    }
}

/// The one thing that a block is refused for as a whole.
pub fn trait_impl(head: &ItemImpl, errors: &mut Errors) {
    let path = head.trait_.as_ref().map(|(path, _)| path);
    errors.add(
        quote!(#path),
        "`#[controller]` can't stand on the implementation of a trait\nhelp: put the actions into an `impl` block of the type itself",
    );
}

fn block(controller: &Controller, errors: &mut Errors) {
    if controller.actions.is_empty() {
        let hidden = controller.items.iter().find_map(|item| match item {
            Item::Other(other) if other.is_macro => Some(&other.tokens),
            _ => None,
        });
        match hidden {
            Some(tokens) => errors.add(
                tokens,
                "`#[controller]` can't see the methods that a macro makes\nhelp: let the macro make the whole `impl` block, `#[controller]` included",
            ),
            None => errors.add(
                &controller.head.self_ty,
                "this controller has no action\nhelp: put `#[action]` on the methods that are routes",
            ),
        }
    }
}

/// Whether the action can have its route.
fn action(controller: &Controller, action: &Action, errors: &mut Errors) -> bool {
    let method = controller.method(action);
    let sig = &method.sig;
    let mut found = Vec::new();
    let mut wrong = |tokens: TokenStream, message: String| found.push((tokens, message));
    match sig.receiver() {
        Some(receiver) if is_shared(&receiver.kind) => {}
        Some(receiver) => wrong(
            receiver.to_token_stream(),
            "an action takes `&self`, because many requests share the controller\nhelp: write `&self`, and keep what changes in a `Mutex` or an atomic".to_owned(),
        ),
        None => wrong(
            sig.ident.to_token_stream(),
            "an action takes `&self`\nhelp: write `&self` as its first argument".to_owned(),
        ),
    }
    if sig.asyncness.is_none() {
        wrong(sig.fn_token.to_token_stream(), "an action is `async`\nhelp: write `async fn`".to_owned());
    }
    for param in sig.generics.params.iter().filter(|param| !matches!(param, syn::GenericParam::Lifetime(_))) {
        wrong(
            param.to_token_stream(),
            "an action can't be generic, because nothing in a request names a type\nhelp: make the controller generic instead".to_owned(),
        );
    }
    let own = action.args.path.as_ref().map(|path| (path, path.params()));
    if let Some((path, params)) = own {
        for param in params {
            let taken = action.arguments.iter().any(|argument| match argument {
                Argument::Param { name, .. } => name == param,
                Argument::Extractor { ty } => takes_path(ty),
            });
            if !taken {
                let message = format!(
                    "no argument takes the path parameter `{param}`\nhelp: add `{param}: …` to the method's arguments"
                );
                errors.push(syn::Error::new(path.span, message));
                return false;
            }
        }
    }
    let fine = found.is_empty();
    for (tokens, message) in found {
        errors.add(tokens, message);
    }
    fine
}

/// `&self` in any of its spellings.
fn is_shared(receiver: &ReceiverKind) -> bool {
    match receiver {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
        _ => false,
    }
}

/// An extractor that takes the parameters by itself.
fn takes_path(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Path" || last.ident == "RawPathParams")
}

/// No two actions answer the same request.
fn routes(controller: &Controller, actions: &mut [Action], errors: &mut Errors) {
    let mut taken: HashMap<(String, &'static str), usize> = HashMap::new();
    for index in 0..actions.len() {
        let action = &actions[index];
        let method = controller.method(action);
        // Which of two is compiled is not known here.
        if method.has_attr("cfg") {
            continue;
        }
        let mut clash = None;
        for verb in &action.args.methods {
            match taken.get(&(action.path.shape(), verb.filter)) {
                Some(first) => clash = Some((*first, verb)),
                None => {
                    taken.insert((action.path.shape(), verb.filter), index);
                }
            }
        }
        if let Some((first, verb)) = clash {
            let first = &actions[first];
            let message = format!(
                "`{} {}` is the route of `{}` already\nhelp: give one of them another `path = …` or method",
                verb.filter,
                first.path.text(),
                controller.method(first).sig.ident,
            );
            errors.push(syn::Error::new(verb.span().unwrap_or(action.path.span), message));
            actions[index].broken = true;
        }
    }
}

/// The names that belong to the language.
const RESERVED: [&str; 3] = ["stream", "stream_all", "emitter"];

fn method(controller: &Controller, method: &Method, is_action: bool, errors: &mut Errors) {
    let name = method.name();
    if RESERVED.contains(&&*name) {
        let ident = &method.sig.ident;
        let help =
            if is_action { format!("rename it; `path = \"/{name}\"` keeps its route") } else { "rename it".to_owned() };
        errors.add(
            ident,
            format!("`self.{name}(..)` sends packets in a controller, so no method can have this name\nhelp: {help}"),
        );
    } else if controller.is_streaming(method) && !is_action {
        helper(method, errors);
    }
}

/// A method without `#[action]` that streams.
fn helper(method: &Method, errors: &mut Errors) {
    let sig = &method.sig;
    if !matches!(method.vis, Visibility::Inherited) {
        errors.add(
            &method.vis,
            format!(
                "a method that streams for others is private\nhelp: remove `{}`, or make the method an action",
                quote_compact(&method.vis),
            ),
        );
    }
    if let Some(constness) = &sig.constness {
        errors.add(
            constness,
            "`self.stream(..)` waits for the client, so its method can't be `const`\nhelp: write `async fn`",
        );
    } else if sig.asyncness.is_none() {
        errors.add(
            sig.fn_token,
            "`self.stream(..)` waits for the client, so its method is `async`\nhelp: write `async fn`",
        );
    }
}

/// What is no method.
fn other(other: &Other, errors: &mut Errors) {
    for attr in other.attrs.iter().filter(|attr| crate::fallback::is_action_path(attr.path())) {
        errors.add(attr, "`#[action]` goes on a method\nhelp: remove it here");
    }
}

fn quote_compact(tokens: &impl quote::ToTokens) -> String {
    quote!(#tokens).to_string().replace(' ', "")
}
