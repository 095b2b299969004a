//! Rules about the block as a whole.

use quote::quote;
use syn::ItemImpl;

use super::borrows;
use crate::{
    errors::Errors,
    model::{Controller, Item},
    names,
};

/// Reports the implementation of a trait, which can't be a controller at all.
pub fn trait_impl(head: &ItemImpl, errors: &mut Errors) {
    let path = head.trait_.as_ref().map(|(path, _)| path);
    errors.add(
        quote!(#path),
        "`#[controller]` can't be used on a trait implementation\nhelp: move the actions to an `impl` block of the type itself",
    );
}

/// Takes a second `#[controller]` off, which would read the output of this one.
pub fn one_attribute(head: &mut ItemImpl, errors: &mut Errors) {
    let (again, others): (Vec<_>, _) = head.attrs.drain(..).partition(|attr| names::is_controller(attr.path()));
    head.attrs = others;
    for attr in again {
        errors.add(attr, "this block already has `#[controller]`\nhelp: keep one of the two");
    }
}

/// Reports a block without an action.
pub fn has_action(controller: &Controller, errors: &mut Errors) {
    let is_broken = |item: &Item| matches!(item, Item::Other(other) if other.is_broken);
    if controller.actions().next().is_some() || controller.items.iter().any(is_broken) {
        return;
    }
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

/// Whether a router can hold the controller; reports it if not.
pub fn can_serve(controller: &Controller, errors: &mut Errors) -> bool {
    let Some(found) = borrows::first(&controller.head.self_ty) else { return true };
    errors.add(
        found,
        "a controller lives as long as its server, so it can't borrow\nhelp: let it own its data, in an `Arc` if others share them",
    );
    false
}
