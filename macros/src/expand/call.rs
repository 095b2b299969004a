//! One call of `self`'s methods in a body: a packet that is sent, or another method that streams.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Expr, Token, Type, ext::IdentExt as _, parse::Parser as _, punctuated::Punctuated, spanned::Spanned as _};

use crate::{
    errors::Errors,
    model::{Callee, Controller},
    names,
    rewrite::{Call, Replacement, Scope, Word},
};

/// What takes the place of a call, in a method that has the sending half or in one that something is wrong with.
pub fn replace(
    controller: &Controller,
    has_sender: bool,
    item: Option<&Type>,
    call: &Call,
    errors: &mut Errors,
) -> Option<Replacement> {
    if let Some(word) = call.word() {
        let tokens = send(controller, word, has_sender, item, call, errors);
        return Some(match word {
            Word::Emitter => Replacement::Call(tokens),
            Word::Stream | Word::StreamAll => Replacement::Awaited(tokens),
        });
    }
    let callee = controller.callee(&call.method.unraw().to_string())?;
    delegate(callee, has_sender, call, errors).map(Replacement::Call)
}

/// What stands for a call in a block that is no controller: its arguments, for an editor.
pub fn disarm(call: &Call) -> Option<Replacement> {
    call.word().map(|_| Replacement::Awaited(arguments_only(call)))
}

