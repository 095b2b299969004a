//! Names: those of our attributes, those in the generated code, which cannot meet a user's, and the runtime's path.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Path, ext::IdentExt as _};

/// Whether a path is `action` or `outflow::action`.
pub fn is_action(path: &Path) -> bool {
    is_ours(path, "action")
}

/// Whether a path is `controller` or `outflow::controller`.
pub fn is_controller(path: &Path) -> bool {
    is_ours(path, "controller")
}

fn is_ours(path: &Path, attribute: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == attribute && last.arguments.is_none())
        && path.segments.len() <= 2
}

/// The local that holds the sender in every streaming method, for use at `place`.
pub fn sender(place: Span) -> Ident {
    Ident::new("__sender", Span::mixed_site().located_at(place))
}

// No name of one kind is the beginning of a name of another: there may be actions `answer_question` and `question`.

/// The hidden twin of a method that streams, which holds its body. It keeps the span of the user's name, so that an
/// editor leads from a delegating call to the method.
pub fn twin(method: &Ident) -> Ident {
    format_ident!("__outflow_{}", method.unraw(), span = method.span())
}

/// The function that boxes the twin's future, for the generator and for the route.
pub fn boxed(action: &Ident) -> Ident {
    format_ident!("__boxed_outflow_{}", action.unraw(), span = Span::mixed_site())
}

/// The function that answers an action's requests.
pub fn answer(action: &Ident) -> Ident {
    format_ident!("__answer_outflow_{}", action.unraw(), span = Span::mixed_site())
}

/// The path of the runtime crate.
#[derive(Clone)]
pub struct Crate(TokenStream);

impl Crate {
    pub fn new(path: &Path) -> Self {
        Self(path.to_token_stream())
    }

    /// The same path, located at `place`: rustc reports an expression where its first token stands.
    pub fn at(&self, place: Span) -> Self {
        let located = |mut tree: TokenTree| {
            tree.set_span(tree.span().located_at(place));
            tree
        };
        Self(self.0.clone().into_iter().map(located).collect())
    }
}

/// `::outflow`, unless `crate = …` says otherwise.
impl Default for Crate {
    fn default() -> Self {
        Self(quote!(::outflow))
    }
}

impl ToTokens for Crate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
