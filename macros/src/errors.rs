//! The mistakes found so far. They are collected, not returned, so that one run reports all of them.

use proc_macro2::TokenStream;
use quote::ToTokens;

#[derive(Default)]
pub struct Errors {
    all: Vec<syn::Error>,
}

impl Errors {
    /// Adds an error that underlines `tokens`: the smallest thing that the user must change. The first line says
    /// what is wrong, in the user's words; a `help:` line says what to write.
    pub fn add(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub fn push(&mut self, error: syn::Error) {
        self.all.push(error);
    }

    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The errors as `compile_error!` calls.
    pub fn into_tokens(self) -> TokenStream {
        self.all.iter().map(syn::Error::to_compile_error).collect()
    }
}
