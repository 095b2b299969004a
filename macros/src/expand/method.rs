//! One method of the block: rewritten where it streams, left alone where it does not.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::{Attribute, FnArg, Ident, Pat, ReturnType, Signature, ext::IdentExt as _, spanned::Spanned as _};

use crate::{
    errors::Errors,
    model::{Controller, Sender},
    names,
    parse::{Body, Method},
    rewrite::{self, Call, Replacement, Scope},
};

pub fn expand(controller: &Controller, mut method: Method, errors: &mut Errors) -> TokenStream {
    let sender = controller.sender(&method.name());
    rewrite::body(&mut method.body, &mut |call| replace(controller, sender.is_some(), call, errors));
    match sender {
        Some(Sender::Action) => streaming_action(controller, method),
        Some(Sender::Helper) => helper(controller, method),
        None => plain(controller, method),
    }
}

/// What takes the place of a call, in a method that streams or in one that cannot.
fn replace(controller: &Controller, streams: bool, call: &Call, errors: &mut Errors) -> Option<Replacement> {
    if call.method == rewrite::STREAM {
        return Some(Replacement::Awaited(stream(streams, call, errors)));
    }
    let callee = controller.sender(&call.method.unraw().to_string()).filter(|_| streams)?;
    Some(Replacement::Call(delegate(callee, call)))
}

