//! One call of `self`'s methods in a body: a packet that is sent, or another method that streams.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Expr, Ident, Token, parse::Parser as _, punctuated::Punctuated};

use crate::{
    checked::{Callee, Packets, StandIn, Verdict},
    names::{self, Crate},
    rewrite::{Builtin, Call, Replacement},
};

/// The tokens that take a call's place; `None` leaves it. `item` says which packets it may send.
pub fn expand(krate: &Crate, item: Option<&Packets>, call: &Call, verdict: Verdict) -> Option<Replacement> {
    Some(match verdict {
        Verdict::Keep => return None,
        Verdict::Send(Builtin::Stream) => Replacement::Awaited(stream(krate, item, call)),
        Verdict::Send(builtin @ (Builtin::StreamAll | Builtin::Latest)) => {
            Replacement::Awaited(all(krate, item, call, builtin))
        }
        Verdict::Send(Builtin::Emitter) => {
            let (sender, place) = (names::sender(call.end), end(call));
            let ask = match item {
                Some(Packets { is_named: true, .. }) => {
                    let krate = krate.at(place);
                    quote_spanned!(place=> #krate::__private::named_emitter(#call))
                }
                _ => call.to_token_stream(),
            };
            Replacement::Call(quote_spanned!(place=> #sender.emitter(#ask)))
        }
        Verdict::Delegate => {
            let sender = names::sender(call.end);
            let sender = quote_spanned!(end(call)=> [::core::clone::Clone::clone(#sender)]);
            Replacement::Call(delegate(call, &sender, &call.args.stream()))
        }
        Verdict::Refused(stand_in) => self::stand_in(krate, stand_in, call),
    })
}

/// ```ignore
/// self.stream(x)
/// ```
/// becomes
/// ```ignore
/// { let __sent = __sender.offer(self.stream(x)); __sent.await }
/// ```
/// `offer` writes the packet; nothing of `x` lives on while the method waits for room.
fn stream(krate: &Crate, item: Option<&Packets>, call: &Call) -> TokenStream {
    let (sender, place, argument) = (names::sender(call.end), end(call), argument(call));
    let offer = match item {
        None => call.to_token_stream(),
        Some(Packets { ty, is_named }) => {
            let krate = krate.at(argument);
            let item = Ident::new(if *is_named { "named_item" } else { "item" }, argument);
            let check = quote_spanned!(argument=> #krate::__private::#item::<#ty, _>);
            quote_spanned!(place=> #check(#call))
        }
    };
    quote_spanned!(place=> { let __sent = #sender.offer(#offer); __sent.await })
}

/// ```ignore
/// self.stream_all(source)
/// ```
/// becomes
/// ```ignore
/// ({ let __all = __sender.forward(self.stream_all(source)); __all.all() }.sent().await)
/// ```
/// and so does `self.latest(source)`, with `newest` instead of `forward`.
fn all(krate: &Crate, item: Option<&Packets>, call: &Call, builtin: Builtin) -> TokenStream {
    let (sender, place, argument) = (names::sender(call.end), end(call), argument(call));
    let is_latest = builtin == Builtin::Latest;
    let offer = match item {
        None => call.to_token_stream(),
        Some(Packets { ty, is_named }) => {
            let krate = krate.at(place);
            let check = Ident::new(
                match (is_latest, *is_named) {
                    (true, false) => "latest",
                    (true, true) => "named_latest",
                    (false, false) => "items",
                    (false, true) => "named_items",
                },
                place,
            );
            let more = if is_latest { quote_spanned!(place=> _) } else { quote_spanned!(place=> _, _) };
            quote_spanned!(place=> #krate::__private::#check::<#ty, #more>(#call))
        }
    };
    let prepare = if is_latest { quote_spanned!(place=> newest) } else { quote_spanned!(place=> forward) };
    let all = quote_spanned!(argument=> __all.all());
    let mut block = Group::new(Delimiter::Brace, quote_spanned!(place=> let __all = #sender.#prepare(#offer); #all));
    // From the first of the user's tokens to the last, because rustc reports an unused value there, and offers to write
    // `let _ = ` in front of it.
    block.set_span(start(call));
    let sent = quote_spanned!(call.end=> #block.sent().await);
    quote_spanned!(place=> (#sent))
}

/// `self.count(3)` becomes `self.__outflow_count([Clone::clone(__sender)], 3)`: the other method's packets go the same way.
fn delegate(call: &Call, sender: &TokenStream, args: &TokenStream) -> TokenStream {
    let Call { receiver, turbofish, .. } = call;
    let method = names::twin(&call.method);
    let mut with_sender = Group::new(call.args.delimiter(), quote!(#sender, #args));
    with_sender.set_span(call.args.span());
    quote!(#receiver #method #turbofish #with_sender)
}

/// The tokens in the place of a refused call: they have its type, and nothing in them is a mistake.
fn stand_in(krate: &Crate, stand_in: StandIn, call: &Call) -> Replacement {
    let place = end(call);
    let any = quote_spanned!(place=> ::core::option::Option::None.unwrap());
    Replacement::Awaited(match stand_in {
        StandIn::Unit => quote_spanned!(place=> ()),
        StandIn::Arguments => arguments_only(call),
        StandIn::Dropped => quote_spanned!(place=> { let _ = #call; }),
        StandIn::Future => quote_spanned!(place=> async { let _ = #call; }),
        StandIn::Emitter => {
            let krate = krate.at(place);
            let none = quote_spanned!(place=> ::core::option::Option::<#krate::Emitter>::None.unwrap());
            return Replacement::Call(none);
        }
        StandIn::Method(callee) => {
            let args = padded(call, callee, &any);
            return Replacement::Call(delegate(call, &any, &args));
        }
        StandIn::Function(callee) => {
            let args = padded(call, callee, &any);
            let args = quote!(#any, #args);
            let receiver = if call.by_type { call.receiver.clone() } else { quote_spanned!(place=> Self::) };
            return Replacement::Call(delegate(&Call { receiver, ..call.clone() }, &any, &args));
        }
    })
}

/// The call's arguments without the call.
pub fn arguments_only(call: &Call) -> TokenStream {
    let args = &call.args;
    // In a tuple, because there may be any number of them.
    quote_spanned!(end(call)=> { let _ = (#args, ()); })
}

/// The arguments after `self`, as many as the callee takes.
fn padded(call: &Call, callee: Callee, any: &TokenStream) -> TokenStream {
    let given = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.args.stream());
    let (Ok(given), Some(arity)) = (given, callee.arity) else { return call.args.stream() };
    let given = given.into_iter().skip(usize::from(call.by_type)).map(Expr::into_token_stream);
    let padded = given.chain(std::iter::repeat(any.clone())).take(arity);
    quote!(#(#padded),*)
}

/// The place of the tokens that are put around a call.
fn end(call: &Call) -> Span {
    Span::mixed_site().located_at(call.end)
}

/// The first of the call's tokens.
fn start(call: &Call) -> Span {
    call.receiver.clone().into_iter().next().map_or(call.end, |tree| tree.span())
}

/// The place of errors about the type of a packet: the argument, if there is one.
fn argument(call: &Call) -> Span {
    let argument = call.args.stream().into_iter().next();
    Span::mixed_site().located_at(argument.map_or(call.end, |tree| tree.span()))
}
