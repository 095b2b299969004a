//! The checks: every rule about a controller that its parts do not break by themselves.

use std::collections::HashSet;

use quote::quote;
use syn::Visibility;

use crate::{
    checked,
    errors::Errors,
    model::{Controller, Item, Method},
    names,
    parse::Other,
    rewrite::{Builtin, Call},
};

pub mod block;
mod borrows;
mod calls;
mod items;
mod params;
mod roles;
mod routes;
pub mod signature;

/// A method, and how far it can be used.
struct Judged<'a> {
    method: &'a Method,
    validity: Validity,
}

/// How far a method can be used in spite of its mistakes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Validity {
    Whole,
    /// It is an action whose route is unknown.
    NoRoute,
    /// It is an action with a signature that no action can have.
    NoAction,
}

/// Checks the whole controller. An action with a mistake of its own loses its route; the others keep theirs.
pub fn controller(controller: Controller, errors: &mut Errors) -> checked::Controller {
    block::has_action(&controller, errors);
    let can_serve = block::can_serve(&controller, errors);
    let has_routes = controller.has_routes && can_serve;
    let mut methods: Vec<_> = controller.methods().map(|method| judge(method, has_routes, errors)).collect();
    routes::check(&mut methods, errors);
    options(&controller, errors);
    let items_sent = items::check(&controller, errors);
    for item in &controller.items {
        match item {
            Item::Method(method) => self::method(&controller, method, errors),
            Item::Other(other) if other.is_broken => {}
            Item::Other(other) => self::other(other, errors),
        }
    }
    let callees = roles::callees(&controller, &methods);
    let role = |judged: &Judged<'_>| (roles::role(&controller, judged, &callees), judged.route().is_some());
    let roles: Vec<_> = methods.iter().map(role).collect();
    let calls = calls::Judge::new(&controller, callees);
    let called: HashSet<_> = controller.methods().flat_map(|method| &method.calls).map(Call::name).collect();

    let Controller { head, items, state, problems, krate, .. } = controller;
    let mut roles = roles.into_iter();
    let items = items.into_iter().map(|item| match item {
        Item::Other(other) => checked::Item::Other(other),
        Item::Method(method) => {
            let Some((role, has_route)) = roles.next() else { unreachable!("each method has a role") };
            let item = items_sent.get(&method.name()).cloned();
            let verdicts = calls.verdicts(&method, role, errors);
            let is_called = called.contains(&method.name());
            checked::Item::Method(Box::new(checked::Method {
                method: *method,
                role,
                has_route,
                is_called,
                item,
                verdicts,
            }))
        }
    });
    let items = items.collect();
    checked::Controller { head, items, state, problems, krate, can_serve }
}

fn judge<'a>(method: &'a Method, has_routes: bool, errors: &mut Errors) -> Judged<'a> {
    let validity = match &method.action {
        None => Validity::Whole,
        Some(_) if !signature::action(method, errors) => Validity::NoAction,
        Some(action) if !(params::check(method, action, errors) & signature::extractors(method, action, errors)) => {
            Validity::NoRoute
        }
        Some(action) if !has_routes || action.args.broken => Validity::NoRoute,
        Some(_) => Validity::Whole,
    };
    Judged { method, validity }
}

/// Reports options and arguments that only mean something where an action streams, on one that does not.
fn options(controller: &Controller, errors: &mut Errors) {
    for (_, action) in controller.actions().filter(|(method, _)| !controller.streams(method)) {
        for option in &action.args.about_streams {
            errors.add(
                option,
                format!("this action never streams, so `{option}` has no effect\nhelp: remove it, or send packets with `self.stream(..)`"),
            );
        }
        for ty in action.arguments.iter().filter_map(signature::head).filter(|ty| !signature::is_elsewhere(ty)) {
            errors.add(
                ty,
                "this action never streams, so `Head` has no effect\nhelp: return a response with the status and the headers, or send packets with `self.stream(..)`; if it is a type of your own, write its path, such as `self::Head`",
            );
        }
    }
}

fn method(controller: &Controller, method: &Method, errors: &mut Errors) {
    let name = method.name();
    if let Some(builtin) = Builtin::of(&name) {
        let help = match &method.action {
            Some(_) => format!("rename it; `path = \"/{name}\"` keeps its route"),
            None => "rename it".to_owned(),
        };
        errors.add(
            &method.sig.ident,
            format!(
                "`{}` sends packets in a controller, so no method can have this name\nhelp: {help}",
                builtin.call()
            ),
        );
    } else if method.action.is_none() {
        helper(controller, method, errors);
    }
}

/// Checks a method without `#[action]`, if it streams.
fn helper(controller: &Controller, method: &Method, errors: &mut Errors) {
    let Some(call) = controller.streaming_call(method) else { return };
    let sig = &method.sig;
    if !matches!(method.vis, Visibility::Inherited) {
        let vis = &method.vis;
        errors.add(
            vis,
            format!(
                "this method streams for others, so it can't be public\nhelp: remove `{}`, or make the method an action",
                quote!(#vis).to_string().replace(' ', ""),
            ),
        );
    }
    if method.borrows_self_mutably() {
        errors.add(
            sig.receiver(),
            "a helper can't take `&mut self`, because the actions that call it share the controller\nhelp: write `&self`, and keep what changes in a `Mutex` or an atomic",
        );
    }
    let why = match call.builtin() {
        Some(builtin) => format!("`{}` waits for the client", builtin.call()),
        None => format!("`self.{}(..)` streams and waits for the client", call.name()),
    };
    if let Some(constness) = &sig.constness {
        errors.add(constness, format!("{why}, so its caller can't be `const`\nhelp: write `async fn`"));
    } else if sig.asyncness.is_none() {
        errors.add(sig.fn_token, format!("{why}, so its caller must be `async`\nhelp: write `async fn`"));
    }
}

/// Checks an item that is not a method.
fn other(other: &Other, errors: &mut Errors) {
    for attr in other.attrs.iter().filter(|attr| names::is_action(attr.path())) {
        errors.add(attr, "`#[action]` goes on a method\nhelp: remove it here");
    }
}