/// ```ignore
/// self.stream(x)
/// ```
/// becomes
/// ```ignore
/// { let __sent = __sender.offer(self.stream(x)); __sent.await }
/// ```
/// The packet is written by `offer`; nothing of `x` lives on while the method waits for room.
fn send(
    controller: &Controller,
    word: Word,
    has_sender: bool,
    item: Option<&Type>,
    call: &Call,
    errors: &mut Errors,
) -> TokenStream {
    // A method of that name is an error already, and hides the one that is meant.
    if controller.hides_language {
        return arguments_only(call);
    }
    let span = Span::mixed_site().located_at(call.end);
    let krate = controller.krate_at(span);
    let no_emitter = quote_spanned!(span=> ::core::option::Option::<#krate::Emitter>::None.unwrap());
    if let Some(message) = refusal(word, call) {
        errors.push(syn::Error::new_spanned(call, message));
        return match call.scope {
            _ if word == Word::Emitter => no_emitter,
            // Neither `self` nor a local is known there.
            Scope::Const | Scope::Function => quote_spanned!(span=> ()),
            // A `self` that outlives the method would be an error of its own.
            Scope::Spawned => arguments_only(call),
            Scope::Method if call.wanted_by.is_some() => quote_spanned!(span=> async { let _ = #call; }),
            Scope::Method | Scope::Closure => quote_spanned!(span=> { let _ = #call; }),
        };
    }
    if !has_sender {
        return match word {
            Word::Emitter => no_emitter,
            Word::Stream | Word::StreamAll => quote_spanned!(span=> { let _ = #call; }),
        };
    }
    let sender = names::sender(call.end);
    // A packet of a wrong type is told where it stands.
    let argument = call.args.stream().into_iter().next().map_or(call.end, |tree| tree.span());
    let argument = Span::mixed_site().located_at(argument);
    let krate_at_argument = controller.krate_at(argument);
    match word {
        Word::Stream => {
            let offer = match item {
                None => call.to_token_stream(),
                Some(item) => {
                    let check = quote_spanned!(argument=> #krate_at_argument::__private::item::<#item, _>);
                    quote_spanned!(span=> #check(#call))
                }
            };
            quote_spanned!(span=> { let __sent = #sender.offer(#offer); __sent.await })
        }
        Word::StreamAll => {
            let offer = match item {
                None => call.to_token_stream(),
                Some(item) => quote_spanned!(span=> #krate::__private::items::<#item, _>(#call)),
            };
            let all = quote_spanned!(argument=> __all.all());
            let future = quote_spanned!(span=> { let __all = #sender.forward(#offer); #all });
            // Within a call, because a `?` may follow, which a statement that begins with a brace does not take. On the
            // user's own token, because what is not used of the value is told there.
            quote_spanned!(call.end=> ::core::future::IntoFuture::into_future(#future).await)
        }
        Word::Emitter => quote_spanned!(span=> #sender.emitter(#call)),
    }
}

/// Why a packet can't be sent where the call stands.
fn refusal(word: Word, call: &Call) -> Option<String> {
    let what = word.call();
    let message = match (call.scope, &call.wanted_by) {
        _ if call.by_type => format!("a packet is sent by a call on `self`\nhelp: write `{what}`"),
        (Scope::Method | Scope::Closure, _) if word == Word::Emitter => return None,
        (Scope::Method, None) => return None,
        (Scope::Method, Some(taker)) => {
            format!("`{taker}` takes a future, and `{what}` has been awaited already\nhelp: write `async {{ {what} }}`")
        }
        (Scope::Closure, _) => format!(
            "`{what}` waits for the client, and a closure can't wait\nhelp: collect the values and stream them in a loop, return an `async` block from the closure, or send with `self.emitter()`"
        ),
        (Scope::Spawned, _) => format!(
            "`{what}` can't be used in a spawned task, which may outlive the action\nhelp: take an emitter with `self.emitter()` before spawning, and send with that"
        ),
        (Scope::Const, _) => format!("`{what}` needs to run, and a constant does not\nhelp: move the call out of it"),
        (Scope::Function, _) => format!(
            "`{what}` can't be used in a nested function, which has no `self`\nhelp: make it a method of the controller"
        ),
    };
    Some(message)
}

fn arguments_only(call: &Call) -> TokenStream {
    let args = &call.args;
    // In a tuple, where they may be any number of them.
    quote_spanned!(Span::mixed_site().located_at(call.end)=> { let _ = (#args, ()); })
}

/// `self.count(3)` becomes `self.count([Clone::clone(__sender)], 3)`: the packets of the other method go the same way.
fn delegate(callee: Callee, has_sender: bool, call: &Call, errors: &mut Errors) -> Option<TokenStream> {
    let Call { receiver, method, turbofish, args, .. } = call;
    let method = if callee.is_action { &names::twin(method) } else { method };
    let name = &call.method;
    let span = Span::mixed_site().located_at(call.end);
    // Stands for a value of any type, where there is an error already.
    let any = quote_spanned!(span=> ::core::option::Option::None.unwrap());
    let known = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(args.stream()).ok();
    match call.scope {
        // `self` is unknown there, and rustc says so.
        Scope::Const | Scope::Function => return None,
        // The action's own name gives its generator to those who call it by the type.
        _ if call.by_type && callee.is_action => return None,
        _ if call.by_type => {
            let message = format!("`Self::{name}(..)` has no client to stream to\nhelp: write `self.{name}(..)`");
            errors.push(syn::Error::new_spanned(quote!(#receiver #name), message));
            let mut args = known.into_iter().flatten();
            let this = args.next();
            return Some(quote!(#receiver #method #turbofish (#this, #any, #(#args),*)));
        }
        Scope::Spawned => {
            let message = format!(
                "`self.{name}(..)` streams, so it can't be called in a spawned task, which may outlive the action\nhelp: await the work in the action itself, with `join!` or `FuturesUnordered`"
            );
            errors.push(syn::Error::new_spanned(call, message));
            let args = args.stream();
            return Some(quote!(Self::#method #turbofish (#any, #any, #args)));
        }
        Scope::Method | Scope::Closure => {}
    }
    let sender = names::sender(call.end);
    let sender = if has_sender { quote_spanned!(span=> [::core::clone::Clone::clone(#sender)]) } else { any.clone() };
    let rest = match (known, callee.arity) {
        (Some(given), Some(arity)) if given.len() != arity => {
            errors.push(wrong_number(name, &given, arity));
            let given = given.into_iter().map(|argument| argument.to_token_stream());
            let padded = given.chain(std::iter::repeat(any)).take(arity);
            quote!(#(#padded),*)
        }
        _ => args.stream(),
    };
    let mut with_sender = Group::new(args.delimiter(), quote!(#sender, #rest));
    with_sender.set_span(args.span());
    Some(quote!(#receiver #method #turbofish #with_sender))
}

/// rustc would count the hidden argument as well.
fn wrong_number(name: &Ident, given: &Punctuated<Expr, Token![,]>, arity: usize) -> syn::Error {
    let number = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let wants = number(arity, "argument");
    match given.iter().nth(arity) {
        Some(extra) => {
            syn::Error::new(extra.span(), format!("`{name}` takes {wants}, and this is one too many\nhelp: remove it"))
        }
        None => syn::Error::new(
            name.span(),
            format!(
                "`{name}` takes {wants}, and {} given\nhelp: add what is missing",
                match given.len() {
                    1 => "1 is".to_owned(),
                    count => format!("{count} are"),
                }
            ),
        ),
    }
}
