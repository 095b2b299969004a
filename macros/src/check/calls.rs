//! The verdict on each call of one of `self`'s methods in a body.

use std::collections::HashMap;

use quote::quote;
use syn::{Expr, Ident, Token, parse::Parser as _, punctuated::Punctuated, spanned::Spanned as _};

use crate::{
    checked::{Callee, Role, StandIn, Verdict},
    errors::Errors,
    model::{Controller, Method},
    rewrite::{Builtin, Call, Scope},
};

pub struct Judge {
    callees: HashMap<String, Callee>,
    /// Whether a method of the user's hides one that every controller has, which is a mistake.
    hides_builtin: bool,
}

impl Judge {
    pub fn new(controller: &Controller, callees: HashMap<String, Callee>) -> Self {
        let hides_builtin = controller.methods().any(|method| Builtin::of(&method.name()).is_some());
        Self { callees, hides_builtin }
    }

    /// The verdicts on a method's calls, in order.
    pub fn verdicts(&self, method: &Method, role: Role, errors: &mut Errors) -> Vec<Verdict> {
        let verdict = |call: &Call| match (call.builtin(), self.callees.get(&call.name())) {
            (Some(_), _) if self.hides_builtin || method.borrows_self_mutably() => Verdict::Refused(StandIn::Arguments),
            (Some(builtin), _) => send(builtin, role.has_sender(), call, errors),
            (None, Some(callee)) => delegate(*callee, role.has_sender(), call, errors),
            (None, None) => Verdict::Keep,
        };
        method.calls.iter().map(verdict).collect()
    }
}

fn send(builtin: Builtin, has_sender: bool, call: &Call, errors: &mut Errors) -> Verdict {
    let refusal = refusal(builtin, call);
    if refusal.is_none() && has_sender {
        return Verdict::Send(builtin);
    }
    let is_refused = refusal.is_some();
    if let Some(message) = refusal {
        errors.add(call, message);
    }
    Verdict::Refused(match call.scope {
        _ if builtin == Builtin::Emitter => StandIn::Emitter,
        _ if call.by_type => StandIn::Arguments,
        Scope::Const | Scope::Function if is_refused => StandIn::Unit,
        // A `self` that outlives the method would be one more mistake.
        Scope::Spawned if is_refused => StandIn::Arguments,
        Scope::Method if call.future_taker.is_some() && is_refused => StandIn::Future,
        _ => StandIn::Dropped,
    })
}

/// Why a packet can't be sent where the call stands.
fn refusal(builtin: Builtin, call: &Call) -> Option<String> {
    let what = builtin.call();
    let message = match (call.scope, &call.future_taker) {
        _ if call.by_type => format!("a packet is sent by a call on `self`\nhelp: write `{what}`"),
        (Scope::Method | Scope::Closure, _) if builtin == Builtin::Emitter => return None,
        (Scope::Method, None) => return None,
        (Scope::Method, Some(taker)) => {
            format!("`{taker}` takes a future, and `{what}` has already been awaited\nhelp: write `async {{ {what} }}`")
        }
        (Scope::Closure, _) => format!(
            "`{what}` waits for the client, and a closure can't wait\nhelp: collect the values and stream them in a loop, return an `async` block from the closure, or send with `self.emitter()`"
        ),
        (Scope::Spawned, _) => format!(
            "`{what}` can't be used in a spawned task, which may outlive the action\nhelp: take an emitter with `self.emitter()` before spawning, and send with that"
        ),
        (Scope::Const, _) => format!("`{what}` can't be used in a constant\nhelp: move the call out of it"),
        (Scope::Function, _) => format!(
            "`{what}` can't be used in a nested function, which has no `self`\nhelp: make it a method of the controller"
        ),
    };
    Some(message)
}

fn delegate(callee: Callee, has_sender: bool, call: &Call, errors: &mut Errors) -> Verdict {
    let Call { receiver, method: name, .. } = call;
    match call.scope {
        // rustc reports `self`, which is unknown there.
        Scope::Const | Scope::Function => return Verdict::Keep,
        // An action's own name is that of its generator, which is called by the type.
        _ if call.by_type && callee.is_action => return Verdict::Keep,
        _ if call.by_type => {
            let message = format!("`Self::{name}(..)` has no client to stream to\nhelp: write `self.{name}(..)`");
            errors.add(quote!(#receiver #name), message);
            return Verdict::Refused(StandIn::Function(callee));
        }
        Scope::Spawned => {
            let message = format!(
                "`self.{name}(..)` streams, so it can't be called in a spawned task, which may outlive the action\nhelp: await the work in the action itself, with `join!` or `FuturesUnordered`"
            );
            errors.add(call, message);
            return Verdict::Refused(StandIn::Function(callee));
        }
        Scope::Method | Scope::Closure => {}
    }
    let given = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.args.stream());
    if let (Ok(given), Some(arity)) = (given, callee.arity) {
        if given.len() != arity {
            errors.push(wrong_number(name, &given, arity));
            return Verdict::Refused(StandIn::Method(callee));
        }
    }
    if has_sender { Verdict::Delegate } else { Verdict::Refused(StandIn::Method(callee)) }
}

/// Reports a wrong number of arguments, because rustc would count the sender as well.
fn wrong_number(name: &Ident, given: &Punctuated<Expr, Token![,]>, arity: usize) -> syn::Error {
    let wants = format!("{arity} argument{}", if arity == 1 { "" } else { "s" });
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
