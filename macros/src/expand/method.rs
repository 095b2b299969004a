//! One method of the block: rewritten where it streams, left alone where it does not.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{
    FnArg, Ident, Pat, Receiver, ReturnType, Signature, Type, Visibility, parse_quote, parse_quote_spanned,
    spanned::Spanned as _,
};

use super::{attributes::Attributes, call};
use crate::{
    errors::Errors,
    model::{Callee, Controller, Fit},
    names,
    parse::{Body, Method},
    rewrite,
};

pub fn expand(controller: &Controller, index: usize, mut method: Method, errors: &mut Errors) -> TokenStream {
    let callee = controller.callee(&method.name());
    let action = controller.action(index);
    let fits = method.sig.receiver().is_some() && action.is_none_or(|action| action.fit != Fit::NoAction);
    let has_sender = fits && callee.is_some() && (action.is_none() || controller.streams(&method));
    let item = controller.item_sent(&method.name());
    rewrite::body(&mut method.body, &mut |call| call::replace(controller, has_sender, item, call, errors));
    match callee {
        Some(_) if !fits => plain(controller, method, action.is_some()),
        Some(Callee { is_action: true, .. }) if has_sender => streaming_action(controller, method),
        Some(Callee { is_action: true, .. }) => silent_action(controller, method),
        Some(Callee { is_action: false, .. }) => helper(controller, method),
        None => plain(controller, method, action.is_some()),
    }
}

