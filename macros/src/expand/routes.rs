//! The code beside the block: one function an action that answers its requests, and the table of routes.
//!
//! All of it has mixed-site hygiene, so that its locals meet each other and none of the user's.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{
    GenericParam, Generics, Ident, PathArguments, ReturnType, Signature, Type, parse_quote, spanned::Spanned as _,
};

use super::{attributes::Attributes, method::output_span, options};
use crate::{
    checked::{Controller, Item, Method, Role},
    model::action::{Action, Argument},
    names::{self, Crate},
};

pub fn expand(controller: &Controller) -> TokenStream {
    let routes: Vec<_> = controller.items.iter().filter_map(Route::of).collect();
    let answers = routes.iter().map(|route| answer(controller, route));
    let table = routes.iter().map(|route| row(controller, route));
    let uses = controller.items.iter().filter_map(|item| match item {
        Item::Method(method) => Some(&method.method.action.as_ref()?.attribute),
        Item::Other(_) => None,
    });

    let krate = &controller.krate;
    let levels = Attributes::levels(&controller.head.attrs);
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
    let body = if controller.can_serve {
        // rustc reports a mistake in the type as a whole at its name.
        let krate = krate.at(ty.span());
        quote_spanned! {Span::mixed_site()=>
            #krate::__private::router(self, &[#(#table),*]) #state_given
        }
    } else {
        quote!(#krate::__private::Router::new())
    };
    let into_router = quote_spanned! {Span::mixed_site()=>
        fn into_router(self) -> #krate::__private::Router<#state> { #body }
    };
    quote! {
        #(#[#uses(__taken)] const _: () = ();)*

        #[doc(hidden)]
        #(#levels)*
        impl #impl_generics #ty #where_clause { #(#answers)* }

        #(#levels)*
        #[automatically_derived]
        impl #impl_generics #krate::__private::OneControllerBlockPerType for #ty #where_clause {}

        #(#levels)*
        #[automatically_derived]
        impl #controller_impl_generics #krate::Controller<#state> for #ty #controller_where_clause { #into_router }
    }
}

/// The generics with the router's state as one more type: a controller without a state of its own works with any.
fn with_parameter(generics: &Generics, state: &Ident) -> Generics {
    let mut generics = generics.clone();
    let parameter: GenericParam =
        parse_quote!(#state: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static);
    generics.params.push(parameter);
    generics
}

/// An action with a route.
pub struct Route<'a> {
    pub method: &'a Method,
    pub action: &'a Action,
}

impl<'a> Route<'a> {
    pub fn of(item: &'a Item) -> Option<Self> {
        match item {
            Item::Method(method) if method.has_route => Some(Self { method, action: method.method.action.as_ref()? }),
            _ => None,
        }
    }

    pub fn sig(&self) -> &'a Signature {
        &self.method.method.sig
    }
}

