//! Names in the generated code: identifiers that cannot meet a user's, and the way to the runtime.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;

/// The local that holds the sending half in every streaming method, as seen from some place in it.
pub fn sender(place: Span) -> Ident {
    Ident::new("__sender", Span::mixed_site().located_at(place))
}

// No name of one kind begins like a name of another: there may be actions `answer_question` and `question`.

/// The hidden twin of a streaming action, which holds its body. Keeps the place of the user's name, so that an
/// editor leads from a delegating call to the method.
pub fn twin(action: &Ident) -> Ident {
    format_ident!("__outflow_{}", action.unraw(), span = action.span())
}

/// The function that boxes the twin's future, for all who run an action as a whole.
pub fn boxed(action: &Ident) -> Ident {
    format_ident!("__boxed_outflow_{}", action.unraw(), span = Span::mixed_site())
}

/// The function that answers an action's requests.
pub fn answer(action: &Ident) -> Ident {
    format_ident!("__answer_outflow_{}", action.unraw(), span = Span::mixed_site())
}

/// The path to the runtime, unless `crate = …` says otherwise.
pub fn default_crate() -> TokenStream {
    quote!(::outflow)
}

/// The same tokens with the same meaning in another place. rustc reports an expression where its tokens stand.
pub fn moved(tokens: &TokenStream, place: Span) -> TokenStream {
    let moved = |mut tree: TokenTree| {
        tree.set_span(tree.span().located_at(place));
        tree
    };
    tokens.clone().into_iter().map(moved).collect()
}
