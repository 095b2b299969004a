//! The glue beside the block: one function an action that answers its requests, and the table of routes.
//!
//! All of it has mixed-site hygiene, so that its locals meet each other and none of the user's.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{GenericParam, Generics, Ident, parse_quote, spanned::Spanned as _};

use super::method::output_span;
use crate::{
    model::{Action, Argument, Controller},
    names,
};

pub fn controller(controller: &Controller) -> TokenStream {
    let actions: Vec<_> = controller.actions.iter().filter(|action| !action.broken).collect();
    let answers = actions.iter().map(|action| answer(controller, action));
    let routes = actions.iter().map(|action| route(controller, action));
    let uses = controller.actions.iter().map(|action| &action.attribute);

    let krate = &controller.krate;
    let ty = &controller.head.self_ty;
    let (impl_generics, _, where_clause) = controller.head.generics.split_for_impl();
    let with_state;
    let (state, controller_generics, state_given) = match &controller.state {
        Some(state) => (state.to_token_stream(), &controller.head.generics, TokenStream::new()),
        None => {
            let state = Ident::new("__S", Span::mixed_site());
            with_state = with_parameter(&controller.head.generics, &state);
            (state.to_token_stream(), &with_state, quote!(.with_state(())))
        }
    };
    let (controller_impl_generics, _, controller_where_clause) = controller_generics.split_for_impl();
    quote! {
        #(#[#uses(__taken)] const _: () = ();)*

        #[doc(hidden)]
        #[allow(unreachable_patterns)]
        impl #impl_generics #ty #where_clause { #(#answers)* }

        #[automatically_derived]
        impl #impl_generics #krate::__private::Streams for #ty #where_clause {}

        #[automatically_derived]
        impl #controller_impl_generics #krate::Controller<#state> for #ty #controller_where_clause {
            fn into_router(self) -> #krate::__private::Router<#state> {
                let routes = #krate::__private::Routes::new(self);
                #(#routes)*
                routes.into_router() #state_given
            }
        }
    }
}

/// The generics with the router's state as one more type: a controller that needs no state goes with any.
fn with_parameter(generics: &Generics, state: &Ident) -> Generics {
    let mut generics = generics.clone();
    let parameter: GenericParam =
        parse_quote!(#state: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static);
    generics.params.push(parameter);
    generics
}

/// One line of the table of routes.
fn route(controller: &Controller, action: &Action) -> TokenStream {
    let krate = &controller.krate;
    let method = controller.method(action);
    let cfgs = method.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let name = method.name();
    let path = action.path.text();
    let filters = action.args.methods.iter().map(|method| {
        let filter = format_ident!("{}", method.filter);
        quote!(#krate::__private::MethodFilter::#filter)
    });
    let answer = names::answer(&method.sig.ident);
    quote! {
        #(#cfgs)*
        let routes = routes.action(#name, &[#(#filters),*], #path, Self::#answer);
    }
}

/// Answers one request: takes the arguments from it, then runs the action.
fn answer(controller: &Controller, action: &Action) -> TokenStream {
    let krate = &controller.krate;
    let method = controller.method(action);
    let cfgs = method.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
    let name = names::answer(&method.sig.ident);
    let state = controller.state.as_ref().map_or_else(|| quote!(()), |state| state.to_token_stream());
    let (arguments, takes) = arguments(controller, action);
    let run = match controller.sender(&method.name()) {
        Some(_) => stream(controller, action, &arguments),
        None => respond(controller, action, &arguments),
    };
    // What is not `Send` is told at the user's `async`.
    let place = method.sig.asyncness.map_or_else(Span::call_site, |token| token.span);
    let answer = quote_spanned!(Span::mixed_site().located_at(place)=>
        #krate::__private::Box::pin(async move {
            #takes
            #run
        })
    );
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #[allow(deprecated)]
        fn #name(
            __this: #krate::__private::Arc<Self>,
            mut __call: #krate::__private::Call<#state>,
        ) -> #krate::__private::Answer { #answer }
    }
}

/// The names of the arguments, and the statements that take them from the request.
fn arguments(controller: &Controller, action: &Action) -> (Vec<Ident>, TokenStream) {
    let krate = &controller.krate;
    let site = Span::mixed_site();
    let mut names = Vec::new();
    let mut takes = quote_spanned!(site=> #[allow(unused_imports)] use #krate::__private::dispatch::*;);
    if action.arguments.iter().any(|argument| matches!(argument, Argument::Param { .. })) {
        takes.extend(quote_spanned!(site=> let __params = __call.params().await?;));
    }
    // Only the last extractor may take the body.
    let last = action.arguments.iter().rposition(|argument| matches!(argument, Argument::Extractor { .. }));
    for (index, argument) in action.arguments.iter().enumerate() {
        let name = format_ident!("__argument_{index}", span = site);
        let span = |ty: &syn::Type| site.located_at(ty.span());
        takes.extend(match argument {
            Argument::Param { name: param, ty } => quote_spanned! {span(ty)=>
                let #name = #krate::__private::Param::<#ty>::named(#param).parse(&__params)?;
            },
            Argument::Extractor { ty } if last == Some(index) => quote_spanned! {span(ty)=>
                let (#name, __ready) = __call.last::<#ty, _>().await?;
            },
            Argument::Extractor { ty } => quote_spanned! {span(ty)=>
                let #name = __call.part::<#ty>().await?;
            },
        });
        names.push(name);
    }
    if last.is_none() {
        takes.extend(quote_spanned!(site=> let __ready = __call.ready();));
    }
    (names, takes)
}

/// Runs an action that streams, and says how its stream ends by what it returns.
fn stream(controller: &Controller, action: &Action, arguments: &[Ident]) -> TokenStream {
    let krate = &controller.krate;
    let method = controller.method(action);
    let twin = names::twin(&method.sig.ident);
    let outcome = quote_spanned! {output_span(&method.sig)=>
        match #krate::__private::Returned(__this.#twin(__outlet #(, #arguments)*).await).ended() {
            ::core::result::Result::Ok(value) => #krate::__private::Value(value).outcome(),
            ::core::result::Result::Err(error) => #krate::__private::Thrown(error).outcome(),
        }
    };
    quote_spanned! {Span::mixed_site()=>
        let __opening = __ready.open()?;
        let __outlet = __opening.outlet();
        let __body = #krate::__private::Box::pin(async move { #outcome });
        ::core::result::Result::Ok(__ready.run(__opening, __body).await)
    }
}

/// Runs an action that does not stream: an ordinary handler.
fn respond(controller: &Controller, action: &Action, arguments: &[Ident]) -> TokenStream {
    let krate = &controller.krate;
    let method = controller.method(action);
    let ident = &method.sig.ident;
    let response = quote_spanned! {output_span(&method.sig)=>
        #krate::__private::IntoResponse::into_response(__this.#ident(#(#arguments),*).await)
    };
    quote_spanned! {Span::mixed_site()=>
        let _ = __ready;
        ::core::result::Result::Ok(#response)
    }
}
