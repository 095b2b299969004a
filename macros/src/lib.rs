//! The macros of [Outflow](https://docs.rs/outflow). Use them through the `outflow` crate, which re-exports them
//! and documents them where their examples can run.

#![allow(missing_docs, reason = "documented at the re-export, in the crate `outflow`")]

mod attr;
mod check;
mod errors;
mod expand;
mod fallback;
mod model;
mod names;
mod parse;
mod path;
mod rewrite;

use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn controller(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::controller(args.into(), item.into()).into()
}

// `#[controller]` takes this attribute off its methods, so it runs by itself only where it stands outside of one.
#[proc_macro_attribute]
pub fn action(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::action(&args.into(), &item.into()).into()
}
