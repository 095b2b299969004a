//! Names in the generated code: identifiers that cannot meet a user's, and the way to the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;

/// The local that holds the sending half in every streaming method.
pub fn outlet() -> Ident {
    Ident::new("__outlet", Span::mixed_site())
}

/// The hidden twin of a streaming action, which holds its body. Keeps the span of the user's name, so that an
/// editor leads from a delegating call to the method.
pub fn twin(action: &Ident) -> Ident {
    format_ident!("__outflow_{}", action.unraw(), span = action.span())
}

/// The function that answers an action's requests.
pub fn answer(action: &Ident) -> Ident {
    format_ident!("__outflow_answer_{}", action.unraw(), span = Span::mixed_site())
}

/// The path to the runtime, unless `crate = …` says otherwise.
pub fn default_crate() -> TokenStream {
    quote!(::outflow)
}