/// One row of the table of routes.
fn row(controller: &Controller, route: &Route<'_>) -> TokenStream {
    let krate = &controller.krate;
    let Route { method, action } = route;
    let cfgs = method.method.cfgs();
    let path = action.path.text();
    let methods = action.args.methods.iter().map(|method| format_ident!("{}", method.filter));
    let methods = methods.map(|filter| quote!(#krate::__private::MethodFilter::#filter));
    let methods = methods.reduce(|known, method| quote!(#known.or(#method)));
    let options = self::options(controller, route);
    let answer = names::answer(&route.sig().ident);
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #krate::__private::Route {
            methods: #methods,
            path: #path,
            options: #options,
            answer: Self::#answer,
        }
    }
}

/// The options of an action, as a constant.
pub fn options(controller: &Controller, route: &Route<'_>) -> TokenStream {
    let options = options::expand(&controller.krate, route.action);
    let problems = controller.problems.then(|| quote!(.problems()));
    let never_streams = (route.method.role != Role::Action).then(|| quote!(.never_streams()));
    quote_spanned!(Span::mixed_site()=> const { &#options #problems #never_streams })
}

/// The function that answers one request: takes the arguments from it, then runs the action.
fn answer(controller: &Controller, route: &Route<'_>) -> TokenStream {
    let krate = &controller.krate;
    let (method, sig) = (route.method, route.sig());
    let cfgs = method.method.cfgs();
    let allowed = Attributes::allow_deprecated(&method.method.attrs);
    let name = names::answer(&sig.ident);
    let state = controller.state.as_ref().map_or_else(|| quote!(()), |state| state.to_token_stream());
    let streams = method.role == Role::Action;
    let Taken { statements, names, ready } = take(krate, route.action, &state, streams);
    let run = match streams {
        true => {
            let run = stream(krate, sig, &names, &ready);
            // The generator may have no other user, and is not dead code.
            let mut generator = sig.ident.clone();
            generator.set_span(Span::mixed_site());
            quote_spanned!(Span::mixed_site()=> let _ = Self::#generator; #run)
        }
        false => respond(krate, sig, &names),
    };
    // rustc reports a future that is not `Send` at the user's `async`.
    let place = sig.asyncness.map_or_else(Span::call_site, |token| token.span);
    let private = krate.at(place);
    let answer = quote_spanned!(Span::mixed_site().located_at(place)=>
        #private::__private::Box::pin(async move {
            #statements
            #run
        })
    );
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #allowed
        fn #name(
            __this: #krate::__private::Arc<Self>,
            mut __call: #krate::__private::Call<#state>,
        ) -> #krate::__private::Answer { #answer }
    }
}

/// The arguments of an action, taken from a request.
struct Taken {
    statements: TokenStream,
    /// The locals that hold them.
    names: Vec<Ident>,
    /// The call, once nothing is left to take from it.
    ready: TokenStream,
}

fn take(krate: &Crate, action: &Action, state: &TokenStream, streams: bool) -> Taken {
    let site = Span::mixed_site();
    // Only a stream needs what the last extractor leaves of the call.
    let rest = if streams { quote_spanned!(site=> __ready) } else { quote!(_) };
    let mut names = Vec::new();
    let mut statements = quote_spanned!(site=>
        use #krate::__private::dispatch::{AsFailure as _, AsResult as _, FromStrText as _, FromText as _, Infallibly as _};
    );
    if action.arguments.iter().any(|argument| matches!(argument, Argument::Param { .. })) {
        statements.extend(quote_spanned!(site=> let __params = #krate::__private::Call::params(&mut __call).await?;));
    }
    // Only the last extractor may take the body.
    let last = action.arguments.iter().rposition(|argument| matches!(argument, Argument::Extractor { .. }));
    for (index, argument) in action.arguments.iter().enumerate() {
        let name = format_ident!("__argument_{index}", span = site);
        let (Argument::Param { ty, .. } | Argument::Extractor { ty }) = argument;
        let place = site.located_at(ty.span());
        statements.extend(match argument {
            Argument::Param { name: param, ty } => quote_spanned! {place=>
                let #name = #krate::__private::Param::<#ty>::named(#param).__parse(&__params)?;
            },
            Argument::Extractor { ty } if last == Some(index) => quote_spanned! {place=>
                let (#name, #rest) = <#ty as #krate::__private::LastArgument<#state, _>>::take(__call).await?;
            },
            Argument::Extractor { ty } => quote_spanned! {place=>
                let #name = <#ty as #krate::__private::Argument<#state>>::take(&mut __call).await?;
            },
        });
        names.push(name);
    }
    let ready = match last {
        Some(_) => rest,
        None => quote_spanned!(site=> __call.ready()),
    };
    Taken { statements, names, ready }
}

/// Runs an action that streams. How its stream ends depends on what it returns.
fn stream(krate: &Crate, sig: &Signature, arguments: &[Ident], ready: &TokenStream) -> TokenStream {
    let boxed = names::boxed(&sig.ident);
    let place = |span: Span| Span::mixed_site().located_at(span);
    let (ok, err) = halves(&sig.output);
    let at = |span: Option<Span>| span.map_or_else(|| output_span(sig), place);
    let (ok, err) = (at(ok), at(err));
    let value = {
        let krate = krate.at(ok);
        quote_spanned!(ok=> #krate::__private::Value(__value).__outcome())
    };
    let error = {
        let krate = krate.at(err);
        quote_spanned!(err=> #krate::__private::Thrown(__error).__outcome())
    };
    let all = output_span(sig);
    let at_all = krate.at(all);
    let outcome = quote_spanned! {all=>
        match #at_all::__private::Returned(__this.#boxed(__sender #(, #arguments)*).await).__ended() {
            ::core::result::Result::Ok(__value) => #value,
            ::core::result::Result::Err(__error) => #error,
        }
    };
    let start = sig.asyncness.map_or(all, |token| place(token.span));
    let krate = krate.at(start);
    let body = quote_spanned!(start=> #krate::__private::Box::pin(async move { #outcome }));
    quote_spanned! {Span::mixed_site()=>
        ::core::result::Result::Ok(#ready.open()?.run(move |__sender| #body).await)
    }
}

/// Runs an action that does not stream, as an ordinary handler.
fn respond(krate: &Crate, sig: &Signature, arguments: &[Ident]) -> TokenStream {
    let ident = &sig.ident;
    let place = output_span(sig);
    let krate = krate.at(place);
    let response = quote_spanned! {place=>
        #krate::__private::answer(Self::#ident(&__this #(, #arguments)*).await)
    };
    quote_spanned!(Span::mixed_site()=> ::core::result::Result::Ok(#response))
}

/// The places of `T` and `E` in a `Result<T, E>`, as far as the type shows them.
fn halves(output: &ReturnType) -> (Option<Span>, Option<Span>) {
    let ReturnType::Type(_, ty) = output else { return (None, None) };
    let Type::Path(path) = &**ty else { return (None, None) };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else { return (None, None) };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return (None, None) };
    let mut spans = arguments.args.iter().map(|argument| Some(argument.span()));
    (spans.next().flatten(), spans.next().flatten())
}
