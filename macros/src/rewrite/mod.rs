//! The calls of `self`'s methods in a body: finds them, and puts something else in their place.
//!
//! A visitor that keeps track of the scope goes through everything that parses as Rust, and through the arguments of
//! macros that do. A walker goes through the other tokens. rustc reports what neither can see: a call that is left as
//! it was gives an `Offer`, which must be used.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;

use crate::body::Body;

mod tokens;
mod visitor;
mod written;
pub mod yields;

#[cfg(test)]
mod tests;

/// The methods that every controller has. No method of the user's can have their names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    Stream,
    StreamAll,
    Latest,
    Emitter,
}

impl Builtin {
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "stream" => Some(Self::Stream),
            "stream_all" => Some(Self::StreamAll),
            "latest" => Some(Self::Latest),
            "emitter" => Some(Self::Emitter),
            _ => None,
        }
    }

    /// The call as messages show it.
    pub fn call(self) -> &'static str {
        match self {
            Self::Stream => "self.stream(..)",
            Self::StreamAll => "self.stream_all(..)",
            Self::Latest => "self.latest(..)",
            Self::Emitter => "self.emitter()",
        }
    }
}

/// One `self.method(…)` or `Self::method(…)`.
#[derive(Clone)]
pub struct Call {
    pub scope: Scope,
    /// `self` and the dot, or `Self` and the colons, on the user's own tokens.
    pub receiver: TokenStream,
    /// Whether it is written `Self::method(…)`.
    pub by_type: bool,
    pub method: Ident,
    pub turbofish: TokenStream,
    pub args: Group,
    /// The last token, a parenthesis or `await`. Everything that is put around the call is located there: anywhere
    /// else, an editor would find several meanings of the call's own words.
    pub end: Span,
    /// The macro or function that takes a future in this place, such as `join!` or `timeout`.
    pub future_taker: Option<String>,
}

impl Call {
    /// The name of the method, without `r#`.
    pub fn name(&self) -> String {
        self.method.unraw().to_string()
    }

    pub fn builtin(&self) -> Option<Builtin> {
        Builtin::of(&self.name())
    }
}

impl ToTokens for Call {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { receiver, method, turbofish, args, .. } = self;
        tokens.extend(quote!(#receiver #method #turbofish #args));
    }
}

/// The tokens that take a call's place.
pub enum Replacement {
    /// Another call: an `.await` behind it stays.
    Call(TokenStream),
    /// A block that awaits already: an `.await` behind it goes.
    Awaited(TokenStream),
}

/// The surroundings of a call, as far as they decide whether it can wait there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The method itself, or an `async` block that it polls.
    Method,
    /// A closure that is not `async`.
    Closure,
    /// A task that outlives the method.
    Spawned,
    Const,
    /// A function within the method.
    Function,
}

/// The calls in a body, in the order in which [`body`] meets them.
pub fn calls(body: &mut Body) -> Vec<Call> {
    let mut calls = Vec::new();
    self::body(body, &mut |call| {
        calls.push(call.clone());
        None
    });
    calls
}

/// Goes through a body, innermost calls first. `replace` gives what takes a call's place; `None` leaves it.
pub fn body(body: &mut Body, replace: &mut dyn FnMut(&Call) -> Option<Replacement>) {
    Rewriter { scope: Scope::Method, future_taker: None, in_macro: false, replaced: 0, replace }.body(body);
}

struct Rewriter<'a> {
    scope: Scope,
    /// The function or macro that takes a future exactly where the next expression stands.
    future_taker: Option<String>,
    /// Whether the tokens are a macro's arguments.
    in_macro: bool,
    /// How many calls have been replaced.
    replaced: usize,
    replace: &'a mut dyn FnMut(&Call) -> Option<Replacement>,
}

impl Rewriter<'_> {
    fn replacement(&mut self, call: &Call) -> Option<Replacement> {
        let replacement = (self.replace)(call);
        self.replaced += usize::from(replacement.is_some());
        replacement
    }

    fn within(&mut self, scope: Scope, visit: impl FnOnce(&mut Self)) {
        let outer = self.scope;
        // Anything built inside a task that outlives the method outlives it too.
        if outer != Scope::Spawned {
            self.scope = scope;
        }
        visit(self);
        self.scope = outer;
    }
}

/// The function or macro that is given some arguments, as far as it decides what calls can do in them.
#[derive(Default)]
struct Consumer {
    /// Its futures and closures outlive the method.
    spawns: bool,
    /// Its name, if it takes futures. A call that has already been awaited is not one, and rustc's error about that
    /// names everything but the call.
    future_taker: Option<String>,
    /// The futures are in the branches of `select!`, as in `pattern = future => …`.
    in_branches: bool,
}

impl Consumer {
    fn function(name: &Ident) -> Self {
        let spawns = ["spawn", "spawn_local", "spawn_blocking"].iter().any(|spawn| name == spawn);
        Self { spawns, future_taker: takes_futures(name).then(|| name.to_string()), in_branches: false }
    }

    fn of_macro(name: &Ident) -> Self {
        let future_taker = takes_futures(name).then(|| format!("{name}!"));
        Self { spawns: false, future_taker, in_branches: name.to_string().starts_with("select") }
    }
}

/// Whether a function or macro of this name usually takes futures.
fn takes_futures(name: &Ident) -> bool {
    let names = ["join", "try_join", "select", "select_biased", "race", "timeout", "timeout_at", "pin", "block_on"];
    names.iter().any(|taker| name == taker)
}
