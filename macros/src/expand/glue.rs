//! The glue beside the block: one function an action that answers its requests, and the table of routes.
//!
//! All of it has mixed-site hygiene, so that its locals meet each other and none of the user's.

use heck::ToUpperCamelCase as _;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{GenericParam, Generics, Ident, PathArguments, ReturnType, Type, parse_quote, spanned::Spanned as _};

use super::{attributes::Attributes, method::output_span};
use crate::{
    attr::{ActionArgs, Format, ResumableArgs},
    model::{Action, Argument, Controller, Fit},
    names,
};

pub fn controller(controller: &Controller) -> TokenStream {
    let actions: Vec<_> = controller.actions.iter().filter(|action| action.fit == Fit::Whole).collect();
    let answers = actions.iter().map(|action| answer(controller, action));
    let routes = actions.iter().map(|action| route(controller, action));
    let uses = controller.actions.iter().map(|action| &action.attribute);

    let krate = controller.krate();
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
        // What is wrong with the type as a whole is told at its name.
        let krate = controller.krate_at(ty.span());
        quote_spanned! {Span::mixed_site()=>
            #krate::__private::router(self, &[#(#routes),*]) #state_given
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
        #[allow(unreachable_patterns)]
        impl #impl_generics #ty #where_clause { #(#answers)* }

        #(#levels)*
        #[automatically_derived]
        impl #impl_generics #krate::__private::OneControllerBlockPerType for #ty #where_clause {}

        #(#levels)*
        #[automatically_derived]
        impl #controller_impl_generics #krate::Controller<#state> for #ty #controller_where_clause { #into_router }
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
    let krate = controller.krate();
    let method = controller.method(action);
    let cfgs = method.cfgs();
    let path = action.path.text();
    let methods = action.args.methods.iter().map(|method| format_ident!("{}", method.filter));
    let methods = methods.map(|filter| quote!(#krate::__private::MethodFilter::#filter));
    let methods = methods.reduce(|known, method| quote!(#known.or(#method)));
    let options = options(krate, &action.args);
    let answer = names::answer(&method.sig.ident);
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #krate::__private::Route {
            methods: #methods,
            path: #path,
            options: const { &#options },
            answer: Self::#answer,
        }
    }
}

/// Answers one request: takes the arguments from it, then runs the action.
fn answer(controller: &Controller, action: &Action) -> TokenStream {
    let krate = controller.krate();
    let method = controller.method(action);
    let cfgs = method.cfgs();
    let name = names::answer(&method.sig.ident);
    let state = controller.state.as_ref().map_or_else(|| quote!(()), |state| state.to_token_stream());
    let Taken { statements, names, ready } = take(controller, action, &state);
    let run = match controller.streams(method) {
        true => stream(controller, action, &names, &ready),
        false => respond(controller, action, &names),
    };
    // What is not `Send` is told at the user's `async`.
    let place = method.sig.asyncness.map_or_else(Span::call_site, |token| token.span);
    let private = controller.krate_at(place);
    let answer = quote_spanned!(Span::mixed_site().located_at(place)=>
        #private::__private::Box::pin(async move {
            #statements
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

/// The arguments of an action, taken from a request.
struct Taken {
    statements: TokenStream,
    /// The locals that hold them.
    names: Vec<Ident>,
    /// The call once it has nothing left to take.
    ready: TokenStream,
}

fn take(controller: &Controller, action: &Action, state: &TokenStream) -> Taken {
    let krate = controller.krate();
    let site = Span::mixed_site();
    let mut names = Vec::new();
    let mut statements = quote_spanned!(site=> #[allow(unused_imports)] use #krate::__private::dispatch::*;);
    if action.arguments.iter().any(|argument| matches!(argument, Argument::Param { .. })) {
        statements.extend(quote_spanned!(site=> let __params = __call.params().await?;));
    }
    // Only the last extractor may take the body.
    let last = action.arguments.iter().rposition(|argument| matches!(argument, Argument::Extractor { .. }));
    for (index, argument) in action.arguments.iter().enumerate() {
        let name = format_ident!("__argument_{index}", span = site);
        let (Argument::Param { ty, .. } | Argument::Extractor { ty }) = argument;
        let place = site.located_at(ty.span());
        statements.extend(match argument {
            Argument::Param { name: param, ty } => quote_spanned! {place=>
                let #name = #krate::__private::Param::<#ty>::named(#param).parse(&__params)?;
            },
            Argument::Extractor { ty } if last == Some(index) => quote_spanned! {place=>
                let (#name, __ready) = <#ty as #krate::__private::LastArgument<#state, _>>::take(__call).await?;
            },
            Argument::Extractor { ty } => quote_spanned! {place=>
                let #name = <#ty as #krate::__private::Argument<#state>>::take(&mut __call).await?;
            },
        });
        names.push(name);
    }
    let ready = match last {
        Some(_) => quote_spanned!(site=> __ready),
        None => quote_spanned!(site=> __call.ready()),
    };
    Taken { statements, names, ready }
}

/// Runs an action that streams, and says how its stream ends by what it returns.
fn stream(controller: &Controller, action: &Action, arguments: &[Ident], ready: &TokenStream) -> TokenStream {
    let method = controller.method(action);
    let boxed = names::boxed(&method.sig.ident);
    let place = |span: Span| Span::mixed_site().located_at(span);
    let (ok, err) = halves(&method.sig.output);
    let at = |span: Option<Span>| span.map_or_else(|| output_span(&method.sig), place);
    let (ok, err) = (at(ok), at(err));
    let value = {
        let krate = controller.krate_at(ok);
        quote_spanned!(ok=> #krate::__private::Value(value).outcome())
    };
    let error = {
        let krate = controller.krate_at(err);
        quote_spanned!(err=> #krate::__private::Thrown(error).outcome())
    };
    let all = output_span(&method.sig);
    let krate = controller.krate_at(all);
    let outcome = quote_spanned! {all=>
        match #krate::__private::Returned(__this.#boxed(__sender #(, #arguments)*).await).ended() {
            ::core::result::Result::Ok(value) => #value,
            ::core::result::Result::Err(error) => #error,
        }
    };
    let start = method.sig.asyncness.map_or(all, |token| place(token.span));
    let krate = controller.krate_at(start);
    let body = quote_spanned!(start=> #krate::__private::Box::pin(async move { #outcome }));
    quote_spanned! {Span::mixed_site()=>
        ::core::result::Result::Ok(#ready.open()?.run(move |__sender| #body).await)
    }
}

/// What the attribute says about the response.
fn options(krate: &TokenStream, args: &ActionArgs) -> TokenStream {
    let mut options = quote!(#krate::__private::Options::DEFAULT);
    if !args.formats.is_empty() {
        let formats = args.formats.iter().map(|format| match format {
            Format::Known(constant) => quote!(#krate::format::#constant),
            Format::Own(path) => path.to_token_stream(),
        });
        options.extend(quote!(.formats(&[#(#formats),*])));
    }
    for (word, millis) in &args.durations {
        options.extend(quote!(.#word(#millis)));
    }
    for (event, then) in &args.events {
        options.extend(choice(krate, event, event, then));
    }
    if let Some(resumable) = &args.resumable {
        let resumable = resumable_options(krate, resumable);
        options.extend(quote!(.resumable(#resumable)));
    }
    options
}

/// `.on_disconnect(OnDisconnect::Finish)`
fn choice(krate: &TokenStream, word: &Ident, ty: &Ident, then: &Ident) -> TokenStream {
    let camel = |word: &Ident| Ident::new(&word.to_string().to_upper_camel_case(), Span::mixed_site());
    let (ty, variant) = (camel(ty), camel(then));
    quote!(.#word(#krate::__private::#ty::#variant))
}

/// What `resumable(…)` says.
fn resumable_options(krate: &TokenStream, args: &ResumableArgs) -> TokenStream {
    let mut options = quote!(#krate::__private::Resumable::DEFAULT);
    if let Some((word, then)) = &args.key {
        options.extend(choice(krate, word, &format_ident!("key_in"), then));
    }
    if let Some((word, then)) = &args.overflow {
        options.extend(choice(krate, word, word, then));
    }
    if let Some(owner) = &args.owner {
        options.extend(quote!(.owner(#owner)));
    }
    for (word, number) in &args.numbers {
        options.extend(quote!(.#word(#number)));
    }
    options
}

/// Where `T` and `E` of a `Result<T, E>` stand, as far as the type says it.
fn halves(output: &ReturnType) -> (Option<Span>, Option<Span>) {
    let ReturnType::Type(_, ty) = output else { return (None, None) };
    let Type::Path(path) = &**ty else { return (None, None) };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else { return (None, None) };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return (None, None) };
    let mut spans = arguments.args.iter().map(|argument| Some(argument.span()));
    (spans.next().flatten(), spans.next().flatten())
}

/// Runs an action that does not stream: an ordinary handler.
fn respond(controller: &Controller, action: &Action, arguments: &[Ident]) -> TokenStream {
    let method = controller.method(action);
    let ident = &method.sig.ident;
    let place = output_span(&method.sig);
    let krate = controller.krate_at(place);
    let response = quote_spanned! {place=>
        #krate::__private::answer(__this.#ident(#(#arguments),*).await)
    };
    quote_spanned!(Span::mixed_site()=> ::core::result::Result::Ok(#response))
}