/// ```ignore
/// self.stream(x)
/// ```
/// becomes
/// ```ignore
/// { let __sent = __outlet.offer(self.stream(x)); __sent.await }
/// ```
/// The packet is written by `offer`; nothing of `x` lives on while the method waits for room.
fn stream(streams: bool, call: &Call, errors: &mut Errors) -> TokenStream {
    // The tokens around the call get a place of their own, or an editor would find several meanings of `stream`.
    let span = Span::mixed_site().located_at(call.args.span_close());
    let message = match call.scope {
        Scope::Method if streams => {
            let outlet = Ident::new(&names::outlet().to_string(), span);
            return quote_spanned!(span=> { let __sent = #outlet.offer(#call); __sent.await });
        }
        // The method itself is wrong, and an error says so.
        Scope::Method => None,
        Scope::Closure => Some(
            "`self.stream(..)` waits for the client, and a closure can't wait\nhelp: collect the values and stream them in a loop, or return an `async` block from the closure",
        ),
        Scope::Spawned => Some(
            "`self.stream(..)` can't be used in a spawned task, which may outlive the action\nhelp: await the work in the action itself, with `join!` or `FuturesUnordered`",
        ),
        Scope::Const => Some("`self.stream(..)` needs to run, and a constant does not\nhelp: move the call out of it"),
        Scope::Function => Some(
            "`self.stream(..)` can't be used in a nested function, which has no `self`\nhelp: make it a method of the controller",
        ),
    };
    if let Some(message) = message {
        errors.push(syn::Error::new_spanned(call, message));
    }
    if call.scope == Scope::Function {
        return quote_spanned!(span=> ());
    }
    quote_spanned!(span=> { let _ = #call; })
}

/// `self.count(3)` becomes `self.count(__outlet.clone(), 3)`: the packets of the other method go the same way.
fn delegate(callee: Sender, call: &Call) -> TokenStream {
    let Call { receiver, method, turbofish, args, .. } = call;
    let callee = match callee {
        Sender::Action => names::twin(method),
        Sender::Helper => method.clone(),
    };
    let outlet = names::outlet();
    let rest = args.stream();
    let mut with_outlet = proc_macro2::Group::new(args.delimiter(), quote!(#outlet.clone(), #rest));
    with_outlet.set_span(args.span());
    quote!(#receiver #callee #turbofish #with_outlet)
}

/// A method that does not stream, or that cannot because something is wrong with it.
fn plain(controller: &Controller, method: Method) -> TokenStream {
    let Method { attrs, vis, sig, body } = method;
    let body = match sig.receiver() {
        Some(_) => with_prelude(body, &language(controller)),
        None => body_tokens(body),
    };
    quote!(#(#attrs)* #vis #sig #body)
}

/// A helper keeps its name and gets the sending half as one more argument.
fn helper(controller: &Controller, method: Method) -> TokenStream {
    let Method { attrs, vis, sig, body } = method;
    let twin = with_outlet(controller, sig, body);
    quote!(#(#attrs)* #vis #twin)
}

/// An action becomes two methods: its own name gives the generator, and a hidden twin holds the body.
fn streaming_action(controller: &Controller, method: Method) -> TokenStream {
    let Method { attrs, vis, sig, body } = method;
    let krate = &controller.krate;
    let (shown, hidden): (Vec<_>, Vec<_>) = attrs.into_iter().partition(is_shown);
    let cfgs: Vec<_> = shown.iter().filter(|attr| is_both(attr)).collect();

    let twin = names::twin(&sig.ident);
    let Signature { fn_token, ident, generics, .. } = &sig;
    let where_clause = &generics.where_clause;
    let output = output(&sig);
    let (inputs, arguments) = forwarded(&sig);
    // What is not `Send` is told at the user's `async`.
    let span = sig.asyncness.map_or_else(Span::mixed_site, |token| Span::mixed_site().located_at(token.span));
    let this = sig.receiver().map(|receiver| receiver.self_token);
    let start = quote_spanned!(span=>
        #krate::Generator::new(|__outlet| #krate::__private::Box::pin(#this.#twin(__outlet #(, #arguments)*)))
    );
    let generator = quote! {
        #(#shown)*
        #[allow(dead_code)]
        #vis #fn_token #ident #generics (#inputs) -> #krate::Generator<'_, #output> #where_clause { #start }
    };

    let mut twin_sig = sig;
    twin_sig.ident = twin;
    let twin = with_outlet(controller, twin_sig, body);
    quote! {
        #generator
        #[doc(hidden)]
        #(#cfgs)*
        #(#hidden)*
        #twin
    }
}

/// The signature and the body with the sending half as first argument.
fn with_outlet(controller: &Controller, mut sig: Signature, body: Body) -> TokenStream {
    let krate = &controller.krate;
    let outlet = names::outlet();
    sig.inputs.insert(1, syn::parse_quote!(#outlet: #krate::__private::Outlet));
    let language = language(controller);
    // A reference can go into any number of `async move` blocks.
    let body = with_prelude(body, &quote!(#language let #outlet = &#outlet;));
    quote!(#sig #body)
}

/// Brings `stream` into scope, in every method, so that an editor offers it where it has not been typed yet.
fn language(controller: &Controller) -> TokenStream {
    let krate = &controller.krate;
    quote!(#[allow(unused_imports)] use #krate::__private::Streams as _;)
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

fn body_tokens(body: Body) -> TokenStream {
    match body {
        Body::Parsed(block) => block.to_token_stream(),
        Body::Tokens(group) => TokenTree::from(group).into(),
    }
}

/// What the world sees of an action goes on its generator; everything else goes with the body.
fn is_shown(attr: &Attribute) -> bool {
    ["doc", "deprecated", "must_use"].iter().any(|name| attr.path().is_ident(name)) || is_both(attr)
}

fn is_both(attr: &Attribute) -> bool {
    ["cfg", "allow", "expect", "warn", "deny"].iter().any(|name| attr.path().is_ident(name))
}

/// The generator's arguments, and how it hands them on: patterns give way to plain names.
fn forwarded(sig: &Signature) -> (TokenStream, Vec<Ident>) {
    let mut inputs = TokenStream::new();
    let mut arguments = Vec::new();
    for (index, input) in sig.inputs.iter().enumerate() {
        match input {
            FnArg::Receiver(receiver) => inputs.extend(quote!(#receiver,)),
            FnArg::Typed(typed) => {
                let name = match &*typed.pat {
                    Pat::Ident(ident) if ident.subpat.is_none() => ident.ident.clone(),
                    _ => format_ident!("argument_{index}", span = Span::mixed_site()),
                };
                let ty = &typed.ty;
                inputs.extend(quote!(#name: #ty,));
                arguments.push(name);
            }
        }
    }
    (inputs, arguments)
}

/// The return type, `()` where none is written.
pub fn output(sig: &Signature) -> TokenStream {
    match &sig.output {
        ReturnType::Default => quote_spanned!(sig.paren_token.span.close()=> ()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    }
}

/// Where errors about what a method returns belong.
pub fn output_span(sig: &Signature) -> Span {
    let place = match &sig.output {
        ReturnType::Default => sig.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    Span::mixed_site().located_at(place)
}
