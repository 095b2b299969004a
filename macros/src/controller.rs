//! The two attributes, from their input to their output.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

use crate::{
    attr::ControllerArgs,
    check::{self, block},
    errors::Errors,
    expand, fallback,
    model::Controller,
    parse,
};

/// `#[controller(args)] item`.
pub fn controller(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = ControllerArgs::parse(args, &mut errors);
    let Some(mut source) = parse::source(item.clone()) else {
        errors.add(
            fallback::keyword(&item),
            "`#[controller]` goes on an `impl` block\nhelp: put it on the block that holds the actions",
        );
        return with_errors(fallback::item(item), errors);
    };
    if source.head.trait_.is_some() {
        block::trait_impl(&source.head, &mut errors);
        return with_errors(fallback::item(expand::disarmed(source)), errors);
    }
    block::one_attribute(&mut source.head, &mut errors);
    let controller = Controller::new(args, source, &mut errors);
    let checked = check::controller(controller, &mut errors);
    with_errors(expand::controller(checked), errors)
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
        "`#[action]` does nothing outside a controller\nhelp: put `#[controller]` on the `impl` block that holds this method; a macro that makes the method must make the whole block",
    ));
    with_errors(item, errors)
}

fn with_errors(item: impl ToTokens, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#item #errors)
}
