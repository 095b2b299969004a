//! Finds the calls of `self`'s methods in a body, and puts something else in their place.
//!
//! Two passes see to that. A visitor with a scope goes through what parses as Rust; a walker goes through the
//! tokens that macro calls hide from it. What neither can see, rustc reports: a call that is left as it was gives
//! an `Offer`, which must be used.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt as _;

use crate::parse::Body;

mod tokens;
mod visitor;

/// The calls that are the language: no method of a controller can have their names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Word {
    Stream,
    StreamAll,
    Emitter,
}

impl Word {
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "stream" => Some(Self::Stream),
            "stream_all" => Some(Self::StreamAll),
            "emitter" => Some(Self::Emitter),
            _ => None,
        }
    }

    /// As it is written in messages.
    pub fn call(self) -> &'static str {
        match self {
            Self::Stream => "self.stream(..)",
            Self::StreamAll => "self.stream_all(..)",
            Self::Emitter => "self.emitter()",
        }
    }
}

/// One `self.method(…)` or `Self::method(…)`, its arguments rewritten already.
pub struct Call {
    pub scope: Scope,
    /// `self` and the dot, or `Self` and the colons, on the user's own tokens.
    pub receiver: TokenStream,
    /// Whether it is written `Self::method(…)`.
    pub by_type: bool,
    pub method: Ident,
    pub turbofish: TokenStream,
    pub args: Group,
    /// The last token, a parenthesis or `await`. What is put around the call has its place there: anywhere else an
    /// editor would find several meanings of the call's own words.
    pub end: Span,
    /// What takes a future here, such as `join!` or `timeout`.
    pub wanted_by: Option<String>,
}

impl Call {
    /// The word of the language that is called, if it is one.
    pub fn word(&self) -> Option<Word> {
        Word::of(&self.method.unraw().to_string())
    }
}

impl ToTokens for Call {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { receiver, method, turbofish, args, .. } = self;
        tokens.extend(quote!(#receiver #method #turbofish #args));
    }
}

/// What takes a call's place.
pub enum Replacement {
    /// Another call: an `.await` behind it stays.
    Call(TokenStream),
    /// A block that awaits already: an `.await` behind it goes.
    Awaited(TokenStream),
}

/// What surrounds a call, as far as it decides whether the call can wait there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The method itself, or an `async` block that it polls.
    Method,
    /// A closure that is not `async`.
    Closure,
    /// Something that outlives the method.
    Spawned,
    Const,
    /// A function within the method.
    Function,
}

/// Goes through a body, innermost calls first. `decide` says what takes a call's place; `None` leaves it.
pub fn body(body: &mut Body, decide: &mut dyn FnMut(&Call) -> Option<Replacement>) {
    Rewriter { scope: Scope::Method, wanted_by: None, decide }.body(body);
}

struct Rewriter<'a> {
    scope: Scope,
    /// What takes a future in the very place of the expression that comes next.
    wanted_by: Option<String>,
    decide: &'a mut dyn FnMut(&Call) -> Option<Replacement>,
}

impl Rewriter<'_> {
    fn within(&mut self, scope: Scope, visit: impl FnOnce(&mut Self)) {
        let outer = self.scope;
        self.enter(scope);
        visit(self);
        self.scope = outer;
    }

    /// Whatever is built inside a task that outlives the method outlives it too.
    fn enter(&mut self, scope: Scope) {
        if self.scope != Scope::Spawned {
            self.scope = scope;
        }
    }
}

/// Functions and methods whose argument goes on after they have returned.
fn is_spawn(name: &Ident) -> bool {
    ["spawn", "spawn_local", "spawn_blocking"].iter().any(|spawn| name == spawn)
}

/// Functions and macros that take futures, by the names they usually have. A call that has been awaited is none, and
/// what rustc says of it names everything but the call.
fn takes_futures(name: &Ident) -> bool {
    let names = ["join", "try_join", "select", "select_biased", "race", "timeout", "timeout_at", "pin", "block_on"];
    names.iter().any(|taker| name == taker)
}
