//! One method of the block: rewritten where it streams, left alone where it does not.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{
    FnArg, Ident, Pat, Receiver, ReturnType, Signature, Type, Visibility, parse_quote, parse_quote_spanned,
    spanned::Spanned as _,
};

use super::{
    attributes::{self, Attributes},
    call, outside,
};
use crate::{
    body::Body,
    checked::{self, Role},
    model::Method,
    names::{self, Crate},
    rewrite,
};

pub fn expand(krate: &Crate, checked: checked::Method) -> TokenStream {
    let checked::Method { mut method, role, is_called, item, verdicts, .. } = checked;
    let mut verdicts = verdicts.into_iter();
    rewrite::body(&mut method.body, &mut |call| {
        let Some(verdict) = verdicts.next() else { unreachable!("each call has its verdict") };
        call::expand(krate, item.as_ref(), call, verdict)
    });
    match role {
        Role::Plain => plain(krate, method),
        Role::Helper => helper(krate, method, is_called),
        Role::Action => action(krate, method),
        Role::SilentTwin => silent_twin(krate, method),
        Role::Broken => broken(krate, method),
    }
}

/// A method that does not stream stays as it is.
fn plain(krate: &Crate, method: Method) -> TokenStream {
    let Method { attrs, vis, sig, body, action, .. } = method;
    // An action is `async` even where it has nothing to wait for.
    let allowed = action.map(|_| quote!(#[allow(clippy::unused_async)]));
    let body = match sig.receiver() {
        Some(_) => body.with_prelude(&prelude(krate)),
        None => body.into_token_stream(),
    };
    quote!(#allowed #(#attrs)* #vis #sig #body)
}

/// A method with a mistake gets what its body needs, so that rustc does not report the mistake again.
fn broken(krate: &Crate, mut method: Method) -> TokenStream {
    if method.action.is_some() && method.sig.receiver().is_none() {
        method.sig.inputs.insert(0, parse_quote!(&self));
    }
    method.sig.constness = None;
    plain(krate, method)
}

/// A helper becomes two methods: a hidden twin holds the body, and its own name is for callers outside of the block.
fn helper(krate: &Crate, method: Method, is_called: bool) -> TokenStream {
    // rustc warns of a helper that is never used. It does not look for unused methods in the code of a macro.
    let unused = (!is_called).then(|| outside::helper(krate, &method, method.sig.ident.span()));
    let Method { attrs, vis, mut sig, body, .. } = method;
    let attrs = attributes::of_twin(attrs, &sig.ident);
    sig.ident = names::twin(&sig.ident);
    let (allowed, twin) = (more_arguments(), with_sender(krate, &vis, sig, body));
    quote! {
        #unused
        #[doc(hidden)]
        #allowed
        #(#attrs)*
        #twin
    }
}

/// An action becomes two methods: its own name gives the generator, and a hidden twin holds the body.
fn action(krate: &Crate, method: Method) -> TokenStream {
    let Method { attrs, vis, sig, body, .. } = method;
    let Attributes { shown, hidden, all } = Attributes::of(attrs, &sig.ident);

    let (twin, boxed) = (names::twin(&sig.ident), names::boxed(&sig.ident));
    let Signature { fn_token, ident, generics, .. } = &sig;
    let where_clause = &generics.where_clause;
    let output = output(&sig);
    let Forwarded { receiver, inputs, arguments } = forwarded(&sig);
    let this = sig.receiver().map(|receiver| receiver.self_token);
    // rustc reports a result that is not `Send` at its type, and a body that is not at the user's `async`. Both the
    // generator and the route run the boxed body, because each cast to a box would report the body again.
    let place = output_span(&sig);
    let at_output = krate.at(place);
    let new = quote_spanned! {place=>
        #at_output::Generator::new(
            |__sender| #this.#boxed(__sender #(, #arguments)*),
            |__returned| #at_output::__private::Returned(__returned).__failed(),
        )
    };
    let place = Span::mixed_site().located_at(sig.asyncness.map_or_else(Span::call_site, |token| token.span));
    let at_async = krate.at(place);
    let pin = quote_spanned!(place=> #at_async::__private::Box::pin(#this.#twin([__sender] #(, #arguments)*)));
    let future = quote_spanned! {place=>
        ::core::pin::Pin<#at_async::__private::Box<
            dyn ::core::future::Future<Output = #output> + ::core::marker::Send + '_
        >>
    };
    let parameters = quote_spanned!(place=> (#receiver, __sender: #at_async::__private::Sender, #(#inputs),*));
    let allowed = more_arguments();
    let boxed = quote_spanned! {place=>
        #[doc(hidden)]
        #allowed
        #(#all)*
        fn #boxed #generics #parameters -> #future #where_clause { #pin }
    };
    // It ends with tokens that count as the user's, in the type and in the body: lints and errors underline the method
    // then, and not `#[controller]`.
    let end = quote_spanned!(written_output_span(&sig).resolved_at(ident.span())=> >);
    let returned = quote!(-> #krate::Generator<'_, #output #end);
    let mut run = Group::new(Delimiter::Brace, quote!(use #krate::__private::dispatch::Infallibly as _; #new));
    run.set_span(body.span());
    let generator = quote! {
        #(#shown)*
        #vis #fn_token #ident #generics (#receiver, #(#inputs),*) #returned #where_clause #run
    };

    let mut twin_sig = sig;
    twin_sig.ident = twin;
    let twin = with_sender(krate, &Visibility::Inherited, twin_sig, body);
    quote! {
        #generator
        #boxed
        #[doc(hidden)]
        #allowed
        #(#hidden)*
        #twin
    }
}

/// An action that does not stream gets a twin that ignores the sender.
fn silent_twin(krate: &Crate, method: Method) -> TokenStream {
    let Attributes { all, .. } = Attributes::of(method.attrs.clone(), &method.sig.ident);
    let allowed = Attributes::allow_deprecated(&method.attrs);
    let mut sig = method.sig.clone();
    // Nothing may call it, which is no dead code of the user's.
    sig.ident = names::twin(&sig.ident);
    sig.ident.set_span(Span::mixed_site());
    let Forwarded { receiver, inputs, arguments } = forwarded(&method.sig);
    let Signature { ident, generics, output, .. } = &sig;
    let where_clause = &generics.where_clause;
    let this = method.sig.receiver().map(|receiver| receiver.self_token);
    let own = &method.sig.ident;
    let counted = more_arguments();
    let twin = quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        #counted
        #(#all)*
        #allowed
        async fn #ident #generics (#receiver, _: [#krate::__private::Sender; 1], #(#inputs),*) #output #where_clause {
            Self::#own(#this, #(#arguments),*).await
        }
    };
    let plain = plain(krate, method);
    quote!(#plain #twin)
}

/// The signature and the body with the sender as first argument.
///
/// ```ignore
/// async fn count(&self, [ref __sender]: [Sender; 1], to: u32) -> u32 { … }
/// ```
/// A reference can go into any number of `async move` blocks, and a pattern needs no statement in front of the user's
/// items. `#[tracing::instrument]` does not record an argument in an array.
fn with_sender(krate: &Crate, vis: &Visibility, mut sig: Signature, body: Body) -> TokenStream {
    // Not at the method's name, where an editor would show the hidden types.
    let place = Span::mixed_site().located_at(sig.paren_token.span.open());
    let at_place = krate.at(place);
    let sender = names::sender(place);
    sig.inputs.insert(1, parse_quote_spanned!(place=> [ref #sender]: [#at_place::__private::Sender; 1]));
    if let ReturnType::Type(_, ty) = &mut sig.output {
        **ty = returned(ty);
    }
    let body = body.with_prelude(&prelude(krate));
    quote!(#vis #sig #body)
}

/// Lets a method have the sender as one argument more than its user wrote. In front of the user's attributes, which win.
fn more_arguments() -> TokenStream {
    quote!(#[allow(clippy::too_many_arguments)])
}

/// Brings `stream` into scope in every method, so that an editor offers it where it has not been typed yet.
fn prelude(krate: &Crate) -> TokenStream {
    quote!(use #krate::__private::{ForwardAll as _, Streams as _};)
}

/// The arguments of a method that passes them on to another one: patterns give way to plain names.
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
            _ => format_ident!("__argument_{index}", span = Span::mixed_site()),
        };
        let ty = &typed.ty;
        forwarded.inputs.push(quote!(#name: #ty));
        forwarded.arguments.push(name);
    }
    forwarded
}

/// The name of an argument that is passed on. A leading underscore says that the body does not use it, so lints would
/// object to the generated code.
fn used(name: &Ident) -> Ident {
    let mut name = name.clone();
    if name.to_string().starts_with('_') {
        name.set_span(Span::mixed_site().located_at(name.span()));
    }
    name
}

/// The return type, or `()` if there is none.
pub fn output(sig: &Signature) -> TokenStream {
    match &sig.output {
        ReturnType::Default => quote_spanned!(sig.paren_token.span.close()=> ()),
        ReturnType::Type(_, ty) => returned(ty).to_token_stream(),
    }
}

/// The type as one may write it anywhere: `!` is no type in stable Rust, and `()` does as well for a method that never
/// returns.
fn returned(ty: &Type) -> Type {
    match ty {
        Type::Never(never) => parse_quote_spanned!(never.span()=> ()),
        other => other.clone(),
    }
}

/// The place of errors about the value that a method returns.
pub fn output_span(sig: &Signature) -> Span {
    Span::mixed_site().located_at(written_output_span(sig))
}

fn written_output_span(sig: &Signature) -> Span {
    match &sig.output {
        ReturnType::Default => sig.paren_token.span.close(),
        ReturnType::Type(_, ty) => ty.span(),
    }
}
