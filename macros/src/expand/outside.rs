//! Methods for callers outside of the block, who can't stream. Each has a bound that never holds, so that rustc explains
//! why at the call.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{FnArg, Signature};

use super::{attributes::Attributes, method::output};
use crate::{
    check::signature::has_word,
    checked::{Controller, Item, Role},
    model,
    names::Crate,
    rewrite::Builtin,
};

/// The names that no call in the block leads to. Rust prefers these to a trait's method of the same name that takes
/// `&mut self`, so such a call is refused too; `Trait::stream(&mut chat)` is not.
///
/// They have an `impl` block of their own, because rustc reports unused methods by the block, and would keep silent about
/// the user's.
pub fn expand(controller: &Controller) -> TokenStream {
    let Controller { head, krate, items, .. } = controller;
    let methods = || {
        items.iter().filter_map(|item| match item {
            Item::Method(method) => Some(&**method),
            Item::Other(_) => None,
        })
    };
    let builtins = [Builtin::Stream, Builtin::StreamAll, Builtin::Latest, Builtin::Emitter];
    let is_free = |builtin: &Builtin| !methods().any(|method| Builtin::of(&method.method.name()) == Some(*builtin));
    let builtins = builtins.into_iter().filter(is_free).map(|builtin| self::builtin(krate, builtin));
    let helpers = methods().filter(|method| method.role == Role::Helper && method.is_called);
    let helpers = helpers.map(|helper| self::helper(krate, &helper.method, Span::mixed_site()));
    let levels = Attributes::levels(&head.attrs);
    let ty = &head.self_ty;
    let (impl_generics, _, where_clause) = head.generics.split_for_impl();
    quote! {
        #(#levels)*
        impl #impl_generics #ty #where_clause {
            #(#builtins)*
            #(#helpers)*
        }
    }
}

/// `stream` or one of its relatives. In the block, those of the trait come first in rustc's method lookup, because
/// `&self` comes before `&mut self`. They return any type, so that nothing else is wrong with the call.
fn builtin(krate: &Crate, builtin: Builtin) -> TokenStream {
    let signature = match builtin {
        Builtin::Stream => quote!(stream<__P, __R>(&mut self, _: __P)),
        Builtin::StreamAll => quote!(stream_all<__S, __R>(&mut self, _: __S)),
        Builtin::Latest => quote!(latest<__S, __R>(&mut self, _: __S)),
        Builtin::Emitter => quote!(emitter<__R>(&mut self)),
    };
    quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        pub fn #signature -> __R where for<'__a> &'__a Self: #krate::__private::InControllerBlock {
            ::core::unreachable!()
        }
    }
}

/// A helper's own name. Calls in the block go to its twin. All of it has the same hygiene: rustc warns of an unused
/// method only if it is the user's throughout.
pub fn helper(krate: &Crate, helper: &model::Method, hygiene: Span) -> TokenStream {
    let model::Method { attrs, vis, sig, .. } = helper;
    let place = hygiene.located_at(sig.ident.span());
    let Attributes { all, .. } = Attributes::of(attrs.clone(), &sig.ident);
    let Signature { generics, .. } = sig;
    let receiver = sig.receiver();
    let types = sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&typed.ty),
        FnArg::Receiver(_) => None,
    });
    // Nothing in here could be the hidden type of an `impl Trait`.
    let output = match output(sig) {
        output if has_word(output.clone(), "impl") => quote!(()),
        output => output,
    };
    let predicates = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let mut ident = sig.ident.clone();
    ident.set_span(place);
    let krate = krate.at(place);
    quote_spanned! {place=>
        #(#all)*
        #vis fn #ident #generics (#receiver #(, _: #types)*) -> ::core::future::Ready<#output>
        where #(#predicates,)* for<'__a> &'__a Self: #krate::__private::CalledInControllerBlock
        {
            ::core::unreachable!()
        }
    }
}
