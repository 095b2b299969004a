//! The macros of [Outflow](https://docs.rs/outflow). Use them through the `outflow` crate, which re-exports them
//! and documents them where their examples can run.

#![allow(missing_docs, reason = "documented at the re-export, in the crate `outflow`")]

mod controller;

mod attr;
mod parse;

mod model;

mod check;
mod checked;

mod expand;

mod body;
mod errors;
mod fallback;
mod names;
mod path;
mod rewrite;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn controller(args: TokenStream, item: TokenStream) -> TokenStream {
    let expansion = controller::controller(args.into(), item.into());
    if std::env::var_os("OUTFLOW_MACROS_DEBUG").is_some() {
        eprintln!("{expansion}");
    }
    expansion.into()
}

// `#[controller]` takes this attribute off its methods, so it runs by itself only outside of one.
#[proc_macro_attribute]
pub fn action(args: TokenStream, item: TokenStream) -> TokenStream {
    controller::action(&args.into(), &item.into()).into()
}