/// A method that does not stream, or that cannot because something is wrong with it.
fn plain(controller: &Controller, method: Method, is_action: bool) -> TokenStream {
    let streams = controller.streams(&method);
    let Method { attrs, vis, mut sig, body, .. } = method;
    if is_action && sig.receiver().is_none() {
        // There is an error already; the body may well use `self`.
        sig.inputs.insert(0, parse_quote!(&self));
    }
    if streams {
        sig.constness = None;
    }
    let body = match sig.receiver() {
        Some(_) => with_prelude(body, &language(controller)),
        None => body_tokens(body),
    };
    quote!(#(#attrs)* #vis #sig #body)
}

/// A helper keeps its name and gets the sending half as one more argument.
fn helper(controller: &Controller, method: Method) -> TokenStream {
    let Method { attrs, vis, sig, body, .. } = method;
    let twin = with_sender(controller, &vis, sig, body);
    quote!(#(#attrs)* #twin)
}

/// An action becomes two methods: its own name gives the generator, and a hidden twin holds the body.
fn streaming_action(controller: &Controller, method: Method) -> TokenStream {
    let Method { attrs, vis, sig, body, .. } = method;
    let Attributes { shown, hidden, all } = Attributes::of(attrs, &sig.ident);

    let (twin, boxed) = (names::twin(&sig.ident), names::boxed(&sig.ident));
    let Signature { fn_token, ident, generics, .. } = &sig;
    let where_clause = &generics.where_clause;
    let krate = controller.krate();
    let output = output(&sig);
    let Forwarded { receiver, inputs, arguments } = forwarded(&sig);
    let this = sig.receiver().map(|receiver| receiver.self_token);
    // What is returned and not `Send` is told at its type, a body that is not at the user's `async`. Both the
    // generator and the route run the boxed body, because each cast to a box would tell of the body again.
    let place = output_span(&sig);
    let at_output = controller.krate_at(place);
    let new = quote_spanned! {place=>
        #at_output::Generator::new(
            |__sender| #this.#boxed(__sender #(, #arguments)*),
            |__returned| #at_output::__private::Returned(__returned).failed(),
        )
    };
    let place = Span::mixed_site().located_at(sig.asyncness.map_or_else(Span::call_site, |token| token.span));
    let at_async = controller.krate_at(place);
    let pin = quote_spanned!(place=> #at_async::__private::Box::pin(#this.#twin([__sender] #(, #arguments)*)));
    let future = quote_spanned! {place=>
        ::core::pin::Pin<#at_async::__private::Box<
            dyn ::core::future::Future<Output = #output> + ::core::marker::Send + '_
        >>
    };
    let parameters = quote_spanned!(place=> (#receiver, __sender: #at_async::__private::Sender, #(#inputs),*));
    let boxed = quote_spanned! {place=>
        #[doc(hidden)]
        #(#all)*
        fn #boxed #generics #parameters -> #future #where_clause { #pin }
    };
    let generator = quote! {
        #(#shown)*
        #[allow(dead_code)]
        #vis #fn_token #ident #generics (#receiver, #(#inputs),*) -> #krate::Generator<'_, #output> #where_clause {
            #[allow(unused_imports)]
            use #krate::__private::dispatch::Infallibly as _;
            #new
        }
    };

    let mut twin_sig = sig;
    twin_sig.ident = twin;
    let twin = with_sender(controller, &Visibility::Inherited, twin_sig, body);
    quote! {
        #generator
        #boxed
        #[doc(hidden)]
        #(#hidden)*
        #twin
    }
}

/// An action that does not stream, where another one of its name does under an opposite `#[cfg]`. Those who delegate
/// to either find a twin.
fn silent_action(controller: &Controller, method: Method) -> TokenStream {
    let Attributes { all, .. } = Attributes::of(method.attrs.clone(), &method.sig.ident);
    let krate = controller.krate();
    let mut sig = method.sig.clone();
    sig.ident = names::twin(&sig.ident);
    let Forwarded { receiver, inputs, arguments } = forwarded(&method.sig);
    let Signature { ident, generics, output, .. } = &sig;
    let where_clause = &generics.where_clause;
    let this = method.sig.receiver().map(|receiver| receiver.self_token);
    let own = &method.sig.ident;
    let twin = quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        #(#all)*
        #[allow(dead_code, deprecated)]
        async fn #ident #generics (#receiver, _: [#krate::__private::Sender; 1], #(#inputs),*) #output #where_clause {
            Self::#own(#this, #(#arguments),*).await
        }
    };
    let plain = plain(controller, method, true);
    quote!(#plain #twin)
}

/// The signature and the body with the sending half as first argument.
///
/// ```ignore
/// async fn count(&self, [ref __sender]: [Sender; 1], to: u32) -> u32 { … }
/// ```
/// A reference can go into any number of `async move` blocks, and a pattern needs no statement in front of the
/// user's items. In an array it is none of the arguments that `#[tracing::instrument]` records.
fn with_sender(controller: &Controller, vis: &Visibility, mut sig: Signature, body: Body) -> TokenStream {
    // Not at the method's name, where an editor would show the types of what is hidden.
    let place = Span::mixed_site().located_at(sig.paren_token.span.open());
    let krate = controller.krate_at(place);
    let sender = names::sender(place);
    sig.inputs.insert(1, parse_quote_spanned!(place=> [ref #sender]: [#krate::__private::Sender; 1]));
    if let ReturnType::Type(_, ty) = &mut sig.output {
        **ty = returned(ty);
    }
    // Lints that count are meant for what the user wrote.
    let counted = (sig.inputs.len() == 8).then(|| quote!(#[allow(clippy::too_many_arguments)]));
    let body = with_prelude(body, &language(controller));
    quote!(#counted #vis #sig #body)
}

/// Brings `stream` into scope, in every method, so that an editor offers it where it has not been typed yet.
fn language(controller: &Controller) -> TokenStream {
    let krate = controller.krate();
    quote!(#[allow(unused_imports)] use #krate::__private::{ForwardAll as _, Streams as _};)
}

fn with_prelude(body: Body, prelude: &TokenStream) -> TokenStream {
    match body {
        Body::Parsed(block) => {
            let stmts = &block.stmts;
            quote_spanned!(block.brace_token.span.join()=> { #prelude #(#stmts)* })
        }
        Body::Tokens(group) => {
            let tokens = group.stream();
            quote_spanned!(group.span()=> { #prelude #tokens })
        }
    }
}

pub fn body_tokens(body: Body) -> TokenStream {
    match body {
        Body::Parsed(block) => block.to_token_stream(),
        Body::Tokens(group) => TokenTree::from(group).into(),
    }
}

/// The arguments of a method that hands them on to another one: patterns give way to plain names.
struct Forwarded<'a> {
    receiver: Option<&'a Receiver>,
    inputs: Vec<TokenStream>,
    arguments: Vec<Ident>,
}

fn forwarded(sig: &Signature) -> Forwarded<'_> {
    let mut forwarded = Forwarded { receiver: sig.receiver(), inputs: Vec::new(), arguments: Vec::new() };
    for (index, input) in sig.inputs.iter().enumerate() {
        let FnArg::Typed(typed) = input else { continue };
        let name = match &*typed.pat {
            Pat::Ident(ident) if ident.subpat.is_none() => used(&ident.ident),
            _ => format_ident!("argument_{index}", span = Span::mixed_site()),
        };
        let ty = &typed.ty;
        forwarded.inputs.push(quote!(#name: #ty));
        forwarded.arguments.push(name);
    }
    forwarded
}

/// The name of an argument that is handed on. With an underscore in front it says that the body does not use it, which
/// lints would hold against the generated code.
fn used(name: &Ident) -> Ident {
    let mut name = name.clone();
    if name.to_string().starts_with('_') {
        name.set_span(Span::mixed_site().located_at(name.span()));
    }
    name
}

/// The return type, `()` where none is written.
pub fn output(sig: &Signature) -> TokenStream {
    match &sig.output {
        ReturnType::Default => quote_spanned!(sig.paren_token.span.close()=> ()),
        ReturnType::Type(_, ty) => returned(ty).to_token_stream(),
    }
}

/// `!` is no type in stable Rust; whoever never returns may as well promise `()`.
fn returned(ty: &Type) -> Type {
    match ty {
        Type::Never(never) => parse_quote_spanned!(never.span()=> ()),
        other => other.clone(),
    }
}

/// Where errors about what a method returns belong.
pub fn output_span(sig: &Signature) -> Span {
    let place = match &sig.output {
        ReturnType::Default => sig.paren_token.span.close(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    Span::mixed_site().located_at(place)
}
