//! Every rule about a controller that its parts do not break by themselves.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{
    Generics, ItemImpl, Lifetime, TypeReference, Visibility,
    visit_mut::{self, VisitMut},
};

use crate::{
    errors::Errors,
    fallback,
    model::{Action, Controller, Fit},
    parse::{Item, Method, Other},
    rewrite::Word,
};

mod items;
mod routes;
mod signature;

/// Checks the whole controller. An action with an error of its own loses its route; the others keep theirs.
pub fn controller(controller: &mut Controller, errors: &mut Errors) {
    block(controller, errors);
    let mut actions = std::mem::take(&mut controller.actions);
    for action in &mut actions {
        let method = controller.method(action);
        if !signature::action(method, errors) {
            action.fit = Fit::NoAction;
        } else if !signature::arguments(method, action, errors) {
            action.fit = Fit::NoRoute;
        }
    }
    if !controller.can_serve {
        actions.iter_mut().filter(|action| action.fit == Fit::Whole).for_each(|action| action.fit = Fit::NoRoute);
    }
    routes::check(controller, &mut actions, errors);
    options(controller, &actions, errors);
    controller.actions = actions;
    items::check(controller, errors);
    for (index, item) in controller.items.iter().enumerate() {
        match item {
            Item::Method(method) => self::method(controller, method, controller.action(index).is_some(), errors),
            Item::Other(other) if other.is_broken => {}
            Item::Other(other) => self::other(other, errors),
        }
    }
    controller.choose_callees();
}

/// The one thing that a block is refused for as a whole.
pub fn trait_impl(head: &ItemImpl, errors: &mut Errors) {
    let path = head.trait_.as_ref().map(|(path, _)| path);
    errors.add(
        quote!(#path),
        "`#[controller]` can't stand on the implementation of a trait\nhelp: put the actions into an `impl` block of the type itself",
    );
}

/// A second `#[controller]` would read what this one wrote, so it is taken off.
pub fn one_attribute(head: &mut ItemImpl, errors: &mut Errors) {
    let (again, others): (Vec<_>, _) =
        head.attrs.drain(..).partition(|attr| fallback::is_ours(attr.path(), "controller"));
    head.attrs = others;
    for attr in again {
        errors.add(attr, "this block has `#[controller]` already\nhelp: keep one of the two");
    }
}

fn block(controller: &mut Controller, errors: &mut Errors) {
    let is_broken = |item: &Item| matches!(item, Item::Other(other) if other.is_broken);
    if controller.actions.is_empty() && !controller.items.iter().any(is_broken) {
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
    let mut borrows = Borrows { declared: &controller.head.generics, found: None };
    borrows.visit_type_mut(&mut controller.head.self_ty.clone());
    if let Some(found) = borrows.found {
        errors.add(
            found,
            "a controller lives as long as its server, so it can't borrow\nhelp: let it own what it uses, in an `Arc` where others use that too",
        );
        controller.can_serve = false;
    }
}

/// Finds what makes a type shorter lived than `'static`: a lifetime of the block, or one that is left out.
struct Borrows<'a> {
    declared: &'a Generics,
    found: Option<TokenStream>,
}

impl VisitMut for Borrows<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" || self.declared.lifetimes().any(|declared| declared.lifetime == *lifetime) {
            self.found.get_or_insert_with(|| lifetime.to_token_stream());
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            self.found.get_or_insert_with(|| reference.to_token_stream());
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }
}

fn method(controller: &Controller, method: &Method, is_action: bool, errors: &mut Errors) {
    let name = method.name();
    if let Some(word) = Word::of(&name) {
        let help =
            if is_action { format!("rename it; `path = \"/{name}\"` keeps its route") } else { "rename it".to_owned() };
        errors.add(
            &method.sig.ident,
            format!("`{}` sends packets in a controller, so no method can have this name\nhelp: {help}", word.call()),
        );
    } else if controller.streams(method) && !is_action {
        helper(controller, method, errors);
    }
}

/// What is said about a stream needs one.
fn options(controller: &Controller, actions: &[Action], errors: &mut Errors) {
    for action in actions.iter().filter(|action| !controller.streams(controller.method(action))) {
        for word in &action.args.about_streams {
            errors.add(
                word,
                format!("this action never streams, so `{word}` means nothing here\nhelp: remove it, or send packets with `self.stream(..)`"),
            );
        }
    }
}

/// A method without `#[action]` that streams.
fn helper(controller: &Controller, method: &Method, errors: &mut Errors) {
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
    let why = match controller.streaming_call(method) {
        Some(called) if Word::of(called).is_none() => format!("`self.{called}(..)` streams and waits for the client"),
        called => {
            let word = called.and_then(Word::of).unwrap_or(Word::Stream);
            format!("`{}` waits for the client", word.call())
        }
    };
    if let Some(constness) = &sig.constness {
        errors.add(constness, format!("{why}, so its caller can't be `const`\nhelp: write `async fn`"));
    } else if sig.asyncness.is_none() {
        errors.add(sig.fn_token, format!("{why}, so its caller must be `async`\nhelp: write `async fn`"));
    }
}

/// What is no method.
fn other(other: &Other, errors: &mut Errors) {
    for attr in other.attrs.iter().filter(|attr| crate::fallback::is_action_path(attr.path())) {
        errors.add(attr, "`#[action]` goes on a method\nhelp: remove it here");
    }
}
